//! Words one after another, with their place, so that a refusal can name it.

use super::refusal::{Refusal, RefusalReason as Reason};
use super::words::Word;

/// The words after a program's name.
pub(super) struct Args<'a> {
    words: std::iter::Enumerate<std::slice::Iter<'a, Word>>,
}

/// A word, or the part of one that is an option's operand.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    /// Counted from 0 with the program's name.
    pub(super) index: usize,
    word: &'a Word,
    /// What is looked at: the word, or what is attached to an option in it.
    pub(super) text: &'a str,
}

impl<'a> Args<'a> {
    pub(super) fn new(words: &'a [Word]) -> Self {
        Self { words: words.iter().enumerate() }
    }

    pub(super) fn next(&mut self) -> Option<At<'a>> {
        let (index, word) = self.words.next()?;
        Some(At { index: index + 1, word, text: word.text() })
    }

    /// An option's operand: what is attached to it, or else the next word.
    ///
    /// A word that looks like an option is not taken for an operand, lest a program with another idea of its options finds
    /// one. `- ` begins a rule, not an option.
    pub(super) fn operand(
        &mut self,
        option: At<'a>,
        attached: Option<&'a str>,
        expected: &'static str,
    ) -> Result<At<'a>, Refusal> {
        let missing = Reason::Operand { expected };
        if let Some(text) = attached {
            return Ok(At { text, ..option });
        }
        let at = self.next().ok_or_else(|| option.refuse(missing))?;
        if at.text.starts_with('-') && !at.text.starts_with("- ") {
            return Err(at.refuse(missing));
        }
        Ok(at)
    }
}

impl At<'_> {
    /// Refuses it, showing the whole word.
    pub(super) fn refuse(self, reason: Reason) -> Refusal {
        Refusal::of_word(reason, self.index, self.word.text())
    }

    /// Refuses a tilde that a shell would expand and this program would not.
    pub(super) fn without_tilde(self) -> Result<Self, Refusal> {
        self.word.without_tilde().map(|_| self).map_err(|reason| self.refuse(reason))
    }

    pub(super) fn must(self, fits: bool, reason: Reason) -> Result<(), Refusal> {
        if fits { Ok(()) } else { Err(self.refuse(reason)) }
    }

    pub(super) fn check(self, result: Result<(), Reason>) -> Result<(), Refusal> {
        result.map_err(|reason| self.refuse(reason))
    }
}

/// A number in digits, within bounds.
pub(super) fn is_number(text: &str, min: u32, max: u32) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits && text.parse().is_ok_and(|number: u32| (min..=max).contains(&number))
}
