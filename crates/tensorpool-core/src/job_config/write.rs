//! From a [`JobConfig`] to text.

use std::fmt::Write as _;

use super::{ConfigValue, JobConfig};

impl JobConfig {
    /// The text of a `.tp.toml` that [`parse`](Self::parse)s to the same, as TOML 1.0.
    ///
    /// Lists stand one item a line, empty ones are left out except `commands`, tables of `extra` are inline.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        list(&mut out, "commands", &self.commands);
        for (key, items) in [("outputs", &self.outputs), ("ignore", &self.ignore)] {
            if !items.is_empty() {
                list(&mut out, key, items);
            }
        }
        for (name, extra) in &self.extra {
            key(&mut out, name);
            out.push_str(" = ");
            value(&mut out, extra);
            out.push('\n');
        }
        out
    }

    /// The text of a new `.tp.toml` with comments that say what each key is for: with this configuration's values, or
    /// with examples that are commented out where it has none.
    ///
    /// ```
    /// use tensorpool_core::job_config::JobConfig;
    ///
    /// let config = JobConfig::new(["python train.py"]);
    /// assert_eq!(JobConfig::parse(&config.template())?, config);
    /// # Ok::<(), tensorpool_core::job_config::JobConfigError>(())
    /// ```
    #[must_use]
    pub fn template(&self) -> String {
        let mut out = String::from(
            "# A TensorPool job. Paths are relative to the folder that is pushed.\n\n\
             # What the job runs, one after another, in a fresh virtual environment.\n",
        );
        list(&mut out, "commands", &self.commands);
        out.push_str(
            "\n# What is kept when the job has ended: files, directories (ending in `/`) and globs.\n",
        );
        match self.outputs.is_empty() {
            true => out.push_str("# outputs = [\n#   \"checkpoints/\",\n#   \"*.log\",\n# ]\n"),
            false => list(&mut out, "outputs", &self.outputs),
        }
        out.push_str("\n# What is not uploaded: files and globs.\n");
        match self.ignore.is_empty() {
            true => out.push_str("# ignore = [\n#   \".venv/\",\n#   \"data/\",\n# ]\n"),
            false => list(&mut out, "ignore", &self.ignore),
        }
        let extra = Self { extra: self.extra.clone(), ..Self::new([""; 0]) }.to_toml();
        if let Some(extra) = extra.strip_prefix("commands = []\n").filter(|extra| !extra.is_empty()) {
            out.push_str("\n# Not known to this version.\n");
            out.push_str(extra);
        }
        out
    }
}

fn list(out: &mut String, key: &str, items: &[String]) {
    out.push_str(key);
    if items.is_empty() {
        out.push_str(" = []\n");
        return;
    }
    out.push_str(" = [\n");
    for item in items {
        out.push_str("  ");
        string(out, item);
        out.push_str(",\n");
    }
    out.push_str("]\n");
}

fn key(out: &mut String, name: &str) {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) { out.push_str(name) } else { string(out, name) }
}

/// A basic string: it can hold every text, on one line.
fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn value(out: &mut String, of: &ConfigValue) {
    match of {
        ConfigValue::String(text) => string(out, text),
        ConfigValue::Integer(number) => {
            let _ = write!(out, "{number}");
        }
        ConfigValue::Float(number) if number.is_nan() => out.push_str("nan"),
        // `Debug` always has a point or an exponent, by which TOML tells a float from an integer.
        ConfigValue::Float(number) => {
            let _ = write!(out, "{number:?}");
        }
        ConfigValue::Boolean(is) => out.push_str(if *is { "true" } else { "false" }),
        ConfigValue::Datetime(time) => out.push_str(time),
        ConfigValue::Array(values) => {
            out.push('[');
            for (index, item) in values.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                value(out, item);
            }
            out.push(']');
        }
        ConfigValue::Table(table) => {
            out.push('{');
            for (index, (name, item)) in table.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { " " });
                key(out, name);
                out.push_str(" = ");
                value(out, item);
            }
            out.push_str(if table.is_empty() { "}" } else { " }" });
        }
    }
}
