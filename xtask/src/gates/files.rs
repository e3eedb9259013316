//! Rules about files.

use std::collections::BTreeSet;

use anyhow::Result;
use regex::Regex;

use super::Verdict;
use crate::project::Project;

/// The top level holds these.
const REQUIRED: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "crates",
    "docs",
    "tests",
    "xtask",
];

/// And may hold these.
const DOTFILES: &[&str] = &[
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".config",
    ".deny.toml",
    ".gitignore",
    ".github",
    ".rustfmt.toml",
    ".typos.toml",
];

/// Where no foreign type may be named, and the crates that have them.
const NEUTRAL: &[&str] = &["crates/tensorpool-core/src/", "crates/tensorpool-client/src/"];
const FOREIGN: &str = r"\b(?:hyper|reqwest|tokio)::";

/// Directories that only a developer's machine has at its root, written so that this line is not one of them.
const MACHINE: &str = concat!(r"(?:^|[^0-9A-Za-z._])/(?:wo", r"rk|fa", r"rm)/");

pub(super) fn lints(project: &Project) -> Result<Verdict> {
    let mut found = Vec::new();
    for manifest in project.files()?.iter().filter(|file| is_members_manifest(file)) {
        if !takes_lints(&project.sh().read_file(manifest)?) {
            found.push(format!("{manifest} lacks `[lints] workspace = true`"));
        }
    }
    Ok(Verdict::Checked(found))
}

fn is_members_manifest(file: &str) -> bool {
    matches!(
        file.split('/').collect::<Vec<_>>().as_slice(),
        ["crates", _, "Cargo.toml"] | ["tests" | "xtask", "Cargo.toml"]
    )
}

fn takes_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]").skip(1);
    lines
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .any(|line| line.replace(' ', "") == "workspace=true")
}

pub(super) fn top_level(project: &Project) -> Result<Verdict> {
    Ok(Verdict::Checked(misplaced(&project.files()?)))
}

fn misplaced(files: &[String]) -> Vec<String> {
    let top: BTreeSet<&str> = files.iter().filter_map(|file| file.split('/').next()).collect();
    let mut found = Vec::new();
    for name in &top {
        if !REQUIRED.contains(name) && !DOTFILES.contains(name) {
            found.push(format!("{name} does not belong there"));
        }
    }
    for name in REQUIRED {
        if !top.contains(name) {
            found.push(format!("{name} is missing"));
        }
    }
    found
}

pub(super) fn paths(project: &Project) -> Result<Verdict> {
    let machine = Regex::new(MACHINE)?;
    search(project, |_| true, |line| machine.is_match(line))
}

pub(super) fn foreign_types(project: &Project) -> Result<Verdict> {
    let foreign = Regex::new(FOREIGN)?;
    search(
        project,
        |file| file.ends_with(".rs") && NEUTRAL.iter().any(|dir| file.starts_with(dir)),
        |line| names_foreign(&foreign, line),
    )
}

/// Comments may: they tell people which adapter to take.
fn names_foreign(foreign: &Regex, line: &str) -> bool {
    !line.trim_start().starts_with("//") && foreign.is_match(line)
}

/// The lines that are breaches, in the text files that count.
fn search(
    project: &Project,
    counts: impl Fn(&str) -> bool,
    breach: impl Fn(&str) -> bool,
) -> Result<Verdict> {
    let mut found = Vec::new();
    for file in project.files()?.iter().filter(|file| counts(file)) {
        let bytes = project.sh().read_binary_file(file)?;
        for (number, line) in (1..).zip(String::from_utf8_lossy(&bytes).lines()) {
            if breach(line) {
                found.push(format!("{file}:{number}: {}", line.trim().chars().take(100).collect::<String>()));
            }
        }
    }
    Ok(Verdict::Checked(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_are_taken_only_in_their_own_section() {
        assert!(takes_lints("[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n"));
        assert!(takes_lints("[lints]\n# all of them\nworkspace=true\n[features]\n"));
        assert!(!takes_lints("[package]\nname = \"a\"\n"));
        assert!(!takes_lints("[lints]\n\n[dependencies.a]\nworkspace = true\n"));
        assert!(!takes_lints("[lints]\nworkspace = false\n"));
        assert!(is_members_manifest("crates/a/Cargo.toml") && is_members_manifest("xtask/Cargo.toml"));
        assert!(!is_members_manifest("crates/a/fuzz/Cargo.toml") && !is_members_manifest("Cargo.toml"));
    }

    #[test]
    fn the_top_level_is_exact() {
        let mut files: Vec<String> = REQUIRED.iter().map(|name| format!("{name}/x")).collect();
        files.push(".github/workflows/ci.yml".to_owned());
        assert_eq!(misplaced(&files), [""; 0]);
        files.retain(|file| file != "README.md/x");
        files.push("notes.txt".to_owned());
        assert_eq!(misplaced(&files), ["notes.txt does not belong there", "README.md is missing"]);
    }

    #[test]
    fn machine_paths_are_found_and_look_alikes_are_not() {
        let machine = Regex::new(MACHINE).unwrap();
        let (one, two) = (["", "work", "main"].join("/"), ["", "farm", "x"].join("/"));
        for line in [one.clone(), format!("see {two}"), format!("\"{one}\""), format!("file://{two}")] {
            assert!(machine.is_match(&line), "{line}");
        }
        for line in [format!(".{one}"), format!("home{two}"), ".github/workflows/ci.yml".to_owned()] {
            assert!(!machine.is_match(&line), "{line}");
        }
        assert!(!machine.is_match(MACHINE), "the rule breaks itself");
    }

    #[test]
    fn foreign_types_are_found_in_code_only() {
        let foreign = Regex::new(FOREIGN).unwrap();
        for line in
            ["use tokio::time;", "    fn f(_: &reqwest::Client) {}", "impl From<hyper::Error> for E {"]
        {
            assert!(names_foreign(&foreign, line), "{line}");
        }
        for line in
            ["/// as `reqwest::Client` does", "//! use tokio::main;", "use tensorpool_reqwest::Client;"]
        {
            assert!(!names_foreign(&foreign, line), "{line}");
        }
    }
}
