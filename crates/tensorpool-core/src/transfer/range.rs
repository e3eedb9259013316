//! Byte ranges: which a file has, and what the headers say of them.

use std::ops::Range;

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG};

/// Parts of a file, in order, apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// Adds a part; empty ones are nothing.
    pub fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let mut merged = range;
        // Those that touch it are joined to it.
        self.0.retain(|other| {
            let apart = other.end < merged.start || merged.end < other.start;
            if !apart {
                merged = merged.start.min(other.start)..merged.end.max(other.end);
            }
            apart
        });
        let at = self.0.partition_point(|other| other.end < merged.start);
        self.0.insert(at, merged);
    }

    /// Takes a part out.
    pub fn remove(&mut self, range: Range<u64>) {
        let old = std::mem::take(&mut self.0);
        for other in old {
            self.insert(other.start..other.end.min(range.start));
            self.insert(other.start.max(range.end)..other.end);
        }
    }

    /// The first part of `0..length` that is missing.
    #[must_use]
    pub fn first_gap(&self, length: u64) -> Option<Range<u64>> {
        let mut start = 0;
        for range in &self.0 {
            if start < range.start {
                break;
            }
            start = start.max(range.end);
        }
        let next = self.0.iter().map(|range| range.start).find(|&next| next > start).unwrap_or(length);
        let gap = start..next.min(length);
        (!gap.is_empty()).then_some(gap)
    }

    /// How many bytes they are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// Where the last part ends; 0 without one.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.0.last().map_or(0, |range| range.end)
    }

    /// The parts.
    pub fn iter(&self) -> impl Iterator<Item = &Range<u64>> {
        self.0.iter()
    }
}

impl FromIterator<Range<u64>> for Ranges {
    fn from_iter<I: IntoIterator<Item = Range<u64>>>(ranges: I) -> Self {
        let mut all = Self::default();
        ranges.into_iter().for_each(|range| all.insert(range));
        all
    }
}

/// What `Content-Range` says (RFC 9110 §14.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ContentRange {
    /// These bytes, of a file of this length if that is said.
    Bytes(Range<u64>, Option<u64>),
    /// None of the bytes of a file of this length.
    Unsatisfied(u64),
    /// There is none.
    Missing,
    /// One that contradicts itself, several, or in another unit.
    Nonsense,
}

impl ContentRange {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(CONTENT_RANGE).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return if headers.contains_key(CONTENT_RANGE) { Self::Nonsense } else { Self::Missing };
        };
        value.to_str().ok().and_then(Self::parse).unwrap_or(Self::Nonsense)
    }

    fn parse(value: &str) -> Option<Self> {
        let (unit, rest) = value.trim().split_once(' ')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (range, length) = rest.trim().split_once('/')?;
        let length = match length.trim() {
            "*" => None,
            length => Some(number(length)?),
        };
        if range.trim() == "*" {
            return Some(Self::Unsatisfied(length?));
        }
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first.trim())?, number(last.trim())?);
        let end = last.checked_add(1)?;
        (first <= last && length.is_none_or(|length| end <= length))
            .then_some(Self::Bytes(first..end, length))
    }
}

/// Digits alone: `parse` would take a sign.
pub(super) fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The length of the body, if it is said and once only.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    let mut values = headers.get_all(CONTENT_LENGTH).iter();
    let length = number(values.next()?.to_str().ok()?.trim())?;
    values.next().is_none().then_some(length)
}

/// The entity tag, if it is a strong one: only that promises the same bytes (RFC 9110 §8.8.3).
pub(super) fn strong_etag(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(ETAG).iter();
    let tag = values.next()?.to_str().ok()?.trim();
    (values.next().is_none() && is_strong_etag(tag)).then(|| tag.to_owned())
}

pub(super) fn is_strong_etag(tag: &str) -> bool {
    let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    inner.is_some_and(|inner| inner.len() <= 1024 && inner.bytes().all(|b| b.is_ascii_graphic() && b != b'"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_and_show_their_first_gap() {
        let mut ranges = Ranges::default();
        assert_eq!(ranges.first_gap(10), Some(0..10));
        assert_eq!(ranges.first_gap(0), None);
        ranges.insert(4..6);
        assert_eq!(ranges.first_gap(10), Some(0..4));
        ranges.insert(0..4);
        assert_eq!((ranges.first_gap(10), ranges.iter().count()), (Some(6..10), 1));
        ranges.insert(8..9);
        assert_eq!((ranges.first_gap(10), ranges.total(), ranges.end()), (Some(6..8), 7, 9));
        ranges.insert(5..10);
        assert_eq!((ranges.first_gap(10), ranges.total()), (None, 10));
        ranges.remove(9..10);
        assert_eq!(ranges.first_gap(10), Some(9..10));
        ranges.remove(2..4);
        assert_eq!(ranges.iter().cloned().collect::<Vec<_>>(), [0..2, 4..9]);
    }

    #[test]
    fn ranges_agree_with_a_plain_set_of_bytes() {
        let mut seed = 1_u64;
        let mut next = |most: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % most
        };
        for _ in 0..500 {
            let (mut ranges, mut bytes) = (Ranges::default(), [false; 40]);
            for _ in 0..8 {
                let start = next(40);
                let range = start..start + next(41 - start);
                let add = next(3) > 0;
                bytes[range.start as usize..range.end as usize].fill(add);
                if add { ranges.insert(range) } else { ranges.remove(range) }
            }
            let start = bytes.iter().position(|b| !b);
            let gap =
                start.map(|s| s as u64..bytes[s..].iter().position(|b| *b).map_or(40, |n| (s + n) as u64));
            assert_eq!(ranges.first_gap(40), gap, "{ranges:?}");
            assert_eq!(ranges.total(), bytes.iter().filter(|b| **b).count() as u64);
        }
    }

    #[test]
    fn a_content_range_is_read_exactly() {
        let read = |value: &str| ContentRange::parse(value).unwrap_or(ContentRange::Nonsense);
        assert_eq!(read("bytes 0-0/1"), ContentRange::Bytes(0..1, Some(1)));
        assert_eq!(read("Bytes  5-9/*"), ContentRange::Bytes(5..10, None));
        assert_eq!(read("bytes */7"), ContentRange::Unsatisfied(7));
        for bad in [
            "",
            "bytes",
            "bytes 0-9",
            "bytes 9-0/10",
            "bytes 0-10/10",
            "bytes +0-9/10",
            "bytes -5/10",
            "bytes 0-/10",
            "bytes */*",
            "items 0-9/10",
            "bytes 0-18446744073709551615/*",
            "bytes 0-99999999999999999999/*",
            "bytes 0-9/10, bytes 0-9/10",
        ] {
            assert_eq!(read(bad), ContentRange::Nonsense, "{bad:?}");
        }
    }

    #[test]
    fn only_a_strong_tag_is_one() {
        for (tag, strong) in [
            ("\"a\"", true),
            ("\"\"", true),
            ("W/\"a\"", false),
            ("a", false),
            ("\"", false),
            ("\"a\"b\"", false),
            ("\"a b\"", false),
        ] {
            assert_eq!(is_strong_etag(tag), strong, "{tag}");
        }
    }
}
