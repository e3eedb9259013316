//! What is written down of a file that is not whole yet, so that another run can go on with it.
//!
//! ```text
//! tensorpool-part 1 1048576 "5d41402a"
//! 0-65536 262144-327680
//! 0-131072 262144-327680
//! ```
//!
//! The first line has the length (`-` if unknown) and the strong entity tag; each further line has all ranges that are
//! surely in the file. The last whole line counts. A file that is not like this is as good as none.

use std::fmt::Write as _;

use tensorpool_core::transfer::{Partial, Ranges};

const MAGIC: &str = "tensorpool-part 1";

pub(super) fn header(etag: &str, length: Option<u64>) -> String {
    let length = length.map_or_else(|| "-".to_owned(), |length| length.to_string());
    format!("{MAGIC} {length} {etag}\n")
}

pub(super) fn line(done: &Ranges) -> String {
    let mut line = String::new();
    for range in done.iter() {
        let space = if line.is_empty() { "" } else { " " };
        let _ = write!(line, "{space}{}-{}", range.start, range.end);
    }
    line.push('\n');
    line
}

/// Reads a record of a file that has `size` bytes.
pub(super) fn parse(text: &str, size: u64) -> Option<Partial> {
    // What follows the last line break was cut off.
    let (whole, _) = text.rsplit_once('\n')?;
    let mut lines = whole.split('\n');
    let head = lines.next()?.strip_prefix(MAGIC)?.strip_prefix(' ')?;
    let (length, etag) = head.split_once(' ')?;
    let length = if length == "-" { None } else { Some(number(length)?) };
    let done: Ranges = lines.next_back()?.split(' ').map(range).collect::<Option<_>>()?;
    let inside = done.end() <= size && length.is_none_or(|length| size <= length);
    (inside && done.total() > 0).then(|| Partial::new(etag, length, done))
}

fn range(text: &str) -> Option<std::ops::Range<u64>> {
    let (start, end) = text.split_once('-')?;
    let range = number(start)?..number(end)?;
    (!range.is_empty()).then_some(range)
}

fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_line_counts() {
        let mut text = header("\"a\"", Some(100));
        assert_eq!(parse(&text, 100), None, "nothing is there yet");
        let mut few = Ranges::default();
        few.insert(0..10);
        let more: Ranges = [0..20, 50..60].into_iter().collect();
        text += &line(&few);
        text += &line(&more);
        let read = Partial::new("\"a\"", Some(100), more.clone());
        assert_eq!(parse(&text, 60), Some(read.clone()));
        for cut in 0..text.len() {
            let torn = parse(&text[..cut], 60).map(|partial| partial.done);
            assert!(torn.is_none() || torn == Some(few.clone()), "cut at {cut}: {torn:?}");
        }
        text += "0-";
        assert_eq!(parse(&text, 60), Some(read));
        assert_eq!(parse(&text, 59), None, "the file is shorter than its record");
        assert_eq!(parse(&text, 101), None, "the file is longer than it should be");
    }

    #[test]
    fn anything_else_is_as_good_as_none() {
        for text in [
            "",
            "\n",
            "tensorpool-part 2 1 \"a\"\n0-1\n",
            "tensorpool-part 1 1\n0-1\n",
            "tensorpool-part 1 x \"a\"\n0-1\n",
        ] {
            assert_eq!(parse(text, 1), None, "{text:?}");
        }
        for line in ["1-0", "0-0", "0-1,2-3", "+0-1", "0 1", "", "0-99999999999999999999"] {
            assert_eq!(parse(&format!("tensorpool-part 1 - \"a\"\n{line}\n"), 10), None, "{line:?}");
        }
    }
}
