//! What a push with a configuration does, in plain words.

use std::fmt::Write as _;

use super::JobConfig;

impl JobConfig {
    /// What a push with this configuration does, in plain lines, each ended by a line break.
    ///
    /// What a failed command does to those after it is not documented (contract §3.8), so nothing is said of it.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut out = String::new();
        match self.ignore.as_slice() {
            [] => out.push_str("1. The folder is uploaded.\n"),
            some => {
                out.push_str("1. The folder is uploaded, without what matches:\n");
                items(&mut out, some);
            }
        }
        match self.commands.as_slice() {
            [] => out.push_str("2. Nothing is run: there are no commands, so a push is refused.\n"),
            [one] => {
                out.push_str("2. In a fresh virtual environment this is run:\n");
                items(&mut out, std::slice::from_ref(one));
            }
            many => {
                out.push_str("2. In a fresh virtual environment these are run, one after another:\n");
                items(&mut out, many);
            }
        }
        match self.outputs.as_slice() {
            [] => out.push_str("3. No file is kept when the job has ended: there are no outputs.\n"),
            some => {
                out.push_str("3. When the job has ended, these are kept for a pull:\n");
                for path in some {
                    let _ = writeln!(out, "   - {}, {}", line(path), what(path));
                }
            }
        }
        if !self.extra.is_empty() {
            let keys = self.extra.keys().map(|key| line(key)).collect::<Vec<_>>().join(", ");
            let _ = writeln!(out, "Sent along, with a meaning that is unknown here: {keys}.");
        }
        out
    }
}

fn items(out: &mut String, items: &[String]) {
    for item in items {
        let _ = writeln!(out, "   - {}", line(item));
    }
}

/// Control characters would break the line, or steer the terminal.
fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

fn what(path: &str) -> &'static str {
    match path {
        path if path.contains(['*', '?', '[']) => "whatever matches",
        path if path.ends_with('/') => "a directory with all in it",
        _ => "a file or directory",
    }
}
