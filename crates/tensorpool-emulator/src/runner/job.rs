//! `Run`: one job, from its first command to its outputs.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tensorpool_core::JobId;
use tensorpool_core::model::JobStatus;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::watch;

use super::daemon::Modules;
use super::group::{Group, code};
use super::output::{self, Lines};
use super::{Scratch, Stop, folder, links};
use crate::emulator::Emulator;
use crate::job_file::JobFile;
use crate::server::Watch;

/// How long a job has to end once it was told to, in real time.
const GRACE: Duration = Duration::from_secs(2);
/// How long what is left in the pipe may take after everybody has been killed.
const DRAIN: Duration = Duration::from_secs(1);
/// The exit code of a command that could not be started, as a shell has it.
const NOT_STARTED: i64 = 126;
/// That of a job that was told to end: 128 and the signal.
const TERMINATED: i64 = 128 + 15;

/// A job that is ready to run.
pub(super) struct Run {
    pub(super) id: JobId,
    pub(super) file: JobFile,
    pub(super) folder: Scratch,
    pub(super) emulator: Emulator,
    pub(super) watch: Watch,
    pub(super) daemon: Modules,
    pub(super) stopped: watch::Receiver<Stop>,
}

impl Run {
    /// Runs it, and tells the engine of everything.
    pub(super) async fn execute(mut self, download: io::Result<String>) -> JobId {
        let folder = folder(self.folder.path(), &self.id);
        let began = self.emulator.with_state(self.watch.now(), |state| {
            state.download_becomes(&self.id, download.ok());
            state.job_runs(&self.id)
        });
        let ended = if began { self.commands(&folder).await } else { Ok(0) };
        if *self.stopped.borrow() == Stop::Kill {
            return self.give_up();
        }
        self.close(ended, folder).await;
        self.id
    }

    /// Runs the commands; returns the exit code of the last one.
    async fn commands(&mut self, folder: &Path) -> io::Result<i64> {
        let foreign = links::restore(folder)?;
        self.print(foreign.into_iter().map(|link| format!("[{link} leads out of the folder and is broken]")));
        let group = Group::new()?;
        let (from, to) = pipe_ends()?;
        let from = pipe::Receiver::from_owned_fd(from)?;
        let reader = tokio::spawn(relay(from, self.id.clone(), self.emulator.clone(), self.watch));
        let ended = self.one_by_one(&group, folder, to).await;
        // Whoever is left in the background would hold the pipe open.
        group.kill().await;
        let abort = reader.abort_handle();
        if tokio::time::timeout(DRAIN, reader).await.is_err() {
            abort.abort();
        }
        ended
    }

    async fn one_by_one(&mut self, group: &Group, folder: &Path, output: OwnedFd) -> io::Result<i64> {
        for command in &self.file.commands {
            let mut child = match group.spawn(command, &self.id, folder, &output) {
                Ok(child) => child,
                Err(error) => {
                    self.print([format!("[the command cannot be started: {error}]")]);
                    return Ok(NOT_STARTED);
                }
            };
            let status = tokio::select! {
                status = child.wait() => status?,
                stop = told(&mut self.stopped, Stop::Ask) => {
                    if stop == Stop::Ask {
                        group.terminate();
                        tokio::select! {
                            _ = child.wait() => {}
                            _ = told(&mut self.stopped, Stop::Kill) => {}
                            () = tokio::time::sleep(GRACE) => {}
                        }
                    }
                    return Ok(TERMINATED);
                }
            };
            if !status.success() {
                return Ok(code(status));
            }
        }
        Ok(0)
    }

    /// Keeps the outputs, says how it ended and cleans up.
    async fn close(&self, ended: io::Result<i64>, folder: PathBuf) {
        // A module that cannot be closed leads to a folder that is about to be gone.
        let _ = self.daemon.close(&self.id);
        let outputs = self.file.outputs.clone();
        let taken = {
            let folder = folder.clone();
            tokio::task::spawn_blocking(move || output::collect(&folder, &outputs)).await
        };
        let (files, notes) = taken.unwrap_or_else(|error| (Vec::new(), vec![format!("no outputs: {error}")]));
        self.print(notes.into_iter().map(|note| format!("[{note}]")));
        self.emulator.with_state(self.watch.now(), |state| match ended {
            Ok(code) => state.job_exits(&self.id, code, files, None),
            Err(error) => {
                let why = format!("The job could not be run: {error}");
                state.job_becomes(&self.id, JobStatus::Failed, Some(&why));
            }
        });
        // What cannot be removed now goes with the whole scratch directory.
        let removed = move || {
            let _ = std::fs::remove_file(folder.with_extension("filter"));
            std::fs::remove_dir_all(&folder)
        };
        let _ = tokio::task::spawn_blocking(removed).await;
    }

    fn give_up(self) -> JobId {
        let why = "The emulator was stopped";
        self.emulator.with_state(self.watch.now(), |state| {
            state.job_becomes(&self.id, JobStatus::Failed, Some(why));
        });
        self.id
    }

    fn print(&self, lines: impl IntoIterator<Item = String>) {
        let lines: Vec<_> = lines.into_iter().collect();
        if !lines.is_empty() {
            self.emulator.with_state(self.watch.now(), |state| state.print(&self.id, lines));
        }
    }
}

/// A pipe that no other child gets: it would keep it open.
fn pipe_ends() -> io::Result<(OwnedFd, OwnedFd)> {
    #[cfg(not(target_vendor = "apple"))]
    let ends = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    // There it takes two steps; a child that starts in between keeps it open until it ends.
    #[cfg(target_vendor = "apple")]
    let ends = {
        let ends = rustix::pipe::pipe()?;
        rustix::io::fcntl_setfd(&ends.0, rustix::io::FdFlags::CLOEXEC)?;
        rustix::io::fcntl_setfd(&ends.1, rustix::io::FdFlags::CLOEXEC)?;
        ends
    };
    Ok(ends)
}

/// Waits until the job is to end.
async fn told(stopped: &mut watch::Receiver<Stop>, least: Stop) -> Stop {
    // An error is a runner that is gone, which is the hardest of stops.
    stopped.wait_for(|stop| *stop >= least).await.map_or(Stop::Kill, |stop| *stop)
}

/// Passes on what the job prints, until nobody can print any more.
async fn relay(mut from: pipe::Receiver, id: JobId, emulator: Emulator, watch: Watch) {
    let mut lines = Lines::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await.unwrap_or(0);
        let new = match buffer.get(..read).filter(|bytes| !bytes.is_empty()) {
            Some(bytes) => lines.add(bytes),
            None => lines.rest(),
        };
        if !new.is_empty() {
            emulator.with_state(watch.now(), |state| state.print(&id, new));
        }
        if read == 0 {
            return;
        }
    }
}
