//! How a pushed job comes to run, prints, and ends; by its script, or by a machine that runs it.

use std::collections::VecDeque;
use std::time::Duration;

use tensorpool_core::JobId;
use tensorpool_core::model::{ClusterStatus, JobStatus};

use super::State;
use super::agenda::Step;
use super::job::{File, Job};
use crate::job_file::JobFile;
use crate::job_script::JobScript;

/// What belongs to a job that was pushed.
pub(crate) struct Task {
    pub(crate) file: JobFile,
    /// Whether the cluster is destroyed with the job's end.
    pub(crate) teardown: bool,
    pub(crate) upload: Upload,
    pub(crate) by: By,
}

/// The commands that the client has to run before the job can.
#[derive(Clone, Debug)]
pub(crate) enum Upload {
    /// Being prepared.
    Awaited,
    /// These, one after the other; often none.
    Commands(VecDeque<String>),
    /// It cannot be done, for this reason.
    #[cfg_attr(not(all(feature = "server", unix)), expect(dead_code, reason = "nobody runs jobs here"))]
    Impossible(String),
}

/// What makes a job run.
pub(crate) enum By {
    /// Time.
    Script { lines: VecDeque<(Duration, String)>, script: JobScript },
    /// Somebody who takes [`Order`]s.
    Machine { started: bool, download: Option<String> },
}

/// What the machine that runs jobs has to do.
#[derive(Clone, Debug)]
#[cfg_attr(not(all(feature = "server", unix)), expect(dead_code, reason = "nobody runs jobs here"))]
pub(crate) enum Order {
    /// Make room for an upload, and say by which command.
    Prepare { job: JobId, ignore: Vec<String> },
    /// Run it.
    Start { job: JobId, file: JobFile },
    /// End it.
    Stop { job: JobId },
    /// It has ended without having been started: nothing of it is needed any more.
    Discard { job: JobId },
}

impl State {
    /// Makes a job of what was pushed, and returns what is said about it. It is pending until its upload is done.
    pub(crate) fn admit(&mut self, mut job: Job, file: JobFile, teardown: bool) -> Vec<String> {
        let mut messages = Vec::new();
        let id = job.id.clone();
        let (upload, by) = if self.runs_jobs {
            self.orders.push_back(Order::Prepare { job: id, ignore: file.ignore.clone() });
            (Upload::Awaited, By::Machine { started: false, download: None })
        } else {
            let mut script = self.scripts.pop_front().unwrap_or_else(|| JobScript::simulation(&file));
            let asked = self.config.upload_command.iter().chain(&script.commands);
            let commands = asked.map(|command| command.replace("{job}", id.as_str())).collect();
            let lines = script.lines.drain(..).collect();
            messages.append(&mut script.messages);
            (Upload::Commands(commands), By::Script { lines, script })
        };
        job.task = Some(Box::new(Task { file, teardown, upload, by }));
        self.jobs.insert(job);
        self.changes += 1;
        messages
    }

    /// The upload is done: the job may run.
    pub(crate) fn launch(&mut self, id: &JobId) {
        let launch = self.now + self.config.timings.job_launch;
        let Some(task) = self.jobs.get_mut(id.as_str()).and_then(|job| job.task.as_mut()) else { return };
        match &mut task.by {
            By::Script { .. } => self.agenda.plan(launch, None, Step::JobRuns { id: id.clone() }),
            By::Machine { started, .. } => {
                *started = true;
                let file = task.file.clone();
                self.orders.push_back(Order::Start { job: id.clone(), file });
            }
        }
        self.changes += 1;
    }

    /// A job whose upload is done begins to run, if nothing has happened to it since.
    pub(crate) fn job_runs(&mut self, id: &JobId) -> bool {
        let pending = self.jobs.get(id.as_str()).is_some_and(|job| job.status == JobStatus::Pending);
        if pending {
            self.job_becomes(id, JobStatus::Running, None);
            self.plan_line(id);
        }
        pending
    }

    /// Prints what is due, and plans what is next.
    pub(crate) fn job_prints(&mut self, id: &JobId) {
        let Some(job) = self.jobs.get_mut(id.as_str()).filter(|job| job.status == JobStatus::Running) else {
            return;
        };
        let Some(By::Script { lines, script }) = job.task.as_deref_mut().map(|task| &mut task.by) else {
            return;
        };
        if let Some((_, line)) = lines.pop_front() {
            self.print(id, [line]);
            self.plan_line(id);
            return;
        }
        let files = std::mem::take(&mut script.files);
        let (ends, code) = (script.ends.clone(), script.exit_code);
        job.files.extend(files.into_iter().map(|(path, bytes)| (path, File::new(bytes))));
        match ends {
            Some(status) => self.job_becomes(id, status, None),
            None => self.job_exits(id, code, Vec::new(), None),
        }
    }

    fn plan_line(&mut self, id: &JobId) {
        let task = self.jobs.get(id.as_str()).and_then(|job| job.task.as_deref());
        let Some(By::Script { lines, script }) = task.map(|task| &task.by) else { return };
        let after = lines.front().map_or(script.lasts, |(after, _)| *after);
        self.agenda.plan(self.now + after, None, Step::JobPrints { id: id.clone() });
    }

    /// Adds lines to what the job has printed.
    pub(crate) fn print(&mut self, id: &JobId, lines: impl IntoIterator<Item = String>) {
        let limit = self.config.log_limit;
        if let Some(job) = self.jobs.get_mut(id.as_str()) {
            lines.into_iter().for_each(|line| job.log.push(line, limit));
            self.changes += 1;
        }
    }

    /// The job's commands have ended with this code, and left these files.
    pub(crate) fn job_exits(
        &mut self,
        id: &JobId,
        code: i64,
        files: Vec<(String, File)>,
        message: Option<&str>,
    ) {
        let Some(job) = self.jobs.get_mut(id.as_str()).filter(|job| !job.status.is_terminal()) else {
            return;
        };
        job.files.extend(files);
        if job.status == JobStatus::Canceling {
            return self.job_becomes(id, JobStatus::Canceled, message);
        }
        job.exit_code = Some(code);
        let status = if code == 0 { JobStatus::Completed } else { JobStatus::Error };
        self.job_becomes(id, status, message);
    }

    /// Tells the machine, if the job is on one, and takes the cluster down, if that was wanted.
    pub(crate) fn job_became(&mut self, id: &JobId) {
        self.changes += 1;
        let Some(job) = self.jobs.get(id.as_str()) else { return };
        let over = job.status.is_terminal();
        let Some(task) = job.task.as_deref() else { return };
        match task.by {
            By::Machine { started: true, .. } if over || job.status == JobStatus::Canceling => {
                self.orders.push_back(Order::Stop { job: id.clone() });
            }
            By::Machine { started: false, .. } if over => {
                self.orders.push_back(Order::Discard { job: id.clone() });
            }
            _ => {}
        }
        if !(over && task.teardown) {
            return;
        }
        let Some(cluster) = job.cluster.clone() else { return };
        let stands = self.clusters.get(cluster.as_str()).is_some_and(|cluster| {
            !cluster.is_gone() && cluster.status != ClusterStatus::Destroying && !cluster.protected
        });
        if stands {
            self.take_down(&cluster);
        }
    }

    /// The machine has prepared the upload.
    #[cfg(all(feature = "server", unix))]
    pub(crate) fn upload_becomes(&mut self, id: &JobId, upload: Upload) {
        if let Some(task) = self.jobs.get_mut(id.as_str()).and_then(|job| job.task.as_mut()) {
            task.upload = upload;
            self.changes += 1;
        }
    }

    /// How the outputs of a job that runs on the machine are fetched.
    #[cfg(all(feature = "server", unix))]
    pub(crate) fn download_becomes(&mut self, id: &JobId, command: Option<String>) {
        let task = self.jobs.get_mut(id.as_str()).and_then(|job| job.task.as_mut());
        if let Some(By::Machine { download, .. }) = task.map(|task| &mut task.by) {
            *download = command;
        }
    }

    /// Whether the end of this job is for its machine to tell.
    pub(crate) fn is_on_machine(&self, id: &JobId) -> bool {
        let task = self.jobs.get(id.as_str()).and_then(|job| job.task.as_deref());
        task.is_some_and(|task| matches!(task.by, By::Machine { started: true, .. }))
    }
}
