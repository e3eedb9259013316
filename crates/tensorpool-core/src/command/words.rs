//! POSIX words, from quotes and backslashes alone: whatever else a shell would interpret is refused.

use std::iter::Peekable;
use std::str::CharIndices;

use super::refusal::{Refusal, RefusalReason as Reason};

/// The most bytes a command may have: 16 KiB.
pub const MAX_BYTES: usize = 16 * 1024;

/// The most words a command may have, the names of its programs included.
pub const MAX_WORDS: usize = 256;

/// The most runs an `a && b` list may have.
pub const MAX_RUNS: usize = 8;

/// A word without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    text: String,
    /// It has a tilde where a shell would put somebody's home directory.
    tilde: bool,
}

impl Word {
    /// The text as the program gets it: a tilde is still a tilde.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Refuses a tilde, for a word whose program would not expand it itself.
    pub(super) fn without_tilde(&self) -> Result<&str, Reason> {
        if self.tilde { Err(Reason::Shell('~')) } else { Ok(&self.text) }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// The words of one command, as a POSIX shell would make them.
///
/// Strict: quotes and backslashes are all that is interpreted, `~` at the beginning of a word stays, and what a shell would
/// treat otherwise is refused. [`Run`](super::Run)'s `Display` is the way back.
///
/// # Errors
///
/// The first character, and the word it is in, that a shell would interpret, that is not seen, or that is too much.
pub fn words(command: &str) -> Result<Vec<String>, Refusal> {
    let mut parts = split(command)?;
    match (parts.pop(), parts.is_empty()) {
        (Some(words), true) => Ok(words.into_iter().map(Word::into_text).collect()),
        _ => Err(Refusal::whole(Reason::Shell('&'))),
    }
}

/// The words of each part of an `a && b` list. No part is empty.
pub(super) fn split(command: &str) -> Result<Vec<Vec<Word>>, Refusal> {
    if command.len() > MAX_BYTES {
        return Err(Refusal::whole(Reason::TooLong));
    }
    let mut splitter = Splitter::new(command);
    splitter.run().map_err(|reason| splitter.refusal(reason))?;
    Ok(splitter.parts)
}

struct Splitter<'a> {
    command: &'a str,
    chars: Peekable<CharIndices<'a>>,
    parts: Vec<Vec<Word>>,
    words: Vec<Word>,
    count: usize,
    word: Option<Word>,
    /// Where the word begins in the command.
    start: usize,
    /// The word is, so far, free of quotes and backslashes.
    bare: bool,
    /// The last unquoted character of the word, if it was the last one.
    last: Option<char>,
}

impl<'a> Splitter<'a> {
    fn new(command: &'a str) -> Self {
        Self {
            command,
            chars: command.char_indices().peekable(),
            parts: Vec::new(),
            words: Vec::new(),
            count: 0,
            word: None,
            start: 0,
            bare: true,
            last: None,
        }
    }

    fn run(&mut self) -> Result<(), Reason> {
        while let Some((at, c)) = self.chars.next() {
            if c == ' ' {
                self.end_word()?;
                continue;
            }
            if self.word.is_none() {
                self.start = at;
            }
            visible(c)?;
            match c {
                '\'' => self.single_quoted()?,
                '"' => self.double_quoted()?,
                '\\' => {
                    let next = self.next()?;
                    self.quoted(next);
                }
                '&' if self.chars.next_if(|(_, next)| *next == '&').is_some() => {
                    self.end_word()?;
                    self.end_part()?;
                }
                '&' | ';' | '|' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '?' | '[' | ']' | '{' | '}'
                | '!' => return Err(Reason::Shell(c)),
                '#' if self.word.is_none() => return Err(Reason::Shell(c)),
                '=' if self.is_variable() => return Err(Reason::Assignment),
                '~' => self.tilde()?,
                _ => self.unquoted(c),
            }
        }
        self.end_word()?;
        self.end_part()
    }

    fn single_quoted(&mut self) -> Result<(), Reason> {
        self.open_quote();
        loop {
            match self.next()? {
                '\'' => return Ok(()),
                c => self.quoted(c),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<(), Reason> {
        self.open_quote();
        loop {
            match self.next()? {
                '"' => return Ok(()),
                '\\' => match self.next()? {
                    c @ ('$' | '`' | '"' | '\\') => self.quoted(c),
                    // History is expanded even here, and the backslash stays.
                    '!' => return Err(Reason::Shell('!')),
                    c => {
                        self.quoted('\\');
                        self.quoted(c);
                    }
                },
                c @ ('$' | '`' | '!') => return Err(Reason::Shell(c)),
                c => self.quoted(c),
            }
        }
    }

    /// The next character of something that must be closed.
    fn next(&mut self) -> Result<char, Reason> {
        let (_, c) = self.chars.next().ok_or(Reason::Unfinished)?;
        visible(c)?;
        Ok(c)
    }

    /// A shell expands a tilde that begins a word, and many do after `=`, or after `:` in what looks like a variable.
    fn tilde(&mut self) -> Result<(), Reason> {
        let home = matches!((&self.word, self.last), (None, _) | (Some(_), Some('=')));
        let listed = self.last == Some(':') && self.word.as_ref().is_some_and(|word| word.text.contains('='));
        if listed {
            return Err(Reason::Shell('~'));
        }
        self.unquoted('~');
        if let (true, Some(word)) = (home, &mut self.word) {
            word.tilde = true;
        }
        Ok(())
    }

    /// Whether `=` would now make an assignment: before the program's name, after a variable's.
    fn is_variable(&self) -> bool {
        let Some(word) = self.word.as_ref().filter(|_| self.words.is_empty() && self.bare) else {
            return false;
        };
        let mut chars = word.text.trim_end_matches('+').chars();
        chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
    }

    fn open_quote(&mut self) {
        self.current();
        self.bare = false;
        self.last = None;
    }

    fn quoted(&mut self, c: char) {
        self.current().text.push(c);
        self.bare = false;
        self.last = None;
    }

    fn unquoted(&mut self, c: char) {
        self.current().text.push(c);
        self.last = Some(c);
    }

    fn current(&mut self) -> &mut Word {
        self.word.get_or_insert_with(|| Word { text: String::new(), tilde: false })
    }

    fn end_word(&mut self) -> Result<(), Reason> {
        if let Some(word) = self.word.take() {
            self.words.push(word);
            self.count += 1;
            if self.count > MAX_WORDS {
                return Err(Reason::TooLong);
            }
        }
        self.bare = true;
        self.last = None;
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), Reason> {
        if self.words.is_empty() {
            return Err(Reason::Empty);
        }
        self.parts.push(std::mem::take(&mut self.words));
        if self.parts.len() > MAX_RUNS { Err(Reason::TooLong) } else { Ok(()) }
    }

    /// Names the word that was being read, as it stands in the command.
    fn refusal(&self, reason: Reason) -> Refusal {
        let refusal = match reason {
            Reason::Empty | Reason::TooLong => Refusal::whole(reason),
            _ => {
                let rest = self.command.get(self.start..).unwrap_or_default();
                let word = rest.split(' ').next().unwrap_or_default();
                Refusal::of_word(reason, self.words.len(), word)
            }
        };
        refusal.in_part(self.parts.len())
    }
}

/// Refuses what a person who reads the command would not see as it is.
fn visible(c: char) -> Result<(), Reason> {
    if c.is_control() {
        return Err(Reason::Control(c));
    }
    if c != ' ' && (c.is_whitespace() || is_hidden(c)) {
        return Err(Reason::Hidden(c));
    }
    Ok(())
}

/// Format characters (Unicode's Cf), fillers that look blank, selectors, private use and noncharacters.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1345f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// One word for a POSIX shell: as it is where nothing in it means anything, else in single quotes.
pub(super) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/@:,+%=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}
