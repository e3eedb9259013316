//! Frames: what we send, of which one holds the key, and what the server's are made of.

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::BuildError;
use crate::extra::Extra;
use crate::scrub;
use crate::token::ApiToken;

/// A text frame to send. `Debug` never shows what is in it; the bytes are wiped on drop (a copy that a socket makes is
/// its own affair).
pub struct Frame {
    text: Zeroizing<String>,
    sensitive: bool,
}

impl Frame {
    /// `{"TENSORPOOL_KEY": key}`, always the first (contract §9).
    pub(super) fn key(token: &ApiToken) -> Self {
        let key = token.expose();
        // Room for an escape of every character: growing would leave pieces of the key behind.
        let mut text = Zeroizing::new(String::with_capacity(24 + 2 * key.len()));
        text.push_str("{\"TENSORPOOL_KEY\":\"");
        for c in key.chars() {
            // A token is visible ASCII, so these two are all that JSON escapes.
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push_str("\"}");
        Self { text, sensitive: true }
    }

    pub(super) fn json<T: Serialize>(value: &T) -> Result<Self, BuildError> {
        let text = serde_json::to_string(value).map_err(|e| BuildError::invalid("frame", e.to_string()))?;
        Ok(Self { text: Zeroizing::new(text), sensitive: false })
    }

    /// The text to send.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Whether it holds the key: then it is in no log, whatever the level.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        self.sensitive
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sensitive { f.write_str("Frame") } else { write!(f, "Frame({} bytes)", self.text.len()) }
    }
}

/// A frame of the server's that could not be read. It is dropped, the session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OddFrame {
    /// A binary frame of so many bytes; the protocol has only text (contract §9).
    Binary(usize),
    /// Text that is not UTF-8, from this byte on.
    NotUtf8(usize),
    /// Text of so many bytes that is not JSON.
    NotJson(usize),
    /// JSON, but not an object.
    NotAnObject,
    /// A frame of so many bytes, more than the cap.
    TooLong(usize),
}

impl fmt::Display for OddFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binary(bytes) => write!(f, "a binary frame of {bytes} bytes"),
            Self::NotUtf8(at) => write!(f, "a frame that is not UTF-8 after byte {at}"),
            Self::NotJson(bytes) => write!(f, "a frame of {bytes} bytes that is not JSON"),
            Self::NotAnObject => f.write_str("a frame that is not a JSON object"),
            Self::TooLong(bytes) => write!(f, "a frame of {bytes} bytes, more than the cap"),
        }
    }
}

/// Reads a text frame of the server's: an object of any fields.
pub(super) fn read(text: &[u8], max: usize) -> Result<Fields, OddFrame> {
    if text.len() > max {
        return Err(OddFrame::TooLong(text.len()));
    }
    let text = std::str::from_utf8(text).map_err(|e| OddFrame::NotUtf8(e.valid_up_to()))?;
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(Fields(fields)),
        Ok(_) => Err(OddFrame::NotAnObject),
        Err(_) => Err(OddFrame::NotJson(text.len())),
    }
}

/// The fields of a frame. What is not taken is left over, also a known field of another type: nothing fails a frame.
#[derive(Debug)]
pub(super) struct Fields(Extra);

impl Fields {
    /// Takes a text that says something; null, empty and absent are the same here (contract §9.1).
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.any_text(name).filter(|text| !text.is_empty())
    }

    /// Takes a text, even an empty one.
    pub(super) fn any_text(&mut self, name: &str) -> Option<String> {
        match self.0.get_mut(name) {
            Some(Value::String(text)) => {
                let text = std::mem::take(text);
                self.0.remove(name);
                Some(text)
            }
            Some(Value::Null) => {
                self.0.remove(name);
                None
            }
            _ => None,
        }
    }

    /// Takes a flag.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let flag = self.0.get(name)?.as_bool();
        if flag.is_some() {
            self.0.remove(name);
        }
        flag
    }

    /// Replaces `secret` in every text and name, however it was escaped on the wire.
    pub(super) fn scrub(&mut self, secret: &str) {
        scrub::fields(&mut self.0, secret);
    }

    /// As [`scrub`](Self::scrub), but not in the frame's own `command`, which is answered word for word.
    pub(super) fn scrub_all_but_command(&mut self, secret: &str) {
        let command = self.0.remove("command");
        scrub::fields(&mut self.0, secret);
        match command {
            Some(Value::String(text)) => {
                self.0.insert("command".to_owned(), Value::String(text));
            }
            // Not a command of the protocol: it is shown like any field without a name.
            Some(mut other) => {
                scrub::value(&mut other, secret);
                self.0.insert("command".to_owned(), other);
            }
            None => {}
        }
    }

    /// A text, left where it is.
    pub(super) fn peek(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// What was not taken, if anything.
    pub(super) fn rest(self) -> Option<Extra> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_frame_is_json_whatever_the_key_and_shows_nothing() {
        for key in ["tp-canary", r#"tp-"canary\"#] {
            let frame = Frame::key(&ApiToken::new(key).unwrap());
            let read: Value = serde_json::from_str(frame.expose()).unwrap();
            assert_eq!(read, serde_json::json!({ "TENSORPOOL_KEY": key }));
            assert!(frame.is_sensitive());
            assert_eq!(format!("{frame:?}"), "Frame");
        }
    }

    #[test]
    fn what_is_not_a_frame_of_the_protocol_says_why() {
        for (text, odd) in [
            (&b"{\"message\":\"\xff\"}"[..], OddFrame::NotUtf8(12)),
            (b"", OddFrame::NotJson(0)),
            (b"{\"message\":", OddFrame::NotJson(11)),
            (b"[1]", OddFrame::NotAnObject),
            (b"null", OddFrame::NotAnObject),
            (b"\"text\"", OddFrame::NotAnObject),
            (&[b' '; 101], OddFrame::TooLong(101)),
        ] {
            assert_eq!(read(text, 100).unwrap_err(), odd);
        }
        let deep = "[".repeat(100_000);
        assert_eq!(read(deep.as_bytes(), MAX).unwrap_err(), OddFrame::NotJson(100_000));
    }

    const MAX: usize = super::super::MAX_FRAME;

    #[test]
    fn a_field_of_another_type_is_kept_and_fails_nothing() {
        let mut fields =
            read(br#"{"message":7,"job_id":null,"command":"","x":[1],"show":"yes"}"#, MAX).unwrap();
        assert_eq!(fields.text("message"), None);
        assert_eq!(fields.text("job_id"), None);
        assert_eq!(fields.text("command"), None);
        assert_eq!(fields.flag("show"), None);
        let rest = serde_json::to_string(&fields.rest().unwrap()).unwrap();
        assert_eq!(rest, r#"{"message":7,"show":"yes","x":[1]}"#);
    }

    #[test]
    fn the_token_is_scrubbed_from_all_but_the_command() {
        let text = br#"{"command":"run tp-canary","message":"bad key tp\u002dcanary",
            "reason":"tp-canary","a":[{"b tp-canary":"x tp-canary","command":"tp-canary"}],"n":1}"#;
        let mut fields = read(text, MAX).unwrap();
        fields.scrub_all_but_command("tp-canary");
        assert_eq!(fields.text("command").unwrap(), "run tp-canary");
        assert_eq!(fields.text("message").unwrap(), "bad key <token>");
        let rest = serde_json::to_string(&fields.rest().unwrap()).unwrap();
        assert_eq!(rest, r#"{"a":[{"b <token>":"x <token>","command":"<token>"}],"n":1,"reason":"<token>"}"#);
        let mut odd = read(br#"{"command":["tp-canary"]}"#, MAX).unwrap();
        odd.scrub_all_but_command("tp-canary");
        assert_eq!(serde_json::to_string(&odd.rest().unwrap()).unwrap(), r#"{"command":["<token>"]}"#);
    }
}
