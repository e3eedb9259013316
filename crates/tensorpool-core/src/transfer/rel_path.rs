//! `RelPath`: a server-chosen file name that can only lead down into a directory.

use std::fmt;

/// Why a server-chosen name is not written to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadName {
    /// It is empty, or a part of it between slashes is.
    Empty,
    /// It begins at the root of a file system.
    Absolute,
    /// It begins with a Windows drive, as `C:`.
    Drive,
    /// It holds a backslash, which is a separator on Windows.
    Backslash,
    /// A part of it is `.` or `..`.
    Dots,
    /// It holds a NUL or another control character.
    Control,
    /// It holds a character nobody sees, by which two names can look the same and some file systems take them for one.
    Invisible,
    /// A part of it is a device on Windows, as `nul` or `com1.txt`.
    Reserved,
    /// A part of it ends with a dot or begins or ends with a space, which Windows drops.
    Trimmed,
    /// A part of it is longer than [`RelPath::MAX_PART`] bytes, or all of it than [`RelPath::MAX`].
    TooLong,
    /// A part of it looks like a temporary file of a download.
    Temporary,
    /// A part of it is `.git`: what is written there, as a hook, git runs.
    Git,
    /// Some file systems take it for the same as this other name of the set, or one is a directory on the way to the other.
    Collides(String),
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the name, or a part of it, is empty",
            Self::Absolute => "the name is an absolute path",
            Self::Drive => "the name begins with a drive",
            Self::Backslash => "the name holds a backslash",
            Self::Dots => "a part of the name is `.` or `..`",
            Self::Control => "the name holds a control character",
            Self::Invisible => "the name holds an invisible character",
            Self::Reserved => "a part of the name is a device on Windows",
            Self::Trimmed => "a part of the name ends with a dot, or begins or ends with a space",
            Self::TooLong => "the name is too long",
            Self::Temporary => "a part of the name is that of a temporary file",
            Self::Git => "a part of the name is `.git`, from where git runs programs",
            Self::Collides(other) => return write!(f, "the name collides with {other:?}"),
        })
    }
}

impl std::error::Error for BadName {}

/// A relative path of plain names, separated by `/`, that leads nowhere but down, on every platform.
///
/// The server chooses the names of a job's outputs (contract §3.4), so they are parsed, not cleaned: a name that breaks a
/// rule is refused as a whole. The rules are the same on every platform, so that what arrives does not depend on it. This is
/// one of two fences: a writer must also hold a directory handle that symbolic links cannot leave.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(Box<str>);

impl RelPath {
    /// The most bytes of a path: what a key of an object store can have.
    pub const MAX: usize = 1024;
    /// The most bytes of a part: what common file systems allow.
    pub const MAX_PART: usize = 255;
    /// How the names of a download's temporary files end; they begin with a dot.
    pub const TEMPORARY: &'static str = ".tp-part";

    /// Reads a name the server chose.
    ///
    /// # Errors
    ///
    /// The first rule it breaks; never [`BadName::Collides`], which takes two.
    pub fn parse(name: &str) -> Result<Self, BadName> {
        if name.is_empty() {
            return Err(BadName::Empty);
        }
        if name.len() > Self::MAX {
            return Err(BadName::TooLong);
        }
        if name.starts_with('/') {
            return Err(BadName::Absolute);
        }
        if name.chars().any(char::is_control) {
            return Err(BadName::Control);
        }
        // Covers UNC (`\\host`) and device (`\\?\`) paths.
        if name.contains('\\') {
            return Err(BadName::Backslash);
        }
        let mut bytes = name.bytes();
        if bytes.next().is_some_and(|b| b.is_ascii_alphabetic()) && bytes.next() == Some(b':') {
            return Err(BadName::Drive);
        }
        if name.chars().any(invisible) {
            return Err(BadName::Invisible);
        }
        name.split('/').try_for_each(part)?;
        Ok(Self(name.into()))
    }

    /// The whole path, separated by `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names it is made of; at least one.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.0.split('/')
    }

    /// The last part.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(_, name)| name)
    }

    /// The directories on the way, outermost first; none for a plain name.
    pub fn directories(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts();
        let count = parts.clone().count().saturating_sub(1);
        parts.take(count)
    }

    /// Whether Windows can store it: `:` is a stream there, and `<>"|?*` are wildcards. Elsewhere they are plain characters,
    /// and times in file names are common, so that they are refused only where they do harm.
    #[must_use]
    pub fn fits_windows(&self) -> bool {
        !self.0.contains(['<', '>', ':', '"', '|', '?', '*'])
    }
}

fn part(part: &str) -> Result<(), BadName> {
    match part {
        "" => Err(BadName::Empty),
        "." | ".." => Err(BadName::Dots),
        _ if part.len() > RelPath::MAX_PART => Err(BadName::TooLong),
        _ if part.ends_with(['.', ' ']) || part.starts_with(' ') => Err(BadName::Trimmed),
        _ if is_device(part) => Err(BadName::Reserved),
        _ if part.to_ascii_lowercase().ends_with(RelPath::TEMPORARY) => Err(BadName::Temporary),
        _ if is_git(part) => Err(BadName::Git),
        _ => Ok(()),
    }
}

/// Windows opens a device whatever follows the first dot or colon, spaces before it included.
fn is_device(part: &str) -> bool {
    let stem = part.split(['.', ':']).next().unwrap_or(part).trim_end_matches(' ').to_ascii_lowercase();
    match stem.as_str() {
        "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$" => true,
        stem => ["com", "lpt"].iter().any(|port| {
            let number = stem.strip_prefix(port).unwrap_or_default();
            // Superscript digits count.
            number.chars().count() == 1
                && number.chars().all(|c| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³'))
        }),
    }
}

/// In any case, for some file systems see none; `git~1` is its short name on Windows, and what follows a colon a stream of it.
fn is_git(part: &str) -> bool {
    let name = part.split(':').next().unwrap_or(part);
    [".git", "git~1"].iter().any(|git| name.eq_ignore_ascii_case(git))
}

/// Characters of no width, and those that turn the direction of text: some file systems ignore them in names, and a
/// terminal shows another name than is written. Legitimate joiners in Persian or emoji are refused with them.
fn invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelPath({:?})", &*self.0)
    }
}
