//! `Form`: a JSON body, checked the way FastAPI does it before the application sees it.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::answer::{Issue, Refusal};
use crate::call::boolean;

/// The fields of a body, and what is wrong with those that were asked for.
pub(crate) struct Form {
    fields: Map<String, Value>,
    issues: Vec<Issue>,
}

impl Form {
    /// Reads a body that must be a JSON object.
    pub(crate) fn read(body: &Bytes) -> Result<Self, Refusal> {
        let refuse = |issue| Err(Refusal::Invalid(vec![issue]));
        if body.is_empty() {
            return refuse(Issue::new("missing", &["body"], "Field required", Value::Null));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self { fields, issues: Vec::new() }),
            Ok(other) => refuse(Issue::new(
                "model_attributes_type",
                &["body"],
                "Input should be a valid dictionary or object to extract fields from",
                other,
            )),
            Err(error) => {
                let mut issue = Issue::new("json_invalid", &["body"], "JSON decode error", json!({}));
                issue.location.push(error.column().saturating_sub(1).into());
                refuse(issue.context(json!({ "error": error.to_string() })))
            }
        }
    }

    /// The first of `names` that is there. The first name is the one a finding is about.
    fn find(&self, names: &[&str]) -> Option<&Value> {
        names.iter().find_map(|name| self.fields.get(*name))
    }

    /// Whether any of `names` is there, null or not.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.find(names).is_some()
    }

    fn read_as<T>(
        &mut self,
        names: &[&str],
        (kind, message): (&'static str, &str),
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.find(names).filter(|value| !value.is_null())?;
        let read = read(value);
        if read.is_none() {
            let value = value.clone();
            self.refuse(kind, names, message, value);
        }
        read
    }

    fn refuse(&mut self, kind: &'static str, names: &[&str], message: &str, input: Value) {
        let name = names.first().copied().unwrap_or_default();
        self.issues.push(Issue::new(kind, &["body", name], message, input));
    }

    /// Adds a finding about a field.
    pub(crate) fn issue(&mut self, issue: Issue) {
        self.issues.push(issue);
    }

    /// The value must be there and not null.
    fn require(&mut self, names: &[&str], (kind, message): (&'static str, &str)) {
        match self.find(names) {
            None => {
                let input = Value::Object(self.fields.clone());
                self.refuse("missing", names, "Field required", input);
            }
            Some(Value::Null) => self.refuse(kind, names, message, Value::Null),
            Some(_) => {}
        }
    }

    /// A text that may be absent or null.
    pub(crate) fn text(&mut self, names: &[&str]) -> Option<String> {
        self.read_as(names, STRING, |value| value.as_str().map(str::to_owned))
    }

    /// A text that must be there.
    pub(crate) fn required_text(&mut self, names: &[&str]) -> String {
        self.require(names, STRING);
        self.text(names).unwrap_or_default()
    }

    /// A boolean that may be absent or null.
    pub(crate) fn boolean(&mut self, names: &[&str]) -> Option<bool> {
        self.read_as(names, BOOLEAN, |value| match value {
            Value::Bool(on) => Some(*on),
            Value::String(text) => boolean(text),
            Value::Number(number) => match number.as_f64() {
                Some(0.0) => Some(false),
                Some(1.0) => Some(true),
                _ => None,
            },
            _ => None,
        })
    }

    /// A whole number of at least 1 that may be absent or null.
    pub(crate) fn count(&mut self, names: &[&str]) -> Option<u64> {
        let number = self.read_as(names, INTEGER, whole)?;
        if number < 1 {
            let name = names.first().copied().unwrap_or_default();
            let message = "Input should be greater than or equal to 1";
            let issue = Issue::new("greater_than_equal", &["body", name], message, json!(number.to_string()));
            self.issues.push(issue.context(json!({ "ge": 1 })));
            return None;
        }
        u64::try_from(number).ok()
    }

    /// A whole number of at least 1 that must be there.
    pub(crate) fn required_count(&mut self, names: &[&str]) -> u64 {
        self.require(names, INTEGER);
        self.count(names).unwrap_or_default()
    }

    /// A number that may be absent or null.
    pub(crate) fn number(&mut self, names: &[&str]) -> Option<f64> {
        self.read_as(names, NUMBER, Value::as_f64)
    }

    /// Texts that may be absent or null.
    pub(crate) fn texts(&mut self, names: &[&str]) -> Option<Vec<String>> {
        self.read_as(names, LIST, |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// Texts that must be there.
    pub(crate) fn required_texts(&mut self, names: &[&str]) -> Vec<String> {
        self.require(names, LIST);
        self.texts(names).unwrap_or_default()
    }

    /// Refuses if anything was wrong.
    pub(crate) fn check(self) -> Result<(), Refusal> {
        if self.issues.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.issues)) }
    }
}

const STRING: (&str, &str) = ("string_type", "Input should be a valid string");
const BOOLEAN: (&str, &str) = ("bool_type", "Input should be a valid boolean");
const INTEGER: (&str, &str) = ("int_type", "Input should be a valid integer");
const NUMBER: (&str, &str) = ("float_type", "Input should be a valid number");
const LIST: (&str, &str) = ("list_type", "Input should be a valid list of strings");

/// A whole number, also one written as text or with a fraction of nothing, as FastAPI takes it.
fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(whole), _, _) => Some(whole.into()),
            (_, Some(whole), _) => Some(whole.into()),
            (_, _, Some(number)) if number.fract() == 0.0 && number.abs() < 1e15 => Some(number as i128),
            _ => None,
        },
        _ => None,
    }
}
