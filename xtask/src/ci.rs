//! `cargo xtask ci`: everything that must hold before a change lands, step by step.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::project::Project;
use crate::{api, examples, gates, interop, package, size, snap, test, wire};

/// Run every check, in order, until one fails
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Leave out the tests, because they have just been run
    #[arg(long)]
    skip_tests: bool,
}

/// Whether a step was done, or why it was not.
enum Outcome {
    Done,
    Skipped(&'static str),
}

type Step = (&'static str, fn(&Project) -> Result<Outcome>);

const TESTS: Step = ("tests", |p| test::run(p, &test::Args::default()).map(done));

const STEPS: &[Step] = &[
    TESTS,
    ("formatting", |p| cargo(p, &["fmt", "--all", "--check"])),
    ("clippy", |p| {
        cargo(p, &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
    }),
    ("documentation", documentation),
    ("wire page", |p| wire::check(p).map(done)),
    ("public API", public_api),
    ("packages", |p| package::run(p).map(done)),
    ("snapshots", |p| snap::check(p).map(done)),
    ("gates", |p| gates::run(p).map(done)),
    ("size of tp", |p| size::run(p, &size::Args::default()).map(done)),
    ("licences and sources", deny),
    ("examples", |p| examples::run(p, &examples::Args::default()).map(done)),
    ("official client", |p| interop::run(p, &interop::Args::default()).map(done)),
];

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    let steps = STEPS.iter().filter(|(title, _)| !(args.skip_tests && *title == TESTS.0));
    let mut table = Vec::new();
    let mut failure = None;
    for (title, step) in steps {
        if failure.is_some() {
            table.push(row("-", title, None, "not run"));
            continue;
        }
        println!("\n==> {title}");
        let start = Instant::now();
        let result = step(project);
        let time = Some(start.elapsed());
        table.push(match &result {
            Ok(Outcome::Done) => row("ok", title, time, ""),
            Ok(Outcome::Skipped(why)) => row("skip", title, time, why),
            Err(_) => row("FAIL", title, time, ""),
        });
        failure = result.err().map(|error| error.context(*title));
    }
    println!("\n{}", table.join("\n"));
    failure.map_or(Ok(()), Err)
}

fn row(mark: &str, title: &str, time: Option<Duration>, note: &str) -> String {
    let time = time.map(|time| format!("{:.1} s", time.as_secs_f64())).unwrap_or_default();
    format!("{mark:<5} {title:<24} {time:>9}  {note}").trim_end().to_owned()
}

fn done<T>(_: T) -> Outcome {
    Outcome::Done
}

fn cargo(project: &Project, arguments: &[&str]) -> Result<Outcome> {
    project.cargo().args(arguments).run()?;
    Ok(Outcome::Done)
}

fn documentation(project: &Project) -> Result<Outcome> {
    let doc = project.cargo().args(["doc", "--workspace", "--no-deps", "--all-features"]);
    doc.env("RUSTDOCFLAGS", "-D warnings").run().context("the documentation has warnings")?;
    Ok(Outcome::Done)
}

fn public_api(project: &Project) -> Result<Outcome> {
    Ok(match api::readable(project)? {
        true => done(api::check(project)?),
        false => Outcome::Skipped("this compiler's rustdoc writes another format than public-api reads"),
    })
}

fn deny(project: &Project) -> Result<Outcome> {
    if !project.has_cargo_tool("deny") {
        return Ok(Outcome::Skipped("cargo-deny is not installed"));
    }
    // Without the advisories: their database is a repository to clone, and a check must not hang on another host.
    cargo(project, &["deny", "--all-features", "check", "bans", "licenses", "sources"])?;
    // A check that cannot fail is none: with a crate banned that is under everything, it must.
    let own = project.sh().read_file(".deny.toml")?;
    let banned = own.replacen("[bans]\n", "[bans]\ndeny = [{ crate = \"bytes\" }]\n", 1);
    let scratch = project.sh().create_temp_dir()?;
    let config = scratch.path().join("deny.toml");
    project.sh().write_file(&config, banned)?;
    let deny =
        project.cargo().args(["deny", "--all-features", "--config"]).arg(&config).args(["check", "bans"]);
    let said = deny.quiet().ignore_status().read_stderr()?;
    anyhow::ensure!(said.contains("banned"), "a banned crate passes the check: {said}");
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_lines_up() {
        assert_eq!(
            row("ok", "gates", Some(Duration::from_millis(1234)), ""),
            "ok    gates                        1.2 s"
        );
        assert_eq!(row("-", "gates", None, "not run"), "-     gates                               not run");
    }

    #[test]
    fn each_step_has_its_own_title_and_the_tests_come_first() {
        let titles: std::collections::BTreeSet<_> = STEPS.iter().map(|(title, _)| title).collect();
        assert_eq!(titles.len(), STEPS.len());
        assert_eq!(STEPS.first().map(|(title, _)| *title), Some(TESTS.0));
    }
}
