//! `tp job`

mod listen;
mod pull;
mod push;
mod watch;

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};
use tensorpool_client::core::api::job::{CancelJob, DeleteJob, GetJob, InitJob, ListJobs};
use tensorpool_client::core::model::{JobInfo, JobStatus};

use super::cluster::text;
use crate::app::App;
use crate::args::{Org, WaitArg, duration};
use crate::consent::prompt;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, View};
use crate::wait;

#[derive(Subcommand, Debug)]
pub(crate) enum Job {
    /// Write a new .tp.toml to start from
    Init {
        /// Its name: NAME.tp.toml
        name: Option<String>,
    },
    /// Upload this folder to a cluster and run a .tp.toml there
    Push(push::Push),
    /// List jobs
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        org: Org,
    },
    /// Show one job
    Info {
        /// Its id
        job_id: String,
    },
    /// Cancel a job
    Cancel {
        /// Its id
        job_id: String,
        #[command(flatten)]
        wait: WaitArg,
    },
    /// Delete a job that has ended
    Delete {
        /// Its id
        job_id: String,
    },
    /// Print what a job prints, until it ends
    Listen(listen::Listen),
    /// Fetch a job's outputs
    Pull(pull::Pull),
    /// Wait until a job has ended
    Wait {
        /// Its id
        job_id: String,
        /// At most this long
        #[arg(long, value_name = "DURATION", default_value = wait::DEFAULT, value_parser = duration)]
        timeout: Duration,
        /// End with the job's own exit code
        #[arg(long)]
        exit_status: bool,
    },
}

impl Job {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        match self {
            Self::Init { name } => init(app, name).await,
            Self::Push(push) => push.run(app).await,
            Self::List { org } => {
                let ask = ListJobs::new().include_org(org.org);
                app.look(ask, |answer, json| listed(json, &answer.jobs)).await
            }
            Self::Info { job_id } => {
                let Some(answer) = app.send(GetJob::new(job_id.as_str())).await? else { return Ok(()) };
                app.screen.show(&info(answer.json, &answer.value.job_info, &job_id))
            }
            Self::Cancel { job_id, wait } => cancel(app, &job_id, wait.wait).await,
            Self::Delete { job_id } => {
                app.consent(&format!("Delete job {job_id}?"), &job_id)?;
                let Some(answer) = app.send(DeleteJob::new(job_id.as_str())).await? else { return Ok(()) };
                let message = answer.value.message;
                app.screen.show(
                    &View::one(answer.json, &job_id).field("id", Some(&job_id)).note(message.as_deref()),
                )
            }
            Self::Listen(listen) => listen.run(app).await,
            Self::Pull(pull) => pull.run(app).await,
            Self::Wait { job_id, timeout, exit_status } => {
                if app.globals.dry_run {
                    app.send(GetJob::new(job_id.as_str())).await?;
                    return Ok(());
                }
                let (job, json) = watch::ended(app, &job_id, timeout).await?;
                if exit_status {
                    app.end_with(exit_code(job.status.as_ref(), job.exit_code));
                }
                app.screen.show(&info(json, &job, &job_id))
            }
        }
    }
}

/// The code of `tp` that says how a job ended: its own where that fits, else 1, unless it is known to have gone well.
fn exit_code(status: Option<&JobStatus>, code: Option<i64>) -> u8 {
    match (code, status) {
        (Some(code), _) => u8::try_from(code).unwrap_or(1),
        (None, Some(JobStatus::Completed)) => 0,
        (None, _) => 1,
    }
}

async fn cancel(app: &App, job_id: &str, limit: Option<Duration>) -> Result<(), Failure> {
    app.consent(&format!("Cancel job {job_id}?"), job_id)?;
    let Some(answer) = app.send(CancelJob::new(job_id)).await? else { return Ok(()) };
    let Some(limit) = limit else {
        let view = View::one(answer.json, job_id)
            .field("id", Some(job_id))
            .field("status", answer.value.status.as_ref())
            .note(answer.value.message.as_deref());
        return app.screen.show(&view);
    };
    let (job, json) = watch::ended(app, job_id, limit).await?;
    app.screen.show(&info(json, &job, job_id))?;
    if job.status == Some(JobStatus::Canceled) {
        return Ok(());
    }
    Err(Failure::failed(format!("job {job_id} ended before it was canceled: {}", text(job.status.as_ref()))))
}

async fn init(app: &App, name: Option<String>) -> Result<(), Failure> {
    let Some(answer) = app.send(InitJob).await? else { return Ok(()) };
    let given = match name {
        None if app.screen.asks && !app.globals.agrees() => {
            let free = free();
            prompt(&format!("A name for the file, or nothing for {}: ", free.display()))?
        }
        name => name.unwrap_or_default(),
    };
    let given = given.trim().trim_end_matches(".tp.toml");
    let path = if given.is_empty() { free() } else { PathBuf::from(format!("{given}.tp.toml")) };
    let mut file = std::fs::File::create_new(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::new(Exit::Conflict, format!("{} is there already", path.display()))
                .hint("give another name: `tp job init NAME`")
        }
        _ => Failure::io(path.display(), &error),
    })?;
    file.write_all(answer.value.empty_tp_config.as_bytes())
        .map_err(|error| Failure::io(path.display(), &error))?;
    let shown = path.display().to_string();
    let mut json = answer.json;
    match &mut json {
        Value::Object(fields) => {
            fields.insert("path".to_owned(), json!(shown));
        }
        // The engine may answer with the bare text.
        other => *other = json!({ "empty_tp_config": answer.value.empty_tp_config, "path": shown }),
    }
    let next = format!("fill it in, then `tp job push {shown} CLUSTER`");
    app.screen.show(&View::one(json, &shown).field("file", Some(&shown)).note(Some(next)))
}

/// The first of `job.tp.toml`, `job1.tp.toml`, … that is not there.
fn free() -> PathBuf {
    let names = std::iter::once("job.tp.toml".to_owned()).chain((1..).map(|n| format!("job{n}.tp.toml")));
    names.map(PathBuf::from).find(|path| path.symlink_metadata().is_err()).unwrap_or_default()
}

fn listed(json: Value, jobs: &[JobInfo]) -> View {
    let raw = json.get("jobs").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut view = View::list(json, &["ID", "STATUS", "EXIT CODE", "CLUSTER", "CREATED"]);
    for (index, job) in jobs.iter().enumerate() {
        let id = text(job.id.as_ref());
        let more = |name| raw.get(index).map(|job| said(job, name)).unwrap_or_default();
        let cells = [text(job.status.as_ref()), text(job.exit_code), more("cluster_id"), more("created_at")];
        view.row(&id, std::iter::once(id.clone()).chain(cells).collect());
    }
    let none = view.rows.is_empty().then_some("no jobs");
    view.note(none)
}

fn info(json: Value, job: &JobInfo, id: &str) -> View {
    let raw = json.get("job_info").cloned().unwrap_or(Value::Null);
    View::one(json, id)
        .field("id", job.id.as_ref())
        .field("status", job.status.as_ref())
        .field("exit code", job.exit_code)
        .field("cluster", Some(said(&raw, "cluster_id")))
        .field("created", Some(said(&raw, "created_at")))
        .field("message", Some(said(&raw, "message")))
}

/// A field that the library has no name for; empty if it is not there.
fn said(value: &Value, name: &str) -> String {
    match value.get(name) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// Whether lines and chatter may stand on stdout, or only one document.
fn is_document(app: &App) -> bool {
    app.screen.format == Format::Json
}
