//! The far end: a TCP server that does to each connection what a case says, and counts.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// What it does once a request has been read.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// Writes these bytes and keeps the connection.
    Writes(Vec<u8>),
    /// Writes these bytes and closes.
    WritesAndCloses(Vec<u8>),
    /// Writes these bytes one by one, this far apart, and keeps the connection.
    Trickles(Vec<u8>, Duration),
    /// Writes these bytes and then nothing, the connection open.
    WritesAndStalls(Vec<u8>),
    /// Writes these bytes, waits, and closes the idle connection.
    WritesAndClosesLater(Vec<u8>, Duration),
    /// Resets the connection.
    Resets,
}

/// An answer with this status and JSON body.
pub(crate) fn json(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

pub(crate) const ME: &str = r#"{"email":"ada@example.com"}"#;

#[derive(Clone)]
pub(crate) struct Far {
    pub(crate) addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Far {
    /// Does `first`, then the others in their order, the last again and again; one for each request, over all connections.
    pub(crate) async fn start(does: impl IntoIterator<Item = Does>) -> Self {
        Self::start_at("127.0.0.1:0", does).await
    }

    pub(crate) async fn start_at(addr: &str, does: impl IntoIterator<Item = Does>) -> Self {
        let listener = TcpListener::bind(addr).await.unwrap();
        let far = Self {
            addr: listener.local_addr().unwrap(),
            connections: Arc::default(),
            requests: Arc::default(),
        };
        let script: Arc<Vec<Does>> = Arc::new(does.into_iter().collect());
        let accepting = far.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepting.connections.fetch_add(1, Ordering::SeqCst);
                let (far, script) = (accepting.clone(), Arc::clone(&script));
                tokio::spawn(async move { far.serve_tcp(stream, &script).await });
            }
        });
        far
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// How many connections were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The heads of all requests that were read whole.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    async fn serve_tcp(&self, mut stream: tokio::net::TcpStream, script: &[Does]) {
        stream.set_nodelay(true).unwrap();
        if self.serve(&mut stream, script).await == After::Reset {
            // Closing with data to linger for and no time to do it is a reset.
            #[allow(deprecated, reason = "a linger of zero never blocks")]
            stream.set_linger(Some(Duration::ZERO)).unwrap();
        }
    }

    /// Serves one connection, over TCP or TLS.
    pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut S,
        script: &[Does],
    ) -> After {
        while let Some(head) = read_request(stream).await {
            let at = {
                let mut requests = self.requests.lock().unwrap();
                requests.push(head);
                requests.len() - 1
            };
            let Some(does) = script.get(at).or(script.last()) else { return After::Close };
            match does.clone() {
                Does::Writes(bytes) => drop(stream.write_all(&bytes).await),
                Does::WritesAndCloses(bytes) => {
                    drop(stream.write_all(&bytes).await);
                    drop(stream.shutdown().await);
                    return After::Close;
                }
                Does::Trickles(bytes, gap) => {
                    for byte in bytes {
                        if stream.write_all(&[byte]).await.is_err() {
                            return After::Close;
                        }
                        tokio::time::sleep(gap).await;
                    }
                }
                Does::WritesAndStalls(bytes) => {
                    drop(stream.write_all(&bytes).await);
                    // Until the client goes away.
                    let _ = stream.read(&mut [0; 64]).await;
                    return After::Close;
                }
                Does::WritesAndClosesLater(bytes, wait) => {
                    drop(stream.write_all(&bytes).await);
                    tokio::time::sleep(wait).await;
                    drop(stream.shutdown().await);
                    return After::Close;
                }
                Does::Resets => return After::Reset,
            }
        }
        After::Close
    }

    /// Counts a connection that is served elsewhere.
    pub(crate) fn count_connection(&self) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }

    /// One whose connections are accepted elsewhere.
    pub(crate) fn unserved(addr: SocketAddr) -> Self {
        Self { addr, connections: Arc::default(), requests: Arc::default() }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum After {
    Close,
    Reset,
}

/// Reads a head and the body its length announces; `None` if the client closes first.
pub(crate) async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break String::from_utf8_lossy(&bytes[..end]).into_owned();
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
        }
    };
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok()
        })
        .unwrap_or(0);
    let mut left = length.saturating_sub(bytes.len() - head.len() - 4);
    while left > 0 {
        let mut chunk = vec![0; left.min(4096)];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => left -= n,
        }
    }
    Some(head)
}
