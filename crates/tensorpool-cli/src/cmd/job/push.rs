//! `tp job push`

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use tensorpool_client::core::command::{Rules, Run};
use tensorpool_client::core::job_config::JobConfig;
use tensorpool_client::core::session::{CommandRequest, CommandResult, PushEvent, PushJob};
use tensorpool_client::folder::{Folder, UploadPlan};
use tensorpool_client::{self as client, SocketTransport};

use super::{exit_code, info, is_document, listen, watch};
use crate::app::App;
use crate::args::WaitArg;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::View;
use crate::run::{self, Runner, Trust};

/// `tp job push CONFIG CLUSTER`.
#[derive(Args, Debug)]
pub(crate) struct Push {
    /// The .tp.toml; what is uploaded is the working directory
    tp_config_path: PathBuf,
    /// The cluster it runs on
    cluster_id: Option<String>,
    /// Destroy the cluster when the job has ended
    #[arg(long)]
    teardown: bool,
    /// Then print what it prints, until it ends
    #[arg(long, conflicts_with = "wait")]
    listen: bool,
    /// With --listen or --wait: end with the job's own exit code
    #[arg(long)]
    exit_status: bool,
    #[command(flatten)]
    wait: WaitArg,
    #[command(flatten)]
    trust: Trust,
}

impl Push {
    pub(crate) async fn run(self, app: &App) -> Result<(), Failure> {
        let Some(cluster) = &self.cluster_id else {
            return Err(Failure::usage("a job runs on a cluster of yours now, and no longer orders a machine itself")
                .hint(format!(
                    "say which: `tp job push {} CLUSTER`; `tp cluster list` shows them, `tp cluster create TYPE` orders one",
                    self.tp_config_path.display()
                )));
        };
        let path = &self.tp_config_path;
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::io(path.display(), &error).hint("`tp job init` writes one to start from")
        })?;
        let config = parse(app, path, &text)?;
        let dir = std::env::current_dir().map_err(|error| Failure::io("the working directory", &error))?;
        let plan = Folder::scan(&dir, &config).map_err(|error| Failure::failed(error.to_string()))?;
        if app.globals.dry_run {
            return app.screen.show(&planned(&plan, cluster, self.teardown));
        }
        for warning in plan.warnings() {
            app.screen.say(&format!("warning: {warning}"));
        }
        let job = PushJob::new(text, cluster.as_str()).teardown(self.teardown);
        let mut push = app.client()?.jobs().push(&job)?;
        let mut told =
            Told { app, dir: &dir, plan: &plan, trust: self.trust, refused: None, messages: Vec::new() };
        let interrupted = tokio::select! {
            () = told.converse(&mut push) => false,
            _ = tokio::signal::ctrl_c() => true,
        };
        let id = push.job().cloned();
        if interrupted {
            let hint = match &id {
                Some(id) => format!("it is job {id}; whether it runs says `tp job info {id}`"),
                None => "whether there is a job says `tp job list`".to_owned(),
            };
            return Err(Failure::new(Exit::Interrupted, "interrupted before the push was done").hint(hint));
        }
        let (refused, messages) = (told.refused, told.messages);
        if let Err(error) = push.outcome() {
            return Err(match refused {
                Some(why) => run::refusal(format!("{error}; {why}")),
                None => {
                    let mut failure = Failure::from(error);
                    if let Some(id) = &id {
                        failure.hint = Some(format!(
                            "it is job {id}; look with `tp job info {id}` before pushing again"
                        ));
                    }
                    failure
                }
            });
        }
        let Some(id) = id else {
            return app.screen.show(
                &View::one(json!({ "messages": messages }), "")
                    .note(Some("the engine named no job; look with `tp job list`")),
            );
        };
        self.pushed(app, id.as_str(), messages).await
    }

    /// What comes after the push.
    async fn pushed(&self, app: &App, id: &str, messages: Vec<String>) -> Result<(), Failure> {
        if self.teardown {
            app.screen.say("the cluster will be destroyed when the job has ended");
        }
        if self.listen {
            app.screen.say(&format!("listening to job {id}; Ctrl-C stops listening, not the job"));
            return listen::Listen::to(id, self.exit_status).run(app).await;
        }
        if let Some(limit) = self.wait.wait {
            app.screen.say(&format!("it is job {id}"));
            return self.wait(app, id, limit).await;
        }
        let json = json!({ "job_id": id, "messages": messages });
        let next = format!("listen with `tp job listen {id}`, fetch its outputs with `tp job pull {id}`");
        app.screen.show(&View::one(json, id).field("job", Some(id)).note(Some(next)))
    }

    async fn wait(&self, app: &App, id: &str, limit: Duration) -> Result<(), Failure> {
        let (job, json) = watch::ended(app, id, limit).await?;
        if self.exit_status {
            app.end_with(exit_code(job.status.as_ref(), job.exit_code));
        }
        app.screen.show(&info(json, &job, id))
    }
}

/// Reads the configuration before anything is sent: a mistake is cheaper now.
fn parse(app: &App, path: &Path, text: &str) -> Result<JobConfig, Failure> {
    let file = path.display().to_string();
    match JobConfig::parse(text) {
        Ok(config) => {
            config.warnings().iter().for_each(|warning| app.screen.say(&warning.report(&file)));
            Ok(config)
        }
        Err(error) => {
            if !is_document(app) {
                app.screen.say(&error.report_as(&file));
            }
            Err(Failure::usage(format!("{file}: {error}; nothing was sent")))
        }
    }
}

/// A push under way, as the user sees it.
struct Told<'a> {
    app: &'a App,
    dir: &'a Path,
    plan: &'a UploadPlan,
    trust: Trust,
    /// Why a command was refused, if one was.
    refused: Option<String>,
    messages: Vec<String>,
}

impl Told<'_> {
    async fn converse<T: SocketTransport>(&mut self, push: &mut client::Push<T>) {
        while let Some(event) = push.next().await {
            match event {
                PushEvent::Message(words) => {
                    self.app.screen.say(&words);
                    self.messages.push(words);
                }
                PushEvent::OtherJob(id) => {
                    self.app.screen.say(&format!("the engine names another job too: {id}"));
                }
                PushEvent::Command(command) => {
                    let result = self.command(push, &command).await;
                    push.answer(command, &result);
                }
                PushEvent::Omitted(count) => {
                    self.app.screen.say(&format!("{count} messages came too fast and are left out"));
                }
                _ => {}
            }
        }
    }

    async fn command<T: SocketTransport>(
        &mut self,
        push: &mut client::Push<T>,
        command: &CommandRequest,
    ) -> CommandResult {
        let runner = Runner { app: self.app, dir: self.dir, show: command.show_stdout() };
        if self.trust.trust_server_commands {
            return push.alongside(runner.trusted(command.text())).await;
        }
        match command.judge(&Rules::push(self.dir)) {
            Ok(judged) => push.alongside(runner.judged(&judged, |run| self.only_planned(run))).await,
            Err(refusal) => {
                self.refused = Some(refusal.to_string());
                runner.refused(command.text(), &refusal)
            }
        }
    }

    /// Where the whole folder is uploaded, just what was planned of it is: the engine's command knows nothing of ignore
    /// files.
    fn only_planned(&self, run: &Run) -> (Vec<OsString>, Vec<u8>) {
        let here = format!("{}/", self.dir.display());
        let source = run.args().iter().rev().nth(1).map(String::as_str);
        if source.is_some_and(|source| source == "." || source == "./" || source == here) {
            let names = self.plan.names();
            // With nothing on its list rsync uploads nothing, and says so; no list at all would be another thing.
            let names = if names.is_empty() { vec![0] } else { names };
            return (["--from0", "--files-from=-"].map(OsString::from).to_vec(), names);
        }
        (Vec::new(), Vec::new())
    }
}

/// What a push would upload.
fn planned(plan: &UploadPlan, cluster: &str, teardown: bool) -> View {
    let file = |file: &client::folder::PlannedFile| json!({ "path": file.path.to_string_lossy(), "bytes": file.bytes });
    let left_out: Vec<_> = plan
        .left_out()
        .iter()
        .map(|left| json!({ "rule": left.rule.to_string(), "files": left.files, "bytes": left.bytes, "at_least": left.at_least }))
        .collect();
    let warnings: Vec<_> = plan.warnings().iter().map(ToString::to_string).collect();
    let unreadable: Vec<_> = plan
        .unreadable()
        .iter()
        .map(|it| json!({ "path": it.path.to_string_lossy(), "why": it.why }))
        .collect();
    let json = json!({
        "dry_run": true,
        "cluster_id": cluster,
        "teardown_cluster": teardown,
        "folder": plan.root().to_string_lossy(),
        "files": plan.files().len(),
        "links": plan.links().len(),
        "bytes": plan.bytes(),
        "largest": plan.largest(10).into_iter().map(file).collect::<Vec<Value>>(),
        "left_out": left_out,
        "unreadable": unreadable,
        "warnings": warnings,
    });
    View::one(json, "")
        .field("cluster", Some(cluster))
        .field("files", Some(plan.files().len()))
        .field("links", Some(plan.links().len()).filter(|links| *links > 0))
        .field("bytes", Some(plan.bytes()))
        .note(Some(format!("{plan}\ndry run: nothing was sent")))
}
