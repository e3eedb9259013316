//! How a set of files is fetched.

use std::time::Duration;

use crate::flow::RetryPolicy;

/// How a set of files is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransferPolicy {
    /// The most files at once; 6 by default.
    pub files: usize,
    /// The most requests at once; 8 by default.
    pub lanes: usize,
    /// The most requests for one file at once; 8 by default.
    pub lanes_per_file: usize,
    /// How many bytes one request asks for; 8 MiB by default. A longer file is fetched over several lanes.
    pub part: u64,
    /// How long a host may take from connecting to the head of its answer; 30 s by default.
    pub open: Duration,
    /// How long not a byte may come while it is waited for; 20 s by default. A file that comes slowly is not stalled, and
    /// time spent on writing or on showing progress does not count.
    pub stall: Duration,
    /// After how many bytes what has arrived is recorded for another run; 8 MiB
    /// by default.
    pub record: u64,
    /// After how long what has arrived is recorded for another run, if anything has; 5 s by default.
    pub record_every: Duration,
    /// Attempts without progress and the delays between them, for each file. Requests for one file that fail together are
    /// one attempt. Its deadline is not used: how long a file may take depends on its length.
    pub retry: RetryPolicy,
    /// The longest `Retry-After` that is waited for; 1 minute by default.
    pub patience: Duration,
    /// Fetch over unencrypted `http://` from another machine too. Off by default.
    pub plain_http: bool,
}

impl Default for TransferPolicy {
    fn default() -> Self {
        Self {
            files: 6,
            lanes: 8,
            lanes_per_file: 8,
            part: 8 * 1024 * 1024,
            open: Duration::from_secs(30),
            stall: Duration::from_secs(20),
            record: 8 * 1024 * 1024,
            record_every: Duration::from_secs(5),
            retry: RetryPolicy::default(),
            patience: Duration::from_secs(60),
            plain_http: false,
        }
    }
}
