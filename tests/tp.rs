//! `tp`, built for the tests: the same program, under a name that does not stand in its way.

fn main() -> std::process::ExitCode {
    tensorpool_cli::run(std::env::args_os())
}
