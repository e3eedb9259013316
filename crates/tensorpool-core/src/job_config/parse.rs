//! From text to a [`JobConfig`], or to all that is wrong with it.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::JobConfig;
use super::finding::{Finding, FindingKind, JobConfigError, Severity};
use super::keys::{KNOWN, nearest, replacement};
use super::paths::{self, Use};
use super::syntax;
use super::value::{ConfigValue, kind_of};

/// How many findings are kept: more help nobody.
const MOST: usize = 100;

pub(super) fn parse(text: &str) -> Result<JobConfig, JobConfigError> {
    let mut reader = Reader { text, findings: Vec::new() };
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(reader.bad_toml(&errors));
    }
    let mut config = JobConfig::new([""; 0]);
    let mut seen_commands = false;
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in entries {
        let name: &str = key.get_ref();
        match name {
            "commands" => {
                seen_commands = true;
                config.commands = reader.list("commands", key.span(), value);
                reader.commands(&config.commands, value);
            }
            "outputs" => {
                config.outputs = reader.list("outputs", key.span(), value);
                reader.paths("outputs", &config.outputs, value, Use::Output);
            }
            "ignore" => {
                config.ignore = reader.list("ignore", key.span(), value);
                reader.paths("ignore", &config.ignore, value, Use::Ignore);
            }
            _ => reader.other(&mut config, name, key.span(), value.get_ref()),
        }
    }
    if !seen_commands {
        let places = table.get_ref().keys().map(|key| (&**key.get_ref(), key.span())).collect();
        reader.no_commands(&config, &places);
    }
    reader.findings.sort_by_key(Finding::position);
    if reader.findings.iter().any(|finding| finding.severity() == Severity::Error) {
        return Err(JobConfigError::new(reader.findings));
    }
    config.warnings = reader.findings;
    Ok(config)
}

struct Reader<'t> {
    text: &'t str,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn error(&mut self, kind: FindingKind, span: Range<usize>, key: &str, what: String, help: &str) {
        // A warning makes room for an error, so that a file with an error is never taken for a good one.
        if self.findings.len() >= MOST {
            match self.findings.iter().position(|finding| finding.severity() == Severity::Warning) {
                Some(warning) => drop(self.findings.remove(warning)),
                None => return,
            }
        }
        self.push(Severity::Error, kind, span, key, what, help);
    }

    fn warn(&mut self, kind: FindingKind, span: Range<usize>, key: &str, what: String, help: &str) {
        if self.findings.len() < MOST {
            self.push(Severity::Warning, kind, span, key, what, help);
        }
    }

    fn push(
        &mut self,
        severity: Severity,
        kind: FindingKind,
        span: Range<usize>,
        key: &str,
        what: String,
        help: &str,
    ) {
        let mut finding = Finding::new(severity, kind, what).at(self.text, span);
        if !key.is_empty() {
            finding = finding.key(key);
        }
        if !help.is_empty() {
            finding = finding.help(help);
        }
        self.findings.push(finding);
    }

    /// One error a line: what follows on the same line is mostly a consequence.
    fn bad_toml(&mut self, errors: &[toml::de::Error]) -> JobConfigError {
        for error in errors {
            let span = error.span().unwrap_or(self.text.len()..self.text.len());
            let (what, help) = syntax::explain(self.text, span.start, error.message());
            self.error(FindingKind::Syntax, span, "", format!("this is not TOML: {what}"), help);
        }
        self.findings.sort_by_key(Finding::position);
        self.findings.dedup_by_key(|finding| finding.position().line);
        JobConfigError::new(std::mem::take(&mut self.findings))
    }

    /// The strings of an array; what is not one is reported and left out.
    fn list(&mut self, key: &str, at: Range<usize>, value: &Spanned<DeValue<'_>>) -> Vec<String> {
        let DeValue::Array(items) = value.get_ref() else {
            let what = format!("`{key}` must be an array of strings, not {}", kind_of(value.get_ref()));
            let (span, help) = match value.get_ref() {
                DeValue::String(_) => (value.span(), format!("put it in brackets: {key} = [\"…\"]")),
                DeValue::Table(_) => (at, format!("write {key} = [\"…\"] above all tables")),
                _ => (value.span(), format!("write {key} = [\"…\"]")),
            };
            self.error(FindingKind::Type, span, key, what, &help);
            return Vec::new();
        };
        let mut strings = Vec::new();
        for (index, item) in items.iter().enumerate() {
            if let DeValue::String(text) = item.get_ref() {
                strings.push(text.to_string());
                if self.text.get(item.span()).is_some_and(syntax::is_new) {
                    let what = format!("`{key}[{index}]` has an escape of TOML 1.1");
                    let help =
                        "an engine that reads TOML 1.0 refuses it; write \\u001B for \\e, \\u0041 for \\x41";
                    self.warn(FindingKind::Syntax, item.span(), &format!("{key}[{index}]"), what, help);
                }
                continue;
            }
            let of = format!("{key}[{index}]");
            let what = format!("`{of}` must be a string, not {}", kind_of(item.get_ref()));
            let (span, help) = match item.get_ref() {
                DeValue::Table(_) => (at.clone(), format!("write {key} = [\"…\"]")),
                DeValue::Array(_) => (item.span(), "take away the inner brackets".to_owned()),
                _ => (item.span(), "put it in quotes".to_owned()),
            };
            self.error(FindingKind::Type, span, &of, what, &help);
        }
        strings
    }

    /// The place of the nth string of an array.
    fn item(value: &Spanned<DeValue<'_>>, nth: usize) -> (usize, Range<usize>) {
        let items = value.get_ref().as_array().into_iter().flat_map(|items| items.iter()).enumerate();
        let mut strings = items.filter(|(_, item)| item.get_ref().is_str());
        strings.nth(nth).map_or((nth, value.span()), |(index, item)| (index, item.span()))
    }

    fn commands(&mut self, commands: &[String], value: &Spanned<DeValue<'_>>) {
        if value.get_ref().as_array().is_some_and(|items| items.is_empty()) {
            let help = "a job needs something to run";
            self.error(FindingKind::Value, value.span(), "commands", "`commands` is empty".to_owned(), help);
        }
        for (nth, command) in commands.iter().enumerate() {
            let empty = command.trim().is_empty();
            if empty || command.contains('\0') {
                let (index, span) = Self::item(value, nth);
                let key = format!("commands[{index}]");
                let (why, help) = match empty {
                    true => ("is empty", "take it out, or write a command"),
                    false => ("holds a NUL", "no command can"),
                };
                self.error(FindingKind::Value, span, &key, format!("`{key}` {why}"), help);
            }
        }
    }

    fn paths(&mut self, key: &str, paths: &[String], value: &Spanned<DeValue<'_>>, use_: Use) {
        for (nth, path) in paths.iter().enumerate() {
            let Some((severity, why, help)) = paths::check(path, use_) else { continue };
            let (index, span) = Self::item(value, nth);
            let of = format!("{key}[{index}]");
            let what = format!("`{of}` {why}");
            match severity {
                Severity::Error => self.error(FindingKind::Path, span, &of, what, help),
                Severity::Warning => self.warn(FindingKind::Path, span, &of, what, help),
            }
        }
    }

    fn other(&mut self, config: &mut JobConfig, name: &str, at: Range<usize>, value: &DeValue<'_>) {
        let shown = shown(name);
        if let Some(now) = replacement(name, value.is_table()) {
            self.warn(FindingKind::ObsoleteKey, at.clone(), name, format!("{shown} is obsolete"), now);
        } else {
            let help = match nearest(name) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("the keys are {}", KNOWN.map(|known| format!("`{known}`")).join(", ")),
            };
            self.warn(
                FindingKind::UnknownKey,
                at.clone(),
                name,
                format!("the key {shown} is unknown"),
                &help,
            );
        }
        match ConfigValue::read(value) {
            Some(value) => drop(config.extra.insert(name.to_owned(), value)),
            None => {
                let what = format!("{shown} holds an integer of more than 64 bits");
                self.error(FindingKind::Value, at, name, what, "");
            }
        }
    }

    fn no_commands(&mut self, config: &JobConfig, places: &BTreeMap<&str, Range<usize>>) {
        // A key below a table's header belongs to that table, which surprises many.
        let inside = config.extra.iter().find_map(|(name, value)| match value {
            ConfigValue::Table(table) if table.contains_key("commands") => Some(name),
            _ => None,
        });
        let meant = config.extra.keys().find(|name| nearest(name) == Some("commands"));
        let help = match (inside, meant) {
            (Some(table), _) => {
                format!("{} holds one: move it to the top level, above all tables", shown(table))
            }
            (None, Some(key)) => format!("{} was probably meant to be it", shown(key)),
            (None, None) => "write commands = [\"…\"], with what the job runs".to_owned(),
        };
        let place = inside.or(meant).and_then(|key| places.get(key.as_str())).cloned().unwrap_or(0..0);
        self.error(FindingKind::Missing, place, "commands", "`commands` is missing".to_owned(), &help);
    }
}

/// A key that somebody else has chosen: short, on one line.
fn shown(key: &str) -> String {
    let mut short: String = key.chars().take(40).collect();
    if short.len() < key.len() {
        short.push('…');
    }
    format!("`{}`", short.escape_debug())
}
