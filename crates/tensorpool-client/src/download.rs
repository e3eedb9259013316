//! Downloads: a job's outputs into a directory.

mod lanes;
mod place;
mod record;
mod sink;

use std::fmt;
use std::future::Future as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tensorpool_core::api::job::{JobPull, PullJob};
use tensorpool_core::command::{Judged, Refusal, Rules, judge};
use tensorpool_core::model::System;
use tensorpool_core::transfer::{
    Action, Existing, FileId, Input, Progress, RelPath, Transfer, TransferPolicy,
};
use tensorpool_core::{Error, JobId};

pub use tensorpool_core::transfer::Fate;

use self::lanes::Lanes;
use self::sink::Sink;
use crate::{BodyTransport, Client};

/// Where a job's outputs go, and how.
#[derive(Clone, Debug)]
pub struct Download {
    dir: PathBuf,
    existing: Existing,
    policy: TransferPolicy,
    system: System,
    private_key_path: Option<String>,
    files: Vec<String>,
}

impl Download {
    /// Into this directory, which is made if it is not there.
    ///
    /// The directory itself may be, or be reached through, a symbolic link; below it none is followed.
    pub fn into(dir: impl AsRef<Path>) -> Self {
        Self {
            dir: dir.as_ref().to_owned(),
            existing: Existing::default(),
            policy: TransferPolicy::default(),
            system: System::current(),
            private_key_path: None,
            files: Vec::new(),
        }
    }

    /// What to do where there is a file already; by default it is left alone.
    #[must_use]
    pub fn existing(mut self, existing: Existing) -> Self {
        self.existing = existing;
        self
    }

    /// How many at once, how patient.
    #[must_use]
    pub fn policy(mut self, policy: TransferPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The operating system that a command would run on; this machine's by default (contract §3.4).
    #[must_use]
    pub fn system(mut self, system: System) -> Self {
        self.system = system;
        self
    }

    /// As [`PullJob::private_key_path`].
    #[must_use]
    pub fn private_key_path(mut self, path: impl Into<String>) -> Self {
        self.private_key_path = Some(path.into());
        self
    }

    /// Adds a file to pull; all by default. As [`PullJob::file`]: more may come than was asked for.
    #[must_use]
    pub fn file(mut self, file: impl Into<String>) -> Self {
        self.files.push(file.into());
        self
    }

    /// What a command may do that comes instead of files.
    fn rules(&self) -> Rules {
        let rules = Rules::pull(&self.dir);
        match &self.private_key_path {
            Some(path) => rules.private_key(path),
            None => rules,
        }
    }

    fn request(&self, job: JobId) -> PullJob {
        let mut pull = PullJob::new(job).system(self.system.clone());
        if let Some(path) = &self.private_key_path {
            pull = pull.private_key_path(path);
        }
        self.files.iter().fold(pull, |pull, file| pull.file(file))
    }
}

/// How the engine hands out a job's outputs (contract §3.4).
#[non_exhaustive]
pub enum Pulled<T: BodyTransport> {
    /// As a command to run here, while the job's instance is reachable.
    Command(LiveCommand),
    /// As files, which come as [`Downloading`] is asked for them.
    Files(Box<Downloading<T>>),
}

/// A command that fetches the outputs of a live job. **It is the server's word**, so it comes judged: what passed may be run
/// in the directory of the download, without a shell; anything else only by a user who knows what it does.
#[derive(Clone, Debug)]
pub struct LiveCommand {
    text: String,
    show_stdout: bool,
    judged: Result<Judged, Refusal>,
}

impl LiveCommand {
    /// The string, as the server sent it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the server means its output to be seen. False unless it said so.
    #[must_use]
    pub fn show_stdout(&self) -> bool {
        self.show_stdout
    }

    /// What to start, by [`Rules::pull`] for the download's directory and private key.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: which word, and why.
    pub fn judged(&self) -> Result<&Judged, &Refusal> {
        self.judged.as_ref()
    }
}

/// A download under way. Nothing happens unless it is asked for its progress or its end.
///
/// Files are written by blocking calls in between, in pieces of some hundred KiB: on an executor where that does harm, give it
/// a thread of its own.
///
/// Dropped, it ends; what was recorded of a file (every 8 MiB or 5 s) is kept beside its place and taken up by the next
/// download into the same directory.
#[must_use = "nothing is downloaded unless it is asked for"]
pub struct Downloading<T: BodyTransport> {
    client: Client<T>,
    transfer: Transfer,
    sink: Sink,
    lanes: Lanes<T>,
    pull: PullJob,
    command: Option<LiveCommand>,
}

impl<T: BodyTransport> Downloading<T> {
    /// Asks where the outputs are.
    pub(crate) async fn begin(client: Client<T>, job: JobId, download: Download) -> Result<Pulled<T>, Error> {
        let pull = download.request(job);
        let JobPull { download_map, command, command_show_stdout, .. } = client.send(pull.clone()).await?;
        let map = download_map.unwrap_or_default();
        let show_stdout = command_show_stdout.unwrap_or_default();
        let command = command.filter(|text| !text.is_empty()).map(|text| {
            let judged = judge(&text, &download.rules());
            LiveCommand { text, show_stdout, judged }
        });
        let command = match command {
            Some(command) if map.is_empty() => return Ok(Pulled::Command(command)),
            command => command,
        };
        let sink = Sink::open(&download.dir, download.existing)?;
        let (budget, seed) = (client.retry_budget().clone(), client.transport().entropy());
        let transfer = Transfer::new(&map, download.existing, download.policy, budget, seed);
        let lanes = Lanes::new();
        Ok(Pulled::Files(Box::new(Self { client, transfer, sink, lanes, pull, command })))
    }

    /// A command that came with the files. No source tells of such an answer, but its form allows it.
    pub fn command(&self) -> Option<&LiveCommand> {
        self.command.as_ref()
    }

    /// The next thing to show; `None` once every file has come to its end: [`report`](Self::report) then lists them.
    ///
    /// # Cancel safety
    ///
    /// Safe: nothing is lost when the future is dropped, unless fresh URLs were being asked for: then they are asked for
    /// again. Time in which it is not called does not count as a stall.
    pub async fn next(&mut self) -> Option<Progress> {
        self.transfer.was_away(self.client.transport().now());
        loop {
            let now = self.client.transport().now();
            match self.transfer.poll(now) {
                Action::Look(file) => {
                    let found = with_path(&self.transfer, file, |path| self.sink.look(file, path));
                    self.tell(Input::Looked(file, found));
                }
                Action::Start { file, etag, length } => {
                    let stored =
                        with_path(&self.transfer, file, |path| self.sink.start(file, path, etag, length));
                    self.tell(Input::Stored(file, stored));
                }
                Action::Write { file, offset, data } => {
                    let stored = self.sink.write(file, offset, &data);
                    self.tell(Input::Stored(file, stored));
                }
                Action::Record { file, done } => {
                    let stored = self.sink.record(file, &done);
                    self.tell(Input::Stored(file, stored));
                }
                Action::Commit { file, length } => {
                    let committed = self.sink.commit(file, length);
                    self.tell(Input::Committed(file, committed));
                }
                Action::Release { file, keep } => self.sink.release(file, keep),
                Action::Refresh => {
                    let pulled = self.client.send(self.pull.clone()).await;
                    let map = pulled.map(|pulled| pulled.download_map.unwrap_or_default());
                    self.tell(Input::Refreshed(map));
                }
                Action::Open { lane, request, limit } => self.lanes.open(&self.client, lane, *request, limit),
                Action::Read(lane) => self.lanes.read(lane),
                Action::Close(lane) => self.lanes.close(lane),
                Action::Progress(progress) => return Some(progress),
                Action::WaitUntil(time) => {
                    if let Some(input) = self.wait(time.since(now)).await {
                        self.tell(input);
                    }
                }
                _ => return None,
            }
        }
    }

    /// Goes on to the end.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the download as dropping it does; see [`Downloading`].
    pub async fn done(mut self) -> Report {
        while self.next().await.is_some() {}
        self.report()
    }

    /// What became of each file. Those that have not come to their end are failed.
    #[must_use]
    pub fn report(self) -> Report {
        let file = |(name, fate)| Downloaded { name, fate };
        Report { files: self.transfer.finish().into_iter().map(file).collect() }
    }

    /// What the first lane tells that has anything, or nothing within this time.
    async fn wait(&mut self, time: Duration) -> Option<Input> {
        let mut sleep = pin!(self.client.transport().sleep(time));
        let lanes = &mut self.lanes;
        // What has come goes before the time that has passed.
        std::future::poll_fn(|context| match lanes.poll(context) {
            Poll::Ready(input) => Poll::Ready(Some(input)),
            Poll::Pending => sleep.as_mut().poll(context).map(|()| None),
        })
        .await
    }

    fn tell(&mut self, input: Input) {
        let now = self.client.transport().now();
        self.transfer.handle(now, input);
    }
}

/// A file that is asked about has a path.
fn with_path<O>(
    transfer: &Transfer,
    file: FileId,
    then: impl FnOnce(&RelPath) -> Result<O, tensorpool_core::error::TransferError>,
) -> Result<O, tensorpool_core::error::TransferError> {
    use tensorpool_core::error::{TransferError, TransferErrorKind};
    match transfer.path(file) {
        Some(path) => then(path),
        None => Err(TransferError::new(TransferErrorKind::Io, "the file has no path")),
    }
}

impl<T: BodyTransport> fmt::Debug for Pulled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(command) => f.debug_tuple("Command").field(command).finish(),
            Self::Files(files) => f.debug_tuple("Files").field(files).finish(),
        }
    }
}

impl<T: BodyTransport> fmt::Debug for Downloading<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Downloading").field("transfer", &self.transfer).finish_non_exhaustive()
    }
}

/// What became of each file, in the order of names.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// Each file of the engine's answer.
    pub files: Vec<Downloaded>,
}

/// A file and its fate.
#[derive(Debug)]
#[non_exhaustive]
pub struct Downloaded {
    /// Its name, as the server chose it. It may hold anything: do not print it as it is if it was refused.
    pub name: Arc<str>,
    /// What became of it.
    pub fate: Fate,
}

impl Report {
    /// Whether every file is there as the server has it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.files.iter().all(|file| file.fate.is_good())
    }

    /// The files that are not.
    pub fn missing(&self) -> impl Iterator<Item = &Downloaded> {
        self.files.iter().filter(|file| !file.fate.is_good())
    }

    /// How many bytes of whole files came.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let bytes = |file: &Downloaded| if let Fate::Complete { bytes } = file.fate { bytes } else { 0 };
        self.files.iter().map(bytes).sum()
    }
}
