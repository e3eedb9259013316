//! Jobs of the official client: pushed, run for real by the emulator, followed, pulled, canceled, deleted.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use tensorpool_core::api::{cluster, job};
use tensorpool_core::model::JobStatus;

use super::client::Client;
use super::engine::Engine;
use super::script::wait;

/// Bytes that no text mode, no shell and no rsync may change.
const SIZE: u32 = 250_000;

const TRAIN: &str = r#"
commands = [
    "test ! -e secret.env && test ! -e .venv && echo nothing extra",
    "mkdir -p out/deep && cp data/in.bin out/deep/copy.bin && echo 'héllo ✓' | tee train.log",
    "echo to stderr >&2",
]
outputs = ["out/", "*.log"]
ignore = [".venv/", "*.env"]
"#;

const FAILS: &str = "commands = [\"echo before\", \"exit 3\", \"echo after\"]\n";

const SLEEPS: &str = "commands = [\"mkdir live; echo half > live/part; echo started; sleep 1000\"]\n\
                      outputs = [\"live/\"]\n";

/// Plays everything about jobs on this cluster, which runs.
pub(super) fn play(tp: &mut Client, engine: &Engine, cluster: &str) -> Result<()> {
    tp.ok("--no-input job init", &["job.tp.toml created"])?;
    let config = std::fs::read_to_string(tp.home().join("job.tp.toml")).unwrap_or_default();
    tp.check("the new job file has commands", config.contains("commands"));
    tp.ok("job list", &["No jobs found"])?;
    tp.refused("job info j-none", &["j-none", "not found"])?;
    tp.refused("job cancel j-none --no-input", &["j-none", "not found"])?;
    tp.refused("job listen j-none", &["j-none not found", "code=4404"])?;
    tp.refused(&format!("job push job.tp.toml {cluster}"), &["has no commands", "code = 4400"])?;
    succeeds(tp, engine, cluster)?;
    fails(tp, engine, cluster)?;
    is_canceled(tp, engine, cluster)?;
    takes_its_cluster(tp, engine)?;
    tp.refused("job push train.tp.toml c-none", &["c-none not found", "code = 4404"])?;
    Ok(())
}

fn succeeds(tp: &mut Client, engine: &Engine, cluster: &str) -> Result<()> {
    let home = tp.home().to_path_buf();
    let bytes: Vec<u8> = (0..SIZE).flat_map(u32::to_le_bytes).collect();
    write(&home, "data/in.bin", &bytes)?;
    write(&home, ".venv/lib", b"large")?;
    write(&home, "secret.env", b"KEY=1")?;
    let job = push(tp, engine, cluster, "train", TRAIN)?;
    tp.ok(
        &format!("job listen {job}"),
        &["nothing extra", "héllo ✓", "to stderr", "completed (exit code 0)"],
    )?;
    tp.check("the job is completed", status(engine, &job)? == Some(JobStatus::Completed));
    tp.ok("job list", &[&job, "completed"])?;
    tp.ok(&format!("job info {job}"), &[&job, "completed", "2 files"])?;
    tp.ok(&format!("job pull {job}"), &["pulled successfully"])?;
    tp.check("the pulled bytes are those of the job", read(&home, "out/deep/copy.bin") == bytes);
    tp.check("the pulled text too", read(&home, "train.log") == "héllo ✓\n".as_bytes());
    write(&home, "train.log", b"changed")?;
    tp.ok(&format!("job pull {job}"), &["Skipping train.log"])?;
    tp.ok(&format!("job pull {job} --force"), &["Overwriting train.log"])?;
    tp.check("a forced pull overwrites", read(&home, "train.log") == "héllo ✓\n".as_bytes());
    tp.refused(&format!("job cancel {job} --no-input"), &[&job, "completed"])?;
    tp.ok(&format!("job delete {job} --no-input"), &[&job, "deleted"])?;
    tp.refused(&format!("job info {job}"), &[&job, "not found"])?;
    Ok(())
}

fn fails(tp: &mut Client, engine: &Engine, cluster: &str) -> Result<()> {
    let job = push(tp, engine, cluster, "fails", FAILS)?;
    let said = tp.refused(&format!("job listen {job}"), &["before", "exit code 3"])?;
    tp.check("nothing is run after a failure", !said.contains("after"));
    tp.check("the job ended with an error", status(engine, &job)? == Some(JobStatus::Error));
    tp.ok(&format!("job info {job}"), &["error", "3"])?;
    tp.ok(&format!("job pull {job}"), &["No changed files"])?;
    Ok(())
}

fn is_canceled(tp: &mut Client, engine: &Engine, cluster: &str) -> Result<()> {
    let home = tp.home().to_path_buf();
    let job = push(tp, engine, cluster, "sleeps", SLEEPS)?;
    let start = Instant::now();
    // It runs before its file is there; each pull of a live job is a command of the engine's.
    while read(&home, "live/part").is_empty() {
        wait(start, "the running job's output")?;
        if status(engine, &job)? == Some(JobStatus::Running) {
            tp.ok(&format!("job pull {job}"), &["from its instance"])?;
        }
    }
    tp.check("a live job's file is pulled by rsync", read(&home, "live/part") == b"half\n");
    tp.refused(&format!("job delete {job} --no-input"), &[&job, "running"])?;
    tp.ok(&format!("job cancel {job} --no-input --wait"), &[&job, "canceled"])?;
    tp.check("the job is canceled", status(engine, &job)? == Some(JobStatus::Canceled));
    tp.refused(&format!("job listen {job}"), &["started", "was canceled"])?;
    tp.ok(&format!("job delete {job} --no-input"), &[&job, "deleted"])?;
    Ok(())
}

fn takes_its_cluster(tp: &mut Client, engine: &Engine) -> Result<()> {
    tp.ok("cluster create 1xH100 --name short-lived --wait", &["running"])?;
    let find = || -> Result<_> {
        let clusters = engine.ask(&cluster::ListClusters::new())?.clusters;
        Ok(clusters.into_iter().find(|c| c.name.as_deref() == Some("short-lived")))
    };
    let id = find()?.and_then(|cluster| cluster.id).context("the engine does not list the cluster")?;
    let job = push(tp, engine, &format!("{id} --teardown"), "quick", "commands = [\"true\"]\n")?;
    tp.ok(&format!("job listen {job}"), &["completed"])?;
    let start = Instant::now();
    while find()?
        .is_some_and(|cluster| cluster.status.is_some_and(|status| status.to_string() != "DESTROYED"))
    {
        wait(start, "the cluster to go with its job")?;
    }
    tp.check("the cluster went with its job", true);
    Ok(())
}

/// Pushes a job; returns its id.
fn push(tp: &mut Client, engine: &Engine, cluster: &str, name: &str, config: &str) -> Result<String> {
    let file = format!("{name}.tp.toml");
    write(tp.home(), &file, config.as_bytes())?;
    let said =
        tp.ok(&format!("job push {file} {cluster}"), &["is created", "Total file size", "is submitted"])?;
    let jobs = engine.ask(&job::ListJobs::new())?.jobs;
    let id = jobs.into_iter().next_back().and_then(|job| job.id);
    let id = id.context("the engine does not list the job that was pushed")?.to_string();
    tp.check("the job's id is the one that was said", said.contains(&id));
    Ok(id)
}

fn status(engine: &Engine, job: &str) -> Result<Option<JobStatus>> {
    Ok(engine.ask(&job::GetJob::new(job))?.job_info.status)
}

fn write(home: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = home.join(name);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    Ok(std::fs::write(path, bytes)?)
}

/// Nothing if it is not there.
fn read(home: &Path, name: &str) -> Vec<u8> {
    std::fs::read(home.join(name)).unwrap_or_default()
}
