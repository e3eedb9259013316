//! The corpus, and the rules it is judged by.

use std::path::{Path, PathBuf};

use tensorpool_core::command::Rules;
pub(crate) use tensorpool_tests::oracle::DIR;

/// What the second word of a hostile line, and the first of an accepted one, stands for.
pub(crate) fn rules(purpose: &str) -> Rules {
    match purpose {
        "push" => Rules::push(DIR),
        "pull" => Rules::pull(DIR),
        "ssh" => Rules::ssh(),
        _ => panic!("{purpose} is no purpose"),
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("command/corpus")
}

/// A line of the corpus: its words before ` | `, and the command after it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) place: String,
    pub(crate) words: Vec<String>,
    pub(crate) command: String,
}

/// The lines of each file of a directory, without comments.
pub(crate) fn lines(dir: &str) -> Vec<Line> {
    let dir = corpus().join(dir);
    let mut lines = Vec::new();
    for file in tensorpool_tests::names_in(&dir) {
        let text = std::fs::read_to_string(dir.join(&file)).unwrap();
        for (number, line) in text.split('\n').enumerate() {
            let place = format!("{file}:{}", number + 1);
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            let (words, command) = line.split_once(" | ").unwrap_or_else(|| panic!("{place} has no |"));
            let words = words.split(' ').map(str::to_owned).collect();
            lines.push(Line { place, words, command: written_out(command) });
        }
    }
    lines
}

/// Writes out what the corpus cannot show: `⟨U+000A⟩` is a line break, `⟨a×3⟩` is `aaa`.
fn written_out(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('⟨') {
        let (inner, after) = after.split_once('⟩').expect("closed");
        out.push_str(before);
        match (inner.strip_prefix("U+"), inner.rsplit_once('×')) {
            (Some(code), _) => {
                out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).expect("a character"));
            }
            (None, Some((text, times))) => out.push_str(&text.repeat(times.parse().unwrap())),
            (None, None) => panic!("{inner}"),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
