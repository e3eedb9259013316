//! `Server`: the emulator on a socket.

mod body;
mod socket;
mod wire;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderValue, Response, StatusCode};
use tensorpool_core::Time;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::answer::said;
use crate::emulator::{Answer, Delivery, Emulator};
use body::Broken;
use wire::{Line, Listener};

/// The largest body a request may have.
const LARGEST_BODY: usize = 16 * 1024 * 1024;
/// How long a shutdown waits for answers that are still being sent.
const GRACE: Duration = Duration::from_secs(2);

/// How a [`Server`] runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// How fast virtual time passes: at 60, a minute in a second. 1 by default.
    pub time_scale: f64,
    /// Whether others than this machine may connect. Anybody who knows a token can then use the engine, so it is
    /// false by default; set it only with tokens that the user chose.
    pub allow_remote: bool,
    /// Whether jobs that are pushed are really run, on this machine and as the user who runs the server: whoever knows a
    /// token can run anything. False by default; only on an address that no other machine reaches, and only on Unix with
    /// rsync installed.
    pub run_jobs: bool,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self { time_scale: 1.0, allow_remote: false, run_jobs: false }
    }
}

impl ServerOptions {
    /// Sets how fast virtual time passes.
    #[must_use]
    pub fn time_scale(mut self, scale: f64) -> Self {
        self.time_scale = scale;
        self
    }

    /// Sets whether others than this machine may connect.
    #[must_use]
    pub fn allow_remote(mut self, allow: bool) -> Self {
        self.allow_remote = allow;
        self
    }

    /// Sets whether jobs are really run.
    #[must_use]
    pub fn run_jobs(mut self, run: bool) -> Self {
        self.run_jobs = run;
        self
    }
}

/// An emulator that answers HTTP/1.1 on a socket. It stops when it is dropped.
///
/// Scripted faults become what they are on a socket: a stall answers nothing until the client gives up, a reset breaks
/// the connection in the middle of the body. Only [`NotSent`](crate::Fault::NotSent) cannot be done, as the connection
/// is there already: it is closed at once.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
    runner: Option<JoinHandle<()>>,
}

/// What every request needs.
#[derive(Clone)]
struct Shared {
    emulator: Emulator,
    watch: Watch,
    runs_jobs: bool,
    stop: watch::Receiver<bool>,
}

/// Virtual time, as it passes on the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    started: Instant,
    scale: f64,
}

impl Watch {
    pub(crate) fn now(&self) -> Time {
        Time::since_epoch(self.started.elapsed().mul_f64(self.scale))
    }

    /// How long it is until then in real time. A moment more, so that it is not too early by a rounding.
    fn until(&self, then: Time) -> Duration {
        then.since(self.now()).div_f64(self.scale) + Duration::from_micros(1)
    }
}

impl Server {
    /// Listens on `address`; port 0 is any free port. Needs a running tokio runtime.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::PermissionDenied`] for an address that other machines reach, unless the options allow it and no
    /// jobs are run; [`io::ErrorKind::NotFound`] if they are and there is no rsync;
    /// [`io::ErrorKind::Unsupported`] if they are and this is not Unix;
    /// [`io::ErrorKind::InvalidInput`] for a time scale that is not a positive number up to a million; what the
    /// operating system says otherwise.
    pub async fn bind(address: SocketAddr, emulator: Emulator, options: ServerOptions) -> io::Result<Self> {
        if !address.ip().is_loopback() && options.run_jobs {
            let message =
                format!("{} can be reached from other machines, who could run programs", address.ip());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        if !address.ip().is_loopback() && !options.allow_remote {
            let message =
                format!("{} can be reached from other machines; choose a key of your own", address.ip());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
        let scale = options.time_scale;
        // Written so that NaN is refused too.
        if !(scale > 0.0 && scale <= 1e6) {
            let message = "the time scale must be more than 0 and at most 1000000";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let watch = Watch { started: Instant::now(), scale };
        let runner = match options.run_jobs {
            true => Some(run_jobs(emulator.clone(), watch, stopped.clone()).await?),
            false => None,
        };
        let shared = Shared { emulator, watch, runs_jobs: options.run_jobs, stop: stopped.clone() };
        let service = Router::new().fallback(answer).with_state(shared);
        let service = service.into_make_service_with_connect_info::<Line>();
        let task = tokio::spawn(async move {
            let serve = axum::serve(Listener(listener), service);
            // It never fails: the listener retries what can be retried.
            let _ = serve.with_graceful_shutdown(until(stopped)).await;
        });
        Ok(Self { address, stop, task: Some(task), runner })
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL, such as `http://127.0.0.1:8000`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops, once the answers that are being sent have been sent; after two seconds in any case.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it stops all the same, and nobody waits for it.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(mut task) = self.task.take() {
            if tokio::time::timeout(GRACE, &mut task).await.is_err() {
                task.abort();
            }
        }
        if let Some(mut runner) = self.runner.take() {
            if tokio::time::timeout(GRACE, &mut runner).await.is_err() {
                runner.abort();
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

#[cfg(unix)]
async fn run_jobs(
    emulator: Emulator,
    watch: Watch,
    stop: watch::Receiver<bool>,
) -> io::Result<JoinHandle<()>> {
    let runner = crate::runner::Runner::start(emulator, watch).await?;
    Ok(tokio::spawn(runner.run(stop)))
}

#[cfg(not(unix))]
async fn run_jobs(_: Emulator, _: Watch, _: watch::Receiver<bool>) -> io::Result<JoinHandle<()>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "jobs can be run on Unix only"))
}

/// Waits for the stop.
async fn until(mut stop: watch::Receiver<bool>) {
    // An error is a server that is gone, which is a stop too.
    let _ = stop.wait_for(|stopped| *stopped).await;
}

impl Shared {
    /// Virtual seconds as real ones, for those who wait in real time.
    fn real_retry_after(&self, response: &mut Response<Body>) {
        let virtual_seconds =
            response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse::<u32>().ok());
        if let Some(seconds) = virtual_seconds.filter(|seconds| *seconds > 0) {
            let real = (f64::from(seconds) / self.watch.scale).ceil().max(1.0) as u64;
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(real));
        }
    }
}

async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response<Body> {
    if socket::is_wanted(&request) {
        return socket::open(shared, line, request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return said(StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 16 MiB").map(Body::from);
    };
    let request = http::Request::from_parts(parts, body);
    let answer = shared.emulator.answer(shared.watch.now(), &request);
    deliver(&shared, line, answer).await
}

/// Lets happen to an answer what happens to it on its way.
async fn deliver(shared: &Shared, line: Line, answer: Answer) -> Response<Body> {
    let (parts, body) = answer.response.into_parts();
    let respond = |body: Body| {
        let mut response = Response::from_parts(parts, body);
        shared.real_retry_after(&mut response);
        response
    };
    match answer.delivery {
        Delivery::Whole => respond(Body::from(body)),
        Delivery::After(delay) => {
            tokio::select! {
                () = tokio::time::sleep(delay.div_f64(shared.watch.scale)) => respond(Body::from(body)),
                () = until(shared.stop.clone()) => cut(&line),
            }
        }
        Delivery::NotSent | Delivery::Cut => cut(&line),
        // If the client goes away first, this future is dropped.
        Delivery::Never => {
            until(shared.stop.clone()).await;
            cut(&line)
        }
        // There is no body to break.
        Delivery::Reset(_) | Delivery::Short(_) if body.is_empty() => cut(&line),
        Delivery::Reset(bytes) => broken(respond(Body::empty()), &body, bytes, Some(line)),
        Delivery::Short(bytes) => broken(respond(Body::empty()), &body, bytes, None),
    }
}

/// Breaks the connection; the answer gets nowhere.
fn cut(line: &Line) -> Response<Body> {
    line.cut();
    Response::new(Body::empty())
}

fn broken(response: Response<Body>, body: &Bytes, bytes: usize, cut: Option<Line>) -> Response<Body> {
    let mut response = response.map(|_| Body::new(Broken::new(body.slice(..bytes.min(body.len())), cut)));
    let announced = HeaderValue::from(body.len());
    response.headers_mut().insert(http::header::CONTENT_LENGTH, announced);
    response
}
