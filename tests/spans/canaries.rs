//! A token, a query, a body, an id and an answer that must not be in any log, of this project or of what it stands on.

use tensorpool_client::core::api::cluster::CreateCluster;
use tensorpool_client::core::api::job::PullJob;
use tensorpool_client::core::model::{JobStatus, System};
use tensorpool_client::{Client, FromOptions as _, Transport, TransportOptions};
use tensorpool_emulator::{Config, Emulator, EmulatorTransport, Fault, NewJob, Rule, Server, ServerOptions};
use tensorpool_hyper::HyperTransport;
use tensorpool_reqwest::ReqwestTransport;

use crate::recorder::Recorder;

const TOKEN: &str = "tp-canary-token";
/// Each of them is sent or answered by [`day`], which checks that it is.
const CANARIES: [&str; 5] =
    ["canary-token", "canary-query", "canary-body", "canary-answer", "canary-refusal"];

fn engine() -> Emulator {
    Emulator::new(Config::single_user(TOKEN).unwrap())
}

/// Calls that carry every canary, well and badly.
async fn day<T: Transport>(client: &Client<T>, engine: &Emulator) {
    let running = NewJob::new(JobStatus::Running);
    let completed = NewJob::new(JobStatus::Completed).file("canary-answer.txt", &b"42"[..]);
    let (running, completed) = engine.with_engine(|e| (e.add_job(running), e.add_job(completed)));

    let pull = PullJob::new(&running).system(System::Linux).private_key_path("/keys/canary-query");
    let pulled = client.jobs().pull(pull).await.unwrap();
    assert!(pulled.command.unwrap().contains("canary-query"), "the query was sent");
    let files = client.jobs().pull(PullJob::new(&completed)).await.unwrap().download_map.unwrap();
    assert!(files.keys().any(|path| path.contains("canary-answer")), "the answer has it");

    let create = CreateCluster::new("1xH100").name("canary-body");
    drop(client.clusters().create(create).await.unwrap());
    let list = client.clusters().list().await.unwrap();
    assert_eq!(list[0].name.as_deref(), Some("canary-body"), "the body was sent, and came back");

    for fault in [
        Fault::body(409, r#"{"message":"canary-refusal"}"#),
        Fault::body(200, r#"{"clusters":["canary-refusal"]}"#),
        Fault::BadJson,
        Fault::ShortBody,
    ] {
        let rule = engine.script().add(Rule::on("cluster.create", fault));
        client.clusters().create(CreateCluster::new("1xH100").name("canary-body")).await.unwrap_err();
        assert_eq!(rule.fired(), 1);
    }
}

fn assert_clean(recorder: &Recorder) {
    // Four calls that went well, and four that did not.
    assert_eq!(recorder.attempts().len(), 8, "the calls were recorded");
    let text = recorder.text();
    for canary in CANARIES {
        let found = text.find(canary).map(|at| text.get(at.saturating_sub(300)..at + 100));
        assert_eq!(found, None, "{canary} was written to the log");
    }
}

#[test]
fn no_span_and_no_event_holds_a_secret() {
    let transport = EmulatorTransport::from(engine());
    let client = Client::with_transport(transport.clone(), TOKEN).unwrap();
    let recorder = Recorder::of(|| smol::block_on(day(&client, transport.emulator())));
    assert_clean(&recorder);
    assert_eq!((recorder.spans(), recorder.events()), (8, 0));
}

/// Over a socket, everything on one thread but the server, which is another program.
fn over_a_socket<T: Transport>(transport: impl FnOnce() -> T) -> Recorder {
    let engine = engine();
    let far = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let options = ServerOptions::default();
    let server = far.block_on(Server::bind(([127, 0, 0, 1], 0).into(), engine.clone(), options)).unwrap();
    let near = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    Recorder::of(|| {
        let builder = Client::builder().token(TOKEN).base_url(server.url());
        let client = builder.build_with(transport()).unwrap();
        near.block_on(day(&client, &engine));
    })
}

#[test]
fn nor_does_what_reqwest_and_its_crates_write() {
    assert_clean(&over_a_socket(|| ReqwestTransport::from_options(&TransportOptions::default()).unwrap()));
}

#[test]
fn nor_does_what_hyper_and_its_crates_write() {
    assert_clean(&over_a_socket(|| HyperTransport::from_options(&TransportOptions::default()).unwrap()));
}
