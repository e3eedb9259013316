//! Runs a flow against a script of answers and writes down what happens.

use std::collections::VecDeque;
use std::fmt::{Debug, Display, Write as _};
use std::time::Duration;

use tensorpool_core::flow::{Action, Call, Flow, Input, RetryBudget, RetryPolicy};
use tensorpool_core::http::{HeaderMap, HeaderValue, Response};
use tensorpool_core::{ApiToken, BaseUrl, Bytes, Context, Endpoint, Error, Time, TransportError};

/// What the far end does with one attempt, and how long it takes.
pub(crate) struct Far {
    after: Duration,
    does: Input,
}

impl Far {
    /// It takes this long, in milliseconds.
    pub(crate) fn after_ms(mut self, millis: u64) -> Self {
        self.after = Duration::from_millis(millis);
        self
    }

    /// Adds a header to its answer.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Input::Response(response) = &mut self.does {
            response.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        self
    }
}

/// Answers with this status and body.
pub(crate) fn answers(status: u16, body: &str) -> Far {
    let response = Response::builder().status(status).body(Bytes::copy_from_slice(body.as_bytes())).unwrap();
    Far { after: Duration::ZERO, does: Input::Response(response) }
}

/// Is not reached.
pub(crate) fn not_sent() -> Far {
    Far { after: Duration::ZERO, does: Input::Failed(TransportError::not_sent("connection refused")) }
}

/// Cuts the connection after the request was sent.
pub(crate) fn interrupts() -> Far {
    Far { after: Duration::ZERO, does: Input::Failed(TransportError::interrupted("connection reset")) }
}

/// Says nothing until the limit.
pub(crate) fn stalls() -> Far {
    let does = Input::Failed(TransportError::timed_out("no answer in time"));
    Far { after: Duration::MAX, does }
}

/// Fails in a way the transport cannot name.
pub(crate) fn fails() -> Far {
    Far { after: Duration::ZERO, does: Input::Failed(TransportError::other("the answer is not HTTP")) }
}

pub(crate) fn context() -> Context {
    Context::new(BaseUrl::default(), ApiToken::new("tp-token").unwrap())
}

/// A call with a fixed seed, so that its delays are the same each time.
pub(crate) fn call<E: Endpoint>(endpoint: E, policy: RetryPolicy) -> Call<E> {
    Call::new(&context(), endpoint, policy, RetryBudget::new(), 7).unwrap()
}

/// The transcript of `flow` with this far end. Every line of the script must be used, and no more asked for.
pub(crate) fn transcript<F>(flow: F, script: impl IntoIterator<Item = Far>) -> String
where
    F: Flow,
    F::Progress: Display,
    F::Output: Debug,
{
    let mut script = VecDeque::from_iter(script);
    let mut lines = String::new();
    let result = run(flow, &mut script, &mut lines);
    assert!(script.is_empty(), "{} answers were never asked for:\n{lines}", script.len());
    match result {
        Ok(output) => writeln!(lines, "OK {output:#?}").unwrap(),
        Err(error) => {
            writeln!(lines, "ERROR {error}").unwrap();
            for (name, holds) in [
                ("may have been applied", error.may_have_been_applied()),
                ("timeout", error.is_timeout()),
                ("rate limited", error.is_rate_limited()),
                ("not found", error.is_not_found()),
                ("conflict", error.is_conflict()),
                ("unauthorized", error.is_unauthorized()),
            ] {
                if holds {
                    writeln!(lines, "  {name}").unwrap();
                }
            }
        }
    }
    lines
}

fn run<F>(mut flow: F, script: &mut VecDeque<Far>, lines: &mut String) -> Result<F::Output, Error>
where
    F: Flow,
    F::Progress: Display,
{
    let mut now = Time::ZERO;
    for _ in 0..10_000 {
        match flow.poll(now) {
            Action::Send(out) => {
                let (method, path) = (out.request.method().clone(), out.request.uri().clone());
                let path = path.path_and_query().map_or("", |p| p.as_str()).to_owned();
                let limit = out.limit;
                writeln!(
                    lines,
                    "{} SEND {method} {path} (attempt {}, limit {})",
                    clock(now),
                    out.attempt,
                    clock(Time::since_epoch(limit))
                )
                .unwrap();
                let far = script.pop_front().unwrap_or_else(|| panic!("an answer too few:\n{lines}"));
                now = now + far.after.min(limit);
                writeln!(lines, "{}   {}", clock(now), shown(&far.does)).unwrap();
                flow.handle(now, far.does);
            }
            Action::WaitUntil(until) => {
                assert!(until > now, "a flow must not wait for the past");
                writeln!(lines, "{} WAIT until {}", clock(now), clock(until)).unwrap();
                now = until;
            }
            Action::Progress(step) => writeln!(lines, "{} SHOW {step}", clock(now)).unwrap(),
            Action::Finished => return flow.finish(),
            other => panic!("{other:?}", other = std::any::type_name_of_val(&other)),
        }
    }
    panic!("it never ends:\n{lines}");
}

/// Milliseconds are as fine as anyone wants to read.
fn clock(time: Time) -> String {
    format!("{}s", (time.elapsed().as_secs_f64() * 1000.0).round() / 1000.0)
}

fn shown(input: &Input) -> String {
    match input {
        Input::Response(response) => {
            let mut line = format!("answers {}", response.status().as_u16());
            let headers: &HeaderMap = response.headers();
            if let Some(value) = headers.get("retry-after") {
                write!(line, ", Retry-After {}", value.to_str().unwrap()).unwrap();
            }
            line
        }
        Input::Failed(error) => error.to_string(),
    }
}

/// Writes the transcript down as the snapshot of this name.
macro_rules! assert_transcript {
    ($name:literal, $flow:expr, [$($far:expr),* $(,)?]) => {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots" }, {
            insta::assert_snapshot!($name, $crate::transcript::transcript($flow, [$($far),*]));
        });
    };
}
pub(crate) use assert_transcript;
