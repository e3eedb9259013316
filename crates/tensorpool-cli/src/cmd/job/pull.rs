//! `tp job pull`

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use serde_json::{Value, json};
use tensorpool_client::BodyTransport;
use tensorpool_client::core::api::job::PullJob;
use tensorpool_client::core::command::{Rules, judge};
use tensorpool_client::core::model::System;
use tensorpool_client::core::transfer::{Existing, Progress};
use tensorpool_client::download::{Download, Downloading, Fate, LiveCommand, Pulled, Report};

use crate::app::App;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{View, clean};
use crate::run::{self, Runner, Trust};

/// `tp job pull JOB [FILES…]`.
#[derive(Args, Debug)]
pub(crate) struct Pull {
    /// The job's id
    job_id: String,
    /// Only these of its outputs
    files: Vec<String>,
    /// The private SSH key of its cluster, for a job that still runs; only the path is sent
    #[arg(short = 'i', long, value_name = "FILE")]
    private_key: Option<String>,
    /// Put new files in the place of old ones
    #[arg(long)]
    force: bool,
    /// The directory to put them in, and nowhere else
    #[arg(long, value_name = "DIR", default_value = ".")]
    into: PathBuf,
    #[command(flatten)]
    trust: Trust,
}

impl Pull {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let dir = std::path::absolute(&self.into).map_err(|e| Failure::io(self.into.display(), &e))?;
        if app.globals.dry_run {
            return self.look(app, &dir).await;
        }
        let mut download = Download::into(&dir).existing(if self.force {
            Existing::Overwrite
        } else {
            Existing::SkipIfIdentical
        });
        if let Some(key) = &self.private_key {
            download = download.private_key_path(key);
        }
        download = self.files.iter().fold(download, |download, file| download.file(file));
        let pulled = async {
            Ok::<_, Failure>(match app.client()?.jobs().download(self.job_id.as_str(), download).await? {
                Pulled::Command(command) => {
                    self.live(app, &dir, &command).await?;
                    None
                }
                Pulled::Files(files) => {
                    if let Some(command) = files.command() {
                        app.screen
                            .say(&format!("the engine also sent a command, not run: {}", command.text()));
                    }
                    Some(bars(app, *files).await)
                }
                _ => return Err(Failure::failed("the outputs come in a way this version does not know")),
            })
        };
        let report = tokio::select! {
            pulled = pulled => pulled?,
            _ = tokio::signal::ctrl_c() => {
                return Err(Failure::new(Exit::Interrupted, "interrupted; what has come is kept")
                    .hint(self.again()));
            }
        };
        let Some(report) = report else { return Ok(()) };
        app.screen.show(&reported(&self.job_id, &report))?;
        let (missing, all) = (report.missing().count(), report.files.len());
        if missing == 0 {
            return Ok(());
        }
        let failure = Failure::failed(format!("{missing} of {all} files did not come"));
        let differs = report.missing().any(|file| matches!(file.fate, Fate::Refused(_)));
        Err(if differs && !self.force {
            failure.hint("--force replaces files that are there; --into DIR puts them elsewhere")
        } else {
            failure.hint(format!("what has come is kept; {}", self.again()))
        })
    }

    /// How to take it up again.
    fn again(&self) -> String {
        format!("go on with `tp job pull {} --into {}`", self.job_id, self.into.display())
    }

    /// What would come, without it.
    async fn look(&self, app: &App, dir: &Path) -> Result<(), Failure> {
        let mut pull = PullJob::new(self.job_id.as_str()).dry_run(true).system(System::current());
        if let Some(key) = &self.private_key {
            pull = pull.private_key_path(key);
        }
        pull = self.files.iter().fold(pull, |pull, file| pull.file(file));
        let answer = app.client()?.jobs().pull(pull).await?;
        let names: Vec<String> = answer.download_map.unwrap_or_default().into_keys().collect();
        let command = answer.command.filter(|command| !command.is_empty());
        let mut judged = Value::Null;
        let mut note = answer.message.unwrap_or_default();
        if let Some(command) = &command {
            let rules = Rules::pull(dir);
            let rules = match &self.private_key {
                Some(key) => rules.private_key(key),
                None => rules,
            };
            let verdict = match judge(command, &rules) {
                Ok(_) => "accepted".to_owned(),
                Err(refusal) => refusal.to_string(),
            };
            note = format!("{note}\nthe job is live; the engine asks to run: {command}\n{verdict}");
            judged = Value::String(verdict);
        }
        let json = json!({ "dry_run": true, "job_id": self.job_id, "files": names, "command": command, "verdict": judged });
        let mut view = View::list(json, &["FILE"]);
        for name in names {
            view.row(&name, vec![name.clone()]);
        }
        app.screen.show(&view.note(Some(format!("{note}\ndry run: nothing was fetched"))))
    }

    /// While the job is live, its outputs come by a command of the engine's.
    async fn live(&self, app: &App, dir: &Path, command: &LiveCommand) -> Result<(), Failure> {
        std::fs::create_dir_all(dir).map_err(|error| Failure::io(dir.display(), &error))?;
        let runner = Runner { app, dir, show: command.show_stdout() };
        let result = if self.trust.trust_server_commands {
            runner.trusted(command.text()).await
        } else {
            match command.judged() {
                // git runs what lies in there, and the other machine chooses what that is.
                Ok(judged) => {
                    runner.judged(judged, |_| (vec![OsString::from("--exclude=.git")], Vec::new())).await
                }
                Err(refusal) => {
                    runner.refused(command.text(), refusal);
                    return Err(run::refusal(refusal.to_string()));
                }
            }
        };
        if result.exit_code() != 0 {
            return Err(Failure::failed(format!("the download ended with exit code {}", result.exit_code()))
                .hint("the job may just have ended: try again"));
        }
        let json = json!({ "job_id": self.job_id, "command": command.text(), "exit_code": 0 });
        app.screen.show(
            &View::one(json, &self.job_id)
                .note(Some(format!("the job is live: these are its outputs so far, in {}", dir.display()))),
        )
    }
}

/// The end of a name, which tells more than its beginning; a bar has to fit on 80 columns.
fn short(name: &str) -> String {
    let name = clean(name);
    match name.char_indices().rev().nth(26) {
        Some((at, _)) if at > 1 => format!("…{}", name.get(at..).unwrap_or_default()),
        _ => name,
    }
}

/// Downloads, with a bar a file and one for all.
async fn bars<T: BodyTransport>(app: &App, mut files: Downloading<T>) -> Report {
    let target = if app.screen.lively { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bars = MultiProgress::with_draw_target(target);
    let style = |template: &str| {
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
    };
    let one = style("{msg:28} {bytes:>10} of {total_bytes:<10} {bar:10} {percent:>3}%");
    // A download that is interrupted leaves no bar behind either.
    let bar =
        |style: ProgressStyle| ProgressBar::new(0).with_style(style).with_finish(ProgressFinish::AndClear);
    let total = bars.add(bar(style("{msg:28} {bytes:>10} of {total_bytes:<10} {bar:10} {bytes_per_sec}")));
    total.set_message("total");
    let mut open: HashMap<Arc<str>, ProgressBar> = HashMap::new();
    let mut known: HashMap<Arc<str>, (u64, u64)> = HashMap::new();
    while let Some(progress) = files.next().await {
        match progress {
            Progress::Bytes { name, done, length } => {
                let bar = open.entry(name.clone()).or_insert_with(|| {
                    bars.insert_before(&total, bar(one.clone()).with_message(short(&name)))
                });
                bar.set_length(length.unwrap_or(done));
                bar.set_position(done);
                known.insert(name, (done, length.unwrap_or(done)));
                let sum = known.values().fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
                total.set_length(sum.1);
                total.set_position(sum.0);
            }
            Progress::Ended { name, good, fate } => {
                if let Some(bar) = open.remove(&name) {
                    bar.finish_and_clear();
                    bars.remove(&bar);
                }
                if !good {
                    bars.suspend(|| app.screen.say(&format!("{}: {fate}", clean(&name))));
                }
            }
            other => bars.suspend(|| app.screen.say(&other.to_string())),
        }
    }
    total.finish_and_clear();
    files.report()
}

fn reported(job: &str, report: &Report) -> View {
    let files: Vec<_> = report
        .files
        .iter()
        .map(|file| {
            let (fate, bytes) = match &file.fate {
                Fate::Complete { bytes } => ("complete", Some(*bytes)),
                Fate::Skipped => ("skipped", None),
                Fate::Refused(_) => ("refused", None),
                _ => ("failed", None),
            };
            json!({ "name": &*file.name, "fate": fate, "bytes": bytes, "message": file.fate.to_string() })
        })
        .collect();
    let json = json!({ "job_id": job, "bytes": report.bytes(), "files": files });
    let mut view = View::list(json, &["FILE", "FATE"]);
    for file in &report.files {
        view.row(&file.name, vec![file.name.to_string(), file.fate.to_string()]);
    }
    view.note(match (report.files.is_empty(), report.is_complete()) {
        (true, _) => Some("No changed files to pull"),
        (false, true) => Some("Job files pulled successfully"),
        (false, false) => None,
    })
}
