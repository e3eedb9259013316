//! A section of an INI file brought up to date; every byte that is not replaced stays what and where it is.
//!
//! Works on bytes and lines, never with patterns: neither the file nor the engine's text can say what is replaced.

use std::fmt;

/// A section as the engine wants it: a name and its settings, checked.
pub(crate) struct Section {
    name: String,
    settings: Vec<String>,
}

/// Why a text is not taken as a section.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Name,
    Other(String),
    Setting(String),
    Empty,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("the name of the section is not one that a file can hold"),
            Self::Other(name) => write!(f, "it holds a section [{name}] that was not asked for"),
            Self::Setting(key) => {
                write!(f, "it holds a setting {key:?} that may run programs or is not plain")
            }
            Self::Empty => f.write_str("it holds no settings"),
        }
    }
}

impl Section {
    /// Reads the engine's text for the section `name`. The text is refused if it holds any other section, or a setting
    /// that could make the other program run something: the engine gives keys, it does not give orders.
    pub(crate) fn read(name: &str, text: &str) -> Result<Self, Refused> {
        let plain = |c: char| !c.is_control() && c != '[' && c != ']';
        if name.is_empty() || name.trim() != name || !name.chars().all(plain) {
            return Err(Refused::Name);
        }
        let mut settings = Vec::new();
        for line in text.split(['\n', '\r']).map(str::trim_end) {
            match line_of(line.as_bytes()) {
                Line::Foreign => {}
                Line::Header(found) if found == name.as_bytes() => {}
                Line::Header(found) => {
                    return Err(Refused::Other(String::from_utf8_lossy(found).into_owned()));
                }
                Line::Setting(key) => {
                    if !harmless(key) || line.chars().any(|c| c.is_control() && c != '\t') {
                        return Err(Refused::Setting(String::from_utf8_lossy(key).into_owned()));
                    }
                    settings.push(line.to_owned());
                }
            }
        }
        if settings.is_empty() {
            return Err(Refused::Empty);
        }
        Ok(Self { name: name.to_owned(), settings })
    }

    /// The value of a setting, without spaces around it.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        let mut lines = self.settings.iter().filter(|line| is_key(line.as_bytes(), key.as_bytes()));
        lines.next_back().and_then(|line| line.split_once('=')).map(|(_, value)| value.trim())
    }

    fn sets(&self, key: &[u8]) -> bool {
        self.settings.iter().any(|line| is_key(line.as_bytes(), key))
    }

    /// The file with this section in it. Settings of the section that the engine does not speak of are the user's, and
    /// stay; so do comments, blank lines, line endings and all other sections.
    pub(crate) fn put_into(&self, file: &[u8]) -> Vec<u8> {
        let kept = self.kept(file);
        let first = first_line(file);
        let windows = first.ends_with(b"\r\n") || first.ends_with(b"\r");
        let newline: &[u8] = if windows { b"\r\n" } else { b"\n" };
        let mut out = Vec::with_capacity(file.len() + 512);
        let end_line = |out: &mut Vec<u8>| {
            if !out.is_empty() && out != BOM && !out.ends_with(b"\n") {
                out.extend_from_slice(newline);
            }
        };
        let put = |out: &mut Vec<u8>| {
            end_line(out);
            for line in &self.settings {
                out.extend_from_slice(line.as_bytes());
                out.extend_from_slice(newline);
            }
        };
        match kept.after {
            Some(after) => {
                for (at, line) in kept.lines.iter().enumerate() {
                    out.extend_from_slice(line);
                    if at == after {
                        put(&mut out);
                    }
                }
            }
            None => {
                for line in &kept.lines {
                    out.extend_from_slice(line);
                }
                end_line(&mut out);
                if !out.is_empty() && out != BOM {
                    out.extend_from_slice(newline);
                }
                out.extend_from_slice(format!("[{}]", self.name).as_bytes());
                out.extend_from_slice(newline);
                put(&mut out);
            }
        }
        out
    }

    /// The lines that are not replaced.
    fn kept<'f>(&self, file: &'f [u8]) -> Kept<'f> {
        let mut kept = Kept { lines: Vec::new(), after: None };
        let (mut inside, mut first, mut dropped) = (false, false, None);
        for line in file.split_inclusive(|b| *b == b'\n') {
            let bare = line.strip_prefix(BOM).filter(|_| kept.lines.is_empty()).unwrap_or(line);
            match line_of(bare) {
                Line::Header(name) => {
                    inside = name == self.name.as_bytes();
                    first = inside && kept.after.is_none();
                    dropped = None;
                    if first {
                        kept.after = Some(kept.lines.len());
                    }
                }
                Line::Setting(key) if inside => {
                    let indent = indent(bare);
                    // What is indented below a setting is part of its value.
                    let below = dropped.is_some_and(|above| indent > above);
                    if below || self.sets(key) {
                        if !below {
                            dropped = Some(indent);
                        }
                        continue;
                    }
                    dropped = None;
                    if first {
                        kept.after = Some(kept.lines.len());
                    }
                }
                Line::Setting(_) | Line::Foreign => {}
            }
            kept.lines.push(line);
        }
        kept
    }
}

struct Kept<'f> {
    lines: Vec<&'f [u8]>,
    /// The line after which the settings belong.
    after: Option<usize>,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

enum Line<'l> {
    /// `[name]`
    Header(&'l [u8]),
    /// `key = value`, or a line of a longer value
    Setting(&'l [u8]),
    /// A blank line or a comment.
    Foreign,
}

fn line_of(line: &[u8]) -> Line<'_> {
    let line = line.trim_ascii();
    match line.split_first() {
        None | Some((b'#' | b';', _)) => Line::Foreign,
        Some((b'[', rest)) => {
            let end = rest.iter().rposition(|b| *b == b']').unwrap_or(rest.len());
            Line::Header(rest.get(..end).unwrap_or(rest).trim_ascii())
        }
        Some(_) => {
            let end = line.iter().position(|b| matches!(b, b'=' | b':')).unwrap_or(line.len());
            Line::Setting(line.get(..end).unwrap_or(line).trim_ascii())
        }
    }
}

fn is_key(line: &[u8], key: &[u8]) -> bool {
    matches!(line_of(line), Line::Setting(own) if own.eq_ignore_ascii_case(key))
}

fn indent(line: &[u8]) -> usize {
    line.len() - line.trim_ascii_start().len()
}

fn first_line(file: &[u8]) -> &[u8] {
    file.split_inclusive(|b| *b == b'\n').next().unwrap_or_default()
}

/// Whether a setting is a plain name, and not one of those that name a program to run: `credential_process` of the AWS
/// programs, `bearer_token_command` and its like of rclone, and rclone's `global.…` and `override.…`.
fn harmless(key: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    let has = |word: &[u8]| key.windows(word.len()).any(|part| part == word);
    !key.is_empty()
        && key.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        && !has(b"command")
        && !has(b"process")
        && key != b"ssh"
}

/// What an edit changes, a line each: `- ` goes, `+ ` comes. Secrets are not shown.
pub(crate) fn changes(before: &[u8], after: &[u8]) -> Vec<String> {
    let (old, new) = (lines(before), lines(after));
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let middle = |lines: &[&[u8]]| lines.len() - end;
    let gone = old.iter().take(middle(old)).map(|line| format!("- {}", masked(line)));
    let come = new.iter().take(middle(new)).map(|line| format!("+ {}", masked(line)));
    gone.chain(come).collect()
}

fn lines(file: &[u8]) -> Vec<&[u8]> {
    file.split_inclusive(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).collect()
}

fn masked(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let Some((key, value)) = text.split_once(['=', ':']) else { return text.into_owned() };
    let low = key.to_ascii_lowercase();
    let secret = ["secret", "pass", "token", "access_key", "key_id", "auth"];
    if value.trim().is_empty() || !secret.iter().any(|word| low.contains(word)) {
        return text.into_owned();
    }
    format!("{}= ****", key)
}

#[cfg(test)]
mod tests;
