//! Random configurations and texts, from a seed.

use std::collections::BTreeMap;

use fastrand::Rng;
use tensorpool_core::job_config::{ConfigValue, JobConfig};

/// Letters that have a meaning somewhere: in TOML, in a glob, in a terminal.
const LETTERS: &[char] = &[
    'a', 'b', 'Z', '0', '9', ' ', '"', '\'', '\\', '\n', '\r', '\t', '#', '=', '[', ']', '{', '}', ',', '.',
    '/', '*', '?', '!', '~', '-', '_', ':', '\u{7f}', '\u{1b}', '\u{85}', 'é', '日', '🚢', '\u{202e}',
    '\u{feff}', '\u{1}',
];

pub(crate) fn text(rng: &mut Rng, most: usize) -> String {
    (0..rng.usize(..=most)).map(|_| LETTERS[rng.usize(..LETTERS.len())]).collect()
}

fn many<T>(rng: &mut Rng, most: usize, mut one: impl FnMut(&mut Rng) -> T) -> Vec<T> {
    (0..rng.usize(..=most)).map(|_| one(rng)).collect()
}

/// A command that can be: not empty, without a NUL.
fn command(rng: &mut Rng) -> String {
    format!("x{}", text(rng, 12))
}

/// A path that can be: relative, going nowhere up, without control characters.
fn path(rng: &mut Rng) -> String {
    let text = text(rng, 12).replace(char::is_control, "");
    let parts: Vec<&str> =
        text.split('/').filter(|part| !part.split('\\').any(|name| name == "..")).collect();
    // Two letters, so that a colon after them makes no drive.
    format!("xy{}", parts.join("/"))
}

fn value(rng: &mut Rng, depth: usize) -> ConfigValue {
    match rng.u8(..if depth == 0 { 5 } else { 7 }) {
        0 => ConfigValue::String(text(rng, 8)),
        1 => ConfigValue::Integer(rng.i64(..)),
        2 => {
            let float = f64::from_bits(rng.u64(..));
            // None is not equal to itself.
            ConfigValue::Float(if float.is_nan() { f64::INFINITY } else { float })
        }
        3 => ConfigValue::Boolean(rng.bool()),
        4 => ConfigValue::Datetime(format!("20{:02}-05-{:02}T10:00:00Z", rng.u8(..100), rng.u8(1..32))),
        5 => ConfigValue::Array(many(rng, 3, |rng| value(rng, depth - 1))),
        _ => ConfigValue::Table(table(rng, depth - 1)),
    }
}

fn table(rng: &mut Rng, depth: usize) -> BTreeMap<String, ConfigValue> {
    many(rng, 3, |rng| (text(rng, 6), value(rng, depth))).into_iter().collect()
}

/// One that can be used.
pub(crate) fn config(rng: &mut Rng) -> JobConfig {
    let mut config = JobConfig::new([command(rng)]);
    config.commands.extend(many(rng, 3, command));
    config.outputs = many(rng, 4, path);
    config.ignore = many(rng, 4, path);
    config.extra = table(rng, 3);
    for known in ["commands", "outputs", "ignore"] {
        config.extra.remove(known);
    }
    config
}

const PIECES: &[&str] = &[
    "commands",
    "outputs",
    "ignore",
    "comands",
    "job",
    "instance_type",
    " = ",
    "=",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "\\",
    "\\u00",
    "\n",
    "\r\n",
    ",",
    ".",
    "#",
    "true",
    "nan",
    "-inf",
    "0x",
    "1_000",
    "1e9",
    "2026-01-01",
    "T07:00:00Z",
    "\"a\"",
    "'b'",
    "/x",
    "..",
    "é",
    "\u{feff}",
    "\0",
];

/// Text that looks like a configuration often enough to get far into the parser.
pub(crate) fn scraps(rng: &mut Rng) -> String {
    let mut out = String::new();
    for _ in 0..rng.usize(..24) {
        match rng.u8(..10) {
            0 => out.push_str(&text(rng, 4)),
            1 => out.push(rng.char(..)),
            _ => out.push_str(PIECES[rng.usize(..PIECES.len())]),
        }
    }
    out
}

/// Good text with a few letters changed, doubled or lost.
pub(crate) fn damaged(rng: &mut Rng) -> String {
    let mut letters: Vec<char> = config(rng).to_toml().chars().collect();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..letters.len());
        match rng.u8(..3) {
            0 => letters[at] = LETTERS[rng.usize(..LETTERS.len())],
            1 => drop(letters.remove(at)),
            _ => letters.insert(at, letters[at]),
        }
    }
    letters.into_iter().collect()
}
