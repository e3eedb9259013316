//! Timestamps: a virtual moment as ISO 8601 and as an HTTP date.

use tensorpool_core::Time;

/// Seconds since 1970.
pub(crate) fn unix(epoch: u64, time: Time) -> u64 {
    epoch.saturating_add(time.elapsed().as_secs())
}

/// Such as `2026-03-08T12:00:00Z`.
pub(crate) fn iso(epoch: u64, time: Time) -> String {
    let (date, [hour, minute, second]) = split(unix(epoch, time));
    let [year, month, day] = date;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Such as `2026-03-08 12:00`, for people.
pub(crate) fn short(epoch: u64, time: Time) -> String {
    let ([year, month, day], [hour, minute, _]) = split(unix(epoch, time));
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

/// Date and time of day. The algorithm is Howard Hinnant's `civil_from_days`.
fn split(seconds: u64) -> ([u64; 3], [u64; 3]) {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days.saturating_add(719_468);
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    ([year, month, day], [rest / 3600, rest / 60 % 60, rest % 60])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_those_of_the_calendar() {
        assert_eq!(iso(0, Time::ZERO), "1970-01-01T00:00:00Z");
        assert_eq!(iso(1_767_225_600, Time::secs(61)), "2026-01-01T00:01:01Z");
        assert_eq!(iso(951_782_400, Time::ZERO), "2000-02-29T00:00:00Z");
        assert_eq!(short(1_709_251_199, Time::ZERO), "2024-02-29 23:59");
    }
}
