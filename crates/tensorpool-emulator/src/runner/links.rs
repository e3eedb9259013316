//! Links of an uploaded folder: rsync's daemon has made them lead nowhere; those that stay inside are restored.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path};

use walkdir::WalkDir;

/// What rsync's daemon puts before the target of every link that it is sent (rsyncd.conf, `munge symlinks`).
const MUNGED: &str = "/rsyncd-munged/";

/// Restores the links whose targets are inside; returns the others, which stay broken.
pub(super) fn restore(folder: &Path) -> io::Result<Vec<String>> {
    let mut foreign = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if !entry.path_is_symlink() {
            continue;
        }
        let stored = fs::read_link(entry.path())?;
        let Ok(target) = stored.strip_prefix(MUNGED) else { continue };
        let place = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        // A target that was absolute is one here too: `/rsyncd-munged//etc`, whose slashes a path does not tell apart.
        let absolute = stored.as_os_str().as_encoded_bytes().get(MUNGED.len()) == Some(&b'/');
        if absolute || !stays_inside(place, target) {
            foreign.push(place.display().to_string());
            continue;
        }
        fs::remove_file(entry.path())?;
        symlink(target, entry.path())?;
    }
    Ok(foreign)
}

/// Whether a link at this place, seen from the folder, leads to a place in it, by its words alone.
fn stays_inside(place: &Path, target: &Path) -> bool {
    let mut depth = place.components().count().saturating_sub(1);
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_stay_inside_are_restored_and_others_stay_broken() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        fs::create_dir_all(folder.join("a/b")).unwrap();
        fs::write(folder.join("data"), "1").unwrap();
        let link = |target: &str, at: &str| symlink(format!("{MUNGED}{target}"), folder.join(at)).unwrap();
        link("../../data", "a/b/near");
        link("a/b", "deep");
        link("/etc/passwd", "absolute");
        link("../../../etc/passwd", "a/b/up");
        link("a/../../x", "winding");
        assert_eq!(restore(folder).unwrap(), ["a/b/up", "absolute", "winding"]);
        assert_eq!(fs::read_to_string(folder.join("a/b/near")).unwrap(), "1");
        assert_eq!(fs::read_link(folder.join("deep")).unwrap(), Path::new("a/b"));
        assert!(fs::read_to_string(folder.join("absolute")).is_err(), "it leads nowhere");
        assert_eq!(restore(folder).unwrap().len(), 3, "twice is the same");
    }
}
