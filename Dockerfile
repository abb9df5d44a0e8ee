# An image with the program alone. docs/ci.md says how to use it.
#
# FEATURES=cli leaves RocksDB out, which saves most of the time: a decoder or a server is tested without it.
FROM rust:1.95.0-slim-bookworm AS build
ARG FEATURES=cli,rocksdb
# RocksDB is C++, and its bindings are made with libclang. Debian keeps only the newest version of a package.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates g++ libclang-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN cargo build --release --locked --no-default-features --features "$FEATURES" --bin ekv-roundtrip \
    && strip target/release/ekv-roundtrip

FROM debian:12.11-slim
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /source/target/release/ekv-roundtrip /usr/local/bin/
RUN install -d -o 65532 -g 65532 /work
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["ekv-roundtrip"]
CMD ["--help"]
