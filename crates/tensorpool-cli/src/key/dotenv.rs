//! `.env` in the working directory: read, with a warning, for those who come from the official client; never written.

use std::fs;
use std::io::{self, Read as _};
use std::sync::Once;

use super::VARIABLES;
use crate::app::App;
use crate::failure::Failure;

/// More than this is no settings file.
const MOST: u64 = 1 << 20;

static WARNED: Once = Once::new();

/// The key in it, if there is one.
pub(crate) fn find(app: &App) -> Result<Option<String>, Failure> {
    let text = match read() {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // It is not ours, and most that are there hold no key for us.
        Err(error) => {
            WARNED.call_once(|| app.screen.say(&format!("warning: .env is not read: {error}")));
            return Ok(None);
        }
    };
    let key = parse(&text);
    if key.is_some() {
        WARNED.call_once(|| {
            app.screen.say(
                "warning: the key is read from .env in the working directory, where it is easily committed; \
                 `tp auth login` keeps it in a safer place",
            );
        });
    }
    Ok(key)
}

fn read() -> io::Result<String> {
    // A pipe of this name would be waited for.
    if !fs::metadata(".env")?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(".env")?.take(MOST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The key in the text of such a file: the first line that sets it, as the official client reads it, but of exactly that
/// name; `export` may stand before it.
fn parse(text: &str) -> Option<String> {
    VARIABLES.iter().find_map(|variable| {
        text.lines().find_map(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = line.split_once('=')?;
            let value = value.trim().trim_matches('\'').trim_matches('"');
            (name.trim() == *variable && !value.is_empty()).then(|| value.to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_the_official_client_reads_it() {
        for (text, key) in [
            ("TENSORPOOL_KEY=abc", Some("abc")),
            ("\nTENSORPOOL_KEY=abc\n", Some("abc")),
            ("A=1\r\nTENSORPOOL_KEY = 'abc'\r\n", Some("abc")),
            ("export TENSORPOOL_KEY=\"abc\"", Some("abc")),
            ("TENSORPOOL_KEY=a=b", Some("a=b")),
            ("TENSORPOOL_KEY=one\nTENSORPOOL_KEY=two", Some("one")),
            ("TENSORPOOL_API_KEY=abc", Some("abc")),
            ("TENSORPOOL_API_KEY=one\nTENSORPOOL_KEY=two", Some("two")),
            ("TENSORPOOL_KEY_OLD=abc", None),
            ("# TENSORPOOL_KEY=abc", None),
            ("TENSORPOOL_KEY=", None),
            ("TENSORPOOL_KEY", None),
            ("", None),
        ] {
            assert_eq!(parse(text).as_deref(), key, "{text:?}");
        }
    }
}
