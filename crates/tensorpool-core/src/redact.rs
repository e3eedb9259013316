//! Values that must not be printed by accident: secrets, signed URLs, and pieces of bodies.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A secret the server handed out: an object-storage key, a configuration file that holds one, fields nobody knows yet.
///
/// `Debug` prints only the type's name; there is no `Display` and no `Serialize`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Wraps a secret.
    pub fn new(secret: T) -> Self {
        Self(secret)
    }

    /// The secret itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redacted")
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(secret: T) -> Self {
        Self::new(secret)
    }
}

impl From<&str> for Redacted<String> {
    fn from(secret: &str) -> Self {
        Self::new(secret.to_owned())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Redacted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

/// A presigned URL: whoever holds it can read the file, so it is treated as a secret.
///
/// Fetch it without a [`Context`](crate::Context): the API token has no business at a storage host.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl(Zeroizing<String>);

impl SignedUrl {
    /// Wraps a URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self(Zeroizing::new(url.into()))
    }

    /// The URL with its signature.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignedUrl")
    }
}

impl<'de> Deserialize<'de> for SignedUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// The beginning of a body, fit for one line of an error: control characters and line breaks become spaces, characters
/// that change the direction of text are dropped, and what follows the word `Bearer` is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Snippet(String);

impl Snippet {
    /// The most characters a snippet keeps.
    pub const MAX: usize = 200;

    /// The beginning of `text`, on one line.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut line = String::new();
        let mut kept = 0;
        let mut bearer = false;
        for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
            if kept > 0 {
                line.push(' ');
                kept += 1;
            }
            // A server or a proxy that repeats the request's headers repeats the token.
            let shown = if bearer { "…" } else { word };
            bearer = word
                .rsplit(|c: char| !c.is_ascii_alphabetic())
                .next()
                .is_some_and(|w| w.eq_ignore_ascii_case("bearer"));
            for c in shown.chars().filter(
                |c| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
            ) {
                if kept >= Self::MAX {
                    line.push('…');
                    return Self(line);
                }
                line.push(c);
                kept += 1;
            }
        }
        Self(line)
    }

    /// The beginning of `body`, on one line; bytes that are not UTF-8 become `�`.
    #[must_use]
    pub fn of_bytes(body: &[u8]) -> Self {
        // Pages are padded; then four bytes a character is the most UTF-8 needs.
        let body = body.trim_ascii_start();
        let cut = body.get(..Self::MAX * 4).unwrap_or(body);
        Self::of(&String::from_utf8_lossy(cut))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_out_of_debug() {
        let key = Redacted::<String>::from("canary");
        let url = SignedUrl::new("https://files.example/x?sig=canary");
        assert_eq!(format!("{key:?} {url:?}"), "Redacted SignedUrl");
    }

    #[test]
    fn a_snippet_is_one_capped_line() {
        assert_eq!(Snippet::of("<html>\r\n\t<b>no\0way</b>").as_str(), "<html> <b>no way</b>");
        assert_eq!(Snippet::of(&"é".repeat(5000)).as_str().chars().count(), Snippet::MAX + 1);
        assert_eq!(Snippet::of_bytes(b"ok \xff\xfe").as_str(), "ok \u{fffd}\u{fffd}");
        assert_eq!(Snippet::of("exe.\u{202e}txt").as_str(), "exe.txt");
    }

    #[test]
    fn a_snippet_shows_no_bearer_token() {
        for text in
            ["Authorization: Bearer canary", "{\"authorization\":\"bearer canary\"}", "Bearer\ncanary x"]
        {
            let snippet = Snippet::of(text);
            assert!(!snippet.as_str().contains("canary") && snippet.as_str().contains('…'), "{snippet}");
        }
        assert_eq!(Snippet::of("a bearer").as_str(), "a bearer");
    }
}
