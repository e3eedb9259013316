//! Pushing a job over a socket, in virtual time.

use std::time::Duration;

use serde_json::{Value, json};
use tensorpool_core::Time;
use tensorpool_core::api::cluster::CreateCluster;
use tensorpool_core::api::job::{GetJob, PullJob};
use tensorpool_core::model::JobStatus;
use tensorpool_core::{ClusterId, Endpoint, JobId, SignedUrl};

use super::{config, context};
use crate::{Config, Emulator, EmulatorSocket, Fault, JobScript, Mishap, Rule, ServerFrame};

pub(super) const FILE: &str = "commands = [\"python train.py\"]\noutputs = [\"out/\"]\n";

/// An emulator with a watch, and a cluster that runs.
pub(super) struct Desk {
    pub(super) emulator: Emulator,
    pub(super) now: Time,
    pub(super) cluster: ClusterId,
    began: Time,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::with(config())
    }

    pub(super) fn with(config: Config) -> Self {
        let mut desk = Self {
            emulator: Emulator::new(config),
            now: Time::ZERO,
            cluster: ClusterId::from("c-none"),
            began: Time::ZERO,
        };
        desk.cluster = desk.call(CreateCluster::new("1xH100").name("lab")).cluster_id;
        desk.now = Time::secs(100);
        desk.began = desk.now;
        desk
    }

    pub(super) fn call<E: Endpoint>(&self, endpoint: E) -> E::Response {
        let request = context("tp-ada").request(&endpoint).unwrap();
        endpoint.accept(&self.emulator.answer(self.now, &request).response).unwrap()
    }

    pub(super) fn open(&self, path: &str) -> EmulatorSocket {
        let mut socket = self.emulator.open_socket(self.now, path).unwrap();
        socket.send(self.now, r#"{"TENSORPOOL_KEY": "tp-ada"}"#);
        socket
    }

    pub(super) fn push(&self, file: &str) -> EmulatorSocket {
        self.push_to(json!({ "tp_config": file, "system": "Linux", "cluster_id": self.cluster }))
    }

    pub(super) fn push_to(&self, order: Value) -> EmulatorSocket {
        let mut socket = self.open("/job/push");
        socket.send(self.now, &order.to_string());
        socket
    }

    pub(super) fn listen(&self, job: &JobId) -> EmulatorSocket {
        self.open(&format!("/job/listen/{job}"))
    }

    /// What comes by now.
    pub(super) fn now(&self, socket: &mut EmulatorSocket) -> Vec<String> {
        std::iter::from_fn(|| socket.recv(self.now)).map(shown).collect()
    }

    /// What comes until the end or until nothing more ever comes, each after so many seconds.
    pub(super) fn all(&mut self, socket: &mut EmulatorSocket) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let after = self.now.since(self.began).as_secs();
            lines.extend(self.now(socket).into_iter().map(|line| format!("{after}s {line}")));
            match socket.next_event(self.now) {
                Some(next) => self.now = self.now.max(next),
                None => return lines,
            }
        }
    }

    pub(super) fn job(&self) -> JobId {
        let jobs = self.call(tensorpool_core::api::job::ListJobs::new()).jobs;
        jobs.last().unwrap().id.clone().unwrap()
    }

    pub(super) fn status(&self, job: &JobId) -> (JobStatus, Option<i64>) {
        let info = self.call(GetJob::new(job)).job_info;
        (info.status.unwrap(), info.exit_code)
    }

    fn note(&self, job: &JobId) -> String {
        self.call(GetJob::new(job)).job_info.extra["public_message"].as_str().unwrap_or_default().to_owned()
    }
}

pub(super) fn shown(frame: ServerFrame) -> String {
    match frame {
        ServerFrame::Text(text) => text,
        ServerFrame::Binary(bytes) => format!("BINARY {bytes:?}"),
        ServerFrame::Pong => "PONG".to_owned(),
        ServerFrame::Close { code, reason } => format!("CLOSE {code} {reason}"),
        ServerFrame::Cut => "CUT".to_owned(),
    }
}

fn result(command: &str, exit_code: i64) -> String {
    json!({
        "type": "command_result", "command": command, "exit_code": exit_code,
        "command_stdout": "sent 1 byte\n", "command_stderr": "rsync: connection refused\n\n",
    })
    .to_string()
}

#[test]
fn a_push_then_its_output_then_its_files() {
    let mut desk = Desk::new();
    desk.emulator.with_engine(|engine| {
        engine.script_job(
            JobScript::new()
                .message("Queued behind nobody")
                .command("rsync -az --exclude .venv ./ ubuntu@203.0.113.5:/home/ubuntu/{job}/")
                .line(Duration::from_secs(1), "epoch 1")
                .line(Duration::from_secs(60), "epoch 2 ✓")
                .lasts(Duration::from_secs(5))
                .file("out/model.pt", "weights"),
        );
    });
    let mut socket = desk.push(FILE);
    let lines = desk.now(&mut socket);
    let job = desk.job();
    let command = format!("rsync -az --exclude .venv ./ ubuntu@203.0.113.5:/home/ubuntu/{job}/");
    let cluster = &desk.cluster;
    assert_eq!(
        lines,
        [
            format!(r#"{{"job_id":"{job}","message":"Job {job} is created on cluster {cluster} (lab)"}}"#),
            r#"{"message":"Queued behind nobody"}"#.to_owned(),
            format!(
                r#"{{"command":"{command}","command_show_stdout":true,"message":"Uploading the job's folder"}}"#
            ),
        ]
    );
    desk.now = desk.now + Duration::from_secs(600);
    assert_eq!(desk.now(&mut socket), [""; 0], "it waits for the upload as long as that takes");
    assert_eq!(desk.status(&job), (JobStatus::Pending, None));
    socket.send(desk.now, &result(&command, 0));
    desk.began = desk.now;
    assert_eq!(
        desk.now(&mut socket),
        [
            format!(r#"{{"message":"Job {job} is submitted. Follow it with: tp job listen {job}"}}"#),
            "CLOSE 1000 ".to_owned()
        ]
    );
    assert_eq!((socket.recv(desk.now), socket.next_event(desk.now)), (None, None), "it is over");

    let mut socket = desk.listen(&job);
    assert_eq!(
        desk.all(&mut socket),
        [
            r#"4s {"message":"epoch 1"}"#.to_owned(),
            r#"64s {"message":"epoch 2 ✓"}"#.to_owned(),
            format!(r#"69s {{"message":"Job {job} completed (exit code 0)","status":"success"}}"#),
            "69s CLOSE 1000 ".to_owned(),
        ]
    );
    assert_eq!(desk.status(&job), (JobStatus::Completed, Some(0)));
    let map = desk.call(PullJob::new(&job)).download_map.unwrap();
    let url: &SignedUrl = map["out/model.pt"].as_ref().unwrap();
    let request = http::Request::get(url.expose()).body(bytes::Bytes::new()).unwrap();
    assert_eq!(desk.emulator.answer(desk.now, &request).response.body(), "weights");
    let seen = |name| desk.emulator.with_engine(|engine| engine.times_seen(name));
    assert_eq!((seen("job.push"), seen("job.listen")), (1, 1));
}

#[test]
fn without_a_script_the_commands_are_shown() {
    let mut desk = Desk::new();
    let mut socket =
        desk.push("commands = [\"pip install x\", \"python a.py\\nexit\"]\ninstance_type = \"1xH100\"\n");
    let lines = desk.now(&mut socket);
    assert!(lines[0].contains(r#"key \"instance_type\" means nothing"#), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "CLOSE 1000 ", "no command to run: {lines:?}");
    let job = desk.job();
    let mut socket = desk.listen(&job);
    let lines = desk.all(&mut socket);
    assert_eq!(lines[1..3], [r#"4s {"message":"$ pip install x"}"#, r#"5s {"message":"$ python a.py"}"#]);
    assert!(lines[3].contains("success"), "{lines:?}");
}

#[test]
fn the_configuration_can_ask_for_an_upload() {
    let desk = Desk::with(config().upload_command("rsync -az ./ ubuntu@203.0.113.5:/home/ubuntu/{job}/"));
    let mut socket = desk.push(FILE);
    let lines = desk.now(&mut socket);
    assert!(lines[1].contains(&format!("/home/ubuntu/{}/", desk.job())), "{lines:?}");
}

#[test]
fn what_is_wrong_with_a_push_is_said_and_makes_no_job() {
    let desk = Desk::new();
    let order = |changes: Value| {
        let mut order = json!({ "tp_config": FILE, "system": "Linux", "cluster_id": desk.cluster });
        order.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        order.to_string()
    };
    let other = desk.call(CreateCluster::new("1xH100").name("young")).cluster_id;
    let (carol, key) = (context("tp-carol"), r#"{"TENSORPOOL_KEY": "tp-carol"}"#);
    let request = carol.request(&CreateCluster::new("1xH100").name("hers")).unwrap();
    let body = desk.emulator.answer(desk.now, &request).response.into_body();
    let hers = serde_json::from_slice::<Value>(&body).unwrap()["cluster_id"].as_str().unwrap().to_owned();
    for (frame, code, says) in [
        (order(json!({ "tp_config": "commands = [" })), 4400, "not valid TOML"),
        (order(json!({ "tp_config": "outputs = []" })), 4400, "no commands"),
        (order(json!({ "tp_config": null })), 4400, "tp_config is missing"),
        (order(json!({ "tp_config": 1 })), 4400, "tp_config is not a string"),
        (order(json!({ "system": null })), 4400, "system is missing"),
        (order(json!({ "cluster_id": null })), 4400, "cluster_id is missing"),
        (order(json!({ "teardown_cluster": "yes" })), 4400, "teardown_cluster is not a boolean"),
        (order(json!({ "cluster_id": "c-none" })), 4404, "Cluster c-none not found"),
        (order(json!({ "cluster_id": hers })), 4404, "not found"),
        (order(json!({ "cluster_id": other })), 4409, "needs one that is RUNNING"),
        ("[]".to_owned(), 4400, "must be a JSON object"),
        ("{".to_owned(), 4400, "must be a JSON object"),
    ] {
        let mut socket = desk.open("/job/push");
        socket.send(desk.now, &frame);
        let lines = desk.now(&mut socket);
        assert_eq!(lines.len(), 2, "{frame}: {lines:?}");
        assert!(lines[0].contains(says), "{frame}: {lines:?}");
        assert!(lines[1].starts_with(&format!("CLOSE {code} ")), "{frame}: {lines:?}");
        assert!(lines[1].len() <= "CLOSE 4400 ".len() + 123, "a close frame holds no more");
    }
    let mut socket = desk.emulator.open_socket(desk.now, "/job/push").unwrap();
    socket.send(desk.now, key);
    socket.send(desk.now, &order(json!({})));
    assert!(desk.now(&mut socket)[1].starts_with("CLOSE 4404"), "the cluster of another account");
    assert_eq!(desk.emulator.with_engine(|engine| engine.jobs_pushed()), 0);
}

#[test]
fn a_bad_key_is_refused_and_never_repeated() {
    let desk = Desk::new();
    for frame in
        [r#"{"TENSORPOOL_KEY": "tp-canary"}"#, "{}", r#"{"TENSORPOOL_KEY": 1}"#, r#"{"tp_config": ""}"#]
    {
        for path in ["/job/push", "/job/listen/j-1"] {
            let mut socket = desk.emulator.open_socket(desk.now, path).unwrap();
            assert_eq!(desk.now(&mut socket), [""; 0], "it waits for the key");
            socket.send(desk.now, frame);
            socket.send(desk.now, "{}");
            assert!(!format!("{socket:?}").contains("canary"));
            assert_eq!(desk.now(&mut socket), ["CLOSE 1008 Invalid or missing authentication token"]);
        }
    }
}

#[test]
fn an_upload_that_fails_fails_the_push_and_the_job() {
    let desk = Desk::with(config().upload_command("rsync {job}"));
    for (answer, code, says) in [
        (result("rsync {job}", 23), 4424, "The upload failed with exit code 23: rsync: connection refused"),
        (result("rsync other", 0), 4400, "of another command"),
        (r#"{"type": "command_result", "command": "rsync {job}"}"#.to_owned(), 4400, "no exit_code"),
        ("nonsense".to_owned(), 4400, "JSON object"),
    ] {
        let mut socket = desk.push(FILE);
        desk.now(&mut socket);
        let job = desk.job();
        socket.send(desk.now, r#"{"type": "of tomorrow"}"#);
        socket.send(desk.now, &answer.replace("{job}", job.as_str()));
        let lines = desk.now(&mut socket);
        assert!(lines[0].contains(says) && lines[1].starts_with(&format!("CLOSE {code} ")), "{lines:?}");
        assert_eq!(desk.status(&job), (JobStatus::Failed, None));
    }
    let mut socket = desk.push(FILE);
    desk.now(&mut socket);
    drop(socket);
    assert_eq!(desk.status(&desk.job()).0, JobStatus::Failed);
    assert_eq!(desk.note(&desk.job()), "The push ended before the upload was done");

    let mut socket = desk.open("/job/push");
    let order = json!({ "tp_config": FILE, "system": "Linux", "cluster_id": desk.cluster }).to_string();
    socket.send(desk.now, &order);
    socket.send(desk.now, &result("rsync", 0));
    let lines = desk.now(&mut socket);
    assert!(lines.last().unwrap().contains("no command"), "an answer to nothing: {lines:?}");
}

#[test]
fn what_a_script_asks_a_client_to_run_is_not_the_engines_concern() {
    for (frames, answered) in [(0, true), (1, true), (2, false)] {
        let desk = Desk::with(config().upload_command("rsync {job}"));
        let hostile = Fault::socket(frames, Mishap::command("rm -rf /"));
        let rule = desk.emulator.script().add(Rule::on("job.push", hostile));
        let mut socket = desk.push(FILE);
        let lines = desk.now(&mut socket);
        assert_eq!((rule.fired(), lines.len()), (1, 3), "{lines:?}");
        assert!(lines[frames].contains(r#""command":"rm -rf /""#), "{lines:?}");
        if answered {
            socket.send(desk.now, &result("rm -rf /", 126));
        }
        let job = desk.job();
        assert_eq!(desk.now(&mut socket), [""; 0], "it still waits for the upload");
        socket.send(desk.now, &result(&format!("rsync {job}"), 0));
        assert_eq!(desk.now(&mut socket).last().unwrap(), "CLOSE 1000 ");
    }
}
