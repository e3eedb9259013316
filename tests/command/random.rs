//! Random commands: no input makes the judge panic, and whatever it accepts is harmless.

use fastrand::Rng;
use tensorpool_core::command::{judge, words};

use crate::support::{Line, lines, rules};
use tensorpool_tests::oracle;
use tensorpool_tests::proof::count;

const PURPOSES: [&str; 3] = ["push", "pull", "ssh"];

/// Words that are right in some place.
const RIGHT: &[&str] = &[
    "-a",
    "-avz",
    "-az",
    "-e ssh",
    "-avze 'ssh -p 22'",
    "-f '- x'",
    "--rsh=ssh",
    "--exclude x",
    "--exclude='*.pyc'",
    "--filter '+ */'",
    "--partial-dir .rsync-partial",
    "--info=progress2",
    "--timeout 30",
    "--",
    "src",
    "./a/b",
    "/home/ada/train/x",
    "'a b'",
    "-p 22",
    "-p22",
    "-l u",
    "-i ~/.ssh/id",
    "'-i~/.ssh/id'",
    "-J u@j:22",
    "-oBatchMode=yes",
    "-tt",
    "-vv",
    "-4C",
    "-o StrictHostKeyChecking=accept-new",
    "-o ControlPath=none",
    "-o ForwardAgent=no",
    "-o IdentityFile=~/.ssh/id",
];

/// Words that are wrong in most places, or that make others wrong.
const WRONG: &[&str] = &[
    "rsync",
    "ssh",
    "-e",
    "-avze",
    "-f",
    "--rsh",
    "--exclude",
    "--filter",
    "--partial-dir",
    "--timeout",
    "-",
    "..",
    "../x",
    "/etc/passwd",
    "u@h:/x",
    "h::m",
    "rsync://h/m",
    "u@h",
    "h",
    "'ssh -A'",
    "'ssh -o ProxyCommand=id'",
    "sh",
    "-p",
    "-l",
    "-i",
    "/k",
    "-J",
    "-o",
    "ProxyCommand=id",
    "ForwardAgent=yes",
    "StrictHostKeyChecking=no",
    "ControlPath=/x",
    "-A",
    "-M",
    "-F",
    "-L",
    "-vL",
    "-0",
    "-T",
    "-b",
    "-K",
    "--delete",
    "--del",
    "--rsync-path=id",
    "--log-file=/x",
    "--files-from=x",
    "--inplace",
    "&&",
    "&& rsync",
    "&& ssh",
    ";",
    "|",
    "$(id)",
    "*",
    "'",
    "\"",
    "\\",
    "!",
    "'!#:+'",
    "#",
    "A=b",
    "~",
    "''",
    "--config=x",
];

fn word(rng: &mut Rng) -> &'static str {
    if rng.u8(..4) > 0 { RIGHT[rng.usize(..RIGHT.len())] } else { WRONG[rng.usize(..WRONG.len())] }
}

/// Characters that mean something to somebody, and some that do not.
const CHARS: &[char] = &[
    ' ',
    ' ',
    '\'',
    '"',
    '\\',
    '&',
    ';',
    '|',
    '<',
    '>',
    '(',
    ')',
    '$',
    '`',
    '*',
    '?',
    '[',
    ']',
    '{',
    '}',
    '~',
    '!',
    '#',
    '=',
    ':',
    '/',
    '.',
    '-',
    '@',
    '%',
    '^',
    ',',
    '+',
    '_',
    'a',
    'e',
    'o',
    'i',
    'M',
    'L',
    'F',
    'A',
    '0',
    '2',
    '\n',
    '\t',
    '\0',
    '\r',
    '\u{1b}',
    'é',
    '✓',
    '\u{a0}',
    '\u{200b}',
    '\u{202e}',
    '\u{feff}',
    '\u{10ffff}',
    '𝒳',
];

fn judged(rng: &mut Rng, command: &str) -> usize {
    judged_as(PURPOSES[rng.usize(..PURPOSES.len())], command)
}

fn judged_as(purpose: &str, command: &str) -> usize {
    match judge(command, &rules(purpose)) {
        Ok(judged) => {
            oracle::check(command, &judged);
            1
        }
        Err(refusal) => {
            assert!(refusal.to_string().starts_with("refused: "));
            0
        }
    }
}

#[test]
fn sentences_of_right_and_wrong_words() {
    let mut rng = Rng::with_seed(4);
    let mut accepted = 0;
    let sentences = count(150_000, 5_000_000);
    for _ in 0..sentences {
        let mut command = String::from(if rng.bool() { "rsync" } else { "ssh" });
        for _ in 0..rng.usize(1..7) {
            command.push(' ');
            command.push_str(word(&mut rng));
        }
        // An end that may be right, so that what is before it decides.
        command.push_str(["", " ./ u@h:/x", " u@h:/x ./", " u@h"][rng.usize(..4)]);
        accepted += judged(&mut rng, &command);
    }
    assert!(accepted > 3_000, "only {accepted} were accepted");
    figure(sentences, accepted, "sentences_of");
}

fn figure(judged: usize, accepted: usize, name: &str) {
    tensorpool_tests::proof::figure(
        "whatever is accepted is of the list, inside, and runs as it is shown",
        format!("{judged} commands, {accepted} accepted, 0 against the second opinion"),
        &format!("cargo test -p tensorpool-tests --test command {name}"),
    );
}

/// A line of the corpus with a few changes, for what the line is for.
fn judged_mutation(rng: &mut Rng, corpus: &[Line]) -> usize {
    let line = &corpus[rng.usize(..corpus.len())];
    let mut chars: Vec<char> = line.command.chars().take(400).collect();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..=chars.len());
        match rng.u8(..5) {
            0 if at < chars.len() => drop(chars.remove(at)),
            1 if at < chars.len() => chars[at] = CHARS[rng.usize(..CHARS.len())],
            2 => chars.truncate(at.max(1)),
            3 => {
                let inserted = format!(" {} ", word(rng));
                chars.splice(at..at, inserted.chars());
            }
            _ => chars.insert(at, CHARS[rng.usize(..CHARS.len())]),
        }
    }
    let purpose = line.words.last().expect("a purpose");
    judged_as(purpose, &chars.into_iter().collect::<String>())
}

#[test]
fn honest_commands_with_a_few_changes() {
    let corpus = lines("accepted");
    let mut rng = Rng::with_seed(44);
    let accepted: usize = (0..150_000).map(|_| judged_mutation(&mut rng, &corpus)).sum();
    assert!(accepted > 10_000, "only {accepted} were accepted");
}

#[test]
fn hostile_commands_with_a_few_changes() {
    let corpus = lines("hostile");
    let mut rng = Rng::with_seed(444);
    let changes = count(150_000, 5_000_000);
    let accepted: usize = (0..changes).map(|_| judged_mutation(&mut rng, &corpus)).sum();
    figure(changes, accepted, "hostile_commands");
    // A change may take out what was hostile; the oracle has looked at each of these.
    assert!(accepted > 300, "only {accepted} were accepted");
}

/// Every string of words that can be shown can be read again, not only those a judge lets through.
#[test]
fn quoting_and_splitting_are_inverse() {
    let mut rng = Rng::with_seed(44444);
    let mut compared = 0;
    for _ in 0..100_000 {
        let text: String = (0..rng.usize(1..30)).map(|_| CHARS[rng.usize(..CHARS.len())]).collect();
        let Ok(first) = words(&text) else { continue };
        let quoted: Vec<_> = first.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        assert_eq!(words(&quoted.join(" ")).unwrap(), first, "{text:?}");
        compared += 1;
    }
    assert!(compared > 1_000, "only {compared} had words");
}
