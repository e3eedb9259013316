//! `cargo xtask examples`: every example of every crate, run as a user would.

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::project::Project;

/// Examples that must be there: the promise that the transport is the user's to choose.
const PROMISED: &[&str] = &[
    "tensorpool-client smol",
    "tensorpool-client tower",
    "tensorpool-core blocking",
    "tensorpool-core raw_http",
    "tensorpool-hyper quickstart",
    "tensorpool-reqwest own_client",
    "tensorpool-reqwest quickstart",
];

/// Run every example; each must end well and have something to show
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Shows what the examples print
    #[arg(short, long)]
    verbose: bool,
}

pub(crate) fn run(project: &Project, args: &Args) -> Result<()> {
    let examples = found(&project.metadata()?);
    for promised in PROMISED {
        ensure!(examples.iter().any(|example| example == promised), "there is no example {promised}");
    }
    for example in &examples {
        let (package, name) = example.split_once(' ').context("a package and a name")?;
        let start = Instant::now();
        let command = project.cargo().args(["run", "-q", "-p", package, "--example", name]);
        // What is in the environment of whoever runs this must not send an example to a real engine.
        let command = command.env_remove("TENSORPOOL_KEY").env_remove("TENSORPOOL_ENGINE");
        // Nobody listens there: what is meant for this machine must not go through the environment's proxy.
        let command = ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]
            .into_iter()
            .fold(command, |command, proxy| command.env(proxy, "http://127.0.0.1:9"));
        let command = command.env_remove("NO_PROXY").env_remove("no_proxy");
        let shown = command.quiet().read().with_context(|| format!("the example {example} failed"))?;
        if shown.trim().is_empty() {
            bail!("the example {example} shows nothing");
        }
        if args.verbose {
            println!("{shown}");
        }
        println!("ok    {example} ({:.1} s)", start.elapsed().as_secs_f64());
    }
    println!("{} passed, 0 failed", examples.len());
    Ok(())
}

/// `package name` of each example, in order.
fn found(metadata: &Value) -> Vec<String> {
    let list =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let name = |value: &Value| value.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut examples = Vec::new();
    for package in list(metadata, "packages") {
        let targets = list(&package, "targets");
        let of_package = targets.iter().filter(|target| list(target, "kind").contains(&"example".into()));
        examples.extend(of_package.map(|target| format!("{} {}", name(&package), name(target))));
    }
    examples.sort_unstable();
    examples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_found_in_every_package() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "b", "targets": [{ "kind": ["lib"], "name": "b" }, { "kind": ["example"], "name": "y" }] },
            { "name": "a", "targets": [{ "kind": ["example"], "name": "x" }] },
        ] });
        assert_eq!(found(&metadata), ["a x", "b y"]);
    }
}
