//! `cargo xtask snap`: runs the snapshot tests, reviews what changed, and keeps the snapshots free of orphans and secrets.

mod orphans;
mod review;
mod scan;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use xshell::Cmd;

use crate::project::Project;

/// The package whose `[[test]]` targets hold the snapshots, and its directory.
const PACKAGE: &str = "tensorpool-tests";
const TESTS: &str = "tests";

/// Check, review and accept the snapshots under tests/
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the snapshot tests, then look for orphans and secrets; what is done without a command
    Check,
    /// Show each changed snapshot as a diff and ask whether it is right
    Review,
    /// Run the tests and take whatever they produce as right; the diff is for git to show
    Accept,
    /// Find snapshots that no test refers to
    Orphans {
        /// Delete them
        #[arg(long)]
        delete: bool,
    },
    /// Search the snapshots for secrets
    Scan,
}

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    match args.command.as_ref().unwrap_or(&Command::Check) {
        Command::Check => check(project),
        Command::Review => review::run(project),
        Command::Accept => accept(project),
        Command::Orphans { delete } => orphans::run(project, *delete),
        Command::Scan => scan(project),
    }
}

/// Runs the snapshot tests, writing nothing, then looks for orphans and secrets.
pub(crate) fn check(project: &Project) -> Result<()> {
    // The orphan search runs the tests with `INSTA_UPDATE=no` and fails when they do.
    orphans::run(project, false)?;
    scan(project)
}

/// The snapshot tests, told what to do with a difference: insta's `no`, `new` or `always`.
fn tests<'p>(project: &'p Project, update: &str) -> Cmd<'p> {
    project
        .cargo()
        .args(["test", "--package", PACKAGE, "--all-features", "--no-fail-fast", "--quiet"])
        .env("INSTA_UPDATE", update)
        // Set by somebody's shell, any of these would turn a check into one that cannot fail, or write elsewhere.
        .env_remove("INSTA_FORCE_PASS")
        .env_remove("INSTA_FORCE_UPDATE")
        .env_remove("INSTA_FORCE_UPDATE_SNAPSHOTS")
        .env_remove("INSTA_PENDING_DIR")
        .env_remove("INSTA_SNAPSHOT_REFERENCES_FILE")
}

fn accept(project: &Project) -> Result<()> {
    let before = contents(project)?;
    tests(project, "always").run()?;
    // A snapshot that was pending is written now; what was written for it earlier is stale.
    for stale in find(project, ".snap.new")? {
        project.sh().remove_path(stale)?;
    }
    let after = contents(project)?;
    let mut changes = 0;
    for (path, text) in &after {
        let change = match before.get(path) {
            None => "new    ",
            Some(old) if old != text => "changed",
            Some(_) => continue,
        };
        changes += 1;
        println!("{change} {}", project.shown(path));
    }
    println!(
        "{changes} of {} snapshots changed; read them with `git diff {TESTS}` before you commit",
        after.len()
    );
    scan(project)
}

fn contents(project: &Project) -> Result<BTreeMap<PathBuf, String>> {
    let read = |path: PathBuf| Ok((path.clone(), project.sh().read_file(path)?));
    find(project, ".snap")?.into_iter().map(read).collect()
}

fn scan(project: &Project) -> Result<()> {
    let rules = scan::rules()?;
    let mut paths = some(find(project, ".snap")?)?;
    // What is pending is about to be accepted.
    paths.extend(find(project, ".snap.new")?);
    let mut found = 0;
    for path in &paths {
        for finding in scan::search(&rules, &project.sh().read_file(path)?) {
            found += 1;
            println!("{}:{}: {}", project.shown(path), finding.line, finding.what);
        }
    }
    if found > 0 {
        bail!(
            "secrets in snapshots: {found}; redact them where the test makes the text, then `cargo xtask snap accept`"
        );
    }
    println!("no secret in {} snapshots", paths.len());
    Ok(())
}

/// A search through nothing finds nothing, which is not the same as nothing wrong.
fn some(paths: Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    if paths.is_empty() {
        bail!(
            "there is no snapshot under {TESTS}/; if they were lost, `cargo xtask snap accept` writes them anew"
        );
    }
    Ok(paths)
}

/// All files under the tests' directory whose name ends so, sorted.
fn find(project: &Project, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    walk(&project.root().join(TESTS), ending, &mut found)?;
    found.sort_unstable();
    Ok(found)
}

fn walk(dir: &Path, ending: &str, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("cannot list {}", dir.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), ending, found)?;
        } else if entry.file_name().to_string_lossy().ends_with(ending) {
            found.push(entry.path());
        }
    }
    Ok(())
}
