//! A proxy on loopback that writes down what a client sends, and passes it on.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// What a client sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) path: String,
    /// In the order of their names: which comes first means nothing.
    pub(super) query: Vec<String>,
    pub(super) body: Value,
    /// `x-client-type` and `authorization`.
    pub(super) headers: BTreeMap<String, String>,
    /// The messages of a WebSocket, the client's only.
    pub(super) messages: Vec<Value>,
}

type Log = Arc<Mutex<Vec<Result<Sent, String>>>>;

/// Listens for as long as the process lives.
pub(super) struct Recorder {
    url: String,
    log: Log,
}

impl Recorder {
    /// In front of the engine at this address.
    pub(super) fn before(engine: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let url = format!("http://{}", listener.local_addr()?);
        let log = Log::default();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let log = Arc::clone(&kept);
                std::thread::spawn(move || pass(client, engine, &log));
            }
        });
        Ok(Self { url, log })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What was sent, in order.
    pub(super) fn sent(&self) -> Result<Vec<Sent>> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().cloned().map(|sent| sent.map_err(anyhow::Error::msg)).collect()
    }
}

fn pass(client: TcpStream, engine: SocketAddr, log: &Log) {
    let note = |what| {
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(what);
        log.len() - 1
    };
    match exchange(client, engine, &note, log) {
        Ok(()) => {}
        // A client that goes away is no mistake; a request that cannot be read is.
        Err(error) if error.downcast_ref::<std::io::Error>().is_some() => {}
        Err(error) => {
            note(Err(format!("{error:#}")));
        }
    }
}

fn exchange(
    mut client: TcpStream,
    engine: SocketAddr,
    note: &dyn Fn(Result<Sent, String>) -> usize,
    log: &Log,
) -> Result<()> {
    let Some((head, mut rest)) = head(&mut client)? else { return Ok(()) };
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default(), first.next().context("no target")?);
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    if headers.contains_key("transfer-encoding") {
        bail!("{method} {target} has a body in chunks, which neither client sends");
    }
    let length: usize = headers.get("content-length").map_or(Ok(0), |length| length.parse())?;
    let upgrade = headers.contains_key("upgrade");
    while !upgrade && rest.len() < length {
        let mut more = [0; 8192];
        let count = client.read(&mut more)?;
        rest.extend(more.get(..count).filter(|more| !more.is_empty()).context("the body ends early")?);
    }
    let body = if upgrade || rest.is_empty() { Value::Null } else { serde_json::from_slice(&rest)? };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut query: Vec<_> = query.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    query.sort_unstable();
    let compared = ["authorization", "x-client-type"];
    let kept = headers.iter().filter(|(name, _)| compared.contains(&name.as_str()));
    let at = note(Ok(Sent {
        method: method.to_owned(),
        path: path.to_owned(),
        query,
        body,
        headers: kept.map(|(name, value)| (name.clone(), value.clone())).collect(),
        messages: Vec::new(),
    }));

    let mut server = TcpStream::connect(engine)?;
    let hop = |line: &&str| !upgrade && line.to_lowercase().starts_with("connection:");
    let mut onward: String = head.split("\r\n").filter(|line| !hop(line)).collect::<Vec<_>>().join("\r\n");
    // One request a connection, so that each is read from its start.
    onward.push_str(if upgrade { "\r\n\r\n" } else { "\r\nconnection: close\r\n\r\n" });
    server.write_all(onward.as_bytes())?;
    server.write_all(&rest)?;
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    let back = std::thread::spawn(move || {
        // Either side may end it.
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    if upgrade {
        let mut more = [0; 8192];
        loop {
            let count = client.read(&mut more).unwrap_or(0);
            let Some(new) = more.get(..count).filter(|new| !new.is_empty()) else { break };
            rest.extend(new);
            if server.write_all(new).is_err() {
                break;
            }
            let said = messages(&rest)?;
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(Ok(sent)) = log.get_mut(at) {
                sent.messages = said;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
    }
    let _ = back.join();
    Ok(())
}

/// The head of a request without its empty line, and what has come of its body.
fn head(client: &mut TcpStream) -> Result<Option<(String, Vec<u8>)>> {
    let (mut all, mut more) = (Vec::new(), [0; 8192]);
    loop {
        if let Some(end) = all.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = all.split_off(end + 4);
            all.truncate(end);
            return Ok(Some((String::from_utf8(all)?, rest)));
        }
        let count = client.read(&mut more)?;
        match more.get(..count) {
            Some(new) if !new.is_empty() => all.extend(new),
            _ if all.is_empty() => return Ok(None),
            _ => bail!("the head ends early"),
        }
    }
}

/// The whole text messages in a client's frames (RFC 6455, section 5.2); a ping or a close says nothing of a command.
fn messages(bytes: &[u8]) -> Result<Vec<Value>> {
    let (mut left, mut found, mut text) = (bytes, Vec::new(), Vec::new());
    while let Some((kind, last, payload, rest)) = frame(left) {
        left = rest;
        if kind > 2 {
            continue;
        }
        text.extend(payload);
        if last {
            found.push(serde_json::from_slice(&text).context("a message is not JSON")?);
            text.clear();
        }
    }
    Ok(found)
}

/// The next whole frame: its opcode, whether it ends a message, its payload unmasked, and what is behind it.
fn frame(bytes: &[u8]) -> Option<(u8, bool, Vec<u8>, &[u8])> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (length, at) = match second & 0x7f {
        126 => (u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
        short => (u64::from(short), 2),
    };
    let mask = bytes.get(at..at + 4)?;
    let end = (at + 4).checked_add(usize::try_from(length).ok()?)?;
    let payload = bytes.get(at + 4..end)?.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key);
    Some((first & 0x0f, first & 0x80 != 0, payload.collect(), bytes.get(end..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(first: u8, text: &str) -> Vec<u8> {
        let key = [7, 1, 9, 4];
        let mut frame = vec![first, 0x80 | u8::try_from(text.len()).unwrap()];
        frame.extend(key);
        frame.extend(text.bytes().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        frame
    }

    #[test]
    fn messages_are_read_across_frames_and_what_is_not_whole_waits() {
        let mut all = masked(0x01, "{\"a\"");
        all.extend(masked(0x89, "ping"));
        all.extend(masked(0x80, ":1}"));
        all.extend(masked(0x81, "[2]"));
        assert_eq!(messages(&all).unwrap(), [serde_json::json!({ "a": 1 }), serde_json::json!([2])]);
        assert_eq!(messages(&all[..all.len() - 1]).unwrap().len(), 1);
        assert!(messages(&masked(0x81, "no")).is_err());
    }
}
