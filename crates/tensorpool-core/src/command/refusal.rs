//! Why a command is refused, and which word of it.

use std::fmt;

use crate::redact::Snippet;

/// Why a command is refused. `Display` is a clause that follows the word it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalReason {
    /// There is no command, or nothing on one side of `&&`.
    Empty,
    /// It has more bytes, words or runs than is accepted.
    TooLong,
    /// A control character, such as a line break or NUL.
    Control(char),
    /// A character that is not seen, looks like a space, or changes the direction of text.
    Hidden(char),
    /// A character that a shell would interpret where it stands.
    Shell(char),
    /// A quote is not closed, or a backslash ends the command.
    Unfinished,
    /// It sets a variable for the program.
    Assignment,
    /// It is not the program that is expected here, by its bare name.
    Program {
        /// The program that is.
        expected: &'static str,
    },
    /// A list of commands, where one is expected.
    List,
    /// The option is not on the list of those that are accepted.
    Option,
    /// The option can run a program.
    RunsPrograms,
    /// The option can delete files.
    Deletes,
    /// The option can write outside the directory, or what was not asked for.
    WritesElsewhere,
    /// The option can read, or send, what is not in the directory.
    ReadsElsewhere,
    /// The option forwards connections, credentials or a display.
    Forwards,
    /// The option shares a connection with other programs.
    Multiplexes,
    /// The option switches off the check of the host's key.
    Unverified,
    /// The option's operand is missing or not of its kind.
    Operand {
        /// What it should be.
        expected: &'static str,
    },
    /// The local path is not inside the directory, or cannot be a plain path.
    Path,
    /// The private key is neither the caller's nor in `~/.ssh`.
    Key,
    /// The user, host, port or remote path cannot be one.
    Host,
    /// The host is none of those the caller named, or not that of the runs before.
    OtherHost,
    /// The host is this machine, which the caller did not name.
    ThisMachine,
    /// What is copied where is not what was asked for.
    Direction {
        /// What was.
        expected: &'static str,
    },
    /// It runs something on the other machine.
    RemoteCommand,
    /// What follows `-e` is not a plain `ssh` line that rsync reads as we do.
    RemoteShell,
}

impl RefusalReason {
    /// A stable name, for output that programs read: `shell`, `runs-programs`, ….
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too-long",
            Self::Control(_) => "control",
            Self::Hidden(_) => "hidden",
            Self::Shell(_) => "shell",
            Self::Unfinished => "unfinished",
            Self::Assignment => "assignment",
            Self::Program { .. } => "program",
            Self::List => "list",
            Self::Option => "option",
            Self::RunsPrograms => "runs-programs",
            Self::Deletes => "deletes",
            Self::WritesElsewhere => "writes-elsewhere",
            Self::ReadsElsewhere => "reads-elsewhere",
            Self::Forwards => "forwards",
            Self::Multiplexes => "multiplexes",
            Self::Unverified => "unverified",
            Self::Operand { .. } => "operand",
            Self::Path => "path",
            Self::Key => "key",
            Self::Host => "host",
            Self::OtherHost => "other-host",
            Self::ThisMachine => "this-machine",
            Self::Direction { .. } => "direction",
            Self::RemoteCommand => "remote-command",
            Self::RemoteShell => "remote-shell",
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is no command",
            Self::TooLong => "it is longer than any command that is needed",
            Self::Control(c) => return write!(f, "it has the control character U+{:04X}", u32::from(*c)),
            Self::Hidden(c) => return write!(f, "it has U+{:04X}, which is not seen", u32::from(*c)),
            Self::Shell(c) => return write!(f, "a shell would interpret `{c}`"),
            Self::Unfinished => "a quote or backslash is left open",
            Self::Assignment => "it sets a variable",
            Self::Program { expected } => {
                return write!(f, "only `{expected}` is accepted here, by that name");
            }
            Self::List => "one command is expected, not a list",
            Self::Option => "the option is not on the list",
            Self::RunsPrograms => "the option can run a program",
            Self::Deletes => "the option can delete files",
            Self::WritesElsewhere => "the option can write what was not asked for",
            Self::ReadsElsewhere => "the option can read or send what is not in the folder",
            Self::Forwards => "the option forwards connections or credentials",
            Self::Multiplexes => "the option shares a connection",
            Self::Unverified => {
                "the host's key would not be checked; `StrictHostKeyChecking=accept-new` is accepted"
            }
            Self::Operand { expected } => return write!(f, "it should be {expected}"),
            Self::Path => "it is not a plain path inside the folder",
            Self::Key => "the key is neither the one you named nor in ~/.ssh",
            Self::Host => "it is not a plain user, host and path",
            Self::OtherHost => "it is not the host that was expected",
            Self::ThisMachine => "the host is this machine",
            Self::Direction { expected } => return write!(f, "{expected}"),
            Self::RemoteCommand => "it would run something on the other machine",
            Self::RemoteShell => "it is not a plain ssh line",
        })
    }
}

/// A command that is refused: which word of it, and why.
///
/// `Display` is one line. Words are shown on one line, capped, and without the query of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    reason: RefusalReason,
    part: usize,
    word: Option<(usize, String)>,
    within: Option<usize>,
}

/// The most characters of a word that a refusal shows.
const SHOWN: usize = 60;

impl Refusal {
    /// About the command as a whole.
    pub(super) fn whole(reason: RefusalReason) -> Self {
        Self { reason, part: 0, word: None, within: None }
    }

    /// About a word, counted from 0 with the program's name.
    pub(super) fn of_word(reason: RefusalReason, index: usize, text: &str) -> Self {
        Self { word: Some((index, shown(text))), ..Self::whole(reason) }
    }

    pub(super) fn in_part(self, part: usize) -> Self {
        Self { part, ..self }
    }

    /// In the line that the word of that index holds.
    pub(super) fn within(self, index: usize) -> Self {
        Self { within: Some(index), ..self }
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> RefusalReason {
        self.reason
    }

    /// Which part of an `a && b` list it is about, counted from 1.
    #[must_use]
    pub fn part(&self) -> usize {
        self.part.saturating_add(1)
    }

    /// Which word of that part it is about, counted from 1 with the program's name, and the beginning of its text. None if
    /// it is about the part as a whole.
    ///
    /// For a word of the line that follows `-e`, the number is that within the line; see
    /// [`enclosing_word`](Self::enclosing_word).
    #[must_use]
    pub fn word(&self) -> Option<(usize, &str)> {
        self.word.as_ref().map(|(index, text)| (index.saturating_add(1), text.as_str()))
    }

    /// For a word of the line that follows `-e`: which word of the part holds that line, counted from 1.
    #[must_use]
    pub fn enclosing_word(&self) -> Option<usize> {
        self.within.map(|index| index.saturating_add(1))
    }

    /// What a client answers the server, and exits with, when it does not run a command: 126, as a shell that may not
    /// execute a file does.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        126
    }
}

/// A word fit for one line of text: what follows `?` in a URL may be a signature.
fn shown(text: &str) -> String {
    let text = match text.split_once('?') {
        Some((before, _)) if before.contains("://") => format!("{before}?…"),
        _ => text.chars().take(SHOWN * 4).collect(),
    };
    let line = Snippet::of(&text);
    match line.as_str().char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line.as_str().get(..end).unwrap_or_default()),
        None => line.as_str().to_owned(),
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused: ")?;
        let mut places = Vec::new();
        if self.part > 0 {
            places.push(format!("command {}", self.part()));
        }
        if let Some(index) = self.enclosing_word() {
            places.push(format!("in the line of word {index}"));
        }
        if let Some((index, text)) = self.word() {
            places.push(format!("word {index}, {text:?}"));
        }
        if !places.is_empty() {
            write!(f, "{}: ", places.join(", "))?;
        }
        self.reason.fmt(f)
    }
}

impl std::error::Error for Refusal {}
