//! `tp demo`: a whole day, with the commands a user would type, against an engine in this process.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tensorpool_emulator::{Config, Emulator, Server, ServerOptions};
use tokio::process::Command;

use crate::app::App;
use crate::failure::Failure;
use crate::output::{Format, write};

/// A command line, and what its last word is called from then on, if anything.
struct Step {
    why: &'static str,
    line: &'static str,
    names: Option<&'static str>,
    /// It pushes a job, or needs one.
    job: bool,
}

const fn step(why: &'static str, line: &'static str) -> Step {
    Step { why, line, names: None, job: false }
}

const fn named(why: &'static str, line: &'static str, name: &'static str) -> Step {
    Step { why, line, names: Some(name), job: false }
}

const fn job(why: &'static str, line: &'static str) -> Step {
    Step { why, line, names: None, job: true }
}

/// The day. `{name}` is what an earlier step has named.
const STEPS: &[Step] = &[
    step("Who am I, and what is my balance?", "me"),
    step("What does it cost?", "quote 8xH200 -n 2"),
    step("My public key goes on the account", "me sshkey add demo.pub --name demo"),
    step("A cluster of two nodes, waited for", "cluster create 8xH200 -n 2 --name demo --wait --yes"),
    named("Its id", "cluster list -o id", "cluster"),
    step("A volume for the data", "storage create 100 --name data --wait"),
    named("Its id", "storage list -o id", "volume"),
    step("The volume on the cluster", "cluster attach {cluster} {volume} --wait"),
    step("All that runs now", "cluster list"),
    job("A job: this folder goes out, its lines come back", "job push demo.tp.toml {cluster} --listen"),
    Step { names: Some("job"), ..job("Its id", "job list -o id") },
    job("How it went", "job list"),
    job("Its results come home", "job pull {job} --into results"),
    step("The day is over: the volume comes off", "cluster detach {cluster} {volume} --wait"),
    step("It goes", "storage destroy {volume} --wait --yes"),
    step("So does the cluster", "cluster destroy {cluster} --wait --yes"),
    named("The key's id", "me sshkey list -o id", "key"),
    step("And the key", "me sshkey remove {key} --yes"),
    step("Nothing is left, and nothing is billed", "cluster list"),
];

/// How fast time passes: a cluster is up in a second and a half.
const TIME_SCALE: f64 = 60.0;
/// Good for the engine of this process only.
const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA demo\n";
const JOB: &str = r#"commands = ["sh train.sh"]
outputs = ["results.txt"]
"#;
const TRAIN: &str =
    "for epoch in 1 2 3; do echo epoch $epoch; sleep 0.2; done\necho accuracy 0.97 > results.txt\n";

/// Runs the day; it fails if any of its steps did, or if something is left.
pub(crate) async fn run(app: &App) -> Result<(), Failure> {
    let key = random_key();
    let config = Config::single_user(&key).map_err(|error| Failure::failed(error.to_string()))?;
    let emulator = Emulator::new(config.epoch(now()));
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    let options = ServerOptions::default().time_scale(TIME_SCALE);
    let (server, jobs) = match Server::bind(here, emulator.clone(), options.clone().run_jobs(true)).await {
        Ok(server) => (server, true),
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::Unsupported) =>
        {
            app.screen.say(&format!("no job is run: {error}"));
            let server = Server::bind(here, emulator.clone(), options).await;
            (server.map_err(|error| Failure::io("the local engine", &error))?, false)
        }
        Err(error) => return Err(Failure::io("the local engine", &error)),
    };
    app.screen.say("A local engine, with time sixty times as fast. No account, no cost.");
    let folder = folder().map_err(|error| Failure::io("the demo's folder", &error))?;
    let day = Day { app, url: server.url(), key, folder: folder.path() };
    let interrupted = tokio::select! {
        report = day.run(jobs) => Ok(report),
        _ = tokio::signal::ctrl_c() => Err(Failure::new(crate::exit::Exit::Interrupted, "interrupted")),
    };
    let left = emulator.with_engine(|engine| {
        [
            (engine.cluster_count(), "clusters"),
            (engine.volume_count(), "volumes"),
            (engine.ssh_key_count(), "SSH keys"),
        ]
    });
    server.shutdown().await;
    let (failed, report) = interrupted?;
    if app.screen.format == Format::Json {
        app.screen.json(&json!({ "steps": report }))?;
    }
    let left: Vec<_> =
        left.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    match (failed.as_slice(), left.as_slice()) {
        ([], []) => {
            app.screen.say("\nThat was the whole day. Yours begins with `tp auth login`.");
            Ok(())
        }
        ([], left) => Err(Failure::failed(format!("the demo left something behind: {}", left.join(", ")))),
        (failed, _) => Err(Failure::failed(format!("part of the demo failed: {}", failed.join("; ")))),
    }
}

/// Where the commands run.
struct Day<'a> {
    app: &'a App,
    url: String,
    key: String,
    folder: &'a Path,
}

impl Day<'_> {
    /// What failed, and what every step said.
    async fn run(&self, jobs: bool) -> (Vec<String>, Vec<Value>) {
        let mut names = BTreeMap::new();
        let (mut failed, mut report) = (Vec::new(), Vec::new());
        for step in STEPS.iter().filter(|step| jobs || !step.job) {
            let Some(line) = fill(step.line, &names) else {
                failed.push(format!("tp {} (what it needs is not there)", step.line));
                continue;
            };
            self.app.screen.say(&format!("\n{}", step.why));
            let kept = step.names.is_some() || self.app.screen.format == Format::Json;
            match self.step(&line, kept).await {
                Ok((code, said)) => {
                    let text = String::from_utf8_lossy(&said);
                    if let Some((name, id)) = step.names.zip(text.split_whitespace().next_back()) {
                        names.insert(name, id.to_owned());
                    }
                    let said = serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.trim_end()));
                    report.push(json!({ "command": format!("tp {line}"), "exit": code, "output": said }));
                    if code != Some(0) {
                        failed.push(format!("tp {line}"));
                    }
                }
                Err(failure) => failed.push(format!("tp {line} ({failure})")),
            }
        }
        (failed, report)
    }

    /// Runs one command as a user would and shows it; its code and, where it was `kept`, its output.
    async fn step(&self, line: &str, kept: bool) -> Result<(Option<i32>, Vec<u8>), Failure> {
        let format = self.app.screen.format;
        if format == Format::Json {
            self.app.screen.say(&format!("$ tp {line}"));
        } else {
            write(format!("$ tp {line}\n").as_bytes())?;
        }
        let program = std::env::current_exe().map_err(|error| Failure::io("this program", &error))?;
        let mut command = Command::new(program);
        command.args(line.split(' ')).current_dir(self.folder).stdin(Stdio::null()).kill_on_drop(true);
        command.env("TENSORPOOL_ENGINE", &self.url).env("TENSORPOOL_KEY", &self.key);
        if !line.contains(" -o ") {
            let format = match format {
                Format::Table => "table",
                Format::Json => "json",
                Format::Plain | Format::Id => "plain",
            };
            command.args(["--output", format]);
        }
        // What is not needed here goes straight to the screen, in the order it is said.
        command.stdout(if kept { Stdio::piped() } else { Stdio::inherit() });
        let child = command.spawn().map_err(|error| Failure::io("this program", &error))?;
        let output = child.wait_with_output().await.map_err(|error| Failure::io("this program", &error))?;
        if format != Format::Json {
            write(&output.stdout)?;
        }
        Ok((output.status.code(), output.stdout))
    }
}

/// The line with its names filled in; `None` if one of them is not known.
fn fill(line: &str, names: &BTreeMap<&str, String>) -> Option<String> {
    let words = line.split(' ').map(|word| match word.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
        Some(name) => names.get(name).cloned(),
        None => Some(word.to_owned()),
    });
    words.collect::<Option<Vec<_>>>().map(|words| words.join(" "))
}

fn folder() -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("tp-demo-").tempdir()?;
    for (name, text) in [("demo.pub", PUBLIC_KEY), ("demo.tp.toml", JOB), ("train.sh", TRAIN)] {
        std::fs::write(folder.path().join(name), text)?;
    }
    Ok(folder)
}

/// A key that nobody guesses: others on this machine could otherwise run programs as this user.
fn random_key() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    format!("tp-{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}

fn now() -> u64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs())
}
