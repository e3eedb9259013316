//! `cargo xtask package`: every crate to be published, packed as it would be uploaded, and built from what is in the package.

use anyhow::{Result, bail};

use crate::project::Project;

/// What a package must have of its own: its page stands alone, and so do its licences.
const FILES: &[&str] = &["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

pub(crate) fn run(project: &Project) -> Result<()> {
    let published = project.published()?;
    let select = published.iter().flat_map(|package| ["-p", package]);
    // Siblings are found among what is packed with them, so this works before any of them is on a registry.
    let pack = project.cargo().args(["package", "-q", "--locked", "--allow-dirty", "--all-features"]);
    pack.args(select).run()?;
    let mut missing = Vec::new();
    for package in &published {
        let list = project.cargo().args(["package", "-q", "--list", "--allow-dirty", "-p", package]).quiet();
        missing.extend(lacks(&list.read()?).map(|file| format!("{package} has no {file}")));
    }
    if !missing.is_empty() {
        bail!("{}", missing.join("; "));
    }
    println!("{} crates can be published: {}", published.len(), published.join(", "));
    Ok(())
}

fn lacks(list: &str) -> impl Iterator<Item = &'static str> {
    FILES.iter().copied().filter(|file| !list.lines().any(|line| line == *file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_without_its_own_page_is_found() {
        assert_eq!(lacks("CHANGELOG.md\nLICENSE-APACHE\nLICENSE-MIT\nREADME.md\nsrc/lib.rs").count(), 0);
        assert_eq!(
            lacks("docs/README.md\nCHANGELOG.md").collect::<Vec<_>>(),
            ["LICENSE-APACHE", "LICENSE-MIT", "README.md"]
        );
    }
}
