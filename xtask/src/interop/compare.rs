//! The same command lines for the official client and for `tp`: they must send the same requests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tensorpool_core::api::{cluster, object_storage, request, storage};
use tensorpool_core::{Endpoint, StorageId};

use super::client::Official;
use super::engine::{BINARY, Engine, KEY, build};
use super::lines::{ALSO, Given, LINES};
use super::recorder::{Recorder, Sent};
use crate::project::Project;

/// Operations take seconds, so that waiting for them is compared too.
const TIME_SCALE: u32 = 600;
/// How long one command, or one preparation, may take.
const LIMIT: Duration = Duration::from_secs(30);

const PUBLIC_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f interop@example.com\n";

struct Programs {
    emulator: PathBuf,
    official: PathBuf,
    tp: PathBuf,
}

/// What came of a line.
#[derive(Debug, PartialEq)]
struct Ran {
    sent: Vec<Sent>,
    end: End,
}

#[derive(Debug, PartialEq)]
enum End {
    Well,
    Failed,
    /// It had to be ended.
    Never,
}

/// Compares every line. Differences are printed, and then an error.
pub(super) fn run(project: &Project, official: &Official, verbose: bool) -> Result<()> {
    let programs = Programs {
        emulator: build(project, BINARY, BINARY)?,
        official: official.bin("tp"),
        tp: build(project, "tensorpool-cli", "tp")?,
    };
    let log = project.target()?.join("interop-emulator.log");
    let (mut same, mut different) = (0, 0);
    for (_, given, line) in LINES {
        let (theirs, said) = play(project, &programs, &programs.official, &log, *given, line)?;
        let (mut ours, tp_said) = play(project, &programs, &programs.tp, &log, *given, line)?;
        if let Some((_, method, path)) = ALSO.iter().find(|(also, ..)| also == line) {
            let asked = ours.sent.pop().is_some_and(|sent| sent.method == *method && sent.path == *path);
            anyhow::ensure!(asked, "`tp {line}` does not end with {method} {path}: {ours:#?}");
        }
        if theirs == ours && theirs.end != End::Never {
            same += 1;
            println!("same  tp {line}");
        } else {
            different += 1;
            println!("DIFFERENT  tp {line}");
        }
        if verbose || theirs != ours || theirs.end == End::Never {
            println!("  official: {theirs:#?}\n  it said: {said}\n  tp: {ours:#?}\n  it said: {tp_said}");
        }
    }
    println!("command lines whose requests are the same: {same}, different: {different}");
    if different > 0 {
        bail!("command lines for which tp does not send what the official client sends: {different}");
    }
    Ok(())
}

/// Runs a line against an engine of its own, which is the same for each client: its ids come from a seed.
fn play(
    project: &Project,
    programs: &Programs,
    program: &Path,
    log: &Path,
    given: Given,
    line: &str,
) -> Result<(Ran, String)> {
    let engine = Engine::spawn(&programs.emulator, log.to_path_buf(), TIME_SCALE, &["--seed", "7"])?;
    let line = prepare(&engine, given, line)?;
    let address = engine.url().trim_start_matches("http://").parse()?;
    let recorder = Recorder::before(address)?;
    let home = project.sh().create_temp_dir()?;
    std::fs::write(home.path().join("key.pub"), PUBLIC_KEY)?;
    std::fs::write(home.path().join("job.tp.toml"), "commands = [\"echo hello\"]\noutputs = []\n")?;
    let output = home.path().join("output");
    let file = std::fs::File::create(&output)?;
    let mut child = Command::new(program)
        .args(line.split_whitespace())
        .current_dir(home.path())
        .env_clear()
        .envs(std::env::var_os("PATH").map(|value| ("PATH", value)))
        .env("HOME", home.path())
        .env("PYTHONIOENCODING", "utf-8")
        .env("TENSORPOOL_ENGINE", recorder.url())
        .env("TENSORPOOL_KEY", KEY)
        .stdin(Stdio::null())
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let start = Instant::now();
    let end = loop {
        match child.try_wait()? {
            Some(status) if status.success() => break End::Well,
            Some(_) => break End::Failed,
            None if start.elapsed() > LIMIT => {
                child.kill()?;
                child.wait()?;
                break End::Never;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let said = String::from_utf8_lossy(&std::fs::read(&output)?).into_owned();
    Ok((Ran { sent: compared(recorder.sent()?), end }, said))
}

/// What must be the same. It is without
///
/// - the health check, which tells the engine of the machine, and which `tp` leaves out;
/// - how often the same is asked in a row, which depends on the moment;
/// - the case of booleans in a query: Python writes `True`, the API's own pages and `tp` write `true`;
/// - the client's type on a WebSocket, where the official client does not say it and `tp` does.
fn compared(sent: Vec<Sent>) -> Vec<Sent> {
    let health = |sent: &Sent| sent.method == "POST" && sent.path == "/health";
    let mut kept: Vec<_> = sent.into_iter().filter(|sent| !health(sent)).collect();
    for sent in &mut kept {
        if !sent.messages.is_empty() {
            sent.headers.remove("x-client-type");
        }
        for pair in &mut sent.query {
            let Some((name, value)) = pair.split_once('=') else { continue };
            if matches!(value, "True" | "False") {
                *pair = format!("{name}={}", value.to_lowercase());
            }
        }
    }
    kept.dedup();
    kept
}

/// Makes what a line needs, and puts its ids into the line.
fn prepare(engine: &Engine, given: Given, line: &str) -> Result<String> {
    let mut line = line.to_owned();
    let (mut cluster, mut volume) = (None, None);
    if matches!(given, Given::Cluster | Given::Both | Given::Attached) {
        // Such a cluster has a fast fabric, so volumes can be attached to it.
        let made = engine.ask(&cluster::CreateCluster::new("8xH200").num_nodes(2).name("given"))?;
        done(engine, made.request_id)?;
        line = line.replace("{cluster}", made.cluster_id.as_str());
        cluster = Some(made.cluster_id);
    }
    if matches!(given, Given::Volume | Given::Both | Given::Attached) {
        let made = engine.ask(&storage::CreateStorage::new(100))?;
        done(engine, made.request_id)?;
        line = line.replace("{volume}", made.storage_id.as_str());
        volume = Some(made.storage_id);
    }
    if let (Given::Attached, Some(cluster), Some(volume)) = (given, cluster, volume) {
        let volume = StorageId::from(volume.as_str());
        let moved = engine.ask(&storage::AttachStorage::new(volume, cluster.as_str()))?;
        for id in tensorpool_core::flow::Submitted::request_ids(&moved) {
            done(engine, Some(id))?;
        }
    }
    if given == Given::Buckets {
        engine.ask(&object_storage::EnableObjectStorage)?;
    }
    if line.contains('{') {
        bail!("`{line}` names what was not made");
    }
    Ok(line)
}

fn done(engine: &Engine, id: Option<tensorpool_core::RequestId>) -> Result<()> {
    let id = id.with_context(|| format!("{} has no request", cluster::CreateCluster::META.name))?;
    let start = Instant::now();
    while !engine.ask(&request::GetRequest::new(id.as_str()))?.status.is_terminal() {
        if start.elapsed() > LIMIT {
            bail!("{id} does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn sent(method: &str, path: &str, query: &str) -> Sent {
        Sent {
            method: method.to_owned(),
            path: path.to_owned(),
            query: vec![query.to_owned()],
            body: Value::Null,
            headers: [("x-client-type".to_owned(), "cli".to_owned())].into(),
            messages: Vec::new(),
        }
    }

    #[test]
    fn only_what_may_differ_is_left_out() {
        let python =
            compared(vec![sent("POST", "/health", ""), sent("GET", "/job/list", "include_org=True")]);
        let ours = compared(vec![sent("GET", "/job/list", "include_org=true"); 2]);
        assert_eq!(python, ours);
        assert_ne!(ours, compared(vec![sent("GET", "/job/list", "include_org=false")]));
        assert_ne!(ours, compared(vec![sent("GET", "/job/list", "name=TRUE")]));
        assert_ne!(ours, compared(vec![sent("GET", "/health", "include_org=true")]));
        let mut other = sent("GET", "/job/list", "include_org=true");
        other.headers.clear();
        assert_ne!(ours, compared(vec![other]));
    }
}
