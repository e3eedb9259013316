//! A WebSocket server on a real socket, which does to each connection what a case says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tungstenite::handshake::derive_accept_key;

/// What it does on one connection, once the handshake is read.
#[derive(Clone)]
pub(crate) enum Does {
    /// Answers with this in place of 101.
    Refuses(&'static str),
    /// Answers 101 to another handshake.
    AgreesToAnother,
    /// Takes the connection and does these things.
    Opens(Vec<Step>),
}

#[derive(Clone)]
pub(crate) enum Step {
    /// Waits for so many text frames more.
    Reads(usize),
    /// Sends a text frame.
    Says(String),
    /// Writes these bytes as they are.
    Writes(Vec<u8>),
    /// Sends pings this far apart until a text frame comes, and expects a pong for each.
    PingsUntilItHears(Duration),
    /// Sends a close frame and waits for the one in return.
    Closes(u16, &'static str),
    /// Ends the connection without a word.
    Drops,
    /// Stays, and reads nothing.
    Stays,
}

/// A frame whole, unmasked, as a server sends it.
pub(crate) fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | opcode];
    match payload.len() {
        short @ 0..=125 => bytes.push(u8::try_from(short).unwrap()),
        medium @ 126..=0xffff => {
            bytes.push(126);
            bytes.extend(u16::try_from(medium).unwrap().to_be_bytes());
        }
        long => {
            bytes.push(127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(payload);
    bytes
}

/// What the clients did.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    heads: Arc<Mutex<Vec<String>>>,
    texts: Arc<Mutex<Vec<String>>>,
    closes: Arc<Mutex<Vec<Option<u16>>>>,
    pings: Arc<Mutex<usize>>,
    pongs: Arc<Mutex<usize>>,
}

impl Seen {
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
    pub(crate) fn texts(&self) -> Vec<String> {
        self.texts.lock().unwrap().clone()
    }
    pub(crate) fn closes(&self) -> Vec<Option<u16>> {
        self.closes.lock().unwrap().clone()
    }
    pub(crate) fn pings(&self) -> usize {
        *self.pings.lock().unwrap()
    }
    pub(crate) fn pongs(&self) -> usize {
        *self.pongs.lock().unwrap()
    }
}

pub(crate) struct Server {
    addr: SocketAddr,
    pub(crate) seen: Seen,
}

impl Server {
    /// Does these things, one for each connection, the last again and again.
    pub(crate) async fn start(does: impl IntoIterator<Item = Does>) -> Self {
        Self::start_with(None, does).await
    }

    /// Behind TLS, with this configuration.
    pub(crate) async fn start_tls(
        config: rustls::ServerConfig,
        does: impl IntoIterator<Item = Does>,
    ) -> Self {
        Self::start_with(Some(TlsAcceptor::from(Arc::new(config))), does).await
    }

    async fn start_with(tls: Option<TlsAcceptor>, does: impl IntoIterator<Item = Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { addr: listener.local_addr().unwrap(), seen: Seen::default() };
        let (seen, script) = (server.seen.clone(), does.into_iter().collect::<Vec<_>>());
        tokio::spawn(async move {
            let mut served = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let does = script.get(served).or(script.last()).unwrap().clone();
                served += 1;
                stream.set_nodelay(true).unwrap();
                let (tls, seen) = (tls.clone(), seen.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, does, seen).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, does, seen).await;
                            }
                        }
                    }
                });
            }
        });
        server
    }

    /// Waits for something that the server sees a little after the client has done it.
    pub(crate) async fn comes_to(&self, holds: impl Fn(&Seen) -> bool, what: &str) {
        for _ in 0..300 {
            if holds(&self.seen) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never: {what}");
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Where it is, if it was started with TLS.
    pub(crate) fn tls_url(&self) -> String {
        format!("https://localhost:{}", self.addr.port())
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, does: Does, seen: Seen) {
    let mut peer = Peer { stream, unread: Vec::new(), seen };
    let Some(head) = peer.head().await else { return };
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
    });
    let key = key.unwrap_or_default();
    peer.seen.heads.lock().unwrap().push(head);
    let steps = match does {
        Does::Refuses(answer) => return drop(peer.stream.write_all(answer.as_bytes()).await),
        Does::AgreesToAnother => return peer.agree("dGhlIHNhbXBsZSBub25jZQ==").await,
        Does::Opens(steps) => steps,
    };
    peer.agree(&key).await;
    for step in steps {
        if peer.does(step).await.is_none() {
            return;
        }
    }
    // What else comes is noted until the client goes.
    while peer.read().await.is_some() {}
}

struct Peer<S> {
    stream: S,
    unread: Vec<u8>,
    seen: Seen,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    async fn agree(&mut self, key: &str) {
        let accept = derive_accept_key(key.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: {accept}\r\n\r\n"
        );
        drop(self.stream.write_all(answer.as_bytes()).await);
    }

    async fn does(&mut self, step: Step) -> Option<()> {
        match step {
            Step::Reads(count) => {
                for _ in 0..count {
                    while self.read().await? != 1 {}
                }
            }
            Step::Says(text) => self.stream.write_all(&frame(1, text.as_bytes())).await.ok()?,
            Step::Writes(bytes) => self.stream.write_all(&bytes).await.ok()?,
            Step::PingsUntilItHears(gap) => loop {
                self.stream.write_all(&frame(9, b"are you there")).await.ok()?;
                match tokio::time::timeout(gap, self.read()).await {
                    Ok(Some(1)) => break,
                    Ok(None) => return None,
                    Ok(Some(10)) => tokio::time::sleep(gap).await,
                    Ok(Some(_)) | Err(_) => {}
                }
            },
            Step::Closes(code, reason) => {
                let payload = [&code.to_be_bytes()[..], reason.as_bytes()].concat();
                self.stream.write_all(&frame(8, &payload)).await.ok()?;
                while self.read().await? != 8 {}
                return None;
            }
            Step::Drops => return None,
            Step::Stays => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                return None;
            }
        }
        Some(())
    }

    async fn more(&mut self) -> Option<()> {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk).await {
            Ok(0) | Err(_) => None,
            Ok(n) => {
                self.unread.extend_from_slice(&chunk[..n]);
                Some(())
            }
        }
    }

    async fn head(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.windows(4).position(|w| w == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.unread[..end]).into_owned();
                self.unread.drain(..end + 4);
                return Some(head);
            }
            self.more().await?;
        }
    }

    /// Reads one frame and notes it; its opcode.
    async fn read(&mut self) -> Option<u8> {
        loop {
            if let Some((opcode, payload, used)) = parse(&self.unread) {
                self.unread.drain(..used);
                match opcode {
                    1 => self.seen.texts.lock().unwrap().push(String::from_utf8(payload).unwrap()),
                    8 => {
                        let code = payload.get(..2).map(|code| u16::from_be_bytes([code[0], code[1]]));
                        self.seen.closes.lock().unwrap().push(code);
                    }
                    9 => {
                        *self.seen.pings.lock().unwrap() += 1;
                        self.stream.write_all(&frame(10, &payload)).await.ok()?;
                    }
                    10 => {
                        assert_eq!(payload, b"are you there");
                        *self.seen.pongs.lock().unwrap() += 1;
                    }
                    other => panic!("opcode {other} of a client"),
                }
                return Some(opcode);
            }
            self.more().await?;
        }
    }
}

/// A frame of a client's: always masked, here never in fragments.
fn parse(bytes: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let [first, second, ..] = *bytes else { return None };
    assert!(first & 0xf0 == 0x80 && second & 0x80 != 0, "one masked frame");
    let (length, at) = match second & 0x7f {
        126 => (usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().unwrap())), 4),
        127 => (usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().unwrap())).unwrap(), 10),
        short => (usize::from(short), 2),
    };
    let mask = bytes.get(at..at + 4)?;
    let payload = bytes.get(at + 4..at + 4 + length)?;
    let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    Some((first & 0x0f, payload, at + 4 + length))
}
