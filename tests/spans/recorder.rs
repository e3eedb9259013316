//! A subscriber that keeps everything: each span, each field, each event, of every level and every crate.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A span: its name and the fields that were given a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) target: String,
    pub(crate) fields: BTreeMap<String, String>,
}

/// What was recorded. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    spans: Arc<Mutex<Vec<Span>>>,
    events: Arc<Mutex<Vec<Span>>>,
}

impl Recorder {
    /// What `run` writes on this thread.
    pub(crate) fn of(run: impl FnOnce()) -> Self {
        let recorder = Self::default();
        tracing::subscriber::with_default(recorder.clone(), run);
        recorder
    }

    /// The spans of attempts, in their order.
    pub(crate) fn attempts(&self) -> Vec<BTreeMap<String, String>> {
        let spans = self.spans.lock().unwrap();
        spans
            .iter()
            .filter(|span| span.name == "tensorpool.attempt")
            .map(|span| span.fields.clone())
            .collect()
    }

    pub(crate) fn spans(&self) -> usize {
        self.spans.lock().unwrap().len()
    }

    pub(crate) fn events(&self) -> usize {
        self.events.lock().unwrap().len()
    }

    /// Every word of it.
    pub(crate) fn text(&self) -> String {
        format!("{:?}\n{:?}", self.spans.lock().unwrap(), self.events.lock().unwrap())
    }
}

/// Writes the values of fields into a map, as they print.
struct Into<'m>(&'m mut BTreeMap<String, String>);

impl Visit for Into<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

fn named(metadata: &Metadata<'_>) -> Span {
    Span { name: metadata.name().to_owned(), target: metadata.target().to_owned(), ..Span::default() }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut span = named(attributes.metadata());
        attributes.record(&mut Into(&mut span.fields));
        let mut spans = self.spans.lock().unwrap();
        spans.push(span);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let at = usize::try_from(id.into_u64()).unwrap() - 1;
        values.record(&mut Into(&mut self.spans.lock().unwrap()[at].fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut written = named(event.metadata());
        event.record(&mut Into(&mut written.fields));
        self.events.lock().unwrap().push(written);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn the_recorder_would_notice() {
    let recorder = Recorder::of(|| {
        let span = tracing::trace_span!("a span", early = "canary-1", late = tracing::field::Empty);
        span.record("late", tracing::field::debug("canary-2"));
        span.in_scope(|| tracing::trace!(number = 7, "canary-{}", 3));
    });
    let text = recorder.text();
    for word in ["a span", "canary-1", "canary-2", "canary-3", "\"7\""] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
    assert_eq!((recorder.spans(), recorder.events(), recorder.attempts().len()), (1, 1, 0));
}
