//! How an application runs what was judged: its own argv, no shell, a clean environment; and how it pushes.

use std::path::Path;
use std::process::{Command, Stdio};

use tensorpool_client::SocketTransport;
use tensorpool_client::core::command::{Judged, Rules};
use tensorpool_client::core::session::{CommandResult, PushEvent, PushJob};
use tensorpool_client::core::{Error, JobId};

use crate::world::World;

/// Runs what was judged in `dir`; the exit code, output and errors of the last that ran.
pub(crate) fn run(judged: &Judged, dir: &Path) -> CommandResult {
    let mut last = CommandResult::new(0, "", "");
    for run in judged.runs() {
        let done = Command::new(run.program().name())
            .args(run.args())
            .current_dir(dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        last = CommandResult::new(done.status.code().unwrap_or(1).into(), done.stdout, done.stderr);
        if !done.status.success() {
            break;
        }
    }
    last
}

/// What a push came to: its outcome, the commands that were run, and those that were refused.
pub(crate) struct Done {
    pub(crate) outcome: Result<JobId, Error>,
    pub(crate) ran: Vec<String>,
    pub(crate) refused: Vec<String>,
}

/// Pushes the world's folder with this configuration, running what the judge lets pass.
pub(crate) async fn push<T: SocketTransport>(world: &World<T>, project: &Path, config: &str) -> Done {
    let mut push = world.client.jobs().push(&PushJob::new(config, &world.cluster)).unwrap();
    let (mut ran, mut refused) = (Vec::new(), Vec::new());
    while let Some(event) = push.next().await {
        let PushEvent::Command(command) = event else { continue };
        let result = match command.judge(&Rules::push(project)) {
            Ok(judged) => {
                ran.push(judged.to_string());
                let project = project.to_owned();
                push.alongside(tokio::task::spawn_blocking(move || run(&judged, &project))).await.unwrap()
            }
            Err(refusal) => {
                refused.push(refusal.to_string());
                CommandResult::refused(refusal)
            }
        };
        push.answer(command, &result);
    }
    let outcome = push.outcome().map(|pushed| pushed.job_id.unwrap());
    Done { outcome, ran, refused }
}
