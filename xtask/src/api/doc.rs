//! A crate's documentation as data: rustdoc's JSON, which only an unstable option of it writes.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xshell::cmd;

use crate::project::Project;

/// The compiler whose format the pinned `public-api` reads, by the beginning of its version.
const COMPILER: &str = "rustc 1.95.";

/// A published crate, as rustdoc sees it with all features on.
pub(super) struct Doc {
    pub(super) package: String,
    pub(super) path: PathBuf,
    pub(super) json: Value,
}

pub(super) fn readable(project: &Project) -> Result<bool> {
    Ok(cmd!(project.sh(), "rustc --version").quiet().read()?.starts_with(COMPILER))
}

pub(super) fn all(project: &Project) -> Result<Vec<Doc>> {
    ensure!(
        readable(project)?,
        "the pages are made by {COMPILER}x, because rustdoc's JSON changes with the compiler; use that one"
    );
    let target = project.target()?;
    let rustdoc = wrapper(project, &target)?;
    let mut docs = Vec::new();
    for package in project.published()? {
        let build =
            project.cargo().args(["rustdoc", "-q", "--lib", "--all-features", "--locked", "-p", &package]);
        let build =
            build.args(["--", "-Z", "unstable-options", "--output-format", "json", "--cap-lints", "allow"]);
        build.env("RUSTDOC", &rustdoc).run().with_context(|| format!("cannot document {package}"))?;
        let path = target.join("doc").join(format!("{}.json", package.replace('-', "_")));
        let json = serde_json::from_slice(&project.sh().read_binary_file(&path)?)?;
        docs.push(Doc { package, path, json });
    }
    Ok(docs)
}

/// rustdoc with unstable options allowed. Told to cargo instead, that would reach every build script that looks for a nightly
/// compiler, and everything above them would be built twice.
fn wrapper(project: &Project, target: &std::path::Path) -> Result<PathBuf> {
    let path = target.join("rustdoc-unstable.sh");
    project.sh().write_file(&path, "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n")?;
    cmd!(project.sh(), "chmod +x {path}").quiet().run()?;
    Ok(path)
}
