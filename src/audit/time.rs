//! Times of records: RFC 3339 in its usual spellings, or seconds or milliseconds since 1970.
//!
//! Read by hand on the hot path where the spelling is the usual one; the rest is left to `jiff`.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// Microseconds since 1970 of `2026-11-21T19:40:00.123456Z`, with an offset, with a blank for `T`, or of a number.
#[must_use]
pub fn micros(text: &[u8]) -> Option<i64> {
    quick(text).or_else(|| number(text)).or_else(|| {
        let text = std::str::from_utf8(text).ok()?;
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Some(time.as_microsecond());
        }
        // Without an offset: taken as UTC.
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
    })
}

/// `YYYY-mm-ddTHH:MM:SS[.fraction](Z|+00:00)`.
fn quick(text: &[u8]) -> Option<i64> {
    let two = |at: usize| {
        let tens = text.get(at)?.wrapping_sub(b'0');
        let ones = text.get(at + 1)?.wrapping_sub(b'0');
        (tens < 10 && ones < 10).then_some(i64::from(tens) * 10 + i64::from(ones))
    };
    let is = |at: usize, byte: u8| text.get(at) == Some(&byte);
    if !(is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':')) {
        return None;
    }
    let (year, month, day) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 59
    {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut fraction = 0;
    if let Some(digits) = rest.strip_prefix(b".") {
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        for place in 0..6 {
            let digit = if place < count { digits.get(place)?.wrapping_sub(b'0') } else { 0 };
            fraction = fraction * 10 + i64::from(digit);
        }
        rest = digits.get(count..)?;
    }
    if rest != b"Z" && rest != b"+00:00" {
        return None;
    }
    // Days since 1970 in the Gregorian calendar, counting years from March.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + fraction)
}

/// Seconds, with a fraction or not; what is beyond the year 5138 in seconds is milliseconds.
fn number(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    if !text.starts_with(|first: char| first.is_ascii_digit()) || text.contains('-') {
        return None;
    }
    if let Ok(whole) = text.parse::<i64>() {
        let scale = if whole >= 100_000_000_000 { 1000 } else { 1_000_000 };
        return whole.checked_mul(scale);
    }
    let seconds: f64 = text.parse().ok()?;
    #[allow(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
    (seconds < 1e12).then(|| (seconds * 1e6).round() as i64)
}

/// `micros` as RFC 3339 in UTC, to the second.
#[must_use]
pub fn show(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map_or_else(|_| micros.to_string(), |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_and_unusual_spellings() {
        // 2026-11-21T19:40:00Z is 1 795 290 000 s: `date -u -d 2026-11-21T19:40:00Z +%s`.
        const SECONDS: i64 = 1_795_290_000;
        for (text, micros) in [
            ("2026-11-21T19:40:00Z", SECONDS * 1_000_000),
            ("2026-11-21T19:40:00.000001Z", SECONDS * 1_000_000 + 1),
            ("2026-11-21T19:40:00.5+00:00", SECONDS * 1_000_000 + 500_000),
            ("2026-11-21T20:40:00.123456789+01:00", SECONDS * 1_000_000 + 123_456),
            ("2026-11-21 19:40:00", SECONDS * 1_000_000),
            ("1795290000", SECONDS * 1_000_000),
            ("1795290000123", SECONDS * 1_000_000 + 123_000),
            ("1795290000.25", SECONDS * 1_000_000 + 250_000),
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799_000_000),
        ] {
            assert_eq!(super::micros(text.as_bytes()), Some(micros), "{text}");
        }
        assert_eq!(super::micros(b"2026-13-21T19:40:00Z"), None);
        assert_eq!(super::micros(b""), None);
        assert_eq!(super::micros(b"yesterday"), None);
        assert_eq!(show(SECONDS * 1_000_000), "2026-11-21T19:40:00Z");
    }
}
