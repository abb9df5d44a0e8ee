//! The `ekv-roundtrip` command. Everything is in the library; [`ekv_roundtrip::cli`] says what the exit codes mean.

fn main() -> std::process::ExitCode {
    ekv_roundtrip::cli::run()
}
