//! What a job leaves behind: lines, and files.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use walkdir::WalkDir;

use crate::state::job::File;

/// A longer line is passed on in pieces, so that a job that never ends a line is heard all the same.
const LONGEST_LINE: usize = 64 * 1024;
/// How many bytes of outputs are kept of one job, as they are kept in memory.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// Cuts bytes into lines of text; what is not UTF-8 is replaced.
#[derive(Debug, Default)]
pub(super) struct Lines {
    open: Vec<u8>,
}

impl Lines {
    /// The lines that these bytes complete.
    pub(super) fn add(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.open.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.open.pop();
                if self.open.ends_with(b"\r") {
                    self.open.pop();
                }
                lines.push(self.take());
            } else if self.open.len() >= LONGEST_LINE {
                lines.push(self.take());
            }
        }
        lines
    }

    /// What is left without an end.
    pub(super) fn rest(&mut self) -> Vec<String> {
        if self.open.is_empty() { Vec::new() } else { vec![self.take()] }
    }

    fn take(&mut self) -> String {
        let line = String::from_utf8_lossy(&self.open).into_owned();
        self.open.clear();
        line
    }
}

/// The files that are outputs, and what is to be said of those that are not kept.
///
/// A pattern is of paths from the folder on: `*` is within one of their parts, `**` across them. What matches is kept,
/// and a directory with everything in it (contract §3.8: files, directories and globs).
pub(super) fn collect(folder: &Path, patterns: &[String]) -> (Vec<(String, File)>, Vec<String>) {
    let (mut files, mut notes) = (Vec::new(), Vec::new());
    let wanted = wanted(patterns, &mut notes);
    let Ok(root) = folder.canonicalize() else { return (files, notes) };
    let mut left = MOST_BYTES;
    // Links are not followed on the way.
    for entry in WalkDir::new(&root).sort_by_file_name().into_iter().filter_map(Result::ok) {
        let Ok(path) = entry.path().strip_prefix(&root) else { continue };
        if entry.file_type().is_dir() || !path.ancestors().any(|path| wanted.is_match(path)) {
            continue;
        }
        let Some(name) = path.to_str() else {
            notes.push(format!("{} is not kept: its name is not UTF-8", path.display()));
            continue;
        };
        // A link to a file is kept as the file, if that is inside too.
        let inside = entry.path().canonicalize().is_ok_and(|real| real.starts_with(&root));
        let size = fs::metadata(entry.path()).ok().filter(fs::Metadata::is_file).map(|file| file.len());
        match size {
            Some(size) if inside && size <= left => match fs::read(entry.path()) {
                Ok(bytes) => {
                    left = left.saturating_sub(size);
                    files.push((name.to_owned(), File::new(Bytes::from(bytes))));
                }
                Err(error) => notes.push(format!("{name} is not kept: {error}")),
            },
            Some(_) if inside => notes.push(format!("{name} is not kept: the outputs are too large")),
            Some(_) => notes.push(format!("{name} is not kept: it leads out of the folder")),
            None => notes.push(format!("{name} is not kept: it is no file")),
        }
    }
    (files, notes)
}

fn wanted(patterns: &[String], notes: &mut Vec<String>) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let bare = pattern.trim_start_matches("./").trim_end_matches('/');
        match GlobBuilder::new(bare).literal_separator(true).build() {
            Ok(glob) => {
                set.add(glob);
            }
            Err(error) => notes.push(format!("outputs: {error}")),
        }
    }
    set.build().unwrap_or_else(|error| {
        notes.push(format!("outputs: {error}"));
        GlobSet::empty()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_lines_wherever_they_are_cut() {
        let text = "héllo ✓\r\nsecond\n\n50%\r100%\nlast".as_bytes();
        for cut in 0..=text.len() {
            let mut lines = Lines::default();
            let (first, second) = text.split_at(cut);
            let mut all = lines.add(first);
            all.extend(lines.add(second));
            all.extend(lines.rest());
            assert_eq!(all, ["héllo ✓", "second", "", "50%\r100%", "last"], "cut at {cut}");
        }
        let mut lines = Lines::default();
        assert_eq!(lines.add(b"a\xffb\n"), ["a\u{fffd}b"]);
        assert_eq!(lines.add(&[b'x'; LONGEST_LINE + 1]).len(), 1, "an endless line comes in pieces");
        assert!(lines.rest().is_empty());
    }

    #[test]
    fn outputs_are_files_directories_and_globs_inside_the_folder() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("job");
        fs::create_dir_all(folder.join("out/deep")).unwrap();
        for name in ["a.log", "b.log", "main.py", "out/1", "out/deep/2", "out/deep/c.log", "secret"] {
            fs::write(folder.join(name), name).unwrap();
        }
        fs::write(scratch.path().join("outside"), "private").unwrap();
        std::os::unix::fs::symlink("../../outside", folder.join("out/leak")).unwrap();
        std::os::unix::fs::symlink("/etc", folder.join("out/etc")).unwrap();
        std::os::unix::fs::symlink("../main.py", folder.join("out/alias")).unwrap();
        let names = |patterns: &[&str]| {
            let patterns: Vec<_> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
            let (files, notes) = collect(&folder, &patterns);
            (files.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), notes)
        };
        let (files, notes) = names(&["out/", "*.log"]);
        assert_eq!(files, ["a.log", "b.log", "out/1", "out/alias", "out/deep/2", "out/deep/c.log"]);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes.iter().any(|note| note.contains("out/leak is not kept: it leads out")), "{notes:?}");
        assert_eq!(names(&["**/*.log"]).0, ["a.log", "b.log", "out/deep/c.log"]);
        assert_eq!(names(&["./out/deep"]).0, ["out/deep/2", "out/deep/c.log"]);
        assert_eq!(names(&["none", "[", "main.p?"]).0, ["main.py"]);
        assert!(names(&["["]).1[0].starts_with("outputs: "), "a bad pattern is told of");
        assert!(names(&[]).0.is_empty());
    }
}
