//! Jobs that are really run, with the real rsync: without it these tests fail, as the feature does.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tensorpool_core::api::job::{CancelJob, PullJob};
use tensorpool_core::model::{JobStatus, System};
use tensorpool_core::{Endpoint, JobId, Time};
use tokio::process::Command;

use super::websocket::{Client, start};
use super::{config, context};
use crate::{Emulator, Server, ServerOptions};

const PATIENCE: Duration = Duration::from_secs(30);

/// A server that runs jobs, and a folder to push from.
struct Bench {
    server: Server,
    emulator: Emulator,
    cluster: String,
    folder: TempDir,
}

impl Bench {
    async fn new() -> Self {
        let options = ServerOptions::default().time_scale(50.0).run_jobs(true);
        let (server, emulator, cluster) = start(options).await;
        Self { server, emulator, cluster, folder: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Pushes as a client does that runs what it is told; returns the job and the command.
    async fn push(&self, file: Value) -> (JobId, String) {
        let mut client = Client::push(&self.server, &toml(&file), &self.cluster).await;
        let job = JobId::from(client.frame().await["job_id"].as_str().unwrap());
        let command = client.frame().await["command"].as_str().unwrap().to_owned();
        self.upload(&mut client, &command, 0).await;
        let (lines, end) = client.all().await;
        assert_eq!(end, "1000", "{lines:?}");
        (job, command)
    }

    async fn upload(&self, client: &mut Client, command: &str, code: i32) {
        let output = self.rsync(command).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{command}: {said}");
        let result = json!({
            "type": "command_result", "command": command, "exit_code": code,
            "command_stdout": "", "command_stderr": said,
        });
        client.send(result).await;
    }

    async fn rsync(&self, command: &str) -> Output {
        Command::new("sh").arg("-c").arg(command).current_dir(self.folder.path()).output().await.unwrap()
    }

    /// Everything the job prints, without the last line, which says how it ended.
    async fn follow(&self, job: &JobId) -> Vec<String> {
        let (mut lines, end) = Client::listen(&self.server, job).await.all().await;
        assert_eq!(end, "1000");
        lines.pop();
        lines
    }

    fn call<E: Endpoint>(&self, endpoint: E) -> E::Response {
        let request = context("tp-ada").request(&endpoint).unwrap();
        endpoint.accept(&self.emulator.answer(Time::ZERO, &request).response).unwrap()
    }

    fn status(&self, job: &JobId) -> (JobStatus, Option<i64>) {
        let info = self.emulator.with_engine(|engine| engine.job(job.as_str())).unwrap();
        (info.status.unwrap(), info.exit_code)
    }

    fn outputs(&self, job: &JobId) -> Vec<(String, Vec<u8>)> {
        let map = self.call(PullJob::new(job)).download_map.unwrap();
        let fetch = |url: &str| {
            let request = http::Request::get(url).body(bytes::Bytes::new()).unwrap();
            self.emulator.answer(Time::ZERO, &request).response.body().to_vec()
        };
        map.into_iter().map(|(name, url)| (name, fetch(url.unwrap().expose()))).collect()
    }

    /// Where the jobs live: the directory that the job itself saw as its home.
    async fn scratch(&self, job: &JobId) -> PathBuf {
        let mut client = Client::listen(&self.server, job).await;
        let home = client.frame().await["message"].as_str().unwrap().to_owned();
        Path::new(&home).parent().unwrap().parent().unwrap().to_path_buf()
    }
}

/// A list of strings is written the same in JSON and in TOML.
fn toml(file: &Value) -> String {
    file.as_object().unwrap().iter().map(|(key, value)| format!("{key} = {value}\n")).collect()
}

async fn until(what: &str, is: impl Fn() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < PATIENCE, "waited too long: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether the process of this number, as a job printed it, is there and no zombie.
fn runs(pid: &str) -> bool {
    let output = std::process::Command::new("ps").args(["-o", "stat=", "-p", pid]).output().unwrap();
    let state = String::from_utf8_lossy(&output.stdout);
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

#[tokio::test]
async fn a_folder_is_pushed_runs_and_comes_back() {
    let bench = Bench::new().await;
    let big: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    bench.write("data/in.bin", &big);
    bench
        .write("train.sh", "cp data/in.bin out/copy.bin; printf 'h\\303\\251llo \\377\\n'; echo wrong >&2\n");
    bench.write(".venv/lib/x", "no");
    bench.write("it's a $(touch hacked).pyc", "no");
    bench.write("a b", "no");
    std::os::unix::fs::symlink("data/in.bin", bench.folder.path().join("alias")).unwrap();
    let (job, command) = bench
        .push(json!({
            "commands": ["mkdir out; ls -A", "sh train.sh", "cmp alias out/copy.bin && echo same; printf end"],
            "outputs": ["out/", "*.none"],
            "ignore": [".venv/", "*.pyc", "a b"],
        }))
        .await;
    let url =
        command.strip_prefix("rsync -az --stats --exclude=.venv/ --exclude='*.pyc' --exclude='a b' ./ ");
    assert!(url.is_some_and(|url| url.starts_with("rsync://127.0.0.1:")), "{command}");
    let lines = bench.follow(&job).await;
    assert_eq!(lines, ["alias", "data", "out", "train.sh", "héllo \u{fffd}", "wrong", "same", "end"]);
    assert_eq!(bench.status(&job), (JobStatus::Completed, Some(0)));
    assert_eq!(bench.outputs(&job), [("out/copy.bin".to_owned(), big)]);
    assert!(!bench.folder.path().join("hacked").exists());
}

#[tokio::test]
async fn the_first_command_that_fails_is_the_last() {
    let bench = Bench::new().await;
    for (command, code) in [("exit 7", 7), ("kill -9 $$", 137), ("no-such-program", 127)] {
        let commands =
            json!({ "commands": ["echo kept > a.log", command, "echo never"], "outputs": ["*.log"] });
        let (job, _) = bench.push(commands).await;
        let lines = bench.follow(&job).await;
        assert!(!lines.contains(&"never".to_owned()), "{lines:?}");
        assert_eq!(bench.status(&job), (JobStatus::Error, Some(code)));
        assert_eq!(bench.outputs(&job), [("a.log".to_owned(), b"kept\n".to_vec())]);
    }
}

#[tokio::test]
async fn a_job_has_a_clean_environment_and_no_input() {
    let bench = Bench::new().await;
    let (job, _) = bench.push(json!({ "commands": ["env; cat; umask > /dev/null"] })).await;
    let lines = bench.follow(&job).await;
    let mut names: Vec<_> = lines.iter().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    // The shell's own.
    names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    names.sort_unstable();
    assert_eq!(names, ["HOME", "LANG", "PATH", "TP_JOB_ID"], "{lines:?}");
    assert!(lines.contains(&format!("TP_JOB_ID={job}")), "{lines:?}");
}

#[tokio::test]
async fn cancel_ends_everything_that_was_started() {
    let bench = Bench::new().await;
    for command in [
        "echo $$; echo part > a.log; sleep 1000 & echo $!; sleep 1000",
        "trap '' TERM; echo $$; echo part > a.log; sleep 1000 & echo $!; while :; do sleep 1; done",
    ] {
        let (job, _) = bench.push(json!({ "commands": [command], "outputs": ["*.log"] })).await;
        let mut client = Client::listen(&bench.server, &job).await;
        let mut pids = Vec::new();
        for _ in 0..2 {
            pids.push(client.frame().await["message"].as_str().unwrap().to_owned());
        }
        assert!(pids.iter().all(|pid| runs(pid)), "{pids:?}");
        assert_eq!(bench.call(CancelJob::new(&job)).status, Some(JobStatus::Canceling));
        let (lines, end) = client.all().await;
        assert_eq!(end, "1000");
        assert!(lines.last().unwrap().contains("was canceled"), "{lines:?}");
        assert!(!pids.iter().any(|pid| runs(pid)), "{command}");
        assert_eq!(bench.status(&job), (JobStatus::Canceled, None));
        assert_eq!(bench.outputs(&job).len(), 1, "what there was is kept");
    }
}

#[tokio::test]
async fn a_live_job_is_pulled_by_rsync_and_shows_its_outputs_only() {
    let bench = Bench::new().await;
    bench.write("main.py", "mine");
    let file = json!({
        "commands": ["mkdir -p out/deep; echo 1 > out/deep/x; echo 2 > y.log; echo 3 > secret; echo go; sleep 1000"],
        "outputs": ["out/", "*.log"],
    });
    let (job, _) = bench.push(file).await;
    Client::listen(&bench.server, &job).await.frame().await;
    let pulled = bench.call(PullJob::new(&job).system(System::Linux));
    assert!(pulled.download_map.unwrap().is_empty());
    let command = pulled.command.unwrap();
    assert!(command.starts_with("rsync -az --stats rsync://127.0.0.1:"), "{command}");
    bench.write("main.py", "changed since");
    assert_eq!(bench.rsync(&command).await.status.code(), Some(0));
    let read = |name: &str| fs::read_to_string(bench.folder.path().join(name)).ok();
    assert_eq!((read("out/deep/x"), read("y.log")), (Some("1\n".to_owned()), Some("2\n".to_owned())));
    assert_eq!((read("secret"), read("main.py")), (None, Some("changed since".to_owned())));
    let url = command.split(' ').find(|word| word.starts_with("rsync://")).unwrap();
    let back = bench.rsync(&format!("rsync -a main.py {url}")).await;
    assert_ne!(back.status.code(), Some(0), "a running job's folder takes no uploads");
    bench.call(CancelJob::new(&job));
    bench.follow(&job).await;
    assert_ne!(bench.rsync(&command).await.status.code(), Some(0), "it is gone with the job");
}

#[tokio::test]
async fn an_upload_that_fails_or_never_ends_runs_nothing() {
    let bench = Bench::new().await;
    let file = toml(&json!({ "commands": ["touch ran"] }));
    let mut client = Client::push(&bench.server, &file, &bench.cluster).await;
    let job = JobId::from(client.frame().await["job_id"].as_str().unwrap());
    let command = client.frame().await["command"].as_str().unwrap().to_owned();
    let result =
        json!({ "type": "command_result", "command": command, "exit_code": 12, "command_stderr": "boom" });
    client.send(result).await;
    assert_eq!(client.all().await.1, "4424 The upload failed with exit code 12: boom");
    assert_eq!(bench.status(&job), (JobStatus::Failed, None));
    assert_ne!(bench.rsync(&command).await.status.code(), Some(0), "too late");

    let mut client = Client::push(&bench.server, &file, &bench.cluster).await;
    let job = JobId::from(client.frame().await["job_id"].as_str().unwrap());
    drop(client);
    until("the job fails", || bench.status(&job).0 == JobStatus::Failed).await;
}

#[tokio::test]
async fn no_upload_gets_out_of_its_folder() {
    let bench = Bench::new().await;
    let target = tempfile::tempdir().unwrap();
    let outside = target.path().join("outside");
    fs::write(&outside, "private").unwrap();
    let link = |to: &Path, at: &str| std::os::unix::fs::symlink(to, bench.folder.path().join(at)).unwrap();
    link(target.path(), "away");
    link(Path::new("../../../../../../etc"), "up");
    link(Path::new("inner"), "near");
    bench.write("inner/x", "1\n");
    let file = toml(&json!({
        "commands": ["cat near/x; cat away/outside up/hostname 2>&1 | sed 's/.*: //'"], "outputs": ["away/*", "up/*"],
    }));
    let mut client = Client::push(&bench.server, &file, &bench.cluster).await;
    let job = JobId::from(client.frame().await["job_id"].as_str().unwrap());
    let command = client.frame().await["command"].as_str().unwrap().to_owned();
    assert_eq!(bench.rsync(&command).await.status.code(), Some(0));
    let url = command.split(' ').find(|word| word.starts_with("rsync://")).unwrap().to_owned();
    // A second upload through the links of the first, and every name that means another place.
    bench.write("evil", "evil");
    for place in
        ["away/evil", "up/evil", "../evil", "../../evil", "/../evil", "near/../../evil", "%2e%2e/evil"]
    {
        bench.rsync(&format!("rsync -a evil '{url}{place}'")).await;
    }
    assert_eq!(fs::read_dir(target.path()).unwrap().count(), 1);
    assert!(!Path::new("/etc/evil").exists());
    bench.upload(&mut client, &command, 0).await;
    client.all().await;
    let mut lines = bench.follow(&job).await;
    lines.sort();
    assert_eq!(
        lines,
        [
            "1",
            "No such file or directory",
            "No such file or directory",
            "[away leads out of the folder and is broken]",
            "[up leads out of the folder and is broken]",
        ]
    );
    assert_eq!(bench.outputs(&job), []);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "private");
    let scratch: Vec<_> = fs::read_dir(std::env::temp_dir()).unwrap().flatten().collect();
    let evil = |dir: &Path| dir.join("evil").exists() || dir.join("jobs/evil").exists();
    assert!(!scratch.iter().any(|entry| {
        entry.file_name().to_string_lossy().starts_with("tensorpool-emulator-") && evil(&entry.path())
    }));
}

#[tokio::test]
async fn nothing_is_left_when_the_server_ends() {
    for shut_down in [true, false] {
        let bench = Bench::new().await;
        let (job, _) = bench.push(json!({ "commands": ["echo $HOME; echo $$; sleep 1000"] })).await;
        let scratch = bench.scratch(&job).await;
        until("the job prints", || {
            bench.emulator.with_engine(|engine| engine.job_lines(job.as_str()).count()) == 2
        })
        .await;
        let pid =
            bench.emulator.with_engine(|engine| engine.job_lines(job.as_str()).last().unwrap().to_owned());
        assert!(scratch.join("jobs").is_dir() && runs(&pid), "{scratch:?} {pid}");
        let Bench { server, emulator, folder: _folder, .. } = bench;
        if shut_down {
            server.shutdown().await;
            assert!(!runs(&pid) && !scratch.exists(), "{pid} {scratch:?}");
        } else {
            drop(server);
            until("the job ends", || !runs(&pid) && !scratch.exists()).await;
        }
        let info = emulator.with_engine(|engine| engine.job(job.as_str())).unwrap();
        assert_eq!(info.status, Some(JobStatus::Failed));
        assert_eq!(info.extra["public_message"], "The emulator was stopped");
    }
}

#[test]
fn nothing_is_left_when_the_runtime_ends() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (pid, scratch, bench) = runtime.block_on(async {
        let bench = Bench::new().await;
        let (job, _) = bench.push(json!({ "commands": ["echo $HOME; echo $$; sleep 1000"] })).await;
        let scratch = bench.scratch(&job).await;
        until("the job prints", || {
            bench.emulator.with_engine(|engine| engine.job_lines(job.as_str()).count()) == 2
        })
        .await;
        let pid =
            bench.emulator.with_engine(|engine| engine.job_lines(job.as_str()).last().unwrap().to_owned());
        (pid, scratch, bench)
    });
    assert!(runs(&pid));
    drop(runtime);
    let start = Instant::now();
    while runs(&pid) || scratch.exists() {
        assert!(start.elapsed() < PATIENCE, "{pid} {scratch:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(bench);
}

#[tokio::test]
async fn it_never_runs_jobs_for_other_machines() {
    let options = ServerOptions::default().run_jobs(true).allow_remote(true);
    let refused = Server::bind(([0, 0, 0, 0], 0).into(), Emulator::new(config()), options).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
}

/// In a process of its own, as it has no path.
#[test]
fn without_rsync_it_does_not_start_and_says_what_to_install() {
    let name = "tests::run_jobs::bind_without_a_path";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("PATH", "")
        .env("TP_TEST_WITHOUT_PATH", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("apt-get install rsync"), "{said}");
}

#[tokio::test]
async fn bind_without_a_path() {
    let options = ServerOptions::default().run_jobs(true);
    let bound = Server::bind(([127, 0, 0, 1], 0).into(), Emulator::new(config()), options).await;
    if std::env::var_os("TP_TEST_WITHOUT_PATH").is_some() {
        let refused = bound.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::NotFound);
        println!("{refused}");
    } else {
        bound.expect("rsync is needed for these tests: apt-get install rsync");
    }
}
