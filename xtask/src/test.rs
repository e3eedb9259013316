//! `cargo xtask test`: every test of the workspace.

use anyhow::Result;

use crate::project::Project;

/// Run every test of the workspace, those in the documentation too
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Passed on to `cargo test`, such as a part of a test's name or `-p tensorpool-core`
    #[arg(allow_hyphen_values = true)]
    cargo: Vec<String>,
    /// Passed on to the tests, such as `--nocapture`
    #[arg(last = true)]
    tests: Vec<String>,
}

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    project.cargo().args(arguments(args)).run()?;
    Ok(())
}

fn arguments(args: &Args) -> Vec<&str> {
    let mut all = vec!["test"];
    // Beside `--workspace`, cargo would silently ignore `-p`.
    if !args.cargo.iter().any(|a| a.starts_with("-p") || a.starts_with("--package")) {
        all.push("--workspace");
    }
    all.push("--all-features");
    all.extend(args.cargo.iter().map(String::as_str));
    if !args.tests.is_empty() {
        all.push("--");
        all.extend(args.tests.iter().map(String::as_str));
    }
    all
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn cargo(line: &str) -> String {
        let cli = Cli::try_parse_from(format!("test {line}").split_whitespace()).unwrap();
        arguments(&cli.args).join(" ")
    }

    #[test]
    fn arguments_reach_cargo_and_the_tests() {
        assert_eq!(cargo(""), "test --workspace --all-features");
        assert_eq!(cargo("redact"), "test --workspace --all-features redact");
        assert_eq!(cargo("-p xtask --lib"), "test --all-features -p xtask --lib");
        assert_eq!(cargo("--package=xtask"), "test --all-features --package=xtask");
        assert_eq!(cargo("-- --nocapture"), "test --workspace --all-features -- --nocapture");
        assert_eq!(
            cargo("--no-fail-fast wire -- -q"),
            "test --workspace --all-features --no-fail-fast wire -- -q"
        );
    }
}
