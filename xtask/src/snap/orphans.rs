//! Snapshots that no test refers to any more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{find, some, tests};
use crate::project::Project;

/// Runs the snapshot tests and fails if one of them does, or if a snapshot was not asked for by any.
pub(super) fn run(project: &Project, delete: bool) -> Result<()> {
    // insta's runtime appends to this file the path of every snapshot it compares, one a line.
    let scratch = project.sh().create_temp_dir()?;
    let references = scratch.path().join("references");
    tests(project, "no").env("INSTA_SNAPSHOT_REFERENCES_FILE", &references).run()?;

    let snapshots = some(find(project, ".snap")?)?;
    if !references.exists() {
        bail!("the tests compared no snapshot, so all {} would be orphans", snapshots.len());
    }
    let orphans = unreferenced(&snapshots, &project.sh().read_file(&references)?);
    for orphan in &orphans {
        println!("orphan {}", project.shown(orphan));
        if delete {
            project.sh().remove_path(orphan)?;
        }
    }
    match (orphans.len(), delete) {
        (0, _) => println!("each of {} snapshots is compared by a test", snapshots.len()),
        (n, true) => println!("deleted {n} of {} snapshots", snapshots.len()),
        (n, false) => {
            bail!("snapshots that no test compares: {n}; `cargo xtask snap orphans --delete` deletes them")
        }
    }
    Ok(())
}

fn unreferenced<'s>(snapshots: &'s [PathBuf], references: &str) -> Vec<&'s Path> {
    let used: BTreeSet<PathBuf> = references.lines().map(|line| real(Path::new(line))).collect();
    snapshots.iter().map(PathBuf::as_path).filter(|path| !used.contains(&real(path))).collect()
}

/// insta joins paths without resolving `..` and links.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_an_orphan_unless_a_test_names_it_however_it_spells_it() {
        let dir = std::env::temp_dir().join(format!("xtask-orphans-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("sub")).unwrap();
        let paths: Vec<PathBuf> = ["a.snap", "b.snap", "c.snap"].iter().map(|name| dir.join(name)).collect();
        for path in &paths {
            std::fs::write(path, "").unwrap();
        }
        let references =
            format!("{}\n{}\n", dir.join("a.snap").display(), dir.join("sub/../b.snap").display());
        let orphans = unreferenced(&paths, &references);
        let twice = unreferenced(&paths, &references.repeat(2));
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(orphans, [dir.join("c.snap")]);
        assert_eq!(orphans, twice);
    }
}
