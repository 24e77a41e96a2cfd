//! The time that is reviewed, and the hours in which people work.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

/// The time that is reviewed, both ends included, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Its first moment.
    pub from: i64,
    /// Its last one.
    pub to: i64,
}

impl Period {
    /// Whether it holds a moment.
    #[must_use]
    pub const fn holds(self, at: i64) -> bool {
        self.from <= at && at <= self.to
    }
}

/// Moments as clocks and calendars of a place show them.
#[derive(Debug, Clone)]
pub struct Moment {
    zone: TimeZone,
}

impl Moment {
    /// Of `zone`.
    #[must_use]
    pub const fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// Which zone that is.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn zoned(&self, at: i64) -> Option<Zoned> {
        Some(Timestamp::from_microsecond(at).ok()?.to_zoned(self.zone.clone()))
    }

    /// `2026-11-21 19:40`.
    #[must_use]
    pub fn minute(&self, at: i64) -> String {
        self.zoned(at).map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M").to_string())
    }

    /// `2026-11-21`.
    #[must_use]
    pub fn day(&self, at: i64) -> Option<String> {
        Some(self.zoned(at)?.date().to_string())
    }

    /// The name of the zone, as people know it.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.zone.iana_name().map(str::to_owned);
        name.unwrap_or_else(|| self.zoned(0).map_or_else(String::new, |at| at.offset().to_string()))
    }
}

/// The moment that `text` names, seen from `now`: a time before it (`7d`, `36h`), a day, or a time.
///
/// # Errors
/// Says what it may be.
pub fn moment(text: &str, now: &Zoned) -> Result<i64, String> {
    const WHAT: &str = "write a time before now (`7d`, `36h`), a day (`2026-11-15`) or a time";
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_microsecond());
    }
    if let Ok(civil) = text.parse::<jiff::civil::DateTime>() {
        let zoned = civil.to_zoned(now.time_zone().clone()).map_err(|_| WHAT.to_owned())?;
        return Ok(zoned.timestamp().as_microsecond());
    }
    let span: Span = text.parse().map_err(|_| WHAT.to_owned())?;
    if span.is_negative() {
        return Err(WHAT.to_owned());
    }
    let then = now.checked_sub(span).map_err(|_| "that is too long ago".to_owned())?;
    Ok(then.timestamp().as_microsecond())
}

/// Hours of days of the week: `mon-fri 08-18`, `08:30-17`, `sat 22-06`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    days: [bool; 7],
    /// Minutes of the day.
    from: u16,
    to: u16,
    first: Weekday,
    last: Weekday,
}

impl Hours {
    /// Whether they hold a moment. Hours that go past midnight belong to the day they begin on.
    #[must_use]
    pub fn holds(&self, moment: &Moment, at: i64) -> bool {
        let Some(zoned) = moment.zoned(at) else { return true };
        let minute = u16::try_from(zoned.hour()).unwrap_or_default() * 60
            + u16::try_from(zoned.minute()).unwrap_or_default();
        let on = |day: Weekday| {
            self.days
                .get(usize::try_from(day.to_monday_zero_offset()).unwrap_or_default())
                .copied()
                .unwrap_or_default()
        };
        if self.from < self.to {
            return on(zoned.weekday()) && self.from <= minute && minute < self.to;
        }
        let yesterday = zoned.weekday().previous();
        on(zoned.weekday()) && minute >= self.from || on(yesterday) && minute < self.to
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.days != [true; 7] {
            write!(f, "{}", short(self.first))?;
            if self.last != self.first {
                write!(f, "-{}", short(self.last))?;
            }
            write!(f, " ")?;
        }
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        write!(f, "{}-{}", clock(self.from), clock(self.to))
    }
}

const WEEK: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn short(day: Weekday) -> &'static str {
    WEEK.iter().find(|(_, known)| *known == day).map_or("", |(name, _)| name)
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const WHAT: &str = "write hours such as `08-18`, `mon-fri 08-18` or `08:30-17:00`";
        let wrong = || WHAT.to_owned();
        let (days, hours) = match text.trim().rsplit_once(char::is_whitespace) {
            Some((days, hours)) => (Some(days.trim()), hours),
            None => (None, text.trim()),
        };
        let day = |name: &str| {
            let name = name.trim().to_ascii_lowercase();
            WEEK.iter().find(|(known, _)| *known == name).map(|(_, day)| *day).ok_or_else(wrong)
        };
        let (first, last) = match days.map(|days| days.split_once('-').unwrap_or((days, days))) {
            None => (Weekday::Monday, Weekday::Sunday),
            Some((first, last)) => (day(first)?, day(last)?),
        };
        let mut on = [false; 7];
        let mut next = first;
        loop {
            let number = usize::try_from(next.to_monday_zero_offset()).unwrap_or_default();
            if let Some(slot) = on.get_mut(number) {
                *slot = true;
            }
            if next == last {
                break;
            }
            next = next.next();
        }
        let clock = |text: &str| {
            let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
            let number = |text: &str| {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                digits.then(|| text.parse::<u16>().ok()).flatten().ok_or_else(wrong)
            };
            let (hour, minute) = (number(hour)?, number(minute)?);
            let whole = hour < 24 && minute < 60 || hour == 24 && minute == 0;
            if whole { Ok(hour * 60 + minute) } else { Err(wrong()) }
        };
        let (from, to) = hours.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (clock(from)?, clock(to)?);
        if from == to || from == 24 * 60 {
            return Err(wrong());
        }
        Ok(Self { days: on, from, to, first, last })
    }
}

/// A length of time as people say it: its two largest units.
#[must_use]
pub fn lasting(micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let mut said: Vec<String> = Vec::new();
    for (number, unit) in parts {
        if number > 0 && said.len() < 2 {
            said.push(format!("{number} {unit}"));
        } else if !said.is_empty() {
            break;
        }
    }
    if said.is_empty() { "less than a second".to_owned() } else { said.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    #[test]
    fn times_before_now_days_and_times() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let now = at("2026-11-22T12:00:00Z");
        let zoned = Timestamp::from_microsecond(now).unwrap().to_zoned(zone);
        for (text, expected) in [
            ("7d", "2026-11-15T12:00:00Z"),
            ("2w", "2026-11-08T12:00:00Z"),
            ("36h", "2026-11-21T00:00:00Z"),
            // A day begins where people are.
            ("2026-11-15", "2026-11-14T23:00:00Z"),
            ("2026-11-15T10:00", "2026-11-15T09:00:00Z"),
            ("2026-11-15T10:00:00Z", "2026-11-15T10:00:00Z"),
        ] {
            assert_eq!(moment(text, &zoned), Ok(at(expected)), "{text}");
        }
        for text in ["", "week", "-7d", "2026-13-01", "999999999d"] {
            assert!(moment(text, &zoned).is_err(), "{text}");
        }
    }

    #[test]
    fn hours_of_the_days_of_a_week() {
        let utc = Moment::new(TimeZone::UTC);
        // 2026-11-20 is a Friday.
        for (hours, time, expected) in [
            ("08-18", "2026-11-22T08:00:00Z", true),
            ("08-18", "2026-11-22T18:00:00Z", false),
            ("mon-fri 08-18", "2026-11-20T17:59:59Z", true),
            ("mon-fri 08-18", "2026-11-21T12:00:00Z", false),
            ("sat-mon 08-18", "2026-11-22T12:00:00Z", true),
            ("fri 22-06", "2026-11-20T23:00:00Z", true),
            ("fri 22-06", "2026-11-21T05:00:00Z", true),
            ("fri 22-06", "2026-11-20T05:00:00Z", false),
            ("00-24", "2026-11-20T23:59:00Z", true),
            ("8:30-17", "2026-11-20T08:29:00Z", false),
        ] {
            let parsed: Hours = hours.parse().unwrap();
            assert_eq!(parsed.holds(&utc, at(time)), expected, "{hours} {time}");
        }
        for wrong in
            ["", "8", "8-25", "mon", "fry 8-9", "8-8", "24-8", "8-18 mon", "-1-8", "8:60-9"]
        {
            assert!(wrong.parse::<Hours>().is_err(), "{wrong}");
        }
        assert_eq!("MON-fri 8-18".parse::<Hours>().unwrap().to_string(), "mon-fri 08:00-18:00");
        assert_eq!("8-18".parse::<Hours>().unwrap().to_string(), "08:00-18:00");
    }

    #[test]
    fn lengths_of_time() {
        for (seconds, text) in [
            (0, "less than a second"),
            (59, "59 s"),
            (300, "5 min"),
            (3725, "1 h 2 min"),
            (90_000, "1 d 1 h"),
            (86_410, "1 d"),
        ] {
            assert_eq!(lasting(seconds * 1_000_000), text);
        }
    }
}
