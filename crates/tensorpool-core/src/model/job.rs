//! Jobs.

use crate::extra::model;
use crate::ids::JobId;
use crate::wire_enum::wire_enum;

wire_enum! {
    /// The life of a job (contract §3.7). Lower case on the wire; older pages show other cases, any is read.
    pub enum JobStatus {
        /// Admitted; being launched.
        Pending = "pending",
        /// Its commands are running.
        Running = "running",
        /// Its commands ended with exit code 0.
        Completed = "completed",
        /// Its commands ended with another exit code.
        Error = "error",
        /// The infrastructure failed; TensorPool's responsibility.
        Failed = "failed",
        /// Being canceled.
        Canceling = "canceling" | "cancelling",
        /// Canceled.
        Canceled = "canceled" | "cancelled",
    }
}

impl JobStatus {
    /// Whether nothing more will happen. An unknown status is not taken for an end.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Completed | Self::Error | Self::Failed | Self::Canceled)
    }
}

model! {
    /// A job (contract §3.3, §12; only partly known: instance type and a public message are told of, not named).
    #[derive(Default)]
    struct JobInfo {
        required {}
        optional {
            /// Its id.
            id: Option<JobId>,
            /// Its status.
            status: Option<JobStatus>,
            /// The exit code of its commands, once they have ended.
            exit_code: Option<i64>,
        }
    }
}
