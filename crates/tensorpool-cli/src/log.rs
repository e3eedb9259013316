//! The log: what `--verbose` and `TP_LOG` print. Only spans and fields of the list below, whatever else is recorded: never a
//! header, a query or a body.

use std::collections::HashMap;
use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::failure::Failure;
use crate::output::clean;

/// The spans that are printed.
const SPANS: [&str; 2] = ["tensorpool.attempt", "tensorpool.open"];

/// The fields that are printed, in their order, and what stands before and after each.
const FIELDS: [(&str, &str, &str); 7] = [
    ("endpoint", "", ""),
    ("http.request.method", "", ""),
    ("url.template", "", ""),
    ("http.response.status_code", "", ""),
    ("error.type", "failed: ", ""),
    ("http.request.resend_count", "retry ", ""),
    ("elapsed_ms", "", " ms"),
];

/// How much is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verbosity {
    Off,
    /// Attempts that failed.
    Warn,
    /// Every attempt, once it has ended.
    Info,
    /// Its beginning too.
    Debug,
}

/// Starts it, if anything is to be printed.
pub(crate) fn start(verbose: u8) -> Result<(), Failure> {
    let variable = std::env::var("TP_LOG").unwrap_or_default();
    let verbosity = asked(&variable)?.max(match verbose {
        0 => Verbosity::Off,
        1 => Verbosity::Info,
        _ => Verbosity::Debug,
    });
    if verbosity > Verbosity::Off {
        // It fails only where the program that this is a part of has its own.
        let _ = tracing::subscriber::set_global_default(Log::new(verbosity));
    }
    Ok(())
}

fn asked(variable: &str) -> Result<Verbosity, Failure> {
    match variable.to_ascii_lowercase().as_str() {
        "" | "off" => Ok(Verbosity::Off),
        "warn" => Ok(Verbosity::Warn),
        "info" => Ok(Verbosity::Info),
        "debug" => Ok(Verbosity::Debug),
        _ => Err(Failure::usage("TP_LOG is one of off, warn, info, debug")),
    }
}

struct Log {
    verbosity: Verbosity,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Span>>,
}

/// A span that has not ended: how often it is held, and the fields of the list that it has.
struct Span {
    holders: usize,
    fields: Fields,
}

#[derive(Default)]
struct Fields([Option<String>; FIELDS.len()]);

impl Fields {
    fn put(&mut self, field: &Field, value: String) {
        let places = FIELDS.iter().zip(&mut self.0);
        if let Some((_, place)) = places.into_iter().find(|((name, ..), _)| *name == field.name()) {
            *place = Some(value);
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        FIELDS.iter().zip(&self.0).find(|((field, ..), _)| *field == name)?.1.as_deref()
    }

    fn failed(&self) -> bool {
        let status = self.get("http.response.status_code").and_then(|status| status.parse::<u16>().ok());
        self.get("error.type").is_some() || status.is_some_and(|status| status >= 400)
    }

    fn line(&self) -> String {
        let parts = FIELDS.iter().zip(&self.0).filter_map(|((name, before, after), value)| {
            // That it is the first try goes without saying.
            let value = value.as_ref().filter(|v| *name != "http.request.resend_count" || *v != "0")?;
            Some(format!("{before}{}{after}", clean(value)))
        });
        parts.collect::<Vec<_>>().join(" ")
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

impl Log {
    fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, next: AtomicU64::new(1), open: Mutex::default() }
    }

    fn with<R>(&self, act: impl FnOnce(&mut HashMap<u64, Span>) -> R) -> R {
        act(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is printed of a span that begins.
    fn begun(&self, fields: &Fields) -> Option<String> {
        (self.verbosity >= Verbosity::Debug).then(|| format!("debug: {} …", fields.line()))
    }

    /// What is printed of a span that has ended.
    fn ended(&self, fields: &Fields) -> Option<String> {
        match fields.failed() {
            true => Some(format!("warn: {}", fields.line())),
            false => (self.verbosity >= Verbosity::Info).then(|| format!("info: {}", fields.line())),
        }
    }
}

fn say(line: Option<String>) {
    if let Some(line) = line {
        // If nobody reads it, nobody misses it.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && SPANS.contains(&metadata.name())
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut fields = Fields::default();
        span.record(&mut fields);
        say(self.begun(&fields));
        self.with(|open| open.insert(id, Span { holders: 1, fields }));
        Id::from_u64(id)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        self.with(|open| {
            if let Some(span) = open.get_mut(&id.into_u64()) {
                values.record(&mut span.fields);
            }
        });
    }

    fn clone_span(&self, id: &Id) -> Id {
        self.with(|open| {
            if let Some(span) = open.get_mut(&id.into_u64()) {
                span.holders += 1;
            }
        });
        id.clone()
    }

    fn try_close(&self, id: Id) -> bool {
        let ended = self.with(|open| {
            let span = open.get_mut(&id.into_u64())?;
            span.holders = span.holders.saturating_sub(1);
            if span.holders == 0 { open.remove(&id.into_u64()) } else { None }
        });
        say(ended.as_ref().and_then(|span| self.ended(&span.fields)));
        ended.is_some()
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn only_what_is_on_the_list_is_kept() {
        let log = Arc::new(Log::new(Verbosity::Debug));
        tracing::subscriber::with_default(Arc::clone(&log), || {
            let span = tracing::debug_span!(
                "tensorpool.attempt",
                endpoint = "user.me",
                http.request.method = "GET",
                http.request.resend_count = 0,
                http.response.status_code = tracing::field::Empty,
                body = "planted",
            );
            let other = tracing::debug_span!("other", endpoint = "planted");
            assert!(other.is_disabled());
            tracing::error!(endpoint = "planted", "planted");
            span.record("http.response.status_code", 200);
            let held = span.clone();
            let said = log.with(|open| open.values().map(|span| span.fields.line()).collect::<Vec<_>>());
            assert_eq!(said, ["user.me GET 200"]);
            drop(span);
            assert_eq!(log.with(|open| open.len()), 1);
            drop(held);
            assert_eq!(log.with(|open| open.len()), 0);
        });
    }

    #[test]
    fn each_level_prints_its_own() {
        let (mut good, mut bad) = (Fields::default(), Fields::default());
        good.0[3] = Some("200".to_owned());
        bad.0[3] = Some("503".to_owned());
        bad.0[5] = Some("2".to_owned());
        let log = |verbosity| Log::new(verbosity);
        assert_eq!(log(Verbosity::Warn).ended(&good), None);
        assert_eq!(log(Verbosity::Warn).ended(&bad).as_deref(), Some("warn: 503 retry 2"));
        assert_eq!(log(Verbosity::Info).ended(&good).as_deref(), Some("info: 200"));
        assert_eq!(log(Verbosity::Info).begun(&good), None);
        assert!(log(Verbosity::Debug).begun(&good).is_some());
        assert!(asked("trace").is_err() && asked("WARN").unwrap() == Verbosity::Warn);
    }
}
