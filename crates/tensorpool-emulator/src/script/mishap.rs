//! `Mishap`: one thing that goes wrong on a WebSocket.

use bytes::Bytes;
use serde_json::json;

/// What goes wrong on a WebSocket, after some frames of the engine's have been sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mishap {
    /// It is closed with this code and reason. The engine takes the client for gone.
    Close(u16, String),
    /// The connection breaks without a close frame, which clients call 1006.
    Drop,
    /// Nothing more comes, not even the answer to a ping, and nothing that the client says arrives.
    Silence,
    /// This text frame comes in between.
    Text(String),
    /// This binary frame comes in between.
    Binary(Bytes),
    /// From then on, every frame comes twice.
    Duplicate,
}

impl Mishap {
    /// A text frame that is no JSON.
    #[must_use]
    pub fn garbage() -> Self {
        Self::Text("\u{0}{\"message\": \"cut of".to_owned())
    }

    /// A text frame that is JSON, but no object.
    #[must_use]
    pub fn not_an_object() -> Self {
        Self::Text("[\"message\", 1]".to_owned())
    }

    /// A frame whose message has so many bytes.
    #[must_use]
    pub fn huge(bytes: usize) -> Self {
        Self::Text(json!({ "message": "x".repeat(bytes) }).to_string())
    }

    /// A frame that asks the client to run this. The engine knows nothing of it: it does not wait for an answer, and does
    /// not hear one.
    #[must_use]
    pub fn command(command: &str) -> Self {
        Self::Text(json!({ "command": command, "command_show_stdout": false }).to_string())
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Close(code, _) => format!("close {code}"),
            Self::Drop => "drop".to_owned(),
            Self::Silence => "silence".to_owned(),
            Self::Text(text) => format!("text of {} bytes", text.len()),
            Self::Binary(bytes) => format!("binary of {} bytes", bytes.len()),
            Self::Duplicate => "duplicate".to_owned(),
        }
    }
}
