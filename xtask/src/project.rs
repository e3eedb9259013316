//! Where the repository is, and how its own tools are called.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::{Cmd, Shell, cmd};

/// The repository, and a shell that stands in its root.
pub(crate) struct Project {
    sh: Shell,
    root: PathBuf,
}

impl Project {
    pub(crate) fn open() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = manifest.parent().context("xtask is not inside the repository")?.to_path_buf();
        let sh = Shell::new()?;
        sh.change_dir(&root);
        Ok(Self { sh, root })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn sh(&self) -> &Shell {
        &self.sh
    }

    /// `cargo`, as a person would call it.
    ///
    /// `cargo run` tells xtask about xtask's own package. Passed on, that looks like a change to build scripts which
    /// watch these variables (ring's does), and everything above them is built again.
    pub(crate) fn cargo(&self) -> Cmd<'_> {
        let own = std::env::vars_os().map(|(name, _)| name).filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        own.fold(self.sh.cmd("cargo"), Cmd::env_remove)
    }

    /// Whether `cargo <name>` is there: a component or a tool that is not part of cargo.
    pub(crate) fn has_cargo_tool(&self, name: &str) -> bool {
        self.cargo().args([name, "--version"]).quiet().ignore_stdout().ignore_stderr().run().is_ok()
    }

    /// What is or could be committed: tracked files, and new ones that are not ignored. Paths are relative to the root.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let list = cmd!(self.sh, "git ls-files -z --cached --others --exclude-standard").quiet().read()?;
        let mut files: Vec<String> =
            list.split('\0').filter(|f| self.root.join(f).is_file()).map(str::to_owned).collect();
        files.sort_unstable();
        files.dedup();
        Ok(files)
    }

    /// `cargo metadata` of the workspace's own packages.
    pub(crate) fn metadata(&self) -> Result<Value> {
        let json = self.cargo().args(["metadata", "--no-deps", "--format-version=1"]).quiet().read()?;
        serde_json::from_str(&json).context("cargo metadata answered what is not JSON")
    }

    /// The names of the crates that are published, in an order in which each comes after those it stands on.
    pub(crate) fn published(&self) -> Result<Vec<String>> {
        let metadata = self.metadata()?;
        let packages = metadata.get("packages").and_then(Value::as_array).into_iter().flatten();
        let mut names: Vec<(usize, String)> = packages
            .filter(|package| package["publish"].is_null())
            .filter_map(|package| {
                let needs = package["dependencies"].as_array().into_iter().flatten();
                let siblings = needs.filter(|d| d["path"].is_string() && d["kind"].is_null()).count();
                Some((siblings, package["name"].as_str()?.to_owned()))
            })
            .collect();
        names.sort_unstable();
        Ok(names.into_iter().map(|(_, name)| name).collect())
    }

    /// The directory cargo builds in.
    pub(crate) fn target(&self) -> Result<PathBuf> {
        let metadata = self.metadata()?;
        let target = metadata
            .get("target_directory")
            .and_then(Value::as_str)
            .context("cargo metadata names no target directory")?;
        Ok(PathBuf::from(target))
    }

    /// A path as it is shown: relative to the root.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}
