//! A planted token is in nothing that can be shown, whatever the server repeats, in whatever encoding.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it means"
)]

mod encodings;

use std::error::Error as _;

use encodings::{Needles, base64, hex, percent};
use tensorpool_core::api::cluster::ListClusters;
use tensorpool_core::api::job::GetJob;
use tensorpool_core::catalog::{self, Example};
use tensorpool_core::error::Error;
use tensorpool_core::flow::{Action, Call, Flow, Input, RetryBudget, RetryPolicy};
use tensorpool_core::http::{Request, Response};
use tensorpool_core::session::{
    Listen, ListenOptions, Push, PushJob, Received, Session, SessionAction, SessionInput,
};
use tensorpool_core::{ApiToken, BaseUrl, Bytes, Context, Endpoint, Meta, Redacted, SignedUrl, Time};
use tensorpool_tests::{fixtures, proof};

/// With a slash and a plus, so that every encoding differs from the plain form.
const TOKEN: &str = "tp-canary/5e1f+9b:2c_7d";

/// All that is shown goes through here: it is searched, counted and forgotten.
struct Shown {
    needles: Needles,
    bytes: usize,
    texts: usize,
}

impl Shown {
    fn text(&mut self, text: &str) {
        if let Some(found) = self.needles.find(text) {
            panic!("the token is shown, {found}: {text}");
        }
        self.bytes += text.len();
        self.texts += 1;
    }

    fn debug(&mut self, value: &dyn std::fmt::Debug) {
        self.text(&format!("{value:?}"));
        self.text(&format!("{value:#?}"));
    }

    /// An error, its causes, what it tells apart from them, and what a panic would say of it.
    fn error(&mut self, error: &Error) {
        self.text(&error.to_string());
        self.debug(error);
        self.text(error.server_message().unwrap_or_default());
        let mut source = error.source();
        while let Some(cause) = source {
            self.text(&cause.to_string());
            self.text(&format!("{cause:?}"));
            source = cause.source();
        }
        self.text(&format!("called `Result::unwrap()` on an `Err` value: {error:?}"));
    }
}

fn context() -> Context {
    Context::new(BaseUrl::default(), ApiToken::new(TOKEN).unwrap())
}

/// Whatever a server or a proxy may make of the token it refuses. `salt` makes each different.
fn bodies(salt: usize) -> Vec<String> {
    let escaped: String = TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let slashed = TOKEN.replace('/', "\\/");
    vec![
        format!("{{\"message\":\"bad key {TOKEN} no. {salt}\"}}"),
        format!("{{\"error\":\"bad key {slashed} no. {salt}\"}}"),
        format!("{{\"detail\":\"{escaped}{salt}\"}}"),
        format!(
            "{{\"detail\":[{{\"loc\":[\"header\",\"{TOKEN}\"],\"msg\":\"bad {escaped}\",\"type\":\"t{salt}\"}}]}}"
        ),
        format!("{{\"{TOKEN}\":{{\"x\":[\"{escaped}\",{salt}]}}}}"),
        format!("<html>{salt} Authorization: Bearer {TOKEN}</html>"),
        format!("{} {TOKEN} and {TOKEN}{TOKEN}", "x".repeat(salt % 260)),
        format!("{{\"message\":\"{TOKEN}"),
    ]
}

fn refusal(salt: usize, body: String) -> Response<Bytes> {
    let status = [400, 401, 403, 409, 422, 500, 302, 200][salt % 8];
    let response = Response::builder().status(status).header("x-request-id", format!("r-{TOKEN}-{salt}"));
    let response = response.header("location", format!("https://{TOKEN}.example/{TOKEN}"));
    response.body(body.into()).unwrap()
}

/// An example of the catalogue as an endpoint, so that it can be called with retries and all.
struct Catalogued(&'static Example);

impl Endpoint for Catalogued {
    type Response = String;
    const META: &'static Meta = <ListClusters as Endpoint>::META;

    fn path(&self) -> Result<tensorpool_core::Path, tensorpool_core::error::BuildError> {
        ListClusters::new().path()
    }

    fn accept(&self, response: &Response<Bytes>) -> Result<String, Error> {
        self.0.accept(response).map(|value| format!("{value:?}"))
    }
}

/// One call that is answered so, to its end.
fn called(shown: &mut Shown, example: &'static Example, response: &Response<Bytes>) -> Option<Error> {
    let (policy, budget) = (RetryPolicy::default(), RetryBudget::new());
    let mut call = Call::new(&context(), Catalogued(example), policy, budget, 7).unwrap();
    let mut now = Time::ZERO;
    loop {
        let action = call.poll(now);
        shown.text(&format!("{action:?}"));
        match action {
            Action::Send(out) => {
                shown.debug(&out.request);
                let input = Input::Response(response.clone());
                shown.text(&format!("{input:?}"));
                call.handle(now, input);
            }
            Action::WaitUntil(time) => now = time,
            Action::Finished => return call.finish().err(),
            _ => {}
        }
    }
}

/// A session that is refused so; one that is told enough each time goes on for ever, and is left.
fn refused<S>(shown: &mut Shown, mut session: S, response: &Response<Bytes>) -> Option<Error>
where
    S: Session + std::fmt::Debug,
    S::Event: std::fmt::Debug,
{
    let mut now = Time::ZERO;
    for _ in 0..200 {
        shown.text(&format!("{session:?}"));
        let action = session.poll(now);
        shown.text(&format!("{action:?}"));
        match action {
            SessionAction::Open(_) if now == Time::ZERO && response.status() != 200 => {
                session.handle(now, SessionInput::Refused(response.clone()));
            }
            SessionAction::Open(_) => session.handle(now, SessionInput::Opened),
            SessionAction::Recv { .. } => {
                let said = Received::Text(response.body().clone());
                shown.text(&format!("{said:?}"));
                session.handle(now, SessionInput::Received(said));
                let reason = format!("no: {TOKEN}");
                session.handle(now, SessionInput::Received(Received::Closed { code: Some(1008), reason }));
            }
            SessionAction::Ask(_) => {
                session.handle(now, SessionInput::Answered(Input::Response(response.clone())));
            }
            SessionAction::WaitUntil(time) => now = time,
            SessionAction::Finished => return session.finish().err(),
            _ => {}
        }
    }
    None
}

fn values(shown: &mut Shown) {
    let token = ApiToken::new(TOKEN).unwrap();
    shown.debug(&token);
    shown.debug(&context());
    shown.debug(&SignedUrl::new(format!("https://files.example/x?sig={TOKEN}")));
    shown.debug(&Redacted::new(TOKEN.to_owned()));
    let bad = [format!("{TOKEN}\n"), format!("{TOKEN} x"), format!("{TOKEN}é")];
    for bad in bad {
        shown.text(&ApiToken::new(bad).unwrap_err().to_string());
    }
    for entry in catalog::all() {
        shown.debug(entry);
        for example in entry.examples() {
            let request: Request<Bytes> = example.request(&context()).unwrap();
            assert!(request.headers().get("authorization").is_none_or(|value| value.is_sensitive()));
            shown.debug(&request);
        }
    }
    // Credentials and URLs with the token in them, in every route that has secrets.
    for fixture in fixtures().iter().filter(|fixture| fixture.meta().secret) {
        let text = String::from_utf8_lossy(fixture.response.body()).replace("opensesame", TOKEN);
        let response = fixture.with_body(text);
        match fixture.entry().examples()[0].accept(&response) {
            Ok(value) => shown.debug(&value),
            Err(error) if fixture.age() == "broken" => shown.error(&error),
            // The server's own words about a refusal are scrubbed by the call, not by the reader.
            Err(_) => {}
        }
    }
}

#[test]
fn the_token_is_in_nothing_that_is_shown() {
    let wanted = proof::count(4, 1_024) * 1024 * 1024;
    let mut shown = Shown { needles: Needles::of(TOKEN), bytes: 0, texts: 0 };
    values(&mut shown);
    let examples: Vec<_> = catalog::all().iter().map(|entry| &entry.examples()[0]).collect();
    let (mut errors, mut salt) = (0, 0);
    while shown.bytes < wanted || salt < 16 {
        salt += 1;
        for body in bodies(salt) {
            let response = refusal(salt, body);
            let ended = [
                called(&mut shown, examples[salt % examples.len()], &response),
                refused(&mut shown, Push::new(&context(), &PushJob::new("x = 1", "c-7")).unwrap(), &response),
                refused(
                    &mut shown,
                    Listen::new(&context(), "j-7", ListenOptions::default(), RetryBudget::new(), 7).unwrap(),
                    &response,
                ),
            ];
            for error in ended.iter().flatten() {
                shown.error(error);
                errors += 1;
            }
        }
    }
    assert!(errors > salt, "only {errors} errors were shown");
    proof::figure(
        "a planted token is in nothing that is shown, in no encoding",
        format!(
            "{} MiB in {} texts, {errors} errors, {} forms searched, 0 found",
            shown.bytes / (1024 * 1024),
            shown.texts,
            shown.needles.len()
        ),
        "cargo test -p tensorpool-tests --test secrets",
    );
}

#[test]
fn a_token_that_was_shown_would_be_found() {
    let needles = Needles::of(TOKEN);
    let lines: Vec<String> = TOKEN.chars().map(|c| format!("{c}\n")).collect();
    let json: String = TOKEN.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    for shown in [
        format!("x{TOKEN}x"),
        base64(TOKEN.as_bytes()),
        base64(format!("x{TOKEN}y").as_bytes()),
        base64(format!("Bearer {TOKEN}").as_bytes()),
        base64(format!("xy{TOKEN}z").as_bytes()),
        percent(TOKEN),
        percent(TOKEN).to_lowercase(),
        hex(TOKEN.as_bytes()),
        hex(TOKEN.as_bytes()).to_uppercase(),
        TOKEN.replace('/', "\\/"),
        json,
        lines.concat(),
        "tp-canary/5e1f\r\n  +9b:2c_7d".to_owned(),
        TOKEN.chars().rev().collect(),
    ] {
        assert!(needles.find(&shown).is_some(), "{shown}");
    }
    assert!(needles.find(&GetJob::META.path.repeat(9)).is_none());
}
