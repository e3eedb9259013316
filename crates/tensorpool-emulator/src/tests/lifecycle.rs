//! What becomes of a job that was pushed, in virtual time.

use std::time::Duration;

use serde_json::json;
use tensorpool_core::api::cluster::{DestroyCluster, EditCluster};
use tensorpool_core::api::job::{CancelJob, PullJob};
use tensorpool_core::model::{ClusterStatus, JobStatus, System};

use super::config;
use super::push::{Desk, FILE};
use crate::JobScript;

#[test]
fn a_job_that_is_canceled_under_the_upload_ends_the_push() {
    let mut desk = Desk::with(config().upload_command("rsync {job}"));
    let mut socket = desk.push(FILE);
    desk.now(&mut socket);
    let job = desk.job();
    desk.call(CancelJob::new(&job));
    let lines = desk.all(&mut socket);
    assert!(lines[1].starts_with("0s CLOSE 4409 "), "{lines:?}");
    desk.now = desk.now + Duration::from_secs(4);
    assert_ne!(desk.status(&job).0, JobStatus::Pending);
}

#[test]
fn a_running_job_is_canceled_and_prints_no_more() {
    let mut desk = Desk::new();
    desk.emulator.with_engine(|engine| {
        let second = Duration::from_secs(1);
        engine.script_job((0..100).fold(JobScript::new(), |script, n| script.line(second, format!("{n}"))));
    });
    let mut socket = desk.push(FILE);
    desk.now(&mut socket);
    let job = desk.job();
    desk.now = desk.now + Duration::from_secs(5);
    assert_eq!(desk.call(CancelJob::new(&job)).status.unwrap().as_str(), "canceling");
    let command = desk.call(PullJob::new(&job).system(System::Linux)).command.unwrap();
    assert!(command.starts_with("rsync "), "its instance is still there");
    let mut socket = desk.listen(&job);
    let lines = desk.all(&mut socket);
    assert_eq!(lines[..2], [r#"5s {"message":"0"}"#, r#"5s {"message":"1"}"#]);
    assert!(lines[2].contains("was canceled") && lines[2].contains(r#""status":"error""#), "{lines:?}");
    assert_eq!(lines[3..], ["9s CLOSE 1000 "]);
    assert_eq!(desk.status(&job), (JobStatus::Canceled, None));
}

#[test]
fn a_job_ends_in_every_way_and_can_take_its_cluster_with_it() {
    for (script, status, code) in [
        (JobScript::new().exit_code(0), JobStatus::Completed, Some(0)),
        (JobScript::new().exit_code(137), JobStatus::Error, Some(137)),
        (JobScript::new().fails(), JobStatus::Failed, None),
    ] {
        let mut desk = Desk::new();
        desk.emulator.with_engine(|engine| engine.script_job(script));
        let order = json!({
            "tp_config": FILE, "system": "Linux", "cluster_id": desk.cluster, "teardown_cluster": true,
        });
        let mut socket = desk.push_to(order.clone());
        desk.now(&mut socket);
        let job = desk.job();
        let cluster = |desk: &Desk| {
            desk.emulator.with_engine(|engine| engine.cluster(desk.cluster.as_str()).unwrap().status.unwrap())
        };
        assert_eq!(cluster(&desk), ClusterStatus::Running);
        let mut socket = desk.listen(&job);
        let lines = desk.all(&mut socket);
        let good = if status == JobStatus::Completed { "success" } else { "error" };
        assert!(lines[lines.len() - 2].contains(&format!(r#""status":"{good}""#)), "{lines:?}");
        assert_eq!(desk.status(&job), (status, code));
        assert_eq!(cluster(&desk), ClusterStatus::Destroying);
        desk.now = desk.now + Duration::from_secs(20);
        desk.emulator.with_engine(|engine| engine.advance(desk.now));
        assert_eq!(cluster(&desk), ClusterStatus::Destroyed);
    }
    let desk = Desk::new();
    desk.call(EditCluster::new(desk.cluster.clone()).deletion_protection(true));
    let mut socket = desk.push_to(json!({
        "tp_config": FILE, "system": "Linux", "cluster_id": desk.cluster, "teardown_cluster": true,
    }));
    assert!(desk.now(&mut socket)[0].contains("Deletion protection"));
}

#[test]
fn a_job_goes_with_its_cluster() {
    let mut desk = Desk::new();
    let long = JobScript::new().lasts(Duration::from_secs(9999));
    desk.emulator.with_engine(|engine| engine.script_job(long));
    let mut socket = desk.push(FILE);
    desk.now(&mut socket);
    let mut listener = desk.listen(&desk.job());
    desk.call(DestroyCluster::new("lab"));
    let lines = desk.all(&mut listener);
    assert!(lines[0].starts_with("20s ") && lines[0].contains("failed"), "{lines:?}");
}

#[test]
fn a_change_wakes_those_who_wait() {
    let desk = Desk::new();
    let seen = desk.emulator.changes();
    let mut changed = std::pin::pin!(desk.emulator.changed(seen));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut poll = || std::future::Future::poll(changed.as_mut(), &mut context).is_ready();
    assert!(!poll());
    desk.call(tensorpool_core::api::user::GetMe);
    assert!(!poll(), "nothing that a socket shows");
    let mut socket = desk.push(FILE);
    assert!(poll());
    desk.now(&mut socket);
}
