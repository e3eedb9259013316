//! Jobs from the command line, against a real server: pushed, followed, fetched; and what the engine may not have run here.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "only tests use this")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tensorpool_client::core::JobId;
use tensorpool_client::core::model::JobStatus;
use tensorpool_emulator::{Config, Emulator, Fault, JobScript, NewJob, Rule, Server, ServerOptions, Timings};
use tokio::process::Command;

const KEY: &str = "tp-ada";

/// A server, a home, and a folder to push from.
struct Bench {
    server: Server,
    emulator: Emulator,
    home: TempDir,
    folder: TempDir,
}

/// What `tp` said.
#[derive(Debug)]
struct Said {
    code: i32,
    out: Vec<u8>,
    err: String,
}

impl Said {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap().trim_end()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Bench {
    async fn new(run_jobs: bool) -> Self {
        let emulator = Emulator::new(Config::single_user(KEY).unwrap().timings(Timings::instant()));
        let options = ServerOptions::default().time_scale(50.0).run_jobs(run_jobs);
        let server = Server::bind(([127, 0, 0, 1], 0).into(), emulator.clone(), options).await.unwrap();
        let bench = Self { server, emulator, home: TempDir::new().unwrap(), folder: TempDir::new().unwrap() };
        fs::create_dir(bench.home.path().join("bin")).unwrap();
        bench
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Puts a program of this name before all others.
    fn program(&self, name: &str, script: &str) {
        let path = self.home.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn home(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tp"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", format!("{}:{path}", self.home("bin").display()))
            .env("HOME", self.home.path())
            .env("TENSORPOOL_ENGINE", self.server.url())
            .env("TENSORPOOL_KEY", KEY)
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn tp(&self, args: &[&str]) -> Said {
        Self::ended(self.command(args)).await
    }

    async fn ended(mut command: Command) -> Said {
        let output = tokio::time::timeout(Duration::from_secs(60), command.output()).await;
        let output = output.expect("it does not end").unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        Said { code: output.status.code().unwrap(), out: output.stdout, err }
    }

    async fn cluster(&self) -> String {
        let said = self.tp(&["cluster", "create", "1xH100", "--yes", "--wait", "-o", "id"]).await;
        assert_eq!(said.code, 0, "{said:?}");
        said.text().to_owned()
    }

    async fn instance(&self) -> String {
        self.cluster().await;
        let said = self.tp(&["cluster", "list", "--instances", "-o", "id"]).await;
        said.text().to_owned()
    }

    fn scripted(&self, script: JobScript) {
        self.emulator.with_engine(|engine| engine.script_job(script));
    }

    fn job(&self, job: NewJob) -> JobId {
        self.emulator.with_engine(|engine| engine.add_job(job))
    }

    fn print(&self, job: &JobId, line: &str) {
        assert!(self.emulator.with_engine(|engine| engine.print_job_line(job, line)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_pushed_heard_and_pulled_byte_for_byte() {
    let bench = Bench::new(true).await;
    let cluster = bench.cluster().await;
    let data: Vec<u8> = (0..1_000_003_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    bench.write("data.bin", &data);
    bench.write("left.tmp", "not for the cluster");
    bench.write(".tpignore", "*.tmp\n");
    bench.write(
        "train.sh",
        "ls\nmkdir -p out/deep\ncp data.bin out/deep/\nprintf 'tab\\there é\\n'\nexit 7\n",
    );
    bench.write("job.tp.toml", "commands = [\"sh train.sh\"]\noutputs = [\"out/\"]\n");

    let pushed = bench.tp(&["job", "push", "job.tp.toml", &cluster, "-o", "id"]).await;
    assert_eq!(pushed.code, 0, "{pushed:?}");
    let job = pushed.text().to_owned();
    assert!(
        pushed.err.contains("running: rsync --from0 --files-from=- -az"),
        "what is run is shown: {}",
        pushed.err
    );

    let heard = bench.tp(&["job", "listen", &job, "--exit-status"]).await;
    assert_eq!(heard.code, 7, "the job's own code: {heard:?}");
    assert!(heard.text().contains("data.bin") && !heard.text().contains("left.tmp"), "{heard:?}");
    assert!(heard.text().lines().any(|line| line == "tab\there é"), "{heard:?}");
    let plain = bench.tp(&["job", "listen", &job]).await;
    assert_eq!((plain.code, plain.out), (0, heard.out), "it listened well, however the job ended");

    let pulled = bench.tp(&["job", "pull", &job, "--into", "results", "-o", "json"]).await;
    assert_eq!(pulled.code, 0, "{pulled:?}");
    assert_eq!(pulled.json()["files"][0]["fate"], "complete");
    assert!(fs::read(bench.folder.path().join("results/out/deep/data.bin")).unwrap() == data);

    let again = bench.tp(&["job", "pull", &job, "--into", "results", "-o", "json"]).await;
    assert_eq!((again.code, &again.json()["files"][0]["fate"]), (0, &Value::from("skipped")), "{again:?}");
    bench.write("results/out/deep/data.bin", "mine");
    let kept = bench.tp(&["job", "pull", &job, "--into", "results"]).await;
    assert_eq!(kept.code, 1, "{kept:?}");
    assert!(kept.err.contains("--force"), "{kept:?}");
    assert_eq!(fs::read(bench.folder.path().join("results/out/deep/data.bin")).unwrap(), b"mine");
    let forced = bench.tp(&["job", "pull", &job, "--into", "results", "--force"]).await;
    assert_eq!(forced.code, 0, "{forced:?}");
    assert!(fs::read(bench.folder.path().join("results/out/deep/data.bin")).unwrap() == data);

    let waited = bench.tp(&["job", "wait", &job, "--exit-status", "-o", "json"]).await;
    assert_eq!((waited.code, &waited.json()["job_info"]["exit_code"]), (7, &Value::from(7)), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_command_is_not_run_and_reported_as_126() {
    let bench = Bench::new(false).await;
    let cluster = bench.cluster().await;
    bench.write("job.tp.toml", "commands = [\"true\"]\n");
    let hostile = format!("rsync -az ./ u@203.0.113.5:x; touch {}", bench.home("owned").display());

    bench.scripted(JobScript::new().command(&hostile));
    let said = bench.tp(&["job", "push", "job.tp.toml", &cluster]).await;
    assert_eq!(said.code, 126, "{said:?}");
    assert!(!bench.home("owned").exists(), "nothing was run");
    assert!(said.err.contains("a shell would interpret `;`"), "{said:?}");
    assert!(said.err.contains("exit code 126: refused: word"), "the engine was told: {said:?}");
    assert!(said.err.contains("--trust-server-commands"), "{said:?}");

    // The same in a shell, where the user says so: what was refused is a threat that was real.
    bench.program("rsync", "exit 0");
    bench.scripted(JobScript::new().command(&hostile));
    let said =
        bench.tp(&["job", "push", "job.tp.toml", &cluster, "--trust-server-commands", "-o", "id"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("WARNING") && bench.home("owned").exists(), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_has_run_gets_no_secret_and_no_program_of_the_folder() {
    let bench = Bench::new(false).await;
    let cluster = bench.cluster().await;
    bench.write("job.tp.toml", "commands = [\"true\"]\n");
    bench.write("rsync", "#!/bin/sh\ntouch \"$HOME/owned\"\n");
    fs::set_permissions(bench.folder.path().join("rsync"), fs::Permissions::from_mode(0o755)).unwrap();
    bench.program(
        "rsync",
        "env >\"$HOME/env\"\nprintf '%s\\n' \"$@\" >\"$HOME/args\"\ncat >\"$HOME/names\"\nprintf 'a\\377b'",
    );
    bench.scripted(JobScript::new().command("rsync -az ./ ubuntu@203.0.113.5:/home/ubuntu/{job}/"));

    let mut command = bench.command(&["job", "push", "job.tp.toml", &cluster]);
    let path = std::env::var("PATH").unwrap();
    command.env("PATH", format!(".::{}:{path}", bench.home("bin").display()));
    command.env("LC_ALL", "C").env("TERM", "xterm").env("SSH_AUTH_SOCK", "/tmp/agent");
    for n in 0..40 {
        let name = match n % 4 {
            0 => format!("AWS_SECRET_{n}"),
            1 => format!("LC_SECRET_{n}"),
            2 => format!("RSYNC_SECRET_{n}"),
            _ => format!("TERM_{n}"),
        };
        command.env(name, format!("planted-{n}"));
    }
    command.env("RSYNC_RSH", "planted-rsh");
    let output = tokio::time::timeout(Duration::from_secs(60), command.output()).await.unwrap().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(output.stderr.windows(3).any(|bytes| bytes == b"a\xffb"), "byte for byte: {err}");
    assert!(!bench.home("owned").exists(), "a program in the folder is none of this machine's");

    let env = fs::read_to_string(bench.home("env")).unwrap();
    assert!(!env.contains("planted") && !env.contains(KEY) && !env.contains("TENSORPOOL"), "{env}");
    for name in ["PATH=/", "HOME=", "LC_ALL=C", "TERM=xterm", "SSH_AUTH_SOCK=/tmp/agent"] {
        assert!(env.lines().any(|line| line.starts_with(name)), "{name} in {env}");
    }
    let args = fs::read_to_string(bench.home("args")).unwrap();
    assert!(args.starts_with("--from0\n--files-from=-\n-az\n./\nubuntu@"), "{args}");
    let names = fs::read(bench.home("names")).unwrap();
    assert_eq!(names.split(|byte| *byte == 0).filter(|name| !name.is_empty()).count(), 2, "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_fails_is_reported_with_its_code_and_its_words() {
    let bench = Bench::new(false).await;
    let cluster = bench.cluster().await;
    bench.write("job.tp.toml", "commands = [\"true\"]\n");
    bench.program("rsync", "yes x | head -c 300000 >&2; echo 'disk full' >&2; exit 11");
    bench.scripted(JobScript::new().command("rsync -az ./ u@203.0.113.5:x/"));
    let said = bench.tp(&["job", "push", "job.tp.toml", &cluster]).await;
    assert_eq!(said.code, 1, "{}", said.code);
    assert!(said.err.contains("exit code 11: disk full"), "{}", said.err.len());
    assert!(said.err.len() > 300_000, "all of it is seen here");
    assert!(said.err.contains("tp job info j-"), "the job is named");
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_before_anything_is_sent() {
    let bench = Bench::new(false).await;
    bench.write("job.tp.toml", "commands = [\"true\"]\nignore = [\"*.ckpt\"]\n");
    bench.write("big.ckpt", vec![0; 5000]);
    bench.write("bad.tp.toml", "comands = [\"true\"]\n");
    let seen = bench.emulator.with_engine(|engine| engine.requests_seen().count());

    let old = bench.tp(&["job", "push", "job.tp.toml"]).await;
    assert_eq!(old.code, 2, "{old:?}");
    assert!(old.err.contains("tp job push job.tp.toml CLUSTER"), "{old:?}");
    let bad = bench.tp(&["job", "push", "bad.tp.toml", "c-1"]).await;
    assert_eq!(bad.code, 2, "{bad:?}");
    assert!(bad.err.contains("did you mean `commands`?"), "{bad:?}");
    let none = bench.tp(&["job", "push", "none.tp.toml", "c-1"]).await;
    assert_eq!(none.code, 1, "{none:?}");
    let dry = bench.tp(&["job", "push", "job.tp.toml", "c-1", "--dry-run", "-o", "json"]).await;
    assert_eq!(dry.code, 0, "{dry:?}");
    let plan = dry.json();
    assert_eq!(
        (&plan["files"], &plan["left_out"][0]["bytes"]),
        (&Value::from(2), &Value::from(5000)),
        "{plan}"
    );
    for asks in [["job", "cancel", "j-1"], ["job", "delete", "j-1"]] {
        let said = bench.tp(&asks).await;
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.err.contains("--yes"), "{said:?}");
    }
    assert_eq!(bench.emulator.with_engine(|engine| engine.requests_seen().count()), seen, "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_canceled_waited_for_and_deleted() {
    let bench = Bench::new(false).await;
    let job = bench.job(NewJob::new(JobStatus::Running));
    let id = job.as_str();
    assert_eq!(bench.tp(&["job", "ls", "-o", "id"]).await.text(), id);
    let info = bench.tp(&["job", "info", id]).await;
    assert!(info.text().contains("status\trunning"), "{info:?}");
    let late = bench.tp(&["job", "wait", id, "--timeout", "0s"]).await;
    assert_eq!(late.code, 8, "{late:?}");
    assert!(late.err.contains(&format!("tp job wait {id}")), "{late:?}");
    let early = bench.tp(&["job", "delete", id, "--no-input"]).await;
    assert_eq!(early.code, 6, "{early:?}");
    let canceled = bench.tp(&["job", "cancel", id, "--no-input", "--wait"]).await;
    assert_eq!(canceled.code, 0, "{canceled:?}");
    assert!(canceled.text().contains("status\tcanceled"), "{canceled:?}");
    assert_eq!(bench.tp(&["job", "delete", id, "--yes"]).await.code, 0);
    assert_eq!(bench.tp(&["job", "info", "j-none"]).await.code, 5);
    assert_eq!(bench.tp(&["job"]).await.code, 0, "a group alone shows its help");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_written_and_never_over_another_file() {
    let bench = Bench::new(false).await;
    for name in ["job.tp.toml", "job1.tp.toml"] {
        let said = bench.tp(&["job", "init", "-o", "id"]).await;
        assert_eq!((said.code, said.text()), (0, name), "{said:?}");
    }
    bench.write("mine.tp.toml", "precious");
    let said = bench.tp(&["job", "init", "mine"]).await;
    assert_eq!(said.code, 6, "{said:?}");
    assert_eq!(fs::read_to_string(bench.folder.path().join("mine.tp.toml")).unwrap(), "precious");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_what_was_printed_is_told_without_waiting_for_more() {
    let bench = Bench::new(false).await;
    let job = bench.job(NewJob::new(JobStatus::Running));
    (0..50).for_each(|n| bench.print(&job, &format!("line {n}")));
    let tail = bench.tp(&["job", "listen", job.as_str(), "--tail", "2", "--no-follow"]).await;
    assert_eq!((tail.code, tail.text()), (0, "line 48\nline 49"), "{tail:?}");
    let all = bench.tp(&["job", "listen", job.as_str(), "--no-follow", "-o", "json"]).await;
    assert_eq!(all.json()["lines"].as_array().unwrap().len(), 50, "{all:?}");
    let timed =
        bench.tp(&["job", "listen", job.as_str(), "--no-follow", "--tail", "1", "--timestamps"]).await;
    let (time, line) = timed.text().split_once(' ').unwrap();
    assert!(time.ends_with('Z') && line == "line 49", "{timed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_writes_nothing_outside_its_directory() {
    let bench = Bench::new(false).await;
    let job = bench.job(
        NewJob::new(JobStatus::Completed).exit_code(0).file("good.txt", "good").file("../evil.txt", "evil"),
    );
    let look = bench.tp(&["job", "pull", job.as_str(), "--dry-run", "-o", "id"]).await;
    assert_eq!((look.code, look.text()), (0, "../evil.txt\ngood.txt"), "{look:?}");
    assert!(!bench.folder.path().join("good.txt").exists());
    let said = bench.tp(&["job", "pull", job.as_str()]).await;
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("1 of 2 files did not come"), "{said:?}");
    assert_eq!(fs::read_to_string(bench.folder.path().join("good.txt")).unwrap(), "good");
    assert!(!bench.folder.path().parent().unwrap().join("evil.txt").exists());
    let empty = bench.job(NewJob::new(JobStatus::Completed));
    let said = bench.tp(&["job", "pull", empty.as_str()]).await;
    assert_eq!((said.code, said.err.trim()), (0, "No changed files to pull"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_job_is_pulled_by_a_judged_command() {
    let bench = Bench::new(false).await;
    let job = bench.job(NewJob::new(JobStatus::Running));
    bench.program("rsync", "pwd >\"$HOME/dir\"; printf '%s\\n' \"$@\" >\"$HOME/args\"");
    let said = bench.tp(&["job", "pull", job.as_str(), "-i", "~/.ssh/key", "--into", "new/results"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    assert!(fs::read_to_string(bench.home("dir")).unwrap().trim().ends_with("new/results"));
    let args = fs::read_to_string(bench.home("args")).unwrap();
    assert!(args.starts_with("--exclude=.git\n") && args.contains("~/.ssh/key"), "{args}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ssh_becomes_the_judged_command_and_what_follows_is_its_own() {
    let bench = Bench::new(false).await;
    let instance = bench.instance().await;
    bench.program("ssh", "env >\"$HOME/env\"; printf '%s\\n' \"$@\"; exit 17");
    let said = bench.tp(&["ssh", &instance, "-o", "Compression=yes", "-v", "nvidia-smi", "--yes"]).await;
    assert_eq!(said.code, 17, "the code is ssh's: {said:?}");
    assert!(said.text().ends_with("\n-o\nCompression=yes\n-v\nnvidia-smi\n--yes"), "{said:?}");
    assert!(said.text().starts_with("-p\n22\nubuntu@"), "{said:?}");
    assert!(!fs::read_to_string(bench.home("env")).unwrap().contains(KEY));
    let known = bench.tp(&["ssh", "-o", "json", &instance]).await;
    assert_eq!((known.code, &known.json()["argv"][0]), (0, &Value::from("ssh")), "{known:?}");

    let owned = bench.home("owned");
    let hostile = format!("ssh -o ProxyCommand='touch {}' ubuntu@203.0.113.5", owned.display());
    let rule = bench.emulator.script().add(Rule::on(
        "ssh.command",
        Fault::body(200, serde_json::json!({ "command": hostile }).to_string()),
    ));
    let said = bench.tp(&["ssh", &instance]).await;
    assert_eq!(said.code, 126, "{said:?}");
    assert!(said.text().is_empty() && !owned.exists(), "{said:?}");
    assert_eq!(rule.fired(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ssh_config_keeps_every_foreign_byte() {
    let bench = Bench::new(false).await;
    let instance = bench.instance().await;
    let shown = bench.tp(&["ssh-config"]).await;
    assert!(shown.text().starts_with(&format!("Host {instance}\n    Port 22\n    HostName ")), "{shown:?}");

    fs::create_dir(bench.home(".ssh")).unwrap();
    let theirs = b"# mine \xff\r\nHost *\n  ForwardAgent no";
    fs::write(bench.home(".ssh/config"), theirs).unwrap();
    fs::set_permissions(bench.home(".ssh/config"), fs::Permissions::from_mode(0o640)).unwrap();
    let asked = bench.tp(&["ssh-config", "--write"]).await;
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.err.contains("gets a first line: Include"), "what would change is shown: {asked:?}");
    assert_eq!(fs::read(bench.home(".ssh/config")).unwrap(), theirs, "and nothing was");

    let written = bench.tp(&["ssh-config", "--write", "--yes"]).await;
    assert_eq!(written.code, 0, "{written:?}");
    let now = fs::read(bench.home(".ssh/config")).unwrap();
    assert_eq!(now, [b"Include ~/.ssh/tp.d/config\n".as_slice(), theirs].concat());
    let mode = |name: &str| fs::metadata(bench.home(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(".ssh/config"), mode(".ssh/tp.d"), mode(".ssh/tp.d/config")), (0o640, 0o700, 0o600));
    let own = fs::read_to_string(bench.home(".ssh/tp.d/config")).unwrap();
    assert!(own.contains(&format!("Host {instance}\n")), "{own}");

    let again = bench.tp(&["ssh-config", "--write", "--yes"]).await;
    assert!(again.err.contains("nothing changes"), "{again:?}");
    assert_eq!(fs::read(bench.home(".ssh/config")).unwrap(), now);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_listening_and_not_the_job() {
    let bench = Bench::new(false).await;
    let job = bench.job(NewJob::new(JobStatus::Running));
    bench.print(&job, "epoch 1");
    for args in [["job", "listen", job.as_str()], ["job", "wait", job.as_str()]] {
        let mut command = bench.command(&args);
        let child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let pid = child.id().unwrap().to_string();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let output =
            tokio::time::timeout(Duration::from_secs(10), child.wait_with_output()).await.unwrap().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{err}");
        assert!(err.contains(&format!("resume with `tp job {} {job}`", args[1])), "{err}");
    }
    let status = bench.emulator.with_engine(|engine| engine.job(job.as_str())).unwrap().status;
    assert_eq!(status, Some(JobStatus::Running));
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_in_an_upload_ends_its_program_and_names_the_job() {
    let bench = Bench::new(false).await;
    let cluster = bench.cluster().await;
    bench.write("job.tp.toml", "commands = [\"true\"]\n");
    bench.program("rsync", "echo $$ >\"$HOME/pid.new\"; mv \"$HOME/pid.new\" \"$HOME/pid\"; exec sleep 100");
    bench.scripted(JobScript::new().command("rsync -az ./ u@203.0.113.5:x/"));
    let mut command = bench.command(&["job", "push", "job.tp.toml", &cluster]);
    let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let pid = child.id().unwrap().to_string();
    let begun = std::time::Instant::now();
    while !bench.home("pid").exists() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the upload does not begin");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output =
        tokio::time::timeout(Duration::from_secs(10), child.wait_with_output()).await.unwrap().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{err}");
    assert!(err.contains("it is job j-"), "{err}");
    let rsync = fs::read_to_string(bench.home("pid")).unwrap();
    let alive =
        || std::process::Command::new("kill").args(["-0", rsync.trim()]).output().unwrap().status.success();
    let zombie =
        || fs::read_to_string(format!("/proc/{}/stat", rsync.trim())).is_ok_and(|stat| stat.contains(") Z "));
    let begun = std::time::Instant::now();
    while alive() && !zombie() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the program is left behind");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_download_is_not_run() {
    let bench = Bench::new(false).await;
    let job = bench.job(NewJob::new(JobStatus::Running));
    let owned = bench.home("owned");
    bench.program("rsync", &format!("touch {}", owned.display()));
    let hostile = "rsync -a --delete u@203.0.113.5:/home/u/ ./";
    let answer = serde_json::json!({ "command": hostile, "download_map": {} }).to_string();
    let rule = bench.emulator.script().add(Rule::on("job.pull", Fault::body(200, answer)).times(2));
    let look = bench.tp(&["job", "pull", job.as_str(), "--dry-run", "-o", "json"]).await;
    assert!(look.json()["verdict"].as_str().unwrap().starts_with("refused: word 3"), "{look:?}");
    let said = bench.tp(&["job", "pull", job.as_str(), "-o", "json"]).await;
    assert_eq!((said.code, said.out.len()), (126, 0), "{said:?}");
    let error: Value = serde_json::from_str(said.err.lines().last().unwrap()).unwrap();
    assert!(error["error"]["hint"].as_str().unwrap().contains("--trust-server-commands"), "{error}");
    assert!(!owned.exists(), "nothing was run");
    assert_eq!(rule.fired(), 2);
}
