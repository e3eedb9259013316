//! How an application runs what was judged: its own argv, no shell, a clean environment; and how it pushes.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tensorpool_client::SocketTransport;
use tensorpool_client::core::command::{Judged, Rules};
use tensorpool_client::core::session::{CommandResult, PushEvent, PushJob};
use tensorpool_client::core::{Error, JobId};

use crate::world::World;

/// Runs what was judged in `dir`, uploading just `names` where they are given, with programs from `path`.
pub(crate) fn run(judged: &Judged, dir: &Path, names: Option<&[u8]>, path: &OsStr) -> CommandResult {
    let mut last = CommandResult::new(0, "", "");
    for run in judged.runs() {
        let mut child = Command::new(run.program().name())
            .args(if names.is_some() { &["--from0", "--files-from=-"][..] } else { &[] })
            .args(run.args())
            .current_dir(dir)
            .env_clear()
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(names.unwrap_or_default()).unwrap();
        let done = child.wait_with_output().unwrap();
        last = CommandResult::new(done.status.code().unwrap_or(1).into(), done.stdout, done.stderr);
        if !done.status.success() {
            break;
        }
    }
    last
}

/// Where this process finds its programs.
pub(crate) fn path() -> OsString {
    std::env::var_os("PATH").unwrap()
}

/// What a push came to: its outcome, the commands that were run, and those that were refused.
pub(crate) struct Done {
    pub(crate) outcome: Result<JobId, Error>,
    pub(crate) ran: Vec<String>,
    pub(crate) refused: Vec<String>,
}

/// Pushes the world's folder with this configuration, running what the judge lets pass.
pub(crate) async fn push<T: SocketTransport>(
    world: &World<T>,
    project: &Path,
    config: &str,
    names: Option<Vec<u8>>,
    path: &OsStr,
) -> Done {
    let mut push = world.client.jobs().push(&PushJob::new(config, &world.cluster)).unwrap();
    let (mut ran, mut refused) = (Vec::new(), Vec::new());
    while let Some(event) = push.next().await {
        let PushEvent::Command(command) = event else { continue };
        let result = match command.judge(&Rules::push(project)) {
            Ok(judged) => {
                ran.push(judged.to_string());
                let (project, names, path) = (project.to_owned(), names.clone(), path.to_owned());
                let work = move || run(&judged, &project, names.as_deref(), &path);
                push.alongside(tokio::task::spawn_blocking(work)).await.unwrap()
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
