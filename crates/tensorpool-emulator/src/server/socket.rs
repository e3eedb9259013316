//! WebSockets on the server: the engine's sessions, carried.

use std::time::Duration;

use axum::body::Body;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request};
use axum::response::IntoResponse as _;
use http::header::{ORIGIN, UPGRADE};
use http::{Response, StatusCode};

use super::wire::Line;
use super::{GRACE, LARGEST_BODY, Shared, deliver, until};
use crate::answer::said;
use crate::session;
use crate::socket::{EmulatorSocket, ServerFrame};

/// How many frames are sent before the client is listened to again, so that its pings are answered under way.
const BATCH: usize = 256;
/// How long what was sent has to reach the client before the connection breaks.
const FLUSH: Duration = Duration::from_millis(20);
/// The server goes away (RFC 6455 §7.4.1).
const GOING_AWAY: u16 = 1001;
/// The client sent a binary frame, which means nothing here (RFC 6455 §7.4.1).
const UNSUPPORTED: u16 = 1003;

/// Whether a request asks for a WebSocket that there is.
pub(super) fn is_wanted(request: &Request) -> bool {
    let header = request.headers().get(UPGRADE).and_then(|value| value.to_str().ok());
    header.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
        && session::endpoint(request.uri().path()).is_some()
}

pub(super) async fn open(shared: Shared, line: Line, request: Request) -> Response<Body> {
    // Any web page can make a browser connect to this machine, but not without naming itself. Where a push runs
    // programs, no page may push.
    if shared.runs_jobs && request.headers().contains_key(ORIGIN) {
        return said(StatusCode::FORBIDDEN, "No browser may use an engine that runs jobs").map(Body::from);
    }
    let (mut parts, _) = request.into_parts();
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.max_message_size(LARGEST_BODY).max_frame_size(LARGEST_BODY),
        Err(rejection) => return rejection.into_response(),
    };
    match shared.emulator.open_socket(shared.watch.now(), parts.uri.path()) {
        Ok(socket) => upgrade.on_upgrade(move |carrier| carry(shared, line, socket, carrier)),
        Err(answer) => deliver(&shared, line, *answer).await,
    }
}

/// Carries frames both ways until one side ends it.
async fn carry(shared: Shared, line: Line, mut socket: EmulatorSocket, mut carrier: WebSocket) {
    loop {
        let seen = shared.emulator.changes();
        let mut sent = 0;
        while sent < BATCH {
            let Some(frame) = socket.recv(shared.watch.now()) else { break };
            sent += 1;
            let message = match frame {
                ServerFrame::Text(text) => Message::Text(text.into()),
                ServerFrame::Binary(bytes) => Message::Binary(bytes),
                // The carrier answers pings by itself.
                ServerFrame::Pong => continue,
                ServerFrame::Close { code, reason } => return close(carrier, code, reason).await,
                ServerFrame::Cut => {
                    tokio::time::sleep(FLUSH).await;
                    return line.cut();
                }
            };
            if carrier.send(message).await.is_err() {
                return;
            }
        }
        if socket.is_silent() {
            // Not even read from: what the client says, and whether it is still there, is nobody's concern.
            return until(shared.stop.clone()).await;
        }
        let due = socket.next_event(shared.watch.now());
        let due = due.map(|due| tokio::time::sleep(shared.watch.until(due)));
        tokio::select! {
            biased;
            message = carrier.recv() => match message {
                Some(Ok(Message::Text(text))) => socket.send(shared.watch.now(), text.as_str()),
                Some(Ok(Message::Binary(_))) => {
                    socket.close(shared.watch.now());
                    return close(carrier, UNSUPPORTED, "Frames are text".to_owned()).await;
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return socket.close(shared.watch.now()),
            },
            () = std::future::ready(()), if sent == BATCH => {}
            () = until(shared.stop.clone()) => {
                socket.close(shared.watch.now());
                return close(carrier, GOING_AWAY, "The engine stops".to_owned()).await;
            }
            () = shared.emulator.changed(seen) => {}
            () = async { if let Some(due) = due { due.await } else { std::future::pending().await } } => {}
        }
    }
}

/// Closes in good order: the client has the last word, or a while for it.
async fn close(mut carrier: WebSocket, code: u16, reason: String) {
    let frame = CloseFrame { code, reason: reason.into() };
    if carrier.send(Message::Close(Some(frame))).await.is_err() {
        return;
    }
    let answered = async { while let Some(Ok(_)) = carrier.recv().await {} };
    // Whether it answers or not, this is the end.
    let _ = tokio::time::timeout(GRACE, answered).await;
}
