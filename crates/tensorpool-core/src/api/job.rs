//! Jobs: commands that run on a cluster and leave files behind.

mod cancel;
mod delete;
mod info;
mod init;
mod list;
mod pull;

pub use cancel::{CancelJob, JobCancellation};
pub use delete::DeleteJob;
pub use info::{GetJob, JobAnswer};
pub use init::{InitJob, JobTemplate};
pub use list::{JobList, ListJobs};
pub use pull::{JobPull, PullJob};
