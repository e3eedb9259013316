//! A transport on smol: hyper's HTTP/1.1 over smol's sockets, a connection for each request.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use smol::future::or;
use smol::net::TcpStream;
use smol_hyper::rt::FuturesIo;
use tensorpool_client::Transport;
use tensorpool_client::core::http::header::HOST;
use tensorpool_client::core::http::{HeaderValue, Request, Response};
use tensorpool_client::core::{Bytes, Time, TransportError};

type Answer = Result<Response<Bytes>, TransportError>;

/// smol's sockets, without TLS: wrap the stream with `futures-rustls` for that.
#[derive(Clone, Debug)]
pub(crate) struct SmolTransport {
    epoch: Instant,
}

impl SmolTransport {
    pub(crate) fn new() -> Self {
        Self { epoch: Instant::now() }
    }
}

impl Transport for SmolTransport {
    async fn send(&self, request: Request<Bytes>, limit: Duration) -> Answer {
        let too_late = async {
            smol::Timer::after(limit).await;
            Err(TransportError::timed_out("no answer in time"))
        };
        or(exchange(request), too_late).await
    }

    async fn sleep(&self, duration: Duration) {
        smol::Timer::after(duration).await;
    }

    fn now(&self) -> Time {
        Time::since_epoch(self.epoch.elapsed())
    }

    fn entropy(&self) -> u64 {
        fastrand::u64(..)
    }
}

async fn exchange(mut request: Request<Bytes>) -> Answer {
    if request.uri().scheme_str() != Some("http") {
        return Err(TransportError::not_sent("this transport has no TLS"));
    }
    let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).parse();
    *request.uri_mut() = path.map_err(|error| TransportError::not_sent("no path").with_source(error))?;
    let host =
        HeaderValue::from_str(&authority).map_err(|e| TransportError::not_sent("no host").with_source(e))?;
    request.headers_mut().insert(HOST, host);

    // Until there is a connection, nothing was sent; from then on, who knows.
    let stream = TcpStream::connect(&authority).await;
    let stream = stream.map_err(|error| TransportError::not_sent(error.to_string()).with_source(error))?;
    let broken = |error: hyper::Error| TransportError::interrupted(error.to_string()).with_source(error);
    let (mut sender, connection) = http1::handshake(FuturesIo::new(stream)).await.map_err(broken)?;
    let receive = async {
        let (parts, body) = sender.send_request(request.map(Full::new)).await.map_err(broken)?.into_parts();
        let body = Limited::new(body, 16 * 1024 * 1024).collect().await;
        let body = body.map_err(|error| TransportError::interrupted(error.to_string()).with_source(error))?;
        Ok(Response::from_parts(parts, body.to_bytes()))
    };
    let drive = async {
        // Its end is seen by `receive` too, which knows better what it means.
        let _ = connection.await;
        smol::future::pending().await
    };
    or(receive, drive).await
}
