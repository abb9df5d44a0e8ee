# Two commands do everything on a fresh Debian machine: `make verify` and `make test`.
#
# Everything is built in the one profile "release", so that nothing is compiled twice. For the same reason nothing here sets
# RUSTFLAGS.

CARGO ?= cargo

# RocksDB is compiled once, in a few minutes, and cargo links it from here. Whoever has one of the right version names its folder
# in ROCKSDB_LIB_DIR. Plain cargo compiles the crate's own copy, in a quarter of an hour.
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
ifndef ROCKSDB_LIB_DIR
# Exported, since a make below this one finds ROCKSDB_LIB_DIR set.
export ROCKSDB := $(TARGET)/rocksdb
export ROCKSDB_LIB_DIR := $(ROCKSDB)
export ROCKSDB_STATIC := 1
endif
# The short default budget of `make verify`: every profile, both meta sizes, about ten seconds.
VERIFY_FLAGS ?= --cases 100

# A case of 100 000 lists makes as many files, which is quicker in memory if there is room for them.
SCRATCH := $(shell test -w /dev/shm && df -k --output=avail /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 > 4000000 { print "/dev/shm" }')

# What `make bench` runs: the benches whose names match this pattern; all if it is empty.
FILTER ?=

# How long `make fuzz` runs each target, in seconds, and which ones; all if FUZZ is empty.
TIME ?= 60
FUZZ ?=

# Flags for cargo-mutants, such as MUTANTS='--re ^src/format/'.
MUTANTS ?=

.PHONY: build verify verify-in-memory rocksdb env test bench growth instructions instructions-table fuzz fuzz-corpus mutants rot-test crash-test soak html-test deny lint setup setup-build setup-compiler setup-test clean

# Quickly: with RocksDB the program is built again.
BUILD_WITHOUT_ROCKSDB = $(CARGO) build --release --locked --quiet --no-default-features --features cli \
    --config 'profile.release.package.ekv-roundtrip.opt-level=1'

build: rocksdb
	$(CARGO) build --release --locked

# The first time there is a verdict in memory before RocksDB is compiled.
verify: setup-compiler
	@test -z '$(ROCKSDB)' || test -e '$(ROCKSDB)/librocksdb.a' || $(MAKE) --no-print-directory verify-in-memory
	@$(MAKE) --no-print-directory rocksdb
	@echo "building with RocksDB"
	@$(CARGO) build --release --locked --quiet
	$(TARGET)/release/ekv-roundtrip verify $(VERIFY_FLAGS) $(if $(SCRATCH),--work-dir $(SCRATCH))

verify-in-memory: setup-compiler
	@echo "building without RocksDB, for a first verdict in memory (about a minute and a half on two cores)"
	@$(BUILD_WITHOUT_ROCKSDB)
	$(TARGET)/release/ekv-roundtrip verify --engine memory $(VERIFY_FLAGS)

rocksdb: setup-build
	@if test -n '$(ROCKSDB)'; then CARGO='$(CARGO)' .ci/rocksdb '$(ROCKSDB)'; \
	else ls '$(ROCKSDB_LIB_DIR)'/librocksdb.* >/dev/null 2>&1 || \
	  { echo "there is no librocksdb in $(ROCKSDB_LIB_DIR): unset ROCKSDB_LIB_DIR, and make compiles one" >&2; exit 2; }; fi

# For cargo by hand: eval "$$(make -s env)"
env:
	@echo "export ROCKSDB_LIB_DIR='$(ROCKSDB_LIB_DIR)' $(if $(ROCKSDB_STATIC),ROCKSDB_STATIC=1)"

# The traces of past mistakes first: what fails there is known.
test: setup rocksdb
	$(CARGO) test --release --locked --test regressions
	$(CARGO) test --release --locked

# Measures, in less than ten minutes, and says at the end where the summary is: from a quiet machine it is checked in as
# benches/recorded.md, and docs/benchmarks.md has its first table.
bench: rocksdb
	$(CARGO) bench --profile release --locked --bench roundtrip -- $(if $(FILTER),'$(FILTER)')

# Measures dumps of one list of up to ten million items, in a few minutes and 3 GB of memory; prints the table of
# docs/benchmarks.md, "How dumps grow", and writes its picture, docs/growth.svg.
growth: rocksdb
	$(if $(SCRATCH),TMPDIR=$(SCRATCH)) $(CARGO) test --release --locked --lib -- --ignored --nocapture dumps_of_one_list_grow

# Counts the instructions of the inner loops under valgrind, and fails if one has grown by more than 5 % since benches/instructions.md
# was written; make instructions-table writes it. Needs no RocksDB.
INSTRUCTIONS = $(CARGO) bench --profile release --locked --no-default-features --bench instructions
instructions: setup-compiler
	@$(call need,valgrind,command -v valgrind)
	$(INSTRUCTIONS)
instructions-table: setup-compiler
	@$(call need,valgrind,command -v valgrind)
	$(INSTRUCTIONS) -- --write

# Needs neither nightly nor RocksDB. What is found is in regressions/ when it has been mended.
fuzz: setup-compiler
	CARGO='$(CARGO)' fuzz/run $(TIME) $(FUZZ)

# Takes what runs have found into the corpora that are checked in, and makes them small.
fuzz-corpus: setup-compiler
	CARGO='$(CARGO)' fuzz/run corpus $(FUZZ)

# Breaks format, encoder, reader and model in one way after another, for an hour or so, and fails if no test notices and
# docs/mutants.md has no reason for it. Needs cargo-mutants, and neither RocksDB nor Redis.
mutants:
	.ci/mutants $(MUTANTS)

# Damages a small database in every way, a bit or a cut at a time, and a larger one in some, for a quarter of an hour; says how
# often that was refused, told of, or nothing.
rot-test: rocksdb
	$(CARGO) test --release --locked --test cases -- --ignored --nocapture every_wrong_bit_and_every_cut

# Kills each command that writes at so many of its system calls, and takes the power away so many times; takes minutes.
KILLS ?= 500
crash-test: setup rocksdb
	KILLS=$(KILLS) $(CARGO) test --release --locked --test crash -- --ignored --nocapture --test-threads 1

# Runs verify for so many seconds, with a decoder and without, and kills commands by turns; fails if anything grows or slows down.
SOAK ?= 1800
soak: setup build
	$(if $(SCRATCH),WORK=$(SCRATCH)) .ci/soak $(SOAK)

# Looks at the HTML pages in headless Chromium: widths, both colour schemes, keyboard, print. Says so if Chromium is missing.
html-test: setup-compiler
	@$(call need,python3,command -v python3)
	$(BUILD_WITHOUT_ROCKSDB)
	.ci/html-test $(TARGET)/release/ekv-roundtrip

# Licences, sources and known vulnerabilities of what is linked. Needs cargo-deny, and for the last the network.
deny:
	.ci/deny

# What CI checks beside the tests.
lint: rocksdb
	$(CARGO) fmt --check
	$(CARGO) fmt --check --manifest-path fuzz/Cargo.toml
	$(CARGO) clippy --release --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --no-deps

clean:
	$(CARGO) clean

setup: setup-build setup-test

# RocksDB is C++, and so is libFuzzer.
setup-compiler:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing: install Rust from https://rustup.rs" >&2; exit 2; }
	@$(call need,g++,command -v c++)

# bindgen, which makes the bindings to RocksDB, loads libclang.
setup-build: setup-compiler
	@$(call need,libclang-dev,for folder in $$LIBCLANG_PATH /usr/lib/llvm-*/lib /usr/lib/*-linux-gnu /usr/lib64 /usr/lib; do \
	    ls $$folder/libclang.so* $$folder/libclang-[0-9]*.so*; done | grep -q .)

# The tests ask a real Redis what is right, run the loader of docs/fixtures.md, and take the power away at each system call.
setup-test:
	@$(call need,redis-server,command -v redis-server)
	@$(call need,python3,command -v python3)
	@$(call need,strace,command -v strace)

# need(package, test): installs a Debian package unless the test succeeds, or says what to do.
define need
{ $(2); } >/dev/null 2>&1 || { \
  echo "installing $(1)"; \
  if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then SUDO=; \
  elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then SUDO=sudo; \
  else echo "$(1) is missing: install it (on Debian: apt-get install $(1)) and run make again" >&2; exit 2; fi; \
  { $$SUDO apt-get update -q && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -q -y --no-install-recommends $(1); } \
    >/dev/null || { echo "$(1) could not be installed: run 'apt-get install $(1)' to see why" >&2; exit 2; }; \
}
endef
