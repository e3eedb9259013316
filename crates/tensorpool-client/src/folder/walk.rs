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
