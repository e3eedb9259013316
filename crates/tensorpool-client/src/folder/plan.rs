//! What would be uploaded, what would not, and why.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use super::{Rule, Warning};

/// What pushing a folder would upload. `Display` is a report for a person.
///
/// All paths are relative to the folder. Files, links and what cannot be read are in the order of their paths, and the
/// same folder gives the same plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPlan {
    pub(super) root: PathBuf,
    pub(super) files: Vec<PlannedFile>,
    pub(super) links: Vec<PlannedLink>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) warnings: Vec<Warning>,
}

/// A file that would be uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedFile {
    /// Where it is in the folder.
    pub path: PathBuf,
    /// Its length in bytes, when it was looked at.
    pub bytes: u64,
}

/// A symbolic link that would be uploaded as a link.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlannedLink {
    /// Where it is in the folder.
    pub path: PathBuf,
    /// What it says.
    pub target: PathBuf,
    /// Where that leads.
    pub reach: Reach,
}

/// Where a link leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// To something in the folder, so that it will be the same on the cluster, unless a rule leaves its target out.
    Inside,
    /// Out of the folder, or to an absolute path: on the cluster it leads nowhere, or to something else.
    Outside,
    /// To nothing.
    Missing,
}

/// What one rule left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// The rule.
    pub rule: Rule,
    /// How many files and links it left out, those in directories it left out included.
    pub files: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// Whether there are more: not everything was counted, because it is too much or cannot be read.
    pub at_least: bool,
    /// The first three of what it matches.
    pub examples: Vec<PathBuf>,
}

/// What would be uploaded but cannot be read. A push fails at it, or lacks it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unreadable {
    /// A file or directory.
    pub path: PathBuf,
    /// What the operating system says.
    pub why: String,
}

impl UploadPlan {
    /// The folder, as it was given.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The files that would be uploaded.
    #[must_use]
    pub fn files(&self) -> &[PlannedFile] {
        &self.files
    }

    /// The symbolic links that would be uploaded as links.
    #[must_use]
    pub fn links(&self) -> &[PlannedLink] {
        &self.links
    }

    /// The names of all files and links, each ended by a NUL: what `rsync --from0 --files-from=-` takes on its standard input.
    ///
    /// The engine's own command knows nothing of ignore files. Put those two options before the words that passed the judge
    /// and hand it these names, and what is uploaded is what was planned.
    #[must_use]
    pub fn names(&self) -> Vec<u8> {
        let paths = self.files.iter().map(|file| &file.path).chain(self.links.iter().map(|link| &link.path));
        let mut names = Vec::new();
        for path in paths {
            #[cfg(unix)]
            names.extend_from_slice(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()));
            #[cfg(not(unix))]
            names.extend(path.to_string_lossy().replace('\\', "/").bytes());
            names.push(0);
        }
        names
    }

    /// The bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// The `n` largest files, the largest first; of the same size, in the order of their paths.
    #[must_use]
    pub fn largest(&self, n: usize) -> Vec<&PlannedFile> {
        let mut files: Vec<&PlannedFile> = self.files.iter().collect();
        files.sort_by_key(|file| Reverse(file.bytes));
        files.truncate(n);
        files
    }

    /// What the rules left out: first `.git`, then by entries of `ignore`, then by lines of ignore files. Rules that left
    /// nothing out are not listed.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// What cannot be read.
    #[must_use]
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }

    /// What a person should know before pushing: how much it is, then kind by kind in the order of their paths.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}
