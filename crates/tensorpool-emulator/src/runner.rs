//! `Runner`: the machine that really runs jobs, for those who ask for it.
//!
//! A pushed folder is uploaded into a scratch directory by rsync, its commands run there one after another, and what the
//! job file names as outputs is kept when they have ended. Everything a job starts is in one process group, which is
//! killed with the job, the runner or the whole program, whichever ends first; a program that leaves the group on
//! purpose (`setsid`) gets away. Commands run as the user who runs the emulator: a scratch directory is no sandbox.

mod daemon;
mod group;
mod job;
mod links;
mod output;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tensorpool_core::JobId;
use tensorpool_core::model::JobStatus;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::emulator::Emulator;
use crate::server::Watch;
use crate::state::run::{Order, Upload};
use daemon::Daemon;

/// Where jobs live: removed when the last who needs it has gone.
pub(crate) type Scratch = Arc<TempDir>;

/// Runs the jobs of one emulator.
#[derive(Debug)]
pub(crate) struct Runner {
    emulator: Emulator,
    watch: Watch,
    daemon: Daemon,
    scratch: Scratch,
    stops: BTreeMap<JobId, watch::Sender<Stop>>,
    running: JoinSet<JobId>,
}

/// How a running job is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// By itself.
    No,
    /// It is told to, and killed if it does not listen.
    Ask,
    /// At once; nobody waits for what is left of it.
    Kill,
}

/// What is to be done when there is something to do.
enum Event {
    Changed,
    Ended(Option<JobId>),
    Stopped,
}

impl Runner {
    /// Starts the rsync daemon, on a port of its own of this machine.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] if there is no rsync; what the operating system says otherwise.
    pub(crate) async fn start(emulator: Emulator, watch: Watch) -> io::Result<Self> {
        let scratch = tempfile::Builder::new().prefix("tensorpool-emulator-").tempdir()?;
        let scratch = Arc::new(scratch);
        let daemon = Daemon::start(Arc::clone(&scratch)).await?;
        emulator.with_engine(|engine| engine.state_mut().runs_jobs = true);
        Ok(Self { emulator, watch, daemon, scratch, stops: BTreeMap::new(), running: JoinSet::new() })
    }

    /// Runs jobs until it is told to stop; then ends them all.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let seen = self.emulator.changes();
            loop {
                let order = self.emulator.with_engine(|engine| engine.state_mut().orders.pop_front());
                let Some(order) = order else { break };
                self.obey(order);
            }
            let event = tokio::select! {
                _ = stop.wait_for(|stopped| *stopped) => Event::Stopped,
                Some(ended) = self.running.join_next() => Event::Ended(ended.ok()),
                () = self.emulator.changed(seen) => Event::Changed,
            };
            match event {
                Event::Changed => {}
                Event::Ended(job) => {
                    job.iter().for_each(|job| {
                        self.stops.remove(job);
                    });
                }
                Event::Stopped => break,
            }
        }
        self.emulator.with_engine(|engine| engine.state_mut().runs_jobs = false);
        self.stops.values().for_each(|stop| {
            stop.send_replace(Stop::Kill);
        });
        while self.running.join_next().await.is_some() {}
        self.daemon.stop().await;
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Prepare { job, ignore } => {
                let upload = match self.prepare(&job, &ignore) {
                    Ok(command) => Upload::Commands([command].into()),
                    Err(error) => Upload::Impossible(error.to_string()),
                };
                self.emulator.with_state(self.watch.now(), |state| state.upload_becomes(&job, upload));
            }
            Order::Start { job, file } => {
                // No more uploads: the folder is the job's now.
                let download = self.daemon.serve(&job, &self.folder(&job), &file.outputs);
                let (stop, stopped) = watch::channel(Stop::No);
                self.stops.insert(job.clone(), stop);
                let run = job::Run {
                    id: job,
                    file,
                    folder: self.folder_owned(),
                    emulator: self.emulator.clone(),
                    watch: self.watch,
                    daemon: self.daemon.modules(),
                    stopped,
                };
                self.running.spawn(run.execute(download));
            }
            Order::Stop { job } => {
                if let Some(stop) = self.stops.get(&job) {
                    stop.send_replace(Stop::Ask);
                }
            }
            Order::Discard { job } => {
                // Nothing of it is left, or what is left goes with everything else.
                let _ = self.daemon.modules().close(&job);
                let _ = std::fs::remove_dir_all(self.folder(&job));
            }
        }
    }

    fn prepare(&self, job: &JobId, ignore: &[String]) -> io::Result<String> {
        std::fs::create_dir(self.folder(job))?;
        self.daemon.receive(job, &self.folder(job), ignore)
    }

    fn folder(&self, job: &JobId) -> PathBuf {
        folder(self.scratch.path(), job)
    }

    fn folder_owned(&self) -> Scratch {
        Arc::clone(&self.scratch)
    }
}

impl Drop for Runner {
    /// Also where nobody waited for the end: a job that has lost its machine has failed.
    fn drop(&mut self) {
        let now = self.watch.now();
        let failed = self.stops.keys().cloned().collect::<Vec<_>>();
        self.emulator.with_state(now, |state| {
            state.runs_jobs = false;
            for job in &failed {
                state.job_becomes(job, JobStatus::Failed, Some("The emulator was stopped"));
            }
            state.orders.clear();
        });
    }
}

/// Where a job lives. Ids are the engine's own and hold no separator; whatever they held, only their last part counts.
fn folder(scratch: &Path, job: &JobId) -> PathBuf {
    let name = Path::new(job.as_str()).file_name().unwrap_or_default();
    scratch.join("jobs").join(name)
}
