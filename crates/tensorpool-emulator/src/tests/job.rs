//! Jobs and their files.

use bytes::Bytes;
use http::{Request, Response};
use tensorpool_core::api::cluster::DestroyCluster;
use tensorpool_core::api::job::*;
use tensorpool_core::model::{JobStatus, System};
use tensorpool_core::{JobId, SignedUrl};

use super::{Lab, config};
use crate::NewJob;

fn status(lab: &mut Lab, id: &JobId) -> JobStatus {
    lab.call(GetJob::new(id)).unwrap().job_info.status.unwrap()
}

#[test]
fn a_running_job_is_canceled_and_then_deleted() {
    let mut lab = Lab::new();
    let id = lab.engine.add_job(NewJob::new(JobStatus::Running));
    assert_eq!(lab.status(DeleteJob::new(&id)), 409, "not yet ended");
    let answer = lab.answer(&CancelJob::new(&id));
    assert_eq!(answer.status(), 202);
    lab.wait(2);
    assert_eq!(lab.status(CancelJob::new(&id)), 202, "again, meanwhile");
    assert_eq!(status(&mut lab, &id), JobStatus::Canceling);
    lab.wait(2);
    assert_eq!(status(&mut lab, &id), JobStatus::Canceled);
    assert_eq!(lab.status(CancelJob::new(&id)), 200, "canceled already");
    lab.call(DeleteJob::new(&id)).unwrap();
    assert_eq!(lab.status(GetJob::new(&id)), 404);
    assert_eq!(lab.call(ListJobs::new()).unwrap().jobs.len(), 0);
}

#[test]
fn what_has_ended_cannot_be_canceled() {
    let mut lab = Lab::new();
    for ended in [JobStatus::Completed, JobStatus::Error, JobStatus::Failed] {
        let id = lab.engine.add_job(NewJob::new(ended));
        assert!(lab.call(CancelJob::new(id)).unwrap_err().is_conflict());
    }
    let id = lab.engine.add_job(NewJob::new(JobStatus::Running));
    assert!(lab.engine.set_job_status(&id, JobStatus::Error, Some(3)));
    assert!(!lab.engine.set_job_status(&id, JobStatus::Running, None), "an end is an end");
    assert_eq!(lab.call(GetJob::new(&id)).unwrap().job_info.exit_code, Some(3));
}

#[test]
fn a_job_ends_with_its_cluster() {
    let mut lab = Lab::new();
    let cluster = lab.running("1xH100", "a").id.unwrap();
    let id = lab.engine.add_job(NewJob::new(JobStatus::Running).cluster(cluster));
    lab.call(DestroyCluster::new("a")).unwrap();
    lab.wait(30);
    assert_eq!(status(&mut lab, &id), JobStatus::Failed);
}

#[test]
fn the_organization_sees_its_jobs() {
    let mut lab = Lab::new();
    let id = lab.engine.add_job(NewJob::new(JobStatus::Pending).user("u-2"));
    assert_eq!(lab.call(ListJobs::new()).unwrap().jobs.len(), 0);
    assert_eq!(lab.call(ListJobs::new().include_org(true)).unwrap().jobs.len(), 1);
    assert_eq!(lab.status(GetJob::new(&id)), 200);
    lab.is("carol");
    assert_eq!(lab.status(GetJob::new(&id)), 404);
    assert!(lab.call(InitJob).unwrap().empty_tp_config.contains("commands = ["));
}

#[test]
fn a_live_job_is_pulled_by_a_command() {
    let mut lab = Lab::new();
    let id = lab.engine.add_job(NewJob::new(JobStatus::Running));
    assert_eq!(lab.status(PullJob::new(&id)), 400, "for which system?");
    let pull = PullJob::new(&id).system(System::Linux).private_key_path("/home/ada/my key");
    let command = lab.call(pull).unwrap().command.unwrap();
    assert!(command.starts_with("rsync ") && command.contains("my key"), "{command}");
    let pending = lab.engine.add_job(NewJob::new(JobStatus::Pending));
    assert_eq!(lab.status(PullJob::new(&pending).system(System::Linux)), 409);
}

fn ended(lab: &mut Lab) -> JobId {
    let job = NewJob::new(JobStatus::Completed).file("out/a b.txt", "0123456789").file("log.txt", "");
    lab.engine.add_job(job)
}

fn url(lab: &mut Lab, id: &JobId, path: &str) -> SignedUrl {
    let map = lab.call(PullJob::new(id)).unwrap().download_map.unwrap();
    map.get(path).unwrap().clone().unwrap()
}

fn fetch(lab: &mut Lab, url: &SignedUrl, headers: &[(&str, &str)]) -> Response<Bytes> {
    let request = headers
        .iter()
        .fold(Request::get(url.expose()), |request, (name, value)| request.header(*name, *value))
        .body(Bytes::new());
    lab.engine.handle(lab.now, &request.unwrap())
}

#[test]
fn an_ended_job_is_pulled_by_signed_urls() {
    let mut lab = Lab::new();
    let id = ended(&mut lab);
    let dry = lab.call(PullJob::new(&id).dry_run(true)).unwrap().download_map.unwrap();
    assert_eq!(dry.keys().collect::<Vec<_>>(), ["log.txt", "out/a b.txt"]);
    assert!(dry.values().all(Option::is_none));
    let one = lab.call(PullJob::new(&id).file("log.txt")).unwrap().download_map.unwrap();
    assert_eq!(one.len(), 1);

    let url = url(&mut lab, &id, "out/a b.txt");
    assert!(url.expose().starts_with("http://127.0.0.1:1/files/"), "where the caller found the engine");
    let whole = fetch(&mut lab, &url, &[]);
    assert_eq!((whole.status().as_u16(), &whole.body()[..]), (200, &b"0123456789"[..]));
    assert_eq!(whole.headers()["content-length"], "10");
    let etag = whole.headers()["etag"].to_str().unwrap().to_owned();

    let with = |lab: &mut Lab, headers: &[(&str, &str)]| {
        let answer = fetch(lab, &url, headers);
        let range = answer.headers().get("content-range").map(|v| v.to_str().unwrap().to_owned());
        (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap(), range)
    };
    let part = |text: &str, range: &str| (206, text.to_owned(), Some(format!("bytes {range}/10")));
    let all = (200, "0123456789".to_owned(), None);
    assert_eq!(with(&mut lab, &[("range", "bytes=2-4")]), part("234", "2-4"));
    assert_eq!(with(&mut lab, &[("range", "bytes=7-")]), part("789", "7-9"));
    assert_eq!(with(&mut lab, &[("range", "bytes=-2")]), part("89", "8-9"));
    assert_eq!(with(&mut lab, &[("range", "bytes=5-99")]), part("56789", "5-9"));
    assert_eq!(with(&mut lab, &[("range", "bytes=4-2")]), all, "nonsense is ignored");
    assert_eq!(with(&mut lab, &[("range", "bytes=1-2,4-5")]), all, "several ranges are ignored");
    assert_eq!(with(&mut lab, &[("range", "bytes=2-4"), ("if-range", &etag)]), part("234", "2-4"));
    assert_eq!(with(&mut lab, &[("range", "bytes=2-4"), ("if-range", "\"old\"")]), all);
    let (status, _, range) = with(&mut lab, &[("range", "bytes=10-")]);
    assert_eq!((status, range.as_deref()), (416, Some("bytes */10")));
    assert_eq!(
        with(&mut lab, &[("authorization", "Bearer tp-ada")]).0,
        400,
        "the token has no business here"
    );

    assert!(lab.engine.put_job_file(&id, "out/a b.txt", "9876543210"));
    assert_eq!(with(&mut lab, &[("range", "bytes=2-4"), ("if-range", &etag)]).1, "9876543210");
    assert!(lab.engine.remove_job_file(&id, "out/a b.txt"));
    assert_eq!(with(&mut lab, &[]).0, 404);
}

#[test]
fn a_signed_url_expires_and_cannot_be_forged() {
    let mut lab = Lab::with(config().url_lifetime(std::time::Duration::from_secs(60)));
    let id = ended(&mut lab);
    let url = url(&mut lab, &id, "log.txt");
    let forged = SignedUrl::new(url.expose().replace("log.txt", "out/a%20b.txt"));
    assert_eq!(fetch(&mut lab, &forged, &[]).status(), 403);
    let (head, expires) = url.expose().split_once("expires=").unwrap();
    let longer = SignedUrl::new(format!("{head}expires=9{expires}"));
    assert_eq!(fetch(&mut lab, &longer, &[]).status(), 403);
    lab.wait(59);
    assert_eq!(fetch(&mut lab, &url, &[]).status(), 200);
    lab.wait(1);
    let answer = fetch(&mut lab, &url, &[]);
    assert_eq!(answer.status(), 403);
    assert!(String::from_utf8_lossy(answer.body()).contains("expired"));
}
