//! Looking at a directory: what is in it, always in the same order.

use std::fs::{self, DirEntry, FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::Reach;

/// What is in a directory, by name.
pub(super) fn entries(dir: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = fs::read_dir(dir)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

/// What an entry is, and its length if it is a file. Links are not followed.
pub(super) fn look(entry: &DirEntry) -> io::Result<(FileType, u64)> {
    let kind = entry.file_type()?;
    let bytes = if kind.is_file() { entry.metadata().map(|it: Metadata| it.len())? } else { 0 };
    Ok((kind, bytes))
}

/// Counts what is in a directory, until `budget` entries were seen.
pub(super) fn count(dir: &Path, budget: &mut u64) -> Count {
    let mut total = Count { files: 0, bytes: 0, at_least: false };
    let mut open = vec![dir.to_path_buf()];
    while let Some(dir) = open.pop() {
        let Ok(listed) = entries(&dir) else {
            total.at_least = true;
            continue;
        };
        for entry in listed {
            let Some(rest) = budget.checked_sub(1) else {
                total.at_least = true;
                return total;
            };
            *budget = rest;
            match look(&entry) {
                Ok((kind, _)) if kind.is_dir() => open.push(entry.path()),
                Ok((_, bytes)) => total.add(bytes),
                Err(_) => total.at_least = true,
            }
        }
    }
    total
}

/// How much was left out.
pub(super) struct Count {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) at_least: bool,
}

impl Count {
    pub(super) fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// Where a link leads. `root` is free of links.
pub(super) fn reach(root: &Path, link: &Path, target: &Path) -> Reach {
    if target.is_absolute() || target.has_root() {
        return Reach::Outside;
    }
    match fs::canonicalize(link) {
        // It may leave the folder and come back, by the name the folder has here.
        Ok(end) if end.starts_with(root) && stays(root, link, target) => Reach::Inside,
        Ok(_) => Reach::Outside,
        Err(_) if stays(root, link, target) => Reach::Missing,
        Err(_) => Reach::Outside,
    }
}

/// Whether a target, read as text from where its link stands, never goes above `root`.
fn stays(root: &Path, link: &Path, target: &Path) -> bool {
    use std::path::Component;
    let depth = |path: &Path| path.components().count();
    let above = link.parent().unwrap_or(root);
    let mut level = depth(above).saturating_sub(depth(root));
    for part in target.components() {
        match part {
            Component::ParentDir => match level.checked_sub(1) {
                Some(up) => level = up,
                None => return false,
            },
            Component::Normal(_) => level += 1,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

/// The directories above a folder, from the top of the repository that holds it; none if no repository does. The folder
/// itself may be the top.
pub(super) fn above_in_repository(root: &Path) -> Option<Vec<PathBuf>> {
    let mut above = Vec::new();
    for dir in root.ancestors() {
        above.push(dir.to_path_buf());
        if fs::symlink_metadata(dir.join(super::rules::GIT)).is_ok() {
            above.reverse();
            return Some(above);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_counted_until_the_budget_is_spent() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        for name in ["a", "b", "sub/c", "sub/d"] {
            fs::write(dir.path().join(name), "123").unwrap();
        }
        let counted = |mut budget: u64| {
            let count = count(dir.path(), &mut budget);
            (count.files, count.bytes, count.at_least, budget)
        };
        assert_eq!(counted(9), (4, 12, false, 4));
        assert_eq!(counted(5), (4, 12, false, 0));
        assert_eq!(counted(4), (3, 9, true, 0), "a directory counts as an entry, not as a file");
        assert_eq!(counted(0), (0, 0, true, 0));
    }

    #[test]
    fn what_cannot_be_listed_is_not_taken_for_empty() {
        let mut budget = 9;
        let gone = count(Path::new("/no/such/directory"), &mut budget);
        assert!(gone.at_least && gone.files == 0);
    }

    #[test]
    fn a_target_that_climbs_out_and_comes_back_does_not_stay() {
        let (root, link) = (Path::new("/r"), Path::new("/r/a/link"));
        for (target, within) in [
            ("x", true),
            ("../x", true),
            ("../../r/x", false),
            ("..", true),
            ("../..", false),
            ("b/../../c", true),
            ("/r/x", false),
        ] {
            assert_eq!(stays(root, link, Path::new(target)), within, "{target}");
        }
    }
}
