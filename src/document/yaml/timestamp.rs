//! Dates and times: the two patterns PyYAML has for them, Python's limits, and `isoformat()`.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

/// A date that exists, perhaps with a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp {
    year: u32,
    month: u32,
    day: u32,
    time: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Time {
    hour: u32,
    minute: u32,
    second: u32,
    microsecond: u32,
    /// Minutes east of UTC; `None` for a local time.
    offset: Option<i32>,
}

/// A reader of digits and punctuation.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take(&mut self, byte: u8) -> bool {
        match self.0 {
            [first, rest @ ..] if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// `least` to `most` digits, as many as there are.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let length = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if length < least {
            return None;
        }
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    }

    fn blanks(&mut self) -> bool {
        let before = self.0.len();
        while self.take(b' ') || self.take(b'\t') {}
        self.0.len() < before
    }
}

/// The fields as written, whether or not such a moment exists.
fn fields(body: &[u8]) -> Option<Timestamp> {
    let mut at = Cursor(body);
    let year = at.number(4, 4)?;
    let month = at.take(b'-').then(|| at.number(1, 2))??;
    let day = at.take(b'-').then(|| at.number(1, 2))??;
    if at.0.is_empty() {
        return Some(Timestamp { year, month, day, time: None });
    }
    if !(at.take(b'T') || at.take(b't') || at.blanks()) {
        return None;
    }
    let hour = at.number(1, 2)?;
    let minute = at.take(b':').then(|| at.number(2, 2))??;
    let second = at.take(b':').then(|| at.number(2, 2))??;
    let mut microsecond = 0;
    if at.take(b'.') {
        let mut unit = 100_000;
        while let Some(digit) = at.number(1, 1) {
            microsecond += digit * unit;
            unit /= 10;
        }
    }
    at.blanks();
    let offset = match at.0.first() {
        Some(b'Z') => {
            at.take(b'Z');
            Some(0)
        }
        Some(&sign @ (b'+' | b'-')) => {
            at.take(sign);
            let hours = at.number(1, 2)?;
            let minutes = if at.take(b':') { at.number(2, 2)? } else { 0 };
            let total = i32::try_from(hours * 60 + minutes).ok()?;
            Some(if sign == b'-' { -total } else { total })
        }
        // Blanks count only in front of a zone.
        _ if body.last().is_some_and(|last| matches!(last, b' ' | b'\t')) => return None,
        _ => None,
    };
    let time = Some(Time { hour, minute, second, microsecond, offset });
    at.0.is_empty().then_some(Timestamp { year, month, day, time })
}

/// True for an untagged plain scalar that is a date or a time; a date alone takes all its digits.
pub(super) fn is_implicit(body: &[u8]) -> bool {
    fields(body).is_some_and(|found| found.time.is_some() || body.len() == "2001-01-01".len())
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

impl Timestamp {
    /// The moment that `text` names; `None` when it names none, or one that Python cannot hold.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let found = fields(text.strip_suffix('\n').unwrap_or(text).as_bytes())?;
        let date = (1..=9999).contains(&found.year)
            && (1..=12).contains(&found.month)
            && (1..=days_in(found.year, found.month)).contains(&found.day);
        let time = found.time.is_none_or(|time| {
            let day = 24 * 60;
            time.hour < 24
                && time.minute < 60
                && time.second < 60
                && time.offset.is_none_or(|offset| -day < offset && offset < day)
        });
        (date && time).then_some(found)
    }

    /// `isoformat()` of the `date` or `datetime`.
    pub(super) fn isoformat(self) -> String {
        use std::fmt::Write;
        let mut text = format!("{:04}-{:02}-{:02}", self.year, self.month, self.day);
        if let Some(time) = self.time {
            let _ = write!(text, "T{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
            if time.microsecond > 0 {
                let _ = write!(text, ".{:06}", time.microsecond);
            }
            if let Some(offset) = time.offset {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.abs();
                let _ = write!(text, "{sign}{:02}:{:02}", minutes / 60, minutes % 60);
            }
        }
        text
    }

    /// Seconds and microseconds since a fixed moment, for a time with a zone: two such times are
    /// the same key when they are the same instant.
    pub(super) fn instant(self) -> Option<(i64, u32)> {
        let time = self.time?;
        let offset = time.offset?;
        let year = i64::from(self.year) - 1;
        let mut days = year * 365 + year / 4 - year / 100 + year / 400 + i64::from(self.day);
        days += (1..self.month).map(|month| i64::from(days_in(self.year, month))).sum::<i64>();
        let minutes = i64::from(time.hour * 60 + time.minute) - i64::from(offset);
        Some((days * 86_400 + minutes * 60 + i64::from(time.second), time.microsecond))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(text: &str) -> Option<String> {
        Timestamp::parse(text).map(Timestamp::isoformat)
    }

    #[test]
    fn isoformat_as_python_writes_it() {
        assert_eq!(iso("2001-12-14").as_deref(), Some("2001-12-14"));
        assert_eq!(iso("2001-1-2").as_deref(), Some("2001-01-02"));
        assert_eq!(
            iso("2001-12-14t21:59:43.10-05:00").as_deref(),
            Some("2001-12-14T21:59:43.100000-05:00")
        );
        assert_eq!(
            iso("2001-12-14 21:59:43.1234567 -5").as_deref(),
            Some("2001-12-14T21:59:43.123456-05:00")
        );
        assert_eq!(iso("2001-12-14 1:02:03Z").as_deref(), Some("2001-12-14T01:02:03+00:00"));
        assert_eq!(iso("2001-12-14 1:02:03.").as_deref(), Some("2001-12-14T01:02:03"));
        assert_eq!(iso("2001-12-14 1:02:03 -00:30").as_deref(), Some("2001-12-14T01:02:03-00:30"));
        assert_eq!(iso("2000-02-29\n").as_deref(), Some("2000-02-29"));
    }

    #[test]
    fn moments_that_do_not_exist() {
        for text in [
            "1900-02-29",
            "2001-02-30",
            "0000-01-01",
            "2001-13-01",
            "2001-00-01",
            "2001-01-00",
            "2001-01-01 24:00:00",
            "2001-01-01 00:60:00",
            "2001-01-01 00:00:60",
            "2001-01-01 00:00:00+24:00",
            "2001-01-01 00:00:00-23:60",
            "2001-01-01 00:00:00 ",
            "2001-01-01 00:00:00+0530",
            "2001-01-01T",
            "2001-01-01T 00:00:00",
            "",
        ] {
            assert_eq!(iso(text), None, "{text:?}");
        }
    }

    #[test]
    fn equal_instants() {
        let instant = |text: &str| Timestamp::parse(text).and_then(Timestamp::instant);
        assert_eq!(instant("2001-03-01T00:30:00+01:00"), instant("2001-02-28T23:30:00Z"));
        assert_ne!(instant("2001-03-01T00:30:00Z"), instant("2001-03-01T00:30:00.5Z"));
        assert_eq!(instant("2001-03-01T00:30:00"), None);
        assert_eq!(instant("2001-03-01"), None);
    }
}
