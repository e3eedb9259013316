//! The day's job: push a folder, follow it, bring the results home.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tensorpool_client::core::command::{Judged, Rules};
use tensorpool_client::core::session::{CommandResult, ListenEvent, PushEvent, PushJob};
use tensorpool_client::core::{ClusterId, JobId};
use tensorpool_client::download::{Download, Pulled};
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
    let home = Home::new()?;
    let project = home.0.join("project");
    std::fs::create_dir_all(&project)?;
    std::fs::write(
        project.join("train.sh"),
        "mkdir -p out\necho epoch 1\nsort words.txt | tee out/sorted.txt\n",
    )?;
    std::fs::write(project.join("words.txt"), "pool\ntensor\nada\n")?;

    let job = push(out, client, cluster, &project).await?;
    listen(out, client, &job).await?;

    let results = home.0.join("results");
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

async fn push<T>(out: &mut impl Write, client: &Client<T>, cluster: &ClusterId, dir: &Path) -> Result<JobId>
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
                        let dir = dir.to_owned();
                        // The connection is kept alive meanwhile.
                        push.alongside(tokio::task::spawn_blocking(move || run(&judged, &dir))).await??
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

/// Runs what was judged, one after the other, in `dir`, with no shell and nothing of our environment but the path.
fn run(judged: &Judged, dir: &Path) -> std::io::Result<CommandResult> {
    let mut last = CommandResult::new(0, "", "");
    for run in judged.runs() {
        let Output { status, stdout, stderr } = Command::new(run.program().name())
            .args(run.args())
            .current_dir(dir)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .stdin(Stdio::null())
            .output()?;
        last = CommandResult::new(status.code().unwrap_or(1).into(), stdout, stderr);
        if !status.success() {
            break;
        }
    }
    Ok(last)
}

/// A directory of this run's own, which goes with it.
struct Home(PathBuf);

impl Home {
    fn new() -> std::io::Result<Self> {
        let home = std::env::temp_dir().join(format!("tensorpool-quickstart-{}", std::process::id()));
        std::fs::create_dir_all(&home)?;
        Ok(Self(home))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What is left in the temporary directory does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
