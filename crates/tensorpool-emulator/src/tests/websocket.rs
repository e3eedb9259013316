//! Sockets of the server, spoken to by a WebSocket client that knows nothing of us.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tensorpool_core::JobId;
use tensorpool_core::api::cluster::CreateCluster;
use tensorpool_core::model::JobStatus;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{config, context};
use crate::{Emulator, Fault, Mishap, NewJob, Rule, Server, ServerOptions};

/// How long anything may take that is expected to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// One end of a real connection.
pub(super) struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub(super) async fn open(server: &Server, path: &str) -> Result<Self, Error> {
        let url = format!("{}{path}", server.url().replace("http", "ws"));
        let mut client = Self(connect_async(url).await?.0);
        client.send(json!({ "TENSORPOOL_KEY": "tp-ada" })).await;
        Ok(client)
    }

    pub(super) async fn listen(server: &Server, job: &JobId) -> Self {
        Self::open(server, &format!("/job/listen/{job}")).await.unwrap()
    }

    pub(super) async fn push(server: &Server, file: &str, cluster: &str) -> Self {
        let mut client = Self::open(server, "/job/push").await.unwrap();
        client.send(json!({ "tp_config": file, "system": "Linux", "cluster_id": cluster })).await;
        client
    }

    pub(super) async fn send(&mut self, value: Value) {
        self.0.send(Message::text(value.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Option<Result<Message, Error>> {
        tokio::time::timeout(PATIENCE, self.0.next()).await.expect("nothing comes")
    }

    /// The next frame that is an object.
    pub(super) async fn frame(&mut self) -> Value {
        match self.next().await {
            Some(Ok(Message::Text(text))) => serde_json::from_str(text.as_str()).unwrap(),
            other => panic!("not a text frame: {other:?}"),
        }
    }

    /// Every message until the end, and the end.
    pub(super) async fn all(&mut self) -> (Vec<String>, String) {
        let mut lines = Vec::new();
        loop {
            match self.next().await {
                Some(Ok(Message::Text(text))) => match serde_json::from_str::<Value>(text.as_str()) {
                    Ok(value) => lines.push(value["message"].as_str().unwrap_or_default().to_owned()),
                    Err(_) => lines.push(format!("GARBAGE {text}")),
                },
                Some(Ok(Message::Binary(bytes))) => lines.push(format!("BINARY {}", bytes.len())),
                Some(Ok(Message::Close(Some(CloseFrame { code, reason })))) => {
                    return (lines, format!("{} {reason}", u16::from(code)).trim_end().to_owned());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (lines, "1006".to_owned()),
            }
        }
    }
}

/// A server, its emulator, and a cluster that runs.
pub(super) async fn start(options: ServerOptions) -> (Server, Emulator, String) {
    let emulator = Emulator::new(config().timings(crate::Timings::instant()));
    let request = context("tp-ada").request(&CreateCluster::new("1xH100").name("lab")).unwrap();
    let answer = emulator.answer(tensorpool_core::Time::ZERO, &request).response;
    let created: Value = serde_json::from_slice(answer.body()).unwrap();
    let server = Server::bind(([127, 0, 0, 1], 0).into(), emulator.clone(), options).await.unwrap();
    (server, emulator, created["cluster_id"].as_str().unwrap().to_owned())
}

fn job(emulator: &Emulator, lines: usize) -> JobId {
    emulator.with_engine(|engine| {
        let job = engine.add_job(NewJob::new(JobStatus::Running));
        (0..lines).for_each(|n| assert!(engine.print_job_line(&job, format!("{n}"))));
        job
    })
}

fn end(emulator: &Emulator, job: &JobId) {
    emulator.with_engine(|engine| assert!(engine.set_job_status(job, JobStatus::Completed, None)));
}

#[tokio::test]
async fn a_job_is_pushed_and_followed() {
    let (server, emulator, cluster) = start(ServerOptions::default().time_scale(100.0)).await;
    let mut push = Client::push(&server, "commands = [\"make\"]", &cluster).await;
    let job = push.frame().await["job_id"].as_str().unwrap().to_owned();
    let (lines, end) = push.all().await;
    assert_eq!((lines.len(), end.as_str()), (1, "1000"));
    let mut listener = Client::listen(&server, &JobId::from(job.as_str())).await;
    let (lines, end) = listener.all().await;
    assert_eq!((lines[1].as_str(), end.as_str()), ("$ make", "1000"));
    assert!(lines[2].contains("completed"), "{lines:?}");
    assert_eq!(emulator.with_engine(|engine| engine.job(&job).unwrap().exit_code), Some(0));
}

#[tokio::test]
async fn lines_arrive_as_they_are_printed_to_all_who_listen() {
    let (server, emulator, _) = start(ServerOptions::default()).await;
    let job = job(&emulator, 2000);
    let (mut one, mut two) = (Client::listen(&server, &job).await, Client::listen(&server, &job).await);
    for client in [&mut one, &mut two] {
        for n in 0..2000 {
            assert_eq!(client.frame().await["message"], n.to_string());
        }
    }
    emulator.with_engine(|engine| engine.print_job_line(&job, "héllo ✓"));
    assert_eq!(one.frame().await["message"], "héllo ✓", "nothing has to happen for it");
    drop(one);
    end(&emulator, &job);
    let (lines, end) = two.all().await;
    assert_eq!((lines[0].as_str(), lines.len(), end.as_str()), ("héllo ✓", 2, "1000"));
}

#[tokio::test]
async fn pings_are_answered_under_a_flood() {
    let (server, emulator, _) = start(ServerOptions::default()).await;
    let job = job(&emulator, 20_000);
    let mut client = Client::listen(&server, &job).await;
    client.frame().await;
    client.0.send(Message::Ping("now".into())).await.unwrap();
    let mut before = 0;
    loop {
        match client.next().await.unwrap().unwrap() {
            Message::Pong(payload) => break assert_eq!(payload, "now"),
            _ => before += 1,
        }
    }
    assert!(before < 19_999, "the answer does not wait for the end");
}

#[tokio::test]
async fn mishaps_are_real() {
    let (server, emulator, _) = start(ServerOptions::default()).await;
    let job = job(&emulator, 3);
    end(&emulator, &job);
    let script = emulator.script().clone();
    let listen = async |mishap| {
        script.add(Rule::on("job.listen", Fault::socket(2, mishap)));
        Client::listen(&server, &job).await.all().await
    };
    let (lines, end) = listen(Mishap::Close(4001, "scripted".to_owned())).await;
    assert_eq!((lines.len(), end.as_str()), (2, "4001 scripted"));
    let (lines, end) = listen(Mishap::Drop).await;
    assert_eq!((lines, end.as_str()), (vec!["0".to_owned(), "1".to_owned()], "1006"));
    let (lines, end) = listen(Mishap::garbage()).await;
    assert!(lines[2].starts_with("GARBAGE ") && end == "1000", "{lines:?}");
    assert_eq!(listen(Mishap::Binary(vec![0xff; 9].into())).await.0[2], "BINARY 9");
    assert_eq!(listen(Mishap::huge(3_000_000)).await.0[2].len(), 3_000_000);
    assert_eq!(listen(Mishap::Duplicate).await.0[2..4], ["2", "2"]);

    script.add(Rule::on("job.listen", Fault::socket(1, Mishap::Silence)));
    let mut client = Client::listen(&server, &job).await;
    assert_eq!(client.frame().await["message"], "0");
    client.0.send(Message::Ping("?".into())).await.unwrap();
    let silence = tokio::time::timeout(Duration::from_millis(150), client.0.next()).await;
    assert!(silence.is_err(), "{silence:?}");

    script.add(Rule::on("job.listen", Fault::status(503)));
    let path = format!("/job/listen/{job}");
    match Client::open(&server, &path).await {
        Err(Error::Http(answer)) => assert_eq!(answer.status(), 503),
        _ => panic!("it was opened"),
    }
    script.add(Rule::on("job.listen", Fault::CutBefore));
    assert!(Client::open(&server, &path).await.is_err());
    assert_eq!(script.unfired(), [""; 0]);
}

#[tokio::test]
async fn it_refuses_in_good_order_and_ends_with_the_server() {
    let (server, emulator, cluster) = start(ServerOptions::default()).await;
    let mut client = Client::push(&server, "commands = []", &cluster).await;
    let (lines, end) = client.all().await;
    assert_eq!(lines[0], end.strip_prefix("4400 ").unwrap());
    let mut client = Client::open(&server, "/job/listen/j-none").await.unwrap();
    assert_eq!(client.all().await.1, "4404 Job j-none not found");
    let mut client = Client::listen(&server, &job(&emulator, 0)).await;
    client.0.send(Message::binary(vec![0])).await.unwrap();
    assert_eq!(client.all().await.1, "1003 Frames are text");
    match Client::open(&server, "/job/elsewhere").await {
        Err(Error::Http(answer)) => assert_eq!(answer.status(), 401, "there is no such socket"),
        _ => panic!("it was opened"),
    }
    let mut client = Client::listen(&server, &job(&emulator, 1)).await;
    client.frame().await;
    server.shutdown().await;
    assert_eq!(client.all().await.1, "1001 The engine stops");
}

#[tokio::test]
async fn no_browser_may_use_an_engine_that_runs_jobs() {
    let (server, ..) = start(ServerOptions::default()).await;
    let request = |server: &Server| {
        let mut request = format!("ws://{}/job/push", server.local_addr()).into_client_request().unwrap();
        request.headers_mut().insert("origin", "https://example.com".parse().unwrap());
        request
    };
    assert!(connect_async(request(&server)).await.is_ok());
    #[cfg(unix)]
    {
        let (server, ..) = start(ServerOptions::default().run_jobs(true)).await;
        match connect_async(request(&server)).await {
            Err(Error::Http(answer)) => assert_eq!(answer.status(), 403),
            other => panic!("{other:?}"),
        }
    }
}
