//! `Content-Range` and all that goes with it: whatever a host answers, a file is put in its place only when every byte of it
//! has been written, and a transfer ends.

use std::collections::BTreeMap;

use tensorpool_core::flow::RetryBudget;
use tensorpool_core::http::{HeaderValue, Response, StatusCode};
use tensorpool_core::transfer::{Action, Committed, Existing, Found, Input, Transfer, TransferPolicy};
use tensorpool_core::{Bytes, SignedUrl, Time, TransportError};

use super::front;

/// Statuses worth answering with; the first byte of an answer chooses.
const STATUSES: [u16; 8] = [206, 200, 416, 206, 503, 304, 302, 403];
const NAMES: [&str; 6] =
    ["content-range", "content-length", "etag", "transfer-encoding", "content-encoding", "content-type"];

/// Answers, each up to a zero byte: a status, lines with the values of headers, then the length of the body.
struct Host<'d> {
    answers: std::slice::Split<'d, u8, fn(&u8) -> bool>,
}

impl Host<'_> {
    fn answer(&mut self) -> Result<(Response<()>, usize), TransportError> {
        let answer = self.answers.next().ok_or_else(|| TransportError::not_sent("the end of the data"))?;
        let (status, rest) = front(answer);
        let (length, rest) = front(rest);
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::from_u16(STATUSES[status % STATUSES.len()]).unwrap();
        for line in rest.split(|byte| *byte == b'\n') {
            let (name, value) = front(line);
            if let Ok(value) = HeaderValue::from_bytes(value) {
                response.headers_mut().append(NAMES[name % NAMES.len()], value);
            }
        }
        Ok((response, length))
    }
}

pub(super) fn content_range(data: &[u8]) -> bool {
    let is_end: fn(&u8) -> bool = |byte| *byte == 0;
    let mut host = Host { answers: data.split(is_end) };
    let url = SignedUrl::new("https://files.example/a?signature=x");
    let map = BTreeMap::from([("a".to_owned(), Some(url))]);
    let mut policy = TransferPolicy::default();
    (policy.part, policy.record) = (40, 1);
    let mut transfer = Transfer::new(&map, Existing::Refuse, policy, RetryBudget::new(), 7);
    let mut now = Time::ZERO;
    // The file as far as it is written, and what is left of the body of each lane.
    let mut written: Vec<bool> = Vec::new();
    let mut bodies = BTreeMap::new();
    let mut placed = false;
    for _ in 0..50_000 {
        match transfer.poll(now) {
            Action::Look(file) => transfer.handle(now, Input::Looked(file, Ok(Found::default()))),
            Action::Start { file, .. } => {
                written.clear();
                transfer.handle(now, Input::Stored(file, Ok(())));
            }
            Action::Write { file, offset, data } => {
                assert!(!data.is_empty() && !placed);
                let first = usize::try_from(offset).unwrap();
                let end = first + data.len();
                assert!(end <= 1 << 20, "far beyond what any answer brought");
                written.resize(written.len().max(end), false);
                written[first..end].fill(true);
                transfer.handle(now, Input::Stored(file, Ok(())));
            }
            Action::Record { file, done } => {
                let known = written.iter().filter(|byte| **byte).count() as u64;
                assert!(done.total() <= known, "{done:?} of {known} bytes");
                transfer.handle(now, Input::Stored(file, Ok(())));
            }
            Action::Commit { file, length } => {
                assert_eq!(written.len() as u64, length);
                assert!(written.iter().all(|byte| *byte), "a hole is put in its place");
                placed = true;
                transfer.handle(now, Input::Committed(file, Ok(Committed::Placed)));
            }
            Action::Open { lane, .. } => {
                let opened = host.answer().map(|(head, length)| {
                    bodies.insert(lane, length);
                    head
                });
                transfer.handle(now, Input::Opened(lane, opened));
            }
            Action::Read(lane) => {
                let left = bodies.get_mut(&lane).expect("it was opened");
                let piece = (*left).min(17);
                *left -= piece;
                let read = (piece > 0).then(|| Bytes::from(vec![7; piece]));
                transfer.handle(now, Input::Read(lane, Ok(read)));
            }
            Action::Refresh => transfer.handle(now, Input::Refreshed(Ok(map.clone()))),
            Action::WaitUntil(time) => {
                assert!(time > now, "it waits for what is over");
                now = time;
            }
            Action::Finished => {
                let fates = transfer.finish();
                assert_eq!(fates.len(), 1);
                assert_eq!(fates[0].1.is_good(), placed, "{}", fates[0].1);
                assert!(!fates[0].1.to_string().contains(char::is_control));
                return placed;
            }
            _ => {}
        }
    }
    panic!("it does not end");
}
