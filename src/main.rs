//! The `ekv-roundtrip` command. Everything is in the library; [`ekv_roundtrip::cli`] says what the exit codes mean.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    ekv_roundtrip::cli::run()
}
