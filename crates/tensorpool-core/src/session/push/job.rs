//! What a push is given, what it tells on the way, and what it ends with.

use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::extra::Extra;
use crate::ids::{ClusterId, JobId};
use crate::model::System;
use crate::request::segment;
use crate::session::{CommandRequest, Frame, OddFrame, PUSH};

/// A job to push (contract §9.1).
#[derive(Clone, Debug)]
pub struct PushJob {
    tp_config: String,
    pub(crate) cluster_id: ClusterId,
    system: System,
    teardown: bool,
}

impl PushJob {
    /// The job that this `.tp.toml` text describes, on this cluster, from this operating system.
    #[must_use]
    pub fn new(tp_config: impl Into<String>, cluster_id: impl Into<ClusterId>) -> Self {
        Self {
            tp_config: tp_config.into(),
            cluster_id: cluster_id.into(),
            system: System::current(),
            teardown: false,
        }
    }

    /// The operating system the server makes its commands for; this one by default.
    #[must_use]
    pub fn system(mut self, system: System) -> Self {
        self.system = system;
        self
    }

    /// Whether the cluster is destroyed after the job; it is not by default.
    #[must_use]
    pub fn teardown(mut self, teardown: bool) -> Self {
        self.teardown = teardown;
        self
    }

    pub(super) fn frame(&self) -> Result<Frame, Error> {
        #[derive(Serialize)]
        struct Job<'a> {
            tp_config: &'a str,
            system: &'a str,
            cluster_id: &'a str,
            teardown_cluster: bool,
        }
        let built = segment("cluster_id", self.cluster_id.as_str()).and_then(|cluster_id| {
            Frame::json(&Job {
                tp_config: &self.tp_config,
                system: self.system.title(),
                cluster_id,
                teardown_cluster: self.teardown,
            })
        });
        built.map_err(|error| error.at(PUSH.name).into())
    }
}

/// What a push tells on the way.
#[derive(Debug)]
#[non_exhaustive]
pub enum PushEvent {
    /// The job has its id. From here on the push can be lost, the job cannot.
    Job(JobId),
    /// The server named another id later; the first is kept.
    OtherJob(JobId),
    /// Words for the user.
    Message(String),
    /// A command to judge, run or refuse, and answer with [`Push::answer`](super::Push::answer). The next one comes after that.
    Command(CommandRequest),
    /// A command was dropped and therefore refused; its text.
    Dropped(String),
    /// Fields this version has no name for.
    Extra(Extra),
    /// A frame that could not be read.
    Odd(OddFrame),
    /// So many events came while a command ran and are not told, since there was no room for them: messages, unknown fields,
    /// odd frames and other ids, never a command or the job's id. It is the driver's to say, not the server's.
    Omitted(u64),
}

impl PushEvent {
    /// About how many bytes of memory it takes, for whoever keeps many.
    #[must_use]
    pub fn size(&self) -> usize {
        let holds = match self {
            Self::Job(id) | Self::OtherJob(id) => id.as_str().len(),
            Self::Message(text) | Self::Dropped(text) => text.len(),
            Self::Command(command) => command.text().len(),
            Self::Extra(fields) => fields_size(fields),
            Self::Odd(_) | Self::Omitted(_) => 0,
        };
        size_of::<Self>() + holds
    }
}

/// A tree of JSON takes many times its text where it is made of small values.
fn fields_size(fields: &Extra) -> usize {
    fields.iter().map(|(name, value)| size_of::<(String, Value)>() + name.len() + value_size(value)).sum()
}

/// What a value holds beside itself.
fn value_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(|value| size_of::<Value>() + value_size(value)).sum(),
        Value::Object(fields) => fields_size(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// A job that was pushed: the server closed with success, after it had named the job or had a command done, and no command
/// of its own failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// The job, if the server named it (contract §9.1: nothing says it must).
    pub job_id: Option<JobId>,
    /// How many commands were answered.
    pub commands: u32,
}
