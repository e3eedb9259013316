//! Rules about what a choice of transport brings into a user's build.

use anyhow::Result;

use super::Verdict;
use crate::project::Project;

/// Clients that would be a second one beside reqwest's own hyper.
const CLIENTS: &[&str] = &["attohttpc", "awc", "curl", "isahc", "minreq", "surf", "ureq"];
const ADAPTERS: &[&str] = &["tensorpool-reqwest", "tensorpool-hyper", "reqwest"];

pub(super) fn lean(project: &Project) -> Result<Verdict> {
    let mut breaches = Vec::new();
    let mut deny = |package: &str, edges: &str, denied: &[&str]| -> Result<()> {
        let found = under(project, package, edges)?;
        let found = found.iter().filter(|name| denied.contains(&name.as_str()));
        breaches.extend(
            found.map(|name| format!("{package}: {name}; `cargo tree -p {package} -e {edges} -i {name}`")),
        );
        Ok(())
    };
    deny("tensorpool-hyper", "normal", &["aws-lc-sys", "aws-lc-rs", "reqwest", "openssl-sys"])?;
    deny("tensorpool-hyper", "normal", CLIENTS)?;
    deny("tensorpool-reqwest", "normal", CLIENTS)?;
    deny("tensorpool-reqwest", "normal", &["tensorpool-hyper", "openssl-sys"])?;
    // Their own tests and examples too: they must stand without either adapter.
    for package in ["tensorpool-core", "tensorpool-client", "tensorpool-emulator"] {
        deny(package, "normal,dev", ADAPTERS)?;
    }
    Ok(Verdict::Checked(breaches))
}

/// The names of all crates under a package, with its default features.
fn under(project: &Project, package: &str, edges: &str) -> Result<Vec<String>> {
    let tree = ["tree", "-p", package, "-e", edges, "--prefix", "none", "--format", "{p}", "--locked"];
    let tree = project.cargo().args(tree).args(["--target", "all", "--no-dedupe"]).quiet().read()?;
    let names = tree.lines().filter_map(|line| line.split(' ').next()).filter(|name| *name != package);
    Ok(names.map(str::to_owned).collect())
}
