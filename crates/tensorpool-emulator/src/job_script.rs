//! `JobScript`: what comes of a push while nothing is really run.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use tensorpool_core::model::JobStatus;

use crate::job_file::JobFile;

/// What comes of a push: what the client is told and asked to run, what the job prints and when, how it ends.
///
/// ```
/// use std::time::Duration;
/// use tensorpool_emulator::{Config, Engine, JobScript};
///
/// let mut engine = Engine::new(Config::single_user("tp-test")?);
/// engine.script_job(
///     JobScript::new()
///         .line(Duration::from_secs(1), "epoch 1")
///         .line(Duration::from_secs(60), "epoch 2")
///         .file("out/model.pt", "weights")
///         .exit_code(0),
/// );
/// # Ok::<(), tensorpool_core::error::BuildError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct JobScript {
    pub(crate) messages: Vec<String>,
    pub(crate) commands: Vec<String>,
    /// Each so long after the one before; the first after the job began to run.
    pub(crate) lines: Vec<(Duration, String)>,
    pub(crate) lasts: Duration,
    pub(crate) ends: Option<JobStatus>,
    pub(crate) exit_code: i64,
    pub(crate) files: BTreeMap<String, Bytes>,
}

impl Default for JobScript {
    fn default() -> Self {
        Self::new()
    }
}

impl JobScript {
    /// A job that asks for no command, prints nothing and is completed as soon as it runs.
    pub fn new() -> Self {
        Self {
            messages: Vec::new(),
            commands: Vec::new(),
            lines: Vec::new(),
            lasts: Duration::ZERO,
            ends: None,
            exit_code: 0,
            files: BTreeMap::new(),
        }
    }

    /// Says this to the client who pushes, after the job has its id.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.messages.push(message.into());
        self
    }

    /// Asks the client who pushes to run this; `{job}` in it is the job's id. Called twice, it is asked one after the
    /// other. Clients without a shell or rsync can play where there is none, so there is none by itself.
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }

    /// Prints a line so long after the one before, or after the job began to run.
    pub fn line(mut self, after: Duration, line: impl Into<String>) -> Self {
        self.lines.push((after, line.into()));
        self
    }

    /// Ends so long after the last line. At once by default.
    pub fn lasts(mut self, after: Duration) -> Self {
        self.lasts = after;
        self
    }

    /// Ends with this exit code: 0, the default, is completed and any other an error (contract §3.7).
    pub fn exit_code(mut self, code: i64) -> Self {
        self.exit_code = code;
        self
    }

    /// Ends as failed: the infrastructure's fault, without an exit code.
    pub fn fails(mut self) -> Self {
        self.ends = Some(JobStatus::Failed);
        self
    }

    /// Has this output in the end, however it ends.
    pub fn file(mut self, path: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }

    /// What becomes of a push that nobody scripted: its commands are shown, one each second, and said to have worked.
    pub(crate) fn simulation(file: &JobFile) -> Self {
        let note = "(simulated: nothing is run; --run-jobs runs jobs on this machine)";
        let script = Self::new().line(Duration::ZERO, note).lasts(Duration::from_secs(1));
        file.commands.iter().fold(script, |script, command| {
            let first = command.lines().next().unwrap_or_default();
            script.line(Duration::from_secs(1), format!("$ {first}"))
        })
    }
}
