//! How a server refuses the key once a connection is open: no source says, so both lists are guesses.

use crate::error::SessionErrorKind;
use crate::scrub::SCRUBBED;

/// Close codes that refuse the key, if nothing was said before: a breach of policy, which is what frameworks close with
/// after a failed authentication, and the two that echo HTTP's 401.
const CODES: [u16; 3] = [1008, 4001, 4401];

/// What the text of an error holds if it is about the key. "token" and "key" alone are not among them: a parser of TOML
/// speaks of unexpected tokens and invalid keys too, and that would be about the job.
const WORDS: [&str; 12] = [
    SCRUBBED,
    "api key",
    "api-key",
    "api_key",
    "api token",
    "access token",
    "tensorpool_key",
    "unauthorized",
    "unauthorised",
    "unauthenticated",
    "not authenticated",
    "authentication",
];

pub(super) fn is_code(code: Option<u16>) -> bool {
    code.is_some_and(|code| CODES.contains(&code))
}

/// The words of an error, and the reason of the close after it where that says more.
pub(super) fn joined(words: &str, reason: &str) -> String {
    if words.contains(reason) { words.to_owned() } else { format!("{words}: {reason}") }
}

/// What an error with these words, scrubbed, is that came before anything else and was followed only by the end.
pub(super) fn kind(words: &str) -> SessionErrorKind {
    if is_about_the_key(words) { SessionErrorKind::Unauthorized } else { SessionErrorKind::Reported }
}

/// Whether these words, scrubbed, are about the key.
fn is_about_the_key(words: &str) -> bool {
    let words = words.to_lowercase();
    WORDS.iter().any(|about| words.contains(about))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_about_the_key_only_if_it_plainly_says_so() {
        for words in ["Invalid API key", "bad key <token>", "Unauthorized", "Authentication failed"] {
            assert!(is_about_the_key(words), "{words}");
        }
        for words in [
            "cluster c-7 not found",
            "tp.toml: unexpected token at line 3",
            "tp.toml: invalid key `foo`",
            "Invalid key",
            "",
        ] {
            assert!(!is_about_the_key(words), "{words}");
        }
    }
}
