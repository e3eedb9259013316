//! Commands the server sends: handed out once each, in order, and answered once. Nothing here runs one.

use std::fmt;
use std::sync::{Arc, Weak};

use serde::Serialize;

use crate::command::{Judged, Refusal, Rules, judge};

/// A shell string that the server wants run on this machine (contract §9.1: an `rsync` that uploads the folder).
///
/// **Do not give it to a shell.** [Judge](Self::judge) it first, run what passes without a shell, and
/// refuse the rest with [`CommandResult::refused`]. It cannot be cloned, and answering takes it: each is answered once.
/// One that is dropped is refused, with exit code 126.
#[must_use = "a command that is dropped is refused"]
pub struct CommandRequest {
    text: String,
    show_stdout: bool,
    alive: Arc<()>,
}

/// What core keeps of a command that was handed out.
pub(super) struct Ticket {
    text: String,
    alive: Weak<()>,
}

impl CommandRequest {
    pub(super) fn new(text: String, show_stdout: bool) -> (Self, Ticket) {
        let alive = Arc::new(());
        let ticket = Ticket { text: text.clone(), alive: Arc::downgrade(&alive) };
        (Self { text, show_stdout, alive }, ticket)
    }

    /// The string, as the server sent it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Judges it: words to start without a shell, or why not (see [`judge`](crate::command::judge)). It must be answered
    /// either way.
    ///
    /// # Errors
    ///
    /// [`Refusal`], to be sent with [`CommandResult::refused`].
    pub fn judge(&self, rules: &Rules) -> Result<Judged, Refusal> {
        judge(&self.text, rules)
    }

    /// Whether the server wants the user to see the output. False unless it said so.
    #[must_use]
    pub fn show_stdout(&self) -> bool {
        self.show_stdout
    }
}

impl Ticket {
    pub(super) fn is_for(&self, request: &CommandRequest) -> bool {
        self.alive.as_ptr() == Arc::as_ptr(&request.alive)
    }

    /// Whether the request is gone, so that no answer can come any more.
    pub(super) fn is_dropped(&self) -> bool {
        self.alive.strong_count() == 0
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl fmt::Debug for CommandRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandRequest")
            .field("text", &self.text)
            .field("show_stdout", &self.show_stdout)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket")
    }
}

/// How a command ended. `Debug` shows sizes: the output is the user's.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandResult {
    exit_code: i64,
    stdout: String,
    stderr: String,
}

impl CommandResult {
    /// The exit code of a command that was refused, as shells say "cannot execute".
    pub const REFUSED: i64 = 126;

    /// The most bytes of each output that are sent back, 64 KiB: the end of it. What the server does with more is unknown,
    /// and it is a channel out of this machine.
    pub const MAX_OUTPUT: usize = 64 * 1024;

    /// A command that ran. Output that is not UTF-8 is sent with `\u{fffd}` in place of the bad bytes (JSON can say nothing
    /// else); of a long one only the end, after an ellipsis.
    #[must_use]
    pub fn new(exit_code: i64, stdout: impl AsRef<[u8]>, stderr: impl AsRef<[u8]>) -> Self {
        Self { exit_code, stdout: tail(stdout.as_ref()), stderr: tail(stderr.as_ref()) }
    }

    /// A command that was not run; `why` is told to the server as its error output.
    #[must_use]
    pub fn refused(why: impl fmt::Display) -> Self {
        Self::new(Self::REFUSED, "", format!("refused: {why}"))
    }

    /// The exit code; 0 is success.
    #[must_use]
    pub fn exit_code(&self) -> i64 {
        self.exit_code
    }

    /// What is sent back of the standard output.
    #[must_use]
    pub fn stdout(&self) -> &str {
        &self.stdout
    }

    /// What is sent back of the error output.
    #[must_use]
    pub fn stderr(&self) -> &str {
        &self.stderr
    }
}

impl fmt::Debug for CommandResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandResult")
            .field("exit_code", &self.exit_code)
            .field("stdout", &self.stdout.len())
            .field("stderr", &self.stderr.len())
            .finish()
    }
}

/// The end of an output, begun at a character.
fn tail(output: &[u8]) -> String {
    let cut = output.len().saturating_sub(CommandResult::MAX_OUTPUT);
    let end = output.get(cut..).unwrap_or_default();
    if cut == 0 {
        return String::from_utf8_lossy(end).into_owned();
    }
    // At most three bytes of a character that was cut in two.
    let broken = end.iter().take(3).take_while(|byte| (0x80..0xc0).contains(*byte)).count();
    format!("…{}", String::from_utf8_lossy(end.get(broken..).unwrap_or_default()))
}

/// The answer on the wire (contract §9.1).
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    command: &'a str,
    exit_code: i64,
    command_stdout: &'a str,
    command_stderr: &'a str,
}

impl<'a> Answer<'a> {
    pub(super) fn new(command: &'a str, result: &'a CommandResult) -> Self {
        Self {
            kind: "command_result",
            command,
            exit_code: result.exit_code,
            command_stdout: &result.stdout,
            command_stderr: &result.stderr,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_decoded_as_a_whole() {
        assert_eq!(CommandResult::new(0, "héllo ✓", b"bad \xff").stdout(), "héllo ✓");
        assert_eq!(CommandResult::new(0, "", b"bad \xff").stderr(), "bad \u{fffd}");
    }

    #[test]
    fn of_a_long_output_the_end_is_sent_and_no_character_is_torn() {
        for shift in 0..4 {
            let long = format!("{}{}", "x".repeat(shift), "✓".repeat(40_000));
            let result = CommandResult::new(1, &long, "");
            assert!(result.stdout().len() <= CommandResult::MAX_OUTPUT + '…'.len_utf8());
            assert!(result.stdout().starts_with("…✓") && !result.stdout().contains('\u{fffd}'));
            assert!(long.ends_with(result.stdout().trim_start_matches('…')));
        }
    }
}
