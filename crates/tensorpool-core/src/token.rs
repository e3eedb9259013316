//! The API token: redacted, zeroized, and a sensitive header.

use std::fmt;

use http::HeaderValue;
use zeroize::Zeroizing;

use crate::error::BuildError;

/// A TensorPool API token, from <https://tensorpool.dev/dashboard/profile>.
///
/// It is sent as `Authorization: Bearer …` (contract §1, `authentication.md`) and never shown: `Debug` prints only the
/// type's name, there is no `Display` and no `Serialize`, and the text is wiped from memory on drop (the copy
/// inside the headers of requests is freed, not wiped).
#[derive(Clone)]
pub struct ApiToken {
    text: Zeroizing<String>,
    header: HeaderValue,
}

impl ApiToken {
    /// Takes a token as it is.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if it is empty or holds anything but visible ASCII: a space, a newline (as a file's last line
    /// brings), or a character that a header cannot carry. The error never shows the token.
    pub fn new(token: impl Into<String>) -> Result<Self, BuildError> {
        let token = Zeroizing::new(token.into());
        if token.is_empty() {
            return Err(BuildError::token("is empty"));
        }
        for (at, c) in token.char_indices() {
            match c {
                '!'..='~' => {}
                '\n' | '\r' => {
                    return Err(BuildError::token(format!("holds a line break at byte {at}; trim it first")));
                }
                c if c.is_ascii() => {
                    return Err(BuildError::token(format!(
                        "holds a space or control character at byte {at}"
                    )));
                }
                _ => return Err(BuildError::token(format!("holds a non-ASCII character at byte {at}"))),
            }
        }
        let bearer = Zeroizing::new(format!("Bearer {}", token.as_str()));
        let mut header =
            HeaderValue::from_str(&bearer).map_err(|_| BuildError::token("cannot be carried in a header"))?;
        header.set_sensitive(true);
        Ok(Self { text: token, header })
    }

    /// The token itself, for the rare caller who must pass it on.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_cannot_be_sent_is_refused_without_being_shown() {
        for bad in ["", "tp-secret\n", "tp secret", "tp-sécret", "tp\0secret", "tp\u{7f}"] {
            let error = ApiToken::new(bad).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_header_is_sensitive_and_debug_is_silent() {
        let token = ApiToken::new("tp-canary").unwrap();
        let header = token.header();
        assert!(header.is_sensitive());
        assert!(!format!("{token:?} {header:?}").contains("canary"));
        assert_eq!(token.expose(), "tp-canary");
    }
}
