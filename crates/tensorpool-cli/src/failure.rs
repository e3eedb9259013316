//! `Failure`: why a command did not do what it was asked, and what to do next.

use std::fmt;

use serde_json::{Value, json};
use tensorpool_client::core::Error;
use tensorpool_client::core::error::{BuildErrorKind, OperationErrorKind, SessionErrorKind};

use crate::exit::Exit;

/// One line for people, one object for programs.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) http_status: Option<u16>,
    /// Whether the same command may simply be tried again.
    pub(crate) retryable: bool,
    /// The code to end with, where it is not `tp`'s own to choose: that of a job, or of ssh.
    pub(crate) code: Option<u8>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, http_status: None, retryable: false, code: None }
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// What to do next.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A failure to read or write `what`.
    pub(crate) fn io(what: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::failed(format!("{what}: {error}"))
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "error": {
            "code": self.exit.name(),
            "message": self.message,
            "http_status": self.http_status,
            "retryable": self.retryable,
            "hint": self.hint,
        }})
    }
}

/// How the library's own messages end where they say already what the hint would: see a page, or look first. A program
/// that reads JSON gets the hint all the same.
const ADVICE: [&str; 2] = ["https://tensorpool.dev/dashboard/", "look before sending it again"];

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) if !ADVICE.iter().any(|advice| self.message.contains(advice)) => write!(f, "; {hint}"),
            _ => Ok(()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = exit(&error);
        let mut failure = Self::new(exit, error.to_string());
        failure.http_status = error.status().map(|status| status.as_u16());
        let unknown = error.may_have_been_applied();
        let passing = matches!(exit, Exit::Network)
            || error.is_rate_limited()
            || error.status().is_some_and(|status| matches!(status.as_u16(), 502..=504));
        failure.retryable = passing && !unknown;
        failure.hint = hint(&error, exit, unknown);
        failure
    }
}

fn exit(error: &Error) -> Exit {
    match error {
        Error::Build(e) if e.kind() == BuildErrorKind::Token => return Exit::Authentication,
        Error::Build(_) => return Exit::Usage,
        Error::Operation(e) => match e.kind() {
            OperationErrorKind::Deadline | OperationErrorKind::Lost => return Exit::TimedOut,
            _ => return Exit::Failed,
        },
        Error::Session(e) => match e.kind() {
            SessionErrorKind::Unauthorized => return Exit::Authentication,
            SessionErrorKind::NotOpened | SessionErrorKind::Lost | SessionErrorKind::Silent => {
                return Exit::Network;
            }
            SessionErrorKind::EndUnknown | SessionErrorKind::Refused => {}
            // The engine was reached, and said no.
            _ => return Exit::Failed,
        },
        Error::Transfer(_) => return Exit::Failed,
        _ => {}
    }
    if error.is_unauthorized() || error.is_forbidden() {
        Exit::Authentication
    } else if error.is_not_found() {
        Exit::NotFound
    } else if error.is_conflict() {
        Exit::Conflict
    } else if error.is_out_of_funds() {
        Exit::NoBalance
    } else if error.status().is_none() {
        Exit::Network
    } else {
        Exit::Failed
    }
}

fn hint(error: &Error, exit: Exit, unknown: bool) -> Option<String> {
    let hint = match exit {
        // A wait that ended says itself how to go on, and of what.
        _ if unknown && exit != Exit::TimedOut => {
            "it may have been done: look with `list` or `info` before doing it again"
        }
        Exit::Authentication if error.is_forbidden() => {
            "this key may not do that; it may need an organization"
        }
        Exit::Authentication => {
            "run `tp auth login`, or set TENSORPOOL_KEY from https://tensorpool.dev/dashboard/profile"
        }
        Exit::NoBalance => "add funds at https://tensorpool.dev/dashboard/balance",
        Exit::NotFound => "see what there is with the `list` command; `--org` shows the organization's",
        Exit::Network => "check the network and TENSORPOOL_ENGINE with `tp doctor`",
        Exit::TimedOut => {
            let Error::Operation(e) = error else { return None };
            let ids: Vec<_> = e.handle().requests().iter().map(|id| id.as_str()).collect();
            return match (ids.is_empty(), e.handle().object()) {
                (false, _) => Some(format!("it goes on; resume with `tp request wait {}`", ids.join(" "))),
                (true, Some(object)) => Some(format!("it goes on; look at {object} with `info`")),
                (true, None) => None,
            };
        }
        _ => return None,
    };
    Some(hint.to_owned())
}
