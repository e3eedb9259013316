//! Rules about dependencies.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use serde_json::Value;
use xshell::cmd;

use super::Verdict;
use crate::project::Project;

const CORE: &str = "tensorpool-core";

/// Everything under core. A new name is a decision: whoever adds it says why in the commit.
///
/// `toml` and the four under it come with the feature `job-config` only: a parser of one's own would be worse, and no smaller one
/// both knows the place of each value and reads all of TOML.
const ALLOWED: &[&str] = &[
    "bytes",
    "form_urlencoded",
    "http",
    "httpdate",
    "itoa",
    "memchr",
    "percent-encoding",
    "proc-macro2",
    "quote",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "serde_path_to_error",
    "serde_spanned",
    "syn",
    "thiserror",
    "thiserror-impl",
    "toml",
    "toml_datetime",
    "toml_parser",
    "unicode-ident",
    "winnow",
    "zeroize",
    "zmij",
];

/// The budget for crates under core, each version counted.
const BUDGET: usize = 25;

/// What core must never stand on, however the list above grows: clocks, sockets, entropy and crypto come from outside.
const IMPURE: &[&str] = &[
    "async-io",
    "async-std",
    "attohttpc",
    "aws-lc-rs",
    "aws-lc-sys",
    "curl",
    "getrandom",
    "h2",
    "hyper",
    "hyper-util",
    "isahc",
    "mio",
    "native-tls",
    "openssl",
    "openssl-sys",
    "rand",
    "reqwest",
    "ring",
    "rustls",
    "smol",
    "socket2",
    "tokio",
    "tungstenite",
    "ureq",
];

/// A crate of a tree: name and version.
type Krate = (String, String);

pub(super) fn allowed(project: &Project) -> Result<Verdict> {
    Ok(Verdict::Checked(compare(&under_core(project)?, ALLOWED)))
}

pub(super) fn pure(project: &Project) -> Result<Verdict> {
    Ok(Verdict::Checked(impure(&under_core(project)?)))
}

/// Normal dependencies with all features, on every platform.
fn under_core(project: &Project) -> Result<BTreeSet<Krate>> {
    let tree =
        project.cargo().args(["tree", "-p", CORE, "-e", "normal", "--prefix", "none", "--format", "{p}"]);
    let tree = tree.args(["--all-features", "--target", "all", "--no-dedupe", "--locked"]).quiet().read()?;
    Ok(parse(&tree))
}

fn parse(tree: &str) -> BTreeSet<Krate> {
    let krate = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    tree.lines().filter_map(krate).filter(|(name, _)| name != CORE).collect()
}

fn compare(tree: &BTreeSet<Krate>, allowed: &[&str]) -> Vec<String> {
    let names: BTreeSet<&str> = tree.iter().map(|(name, _)| name.as_str()).collect();
    let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
    let mut found = Vec::new();
    found.extend(
        names
            .difference(&allowed)
            .map(|name| format!("unexpected: {name}; `cargo tree -p {CORE} -i {name}`")),
    );
    found.extend(
        allowed.difference(&names).map(|name| format!("vanished: {name}; take it off the list in xtask")),
    );
    if tree.len() > BUDGET {
        found.push(format!("{} crates are under {CORE}; the budget is {BUDGET}", tree.len()));
    }
    found
}

fn impure(tree: &BTreeSet<Krate>) -> Vec<String> {
    let impure = tree.iter().filter(|(name, _)| IMPURE.contains(&name.as_str()));
    impure.map(|(name, version)| format!("{name} {version}; `cargo tree -p {CORE} -i {name}`")).collect()
}

pub(super) fn pinned(project: &Project) -> Result<Verdict> {
    Ok(Verdict::Checked(loose(&project.metadata()?)))
}

/// Sibling dependencies of published packages that are not pinned. Those of tests have only a path: a version there would
/// make a cycle at publication.
fn loose(metadata: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for package in array(&metadata["packages"]).filter(|p| p["publish"].is_null()) {
        for dependency in array(&package["dependencies"]) {
            let req = dependency["req"].as_str().unwrap_or_default();
            if dependency["path"].is_string() && dependency["kind"] != "dev" && !req.starts_with('=') {
                found
                    .push(format!("{} wants {} {req}; pin it with `=`", package["name"], dependency["name"]));
            }
        }
    }
    found
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn wasm(project: &Project) -> Result<Verdict> {
    let sysroot = cmd!(project.sh(), "rustc --print sysroot").quiet().read()?;
    if !Path::new(&sysroot).join("lib/rustlib/wasm32-unknown-unknown").exists() {
        return Ok(Verdict::Skipped("not installed; `rustup target add wasm32-unknown-unknown`"));
    }
    let check =
        project.cargo().args(["check", "-p", CORE, "--all-features", "--target", "wasm32-unknown-unknown"]);
    let failed = check.quiet().run().err();
    Ok(Verdict::Checked(failed.iter().map(ToString::to_string).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> BTreeSet<Krate> {
        parse(
            "tensorpool-core v0.1.0 (/src)\nbytes v1.0.0\nhttp v1.5.0\nbytes v1.0.0\nserde_derive v1.0.1 (proc-macro)\n",
        )
    }

    #[test]
    fn each_crate_counts_once_and_core_does_not() {
        let names: Vec<_> = tree().into_iter().map(|(name, version)| name + " " + &version).collect();
        assert_eq!(names, ["bytes v1.0.0", "http v1.5.0", "serde_derive v1.0.1"]);
    }

    #[test]
    fn what_is_new_and_what_is_gone_is_reported() {
        assert_eq!(compare(&tree(), &["bytes", "http", "serde_derive"]), [""; 0]);
        let found = compare(&tree(), &["bytes", "serde_derive", "zmij"]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().any(|f| f.starts_with("unexpected: http;")));
        assert!(found.iter().any(|f| f.starts_with("vanished: zmij;")));
    }

    #[test]
    fn two_versions_of_a_crate_count_as_two() {
        let tree: BTreeSet<Krate> = (0..=BUDGET).map(|n| ("a".to_owned(), format!("v{n}"))).collect();
        assert_eq!(compare(&tree, &["a"]), ["26 crates are under tensorpool-core; the budget is 25"]);
    }

    #[test]
    fn a_runtime_is_found_even_when_it_is_on_the_list() {
        assert_eq!(impure(&tree()), [""; 0]);
        assert_eq!(impure(&parse("tokio v1.0.0\ntokio-macros v1\n")).len(), 1);
        assert!(ALLOWED.iter().all(|name| !IMPURE.contains(name)));
    }

    #[test]
    fn only_pinned_siblings_are_published() {
        let package = |req: &str, kind: Value, publish: Value| {
            let dependencies = serde_json::json!([
                { "name": "tensorpool-core", "req": req, "kind": kind, "path": "/src/core" },
                { "name": "http", "req": "^1", "kind": null },
            ]);
            serde_json::json!({ "packages": [{ "name": "a", "publish": publish, "dependencies": dependencies }] })
        };
        assert_eq!(loose(&package("=0.1.0", Value::Null, Value::Null)), [""; 0]);
        assert_eq!(loose(&package("^0.1.0", Value::Null, Value::Null)).len(), 1);
        assert_eq!(loose(&package("*", Value::Null, Value::Null)).len(), 1);
        assert_eq!(loose(&package("*", Value::from("dev"), Value::Null)), [""; 0]);
        assert_eq!(loose(&package("*", Value::Null, serde_json::json!([]))), [""; 0]);
    }
}
