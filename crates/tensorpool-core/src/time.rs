//! Time as core sees it: a plain duration passed in, and the server's `Retry-After`.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// A moment, counted from an epoch of the driver's choosing.
///
/// Core never asks what time it is. Whoever drives a [`Flow`](crate::flow::Flow) says so with each call, from a
/// monotonic clock or from a test's imagination; only differences matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Duration);

impl Time {
    /// The epoch itself.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// `seconds` after the epoch.
    #[must_use]
    pub const fn secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// `elapsed` after the epoch.
    #[must_use]
    pub const fn since_epoch(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// How long after the epoch this is.
    #[must_use]
    pub const fn elapsed(self) -> Duration {
        self.0
    }

    /// How long after `earlier` this is; zero where it is not later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Time {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// How long the server asks to be left alone, read from the headers of one answer.
///
/// Seconds are taken as they are (a fraction is rounded up). An HTTP date is taken relative to the same answer's own
/// `Date`, so that no clock is needed and a wrong local clock does no harm; without a `Date` it says nothing. A date
/// in the past asks for no delay. Negative numbers and anything else are ignored. Nothing here caps the value: a flow
/// does (see [`Wait`](crate::flow::Wait) and [`RetryPolicy`](crate::flow::RetryPolicy)).
///
/// Source: contract §8 (seconds on `/request/info`); the date form is HTTP's own (RFC 9110 §10.2.3).
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if value.bytes().next()?.is_ascii_digit() {
        return seconds(value);
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?.trim()).ok()?;
    Some(until.duration_since(date).unwrap_or(Duration::ZERO))
}

fn seconds(value: &str) -> Option<Duration> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    // More digits than fit is still a number: as long as can be said.
    let whole = whole.parse::<u64>().unwrap_or(u64::MAX);
    let up = u64::from(fraction.bytes().any(|b| b != b'0'));
    Some(Duration::from_secs(whole.saturating_add(up)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str, date: Option<&str>) -> Option<u64> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        retry_after(&headers).map(|d| d.as_secs())
    }

    #[test]
    fn seconds_are_taken_as_they_are() {
        assert_eq!(read("7", None), Some(7));
        assert_eq!(read("  7 ", None), Some(7));
        assert_eq!(read("1.2", None), Some(2));
        assert_eq!(read("1.0", None), Some(1));
        assert_eq!(read("99999999999999999999999", None), Some(u64::MAX));
    }

    #[test]
    fn nonsense_is_ignored() {
        for value in ["-1", "", "soon", "1e3", "0x10", "1,5", "NaN"] {
            assert_eq!(read(value, None), None, "{value:?}");
        }
    }

    #[test]
    fn a_date_is_relative_to_the_answers_own_date() {
        let date = Some("Sun, 08 Mar 2026 12:00:00 GMT");
        assert_eq!(read("Sun, 08 Mar 2026 12:00:30 GMT", date), Some(30));
        assert_eq!(read("Sun, 08 Mar 2026 11:00:00 GMT", date), Some(0), "past");
        assert_eq!(read("Sun, 08 Mar 2026 12:00:30 GMT", None), None, "nothing to compare with");
    }
}
