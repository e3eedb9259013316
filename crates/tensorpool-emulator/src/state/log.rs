//! `Log`: what a job has printed, the latest part of it.

use std::collections::VecDeque;

/// Lines with their places, counted from the first one ever. Old ones are dropped when all together are too long.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: VecDeque<String>,
    bytes: usize,
    /// How many have been dropped: the place of the first one there is.
    dropped: u64,
}

impl Log {
    /// Adds a line and drops old ones beyond `limit` bytes; the newest is always kept.
    pub(crate) fn push(&mut self, line: String, limit: usize) {
        self.bytes += size(&line);
        self.lines.push_back(line);
        while self.bytes > limit && self.lines.len() > 1 {
            self.bytes -= self.lines.pop_front().map_or(0, |line| size(&line));
            self.dropped += 1;
        }
    }

    /// The place of the next line.
    pub(crate) fn end(&self) -> u64 {
        self.dropped + u64::try_from(self.lines.len()).unwrap_or_default()
    }

    /// The place of the first line that is still there.
    pub(crate) fn start(&self) -> u64 {
        self.dropped
    }

    /// The line at this place, if it is there.
    pub(crate) fn get(&self, place: u64) -> Option<&str> {
        let index = usize::try_from(place.checked_sub(self.dropped)?).ok()?;
        self.lines.get(index).map(String::as_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

/// What a line takes, so that empty ones are bounded too.
fn size(line: &String) -> usize {
    line.len() + size_of_val(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_lines_go_and_places_stay() {
        let mut log = Log::default();
        for n in 0..10 {
            log.push(format!("line {n}"), 90);
        }
        assert_eq!((log.start(), log.end()), (7, 10));
        assert_eq!((log.get(6), log.get(7), log.get(10)), (None, Some("line 7"), None));
        log.push("x".repeat(100), 90);
        let mut empty = Log::default();
        (0..1000).for_each(|_| empty.push(String::new(), 90));
        assert!(empty.iter().count() < 10, "they take room too");
        assert_eq!((log.start(), log.iter().count()), (10, 1), "the newest is kept, however long");
    }
}
