//! The emulator on a real socket, spoken to byte by byte.

use std::io;
use std::time::{Duration, Instant};

use tensorpool_core::model::JobStatus;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::config;
use crate::{Emulator, Fault, NewJob, Rule, Server, ServerOptions};

async fn start(emulator: &Emulator, scale: f64) -> Server {
    let address = ([127, 0, 0, 1], 0).into();
    Server::bind(address, emulator.clone(), ServerOptions::default().time_scale(scale)).await.unwrap()
}

/// What comes back until the connection ends, and how it ends.
async fn talk(server: &Server, request: String) -> (String, io::Result<()>) {
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        match tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer)).await {
            Ok(Ok(0)) => break Ok(()),
            Ok(Ok(read)) => bytes.extend_from_slice(&buffer[..read]),
            Ok(Err(error)) => break Err(error),
            Err(_) => break Err(io::ErrorKind::TimedOut.into()),
        }
    };
    (String::from_utf8_lossy(&bytes).into_owned(), end)
}

fn get(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer tp-ada\r\nconnection: close\r\n\r\n"
    )
}

#[tokio::test]
async fn it_starts_answers_and_stops() {
    let emulator = Emulator::new(config());
    let server = start(&emulator, 1.0).await;
    let (answer, end) = talk(&server, get("/me")).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with(r#""email":"ada@example.com"}"#),
        "{answer}"
    );
    assert!(end.is_ok());
    let address = server.local_addr();
    assert_eq!(server.url(), format!("http://{address}"));
    server.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_dropped_server_stops() {
    let server = start(&Emulator::new(config()), 1.0).await;
    let address = server.local_addr();
    drop(server);
    for _ in 0..100 {
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("still listening");
}

#[tokio::test]
async fn time_passes_at_its_scale_and_waits_are_real() {
    let emulator = Emulator::new(config());
    let server = start(&emulator, 1000.0).await;
    let body = r#"{"instance_type":"1xH100","tp_cluster_name":"a"}"#;
    let create = get("/cluster/create").replace("GET", "POST").replace("\r\n\r\n", "\r\ncontent-length: ");
    let (answer, _) = talk(&server, format!("{create}{}\r\n\r\n{body}", body.len())).await;
    let request = answer.split("\"request_id\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (answer, _) = talk(&server, get(&format!("/request/info/{request}"))).await;
    assert!(answer.contains("retry-after: 1\r\n"), "{answer}");
    tokio::time::sleep(Duration::from_millis(150)).await;
    let (answer, _) = talk(&server, get("/cluster/info/a")).await;
    assert!(answer.contains("\"RUNNING\""), "{answer}");
}

#[tokio::test]
async fn faults_are_real() {
    let emulator = Emulator::new(config());
    let server = start(&emulator, 1.0).await;
    let script = emulator.script();
    for fault in [Fault::NotSent, Fault::CutBefore, Fault::CutAfter] {
        script.add(Rule::any(fault));
        let (answer, _) = talk(&server, get("/me")).await;
        assert_eq!(answer, "");
    }
    script.add(Rule::any(Fault::ResetAfter(5)));
    let (answer, end) = talk(&server, get("/me")).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 39"), "{head}");
    assert_eq!(body, r#"{"uid"#);
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);

    script.add(Rule::any(Fault::ShortBody));
    let (answer, end) = talk(&server, get("/me")).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 39") && body.len() == 19, "{answer}");
    assert!(end.is_ok(), "it closes in good order: {end:?}");

    for fault in [Fault::ShortBody, Fault::ResetAfter(0)] {
        script.add(Rule::any(Fault::change(|_| http::Response::default())));
        script.add(Rule::any(fault.clone()));
        assert!(talk(&server, get("/me")).await.0.starts_with("HTTP/1.1 200"), "the first rule decides");
        let (answer, _) = talk(&server, get("/me")).await;
        assert!(!answer.ends_with('}'), "{fault:?}: {answer}");
    }
    let enabled = get("/object-storage/enable").replace("GET", "POST");
    let created = get("/object-storage/bucket/create/data").replace("GET", "PUT");
    let deleted = get("/object-storage/bucket/delete/data").replace("GET", "DELETE");
    assert!(talk(&server, enabled).await.0.starts_with("HTTP/1.1 200"));
    assert!(talk(&server, created).await.0.starts_with("HTTP/1.1 201"));
    script.add(Rule::on("bucket.delete", Fault::ShortBody));
    assert_eq!(talk(&server, deleted).await.0, "", "an empty answer that is broken is no answer");

    script.add(Rule::any(Fault::Delay(Duration::from_millis(80))));
    let before = Instant::now();
    assert!(talk(&server, get("/me")).await.0.starts_with("HTTP/1.1 200"));
    assert!(before.elapsed() >= Duration::from_millis(80));
    assert_eq!(script.unfired(), Vec::<String>::new());
    assert!(talk(&server, get("/me")).await.0.starts_with("HTTP/1.1 200"), "and then all is well");
}

#[tokio::test]
async fn a_stall_ends_when_the_server_does() {
    let emulator = Emulator::new(config());
    let server = start(&emulator, 1.0).await;
    let stall = emulator.script().add(Rule::any(Fault::Stall));
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.write_all(get("/me").as_bytes()).await.unwrap();
    let mut buffer = [0; 16];
    let silence = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut buffer)).await;
    assert!(silence.is_err());
    assert_eq!(stall.fired(), 1);
    let before = Instant::now();
    server.shutdown().await;
    assert!(before.elapsed() < Duration::from_secs(1));
    assert!(!matches!(stream.read(&mut buffer).await, Ok(1..)));
}

#[tokio::test]
async fn signed_urls_lead_to_the_server() {
    let emulator = Emulator::new(config());
    let id = emulator
        .with_engine(|engine| engine.add_job(NewJob::new(JobStatus::Completed).file("a.txt", "hello")));
    let server = start(&emulator, 1.0).await;
    let host = format!("host: {}", server.local_addr());
    let (answer, _) = talk(&server, get(&format!("/job/pull/{id}")).replace("host: 127.0.0.1", &host)).await;
    let url = answer.split("\"a.txt\":\"").nth(1).unwrap().split('"').next().unwrap();
    let path = url.strip_prefix(&server.url()).unwrap();
    let bare = |path: &str| get(path).replace("authorization: Bearer tp-ada\r\n", "");
    let (answer, _) = talk(&server, bare(path)).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nhello"), "{answer}");
}

#[tokio::test]
async fn it_refuses_what_is_too_large_or_too_open() {
    let server = start(&Emulator::new(config()), 1.0).await;
    let post =
        get("/health").replace("GET", "POST").replace("\r\n\r\n", "\r\ncontent-length: 16777217\r\n\r\n");
    let (answer, _) = talk(&server, post + &"x".repeat(16 * 1024 * 1024 + 1)).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    let open = ([0, 0, 0, 0], 0).into();
    let refused = Server::bind(open, Emulator::new(config()), ServerOptions::default()).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let options = ServerOptions::default().time_scale(scale);
        let refused = Server::bind(([127, 0, 0, 1], 0).into(), Emulator::new(config()), options).await;
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }
}
