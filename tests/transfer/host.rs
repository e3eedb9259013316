//! A host of files and the engine that points at it, in one transport, in virtual time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tensorpool_client::core::flow::RetryPolicy;
use tensorpool_client::core::http::{HeaderMap, Request, Response};
use tensorpool_client::core::transfer::TransferPolicy;
use tensorpool_client::core::{Bytes, Time, TransportError};
use tensorpool_client::download::{Download, Downloading, Pulled, Report};
use tensorpool_client::{Body, BodyTransport, Client, Transport};
use tensorpool_emulator::Clock;

/// What the host does with one request for a file.
pub(crate) struct Answer {
    pub(crate) head: Result<Response<()>, TransportError>,
    pub(crate) after: Duration,
    pub(crate) body: Vec<Step>,
}

/// What comes next of a body; after the last one, its end.
pub(crate) enum Step {
    Bytes(Bytes),
    Wait(Duration),
    /// The connection is reset.
    Reset,
    /// Nothing, for ever.
    Stall,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: &[(&'static str, &str)], body: impl Into<Bytes>) -> Self {
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let head = Ok(response.body(()).unwrap());
        Self { head, after: Duration::ZERO, body: vec![Step::Bytes(body.into())] }
    }

    pub(crate) fn fails(error: TransportError) -> Self {
        Self { head: Err(error), after: Duration::ZERO, body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.head.as_mut().unwrap().headers_mut().insert(name, value.parse().unwrap());
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.head.as_mut().unwrap().headers_mut().remove(name);
        self
    }

    pub(crate) fn after(mut self, wait: Duration) -> Self {
        self.after = wait;
        self
    }

    /// The first `bytes` of its body, and then this.
    pub(crate) fn cut(mut self, bytes: usize, then: Option<Step>) -> Self {
        let Some(Step::Bytes(whole)) = self.body.pop() else { panic!("it has a body") };
        self.body = vec![Step::Bytes(whole.slice(..bytes.min(whole.len())))];
        self.body.extend(then);
        self
    }

    /// Its body in pieces of `size` bytes, this far apart.
    pub(crate) fn trickle(mut self, size: usize, gap: Duration) -> Self {
        let Some(Step::Bytes(whole)) = self.body.pop() else { panic!("it has a body") };
        for piece in whole.chunks(size) {
            self.body.push(Step::Wait(gap));
            self.body.push(Step::Bytes(Bytes::copy_from_slice(piece)));
        }
        self
    }
}

/// What an object store answers.
pub(crate) fn store(data: &Bytes, etag: &str, request: &Request<Bytes>) -> Answer {
    let header = |name| request.headers().get(name).and_then(|value: &_| value.to_str().ok());
    let size = data.len();
    let same = header("if-range").is_none_or(|tag| tag == etag);
    let base = [("etag", etag), ("accept-ranges", "bytes")];
    let Some(range) = header("range").filter(|_| same) else {
        return Answer::new(200, &base, data.clone()).header("content-length", &size.to_string());
    };
    let (first, last) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let first: usize = first.parse().unwrap();
    let end = last.parse::<usize>().map_or(size, |last| (last + 1).min(size));
    if first >= size {
        return Answer::new(416, &[], "").header("content-range", &format!("bytes */{size}"));
    }
    Answer::new(206, &base, data.slice(first..end))
        .header("content-length", &(end - first).to_string())
        .header("content-range", &format!("bytes {first}-{}/{size}", end - 1))
}

type Serve = dyn FnMut(usize, &Request<Bytes>) -> Answer + Send;

/// The transport. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) clock: Clock,
    stalled: Arc<AtomicBool>,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    /// Asked with each pull of the map, the number of which it is told.
    map: Box<dyn FnMut(usize) -> String + Send>,
    pulls: usize,
    serve: Box<Serve>,
    requests: usize,
    log: String,
}

impl Host {
    /// An engine whose map has these names, each at a URL of its own, served by `serve`: it is told which request it is,
    /// from 0, over all files.
    pub(crate) fn new(
        names: &[&str],
        serve: impl FnMut(usize, &Request<Bytes>) -> Answer + Send + 'static,
    ) -> Self {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        Self::with_map(
            move |pull| {
                let url = |at: usize| format!("https://files.example/{at}?signature=canary-{pull}");
                let map: BTreeMap<_, _> =
                    names.iter().enumerate().map(|(at, name)| (name.clone(), url(at))).collect();
                serde_json::json!({ "message": "ok", "download_map": map }).to_string()
            },
            serve,
        )
    }

    pub(crate) fn with_map(
        map: impl FnMut(usize) -> String + Send + 'static,
        serve: impl FnMut(usize, &Request<Bytes>) -> Answer + Send + 'static,
    ) -> Self {
        let inner =
            Inner { map: Box::new(map), pulls: 0, serve: Box::new(serve), requests: 0, log: String::new() };
        Self { clock: Clock::new(), stalled: Arc::default(), inner: Arc::new(Mutex::new(inner)) }
    }

    pub(crate) fn client(&self) -> Client<Self> {
        let builder = Client::builder().token("tp-token-canary").base_url("https://engine.example");
        builder.retry(RetryPolicy::default()).build_with(self.clone()).unwrap()
    }

    /// How many requests for files there were.
    pub(crate) fn requests(&self) -> usize {
        self.inner.lock().unwrap().requests
    }

    pub(crate) fn pulls(&self) -> usize {
        self.inner.lock().unwrap().pulls
    }

    pub(crate) fn log(&self, line: &str) {
        let at = (self.now().elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        writeln!(self.inner.lock().unwrap().log, "{at}s {line}").unwrap();
    }

    pub(crate) fn take_log(&self) -> String {
        std::mem::take(&mut self.inner.lock().unwrap().log)
    }

    pub(crate) async fn begin(&self, download: Download) -> Downloading<Self> {
        match self.client().jobs().download("j-1", download).await.unwrap() {
            Pulled::Files(files) => *files,
            _ => panic!("not files"),
        }
    }

    /// Downloads to the end, and what became of it.
    pub(crate) fn run(&self, download: Download) -> Report {
        smol::block_on(async { self.begin(download).await.done().await })
    }

    /// Downloads as far as a body that stalls, and returns the download as it is then.
    pub(crate) fn run_to_stall(&self, download: Download) -> Downloading<Self> {
        smol::block_on(async {
            let mut files = self.begin(download).await;
            let mut all = Box::pin(async { while files.next().await.is_some() {} });
            while !self.stalled.swap(false, Ordering::SeqCst) {
                assert!(smol::future::poll_once(&mut all).await.is_none(), "it never stalled");
            }
            drop(all);
            files
        })
    }

    /// Downloads to the end, and writes down what happened.
    pub(crate) fn transcript(&self, dir: &Path, download: Download) -> String {
        let report = smol::block_on(async {
            let mut files = self.begin(download).await;
            while let Some(progress) = files.next().await {
                self.log(&format!("SHOW {progress}"));
            }
            files.report()
        });
        let mut lines = self.take_log();
        for file in &report.files {
            writeln!(lines, "FATE {:?}: {}", file.name, file.fate).unwrap();
        }
        for (path, size) in tree(dir) {
            writeln!(lines, "DISK {path:?} {size} bytes").unwrap();
        }
        assert!(!lines.contains("canary"), "a secret is shown:\n{lines}");
        assert!(!format!("{report:?}").contains("canary"), "a secret is shown: {report:?}");
        lines
    }
}

/// A directory of its own, in memory where that is possible: some tests make many thousand files, and each is synced.
pub(crate) fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Small parts, one lane: a transcript that can be read.
pub(crate) fn simple(dir: &Path) -> Download {
    let mut policy = TransferPolicy::default();
    (policy.part, policy.lanes, policy.files) = (40, 1, 1);
    Download::into(dir).policy(policy)
}

/// All files below a directory, temporary ones too.
pub(crate) fn tree(dir: &Path) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(next) = dirs.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            if metadata.is_dir() {
                dirs.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                all.insert(name, metadata.len());
            }
        }
    }
    all
}

/// Bytes that differ from place to place.
pub(crate) fn bytes(size: usize) -> Bytes {
    let mut state = 0x9e37_79b9_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..size).map(|_| next()).collect::<Vec<u8>>().into()
}

impl Transport for Host {
    async fn send(&self, request: Request<Bytes>, _: Duration) -> Result<Response<Bytes>, TransportError> {
        assert_eq!(request.uri().path(), "/job/pull/j-1");
        self.log("SEND GET /job/pull/j-1");
        let mut inner = self.inner.lock().unwrap();
        let pull = inner.pulls;
        inner.pulls += 1;
        let answer = (inner.map)(pull);
        Ok(Response::new(answer.into()))
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        self.clock.sleep(duration)
    }

    fn now(&self) -> Time {
        self.clock.now()
    }

    fn entropy(&self) -> u64 {
        7
    }
}

impl BodyTransport for Host {
    type Body = Steps;

    async fn open(
        &self,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<Steps>, TransportError> {
        self.clock.touch();
        let headers = request.headers();
        assert!(!headers.contains_key("authorization"), "the token has no business at a file's host");
        assert_eq!(headers["accept-encoding"], "identity");
        let answer = {
            let mut inner = self.inner.lock().unwrap();
            let number = inner.requests;
            inner.requests += 1;
            (inner.serve)(number, &request)
        };
        self.log(&format!("OPEN {}{}", request.uri().path(), shown(headers, &["range", "if-range"])));
        if answer.after > limit {
            self.clock.sleep(limit).await;
            self.log("  is late");
            return Err(TransportError::timed_out("no answer in time"));
        }
        self.clock.sleep(answer.after).await;
        match answer.head {
            Ok(response) => {
                let shown = shown(
                    response.headers(),
                    &[
                        "content-range",
                        "content-length",
                        "etag",
                        "content-encoding",
                        "retry-after",
                        "location",
                    ],
                );
                self.log(&format!("  answers {}{shown}", response.status().as_u16()));
                let mut steps = answer.body;
                steps.reverse();
                Ok(response.map(|()| Steps {
                    steps,
                    clock: self.clock.clone(),
                    stalled: Arc::clone(&self.stalled),
                }))
            }
            Err(error) => {
                self.log(&format!("  {error}"));
                Err(error)
            }
        }
    }
}

fn shown(headers: &HeaderMap, names: &[&str]) -> String {
    let value = |name: &&str| Some(format!(", {name}: {}", headers.get(*name)?.to_str().ok()?));
    names.iter().filter_map(value).collect()
}

/// A scripted body, its last step first.
pub(crate) struct Steps {
    steps: Vec<Step>,
    clock: Clock,
    stalled: Arc<AtomicBool>,
}

impl Body for Steps {
    async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        loop {
            match self.steps.last() {
                None => return Ok(None),
                Some(Step::Stall) => {
                    self.stalled.store(true, Ordering::SeqCst);
                    std::future::pending().await
                }
                Some(Step::Reset) => return Err(TransportError::interrupted("connection reset")),
                Some(Step::Wait(wait)) => {
                    self.clock.sleep(*wait).await;
                    self.steps.pop();
                }
                Some(Step::Bytes(_)) => {
                    self.clock.touch();
                    if let Some(Step::Bytes(bytes)) = self.steps.pop() {
                        if !bytes.is_empty() {
                            return Ok(Some(bytes));
                        }
                    }
                }
            }
        }
    }
}

/// Writes the transcript down as the snapshot of this name.
macro_rules! assert_transcript {
    ($name:expr, $transcript:expr) => {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots" }, {
            insta::assert_snapshot!($name, $transcript);
        });
    };
}
pub(crate) use assert_transcript;
