//! Over real sockets, with each adapter: the emulator's files, and a host that cuts.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tensorpool_client::core::model::JobStatus;
use tensorpool_client::core::transfer::{Progress, TransferPolicy};
use tensorpool_client::core::{Bytes, JobId};
use tensorpool_client::download::{Download, Pulled, Report};
use tensorpool_client::{BodyTransport, Client};
use tensorpool_emulator::{Config, Emulator, NewJob, Server, ServerOptions};
use tensorpool_hyper::{HyperTransport, PlainConnector};
use tensorpool_reqwest::ReqwestTransport;

use crate::host::{bytes, scratch, tree};

pub(crate) const TOKEN: &str = "tp-token";

pub(crate) fn hyper() -> HyperTransport<PlainConnector> {
    HyperTransport::from_connector(PlainConnector::plain(&Default::default()))
}

fn reqwest() -> ReqwestTransport {
    ReqwestTransport::configure(reqwest::Client::builder()).no_proxy().build().unwrap().into()
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// An emulator on loopback with a job that has ended and left these files.
pub(crate) async fn emulator(files: &[(&str, Bytes)], lifetime: Duration) -> (Server, Emulator, JobId) {
    let emulator = Emulator::new(Config::single_user(TOKEN).unwrap().url_lifetime(lifetime));
    let job = files
        .iter()
        .fold(NewJob::new(JobStatus::Completed), |job, (name, data)| job.file(*name, data.clone()));
    let job = emulator.with_engine(|engine| engine.add_job(job));
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind(address, emulator.clone(), ServerOptions::default()).await.unwrap();
    (server, emulator, job)
}

pub(crate) async fn pull<T: BodyTransport>(
    transport: T,
    url: &str,
    job: &JobId,
    download: Download,
) -> Report {
    let client = Client::builder().token(TOKEN).base_url(url).build_with(transport).unwrap();
    match client.jobs().download(job, download).await.unwrap() {
        Pulled::Files(mut files) => {
            let mut ended = 0;
            while let Some(progress) = files.next().await {
                ended += usize::from(matches!(progress, Progress::Ended { .. }));
            }
            let report = files.report();
            assert_eq!(ended, report.files.len(), "each file's end is shown once");
            report
        }
        other => panic!("{other:?}"),
    }
}

fn outputs_arrive<T: BodyTransport + Clone>(transport: impl FnOnce() -> T) {
    runtime().block_on(async {
        let transport = transport();
        let (small, big) = (bytes(64 * 1024), bytes(20 * 1024 * 1024));
        let files = [("empty", Bytes::new()), ("ünï/small name", small.clone()), ("big", big.clone())];
        let (server, _emulator, job) = emulator(&files, Duration::from_secs(3600)).await;
        let dir = scratch();
        let report = pull(transport.clone(), &server.url(), &job, Download::into(dir.path())).await;
        assert!(report.is_complete(), "{report:?}");
        for (name, data) in &files {
            assert!(std::fs::read(dir.path().join(name)).unwrap() == *data, "{name}");
        }
        assert_eq!(tree(dir.path()).len(), 3, "nothing else is left");
        let again = pull(transport, &server.url(), &job, Download::into(dir.path())).await;
        assert!(again.is_complete() && again.bytes() == 0, "all are skipped: {again:?}");
        server.shutdown().await;
    });
}

/// A host of one file that answers ranges as a store would, and cuts each connection after a while: in order, by a reset, or
/// not at all.
struct Cutter {
    address: SocketAddr,
    cuts: Arc<AtomicUsize>,
}

impl Cutter {
    fn start(data: Bytes) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&cuts);
        // The threads end with the test's process.
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (data, cuts) = (data.clone(), Arc::clone(&counted));
                std::thread::spawn(move || serve(stream.unwrap(), &data, number, &cuts));
            }
        });
        Self { address, cuts }
    }
}

fn serve(mut stream: TcpStream, data: &Bytes, number: usize, cuts: &AtomicUsize) {
    let mut head = Vec::new();
    let mut budget = 90_000 + number * 7_919 % 200_000;
    loop {
        head.clear();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match stream.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                _ => return,
            }
        }
        let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
        if text.starts_with("get /job/pull/") {
            let url = format!("http://{}/file?signature=canary", stream.local_addr().unwrap());
            let body = serde_json::json!({ "message": "ok", "download_map": { "a": url } }).to_string();
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
            continue;
        }
        assert!(!text.contains("authorization"), "the token has no business here");
        let range = text.lines().find_map(|line| line.strip_prefix("range: bytes=")).unwrap();
        let (first, last) = range.trim().split_once('-').unwrap();
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        let end = (last + 1).min(data.len());
        let head = format!(
            "HTTP/1.1 206 Partial\r\netag: \"v1\"\r\ncontent-length: {}\r\ncontent-range: bytes {first}-{}/{}\r\n\r\n",
            end - first,
            end - 1,
            data.len()
        );
        let sent = (end - first).min(budget);
        let _ = stream.write_all(head.as_bytes());
        let _ = stream.write_all(&data[first..first + sent]);
        budget -= sent;
        if sent < end - first {
            cuts.fetch_add(1, Ordering::SeqCst);
            if number % 2 == 0 {
                // What lies unread in the socket makes of the close a reset; nothing unread, an end in order.
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
            return;
        }
    }
}

fn cuts_are_gone_on_with<T: BodyTransport + Clone>(transport: impl FnOnce() -> T) {
    runtime().block_on(async {
        let data = bytes(3 * 1024 * 1024);
        let cutter = Cutter::start(data.clone());
        let dir = scratch();
        let mut policy = TransferPolicy::default();
        policy.part = 256 * 1024;
        policy.retry.max_delay = Duration::from_millis(20);
        policy.retry.attempts = 20;
        let url = format!("http://{}", cutter.address);
        let download = Download::into(dir.path()).policy(policy);
        let report = pull(transport(), &url, &JobId::from("j-1"), download).await;
        assert!(report.is_complete(), "{report:?}");
        assert!(std::fs::read(dir.path().join("a")).unwrap() == data);
        assert!(cutter.cuts.load(Ordering::SeqCst) > 5, "it was cut");
        assert!(!format!("{report:?}").contains("canary"));
    });
}

fn short_lived_urls_are_renewed<T: BodyTransport + Clone>(transport: impl FnOnce() -> T) {
    runtime().block_on(async {
        let data = bytes(100_000);
        // Good until the second after the one in which they were made.
        let (server, _emulator, job) = emulator(&[("a", data.clone())], Duration::from_secs(1)).await;
        let client = Client::builder().token(TOKEN).base_url(server.url()).build_with(transport()).unwrap();
        let dir = scratch();
        let Pulled::Files(mut files) =
            client.jobs().download(&job, Download::into(dir.path())).await.unwrap()
        else {
            panic!("files")
        };
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        let mut renewed = 0;
        while let Some(progress) = files.next().await {
            renewed += usize::from(progress == Progress::Refresh);
        }
        assert!(files.report().is_complete() && renewed == 1);
        assert!(std::fs::read(dir.path().join("a")).unwrap() == data);
    });
}

macro_rules! on_each_adapter {
    ($($case:ident),+) => {
        mod on_hyper { $(#[test] fn $case() { super::$case(super::hyper); })+ }
        mod on_reqwest { $(#[test] fn $case() { super::$case(super::reqwest); })+ }
    };
}
on_each_adapter!(outputs_arrive, cuts_are_gone_on_with, short_lived_urls_are_renewed);
