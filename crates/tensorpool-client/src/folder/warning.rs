//! What a person should know before pushing.

use std::fmt;
use std::path::{Path, PathBuf};

use super::report::{shown, size};

/// More files than this are warned of.
pub(super) const MANY_FILES: usize = 10_000;
/// More bytes than this are warned of: 1 GiB.
pub(super) const MANY_BYTES: u64 = 1 << 30;

/// Something that is probably not what was meant. `Display` is one line. They are ordered as they are listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Warning {
    /// More than 10,000 files would be uploaded.
    ManyFiles(usize),
    /// More than 1 GiB would be uploaded: so many bytes.
    ManyBytes(u64),
    /// A file whose name says that it holds secrets would be uploaded.
    Secret(PathBuf),
    /// A link leads out of the folder.
    LinkOutside(PathBuf),
    /// A link leads to nothing.
    LinkToNothing(PathBuf),
    /// A name is not UTF-8. The engine names files in JSON, which cannot hold it.
    NotUtf8(PathBuf),
    /// Neither a file nor a directory nor a link, such as a socket: it is not uploaded.
    NotAFile(PathBuf),
    /// A line of an ignore file cannot be understood, and leaves nothing out.
    Pattern {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// An ignore file is not used.
    IgnoreFile {
        /// The file.
        file: PathBuf,
        /// Why.
        why: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ManyFiles(files) => {
                write!(f, "{files} files are a lot; leave out what the job does not need in a .tpignore")
            }
            Self::ManyBytes(bytes) => {
                write!(f, "{} are a lot; put what stays the same on a storage volume", size(*bytes))
            }
            Self::Secret(path) => write!(f, "{} probably holds secrets", shown(path)),
            Self::LinkOutside(path) => {
                write!(f, "{} leads out of the folder; it is not followed", shown(path))
            }
            Self::LinkToNothing(path) => write!(f, "{} leads to nothing", shown(path)),
            Self::NotUtf8(path) => {
                write!(f, "{} is not UTF-8, so that it can be uploaded but not pulled", shown(path))
            }
            Self::NotAFile(path) => {
                write!(f, "{} is neither a file nor a directory; it is not uploaded", shown(path))
            }
            Self::Pattern { file, line, why } => write!(f, "{}:{line} {why}", shown(file)),
            Self::IgnoreFile { file, why } => write!(f, "{} is not used: {why}", shown(file)),
        }
    }
}

/// By name only: nothing is looked into. The official client keeps the API token in `.env`.
pub(super) fn is_secret(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let sample =
        ["example", "sample", "template", "dist"].iter().any(|end| name.ends_with(&format!(".{end}")));
    let whole = matches!(
        name.as_str(),
        ".env"
            | ".netrc"
            | ".pgpass"
            | ".pypirc"
            | ".git-credentials"
            | "id_rsa"
            | "id_ed25519"
            | "id_ecdsa"
            | "id_dsa"
    );
    let ending = [".pem", ".p12", ".pfx", ".key"].iter().any(|end| name.ends_with(end));
    let aws =
        name == "credentials" && path.parent().is_some_and(|dir| dir.file_name() == Some(".aws".as_ref()));
    !sample && (whole || ending || aws || name.starts_with(".env."))
}
