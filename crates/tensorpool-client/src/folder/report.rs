//! A plan as text for a person.

use std::fmt;
use std::path::Path;

use super::{LeftOut, UploadPlan};

/// How many largest files are shown, and how many lines of any other list.
const LARGEST: usize = 10;
const LINES: usize = 20;

impl fmt::Display for UploadPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.files().len();
        let links = match self.links().len() {
            0 => String::new(),
            n => format!(" and {}", count(n as u64, "link")),
        };
        let what = count(files as u64, "file");
        writeln!(f, "{what}{links} would be uploaded from {}, {}", shown(self.root()), size(self.bytes()))?;

        if files > 1 {
            writeln!(f, "\nthe largest:")?;
        }
        for file in self.largest(LARGEST) {
            writeln!(f, "{:>12}  {}", size(file.bytes), shown(&file.path))?;
        }
        if files > LARGEST {
            writeln!(f, "{:>12}  … and {} smaller", "", files - LARGEST)?;
        }
        section(f, "left out:", self.left_out(), left_out)?;
        section(f, "links, not followed:", self.links(), |link| {
            format!("{} -> {}", shown(&link.path), shown(&link.target))
        })?;
        section(f, "cannot be read:", self.unreadable(), |it| format!("{}: {}", shown(&it.path), it.why))?;
        section(f, "warnings:", self.warnings(), ToString::to_string)
    }
}

fn left_out(one: &LeftOut) -> String {
    let more = if one.at_least { "at least " } else { "" };
    let mut examples: Vec<String> = one.examples.iter().map(|path| shown(path)).collect();
    if one.files > examples.len() as u64 {
        examples.push("…".to_owned());
    }
    let (files, bytes) = (count(one.files, "file"), size(one.bytes));
    format!("{}  {more}{files}, {bytes}: {}", one.rule, examples.join(", "))
}

fn section<T>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    items: &[T],
    line: impl Fn(&T) -> String,
) -> fmt::Result {
    if !items.is_empty() {
        writeln!(f, "\n{title}")?;
    }
    for item in items.iter().take(LINES) {
        writeln!(f, "  {}", line(item))?;
    }
    match items.len().saturating_sub(LINES) {
        0 => Ok(()),
        more => writeln!(f, "  … and {more} more"),
    }
}

fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// A path on one line, whatever is in its name: a terminal must not be steered by a file's name.
pub(super) fn shown(path: &Path) -> String {
    let mut shown = String::new();
    for c in path.to_string_lossy().chars() {
        let hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || hidden { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// `900 B`, `1.5 KiB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut tenths = u128::from(bytes) * 10;
    let mut unit = "B";
    for next in UNITS {
        // What would be shown as 1024.0 is shown in the next unit.
        if (tenths + 5) / 10 < 1024 {
            break;
        }
        tenths = (tenths + 512) / 1024;
        unit = next;
    }
    match unit {
        "B" => format!("{bytes} B"),
        _ => format!("{}.{} {unit}", tenths / 10, tenths % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_to_a_tenth() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn a_name_stays_on_its_line() {
        assert_eq!(shown(Path::new("a\n\u{1b}[31mé\u{202e}.txt")), "a\\n\\u{1b}[31mé\\u{202e}.txt");
    }
}
