//! The day's job: push a folder, follow it, bring the results home.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tensorpool_client::core::command::{Judged, Rules, Run};
use tensorpool_client::core::job_config::JobConfig;
use tensorpool_client::core::session::{CommandResult, ListenEvent, PushEvent, PushJob};
use tensorpool_client::core::{ClusterId, JobId};
use tensorpool_client::download::{Download, Pulled};
use tensorpool_client::folder::Folder;
use tensorpool_client::{BodyTransport, Client, SocketTransport};

use crate::day::{Result, say};

const CONFIG: &str = r#"commands = ["sh train.sh"]
outputs = ["out/"]
ignore = ["*.tmp"]
"#;

/// Pushes a small folder to the cluster, listens until the job has ended, pulls what it made, and compares.
pub(crate) async fn job<T>(out: &mut impl Write, client: &Client<T>, cluster: &ClusterId) -> Result
where
    T: BodyTransport + SocketTransport,
{
    let home = tempfile::tempdir()?;
    let project = home.path().join("project");
    std::fs::create_dir_all(&project)?;
    std::fs::write(
        project.join("train.sh"),
        "mkdir -p out\necho epoch 1\nsort words.txt | tee out/sorted.txt\n",
    )?;
    std::fs::write(project.join("words.txt"), "pool\ntensor\nada\n")?;
    std::fs::write(project.join("notes.tmp"), "not for the cluster")?;
    let plan = Folder::scan(&project, &JobConfig::parse(CONFIG)?)?;
    let left_out = plan.left_out().iter().map(|left| left.files).sum::<u64>();
    say(
        out,
        "plan",
        format!("{} files, {} bytes go out; {left_out} stays here", plan.files().len(), plan.bytes()),
    )?;

    let job = push(out, client, cluster, &project, plan.names()).await?;
    listen(out, client, &job).await?;

    let results = home.path().join("results");
    match client.jobs().download(&job, Download::into(&results)).await? {
        Pulled::Files(files) => {
            let report = files.done().await;
            assert!(report.is_complete());
            say(out, "pull", format!("{} file, {} bytes", report.files.len(), report.bytes()))?;
        }
        Pulled::Command(command) => return Err(format!("the job is still live: {}", command.text()).into()),
        _ => return Err("the outputs come in a way this example does not know".into()),
    }
    let sorted = std::fs::read_to_string(results.join("out/sorted.txt"))?;
    assert_eq!(sorted, "ada\npool\ntensor\n");
    say(out, "outputs", format!("out/sorted.txt holds {:?}", sorted.lines().collect::<Vec<_>>()))
}

async fn push<T>(
    out: &mut impl Write,
    client: &Client<T>,
    cluster: &ClusterId,
    dir: &Path,
    names: Vec<u8>,
) -> Result<JobId>
where
    T: SocketTransport,
{
    let mut push = client.jobs().push(&PushJob::new(CONFIG, cluster))?;
    while let Some(event) = push.next().await {
        match event {
            PushEvent::Job(id) => say(out, "push", format!("it is job {id}"))?,
            PushEvent::Message(words) => say(out, "push", words)?,
            // The server asks for a program to be run here. What passes the judge is run without a shell; the rest is refused.
            PushEvent::Command(command) => {
                let result = match command.judge(&Rules::push(dir)) {
                    Ok(judged) => {
                        say(out, "asked to run", &judged)?;
                        let (dir, names) = (dir.to_owned(), names.clone());
                        // The connection is kept alive meanwhile.
                        push.alongside(tokio::task::spawn_blocking(move || run(&judged, &dir, &names)))
                            .await?
                    }
                    Err(refusal) => {
                        say(out, "refused", &refusal)?;
                        CommandResult::refused(refusal)
                    }
                };
                push.answer(command, &result);
            }
            _ => {}
        }
    }
    push.outcome()?.job_id.ok_or_else(|| "the engine named no job".into())
}

async fn listen<T: SocketTransport>(out: &mut impl Write, client: &Client<T>, job: &JobId) -> Result {
    let mut listen = client.jobs().listen(job)?;
    while let Some(event) = listen.next().await {
        match event {
            ListenEvent::Line(line) => say(out, "listen", line)?,
            ListenEvent::Gap { away } => say(out, "listen", format!("— gap of {} s —", away.as_secs()))?,
            _ => {}
        }
    }
    let end = listen.outcome()?;
    assert_eq!(end.exit_code, Some(0));
    say(out, "listen", format!("{job} is {}", end.status))
}

/// Runs what was judged, one after the other, in `dir`: no shell, nothing of our environment but the path, and of the folder
/// just what the plan names.
fn run(judged: &Judged, dir: &Path, names: &[u8]) -> CommandResult {
    let mut last = CommandResult::new(0, "", "");
    for run in judged.runs() {
        // A command that cannot start is answered too, as a shell would say it.
        last = start(run, dir, names).unwrap_or_else(|error| CommandResult::new(127, "", error.to_string()));
        if last.exit_code() != 0 {
            break;
        }
    }
    last
}

fn start(run: &Run, dir: &Path, names: &[u8]) -> std::io::Result<CommandResult> {
    let mut child = Command::new(run.program().name())
        .args(["--from0", "--files-from=-"])
        .args(run.args())
        .current_dir(dir)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(names)?;
    }
    let Output { status, stdout, stderr } = child.wait_with_output()?;
    Ok(CommandResult::new(status.code().unwrap_or(1).into(), stdout, stderr))
}
