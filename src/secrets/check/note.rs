//! What a check has to say of a match, kept as data so that nothing is allocated until it is reported.
//!
//! Dates are rendered, never compared with today: two runs on the same tree say the same.

use std::fmt;

/// A remark on one match; [`fmt::Display`] gives its words for a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// The checksum fits.
    RightChecksum,
    /// The checksum does not fit.
    WrongChecksum,
    /// The checksum fits, and the key says when it was made.
    MadeIn {
        /// Four digits.
        year: u16,
        /// 1 to 12.
        month: u8,
    },
    /// An AWS key id and the account it belongs to.
    AwsAccount {
        /// Up to twelve digits.
        account: u64,
        /// Issued by STS for a few hours; useless without its session token.
        temporary: bool,
    },
    /// The token names the second it was issued, in Unix time.
    IssuedOn(i64),
    /// The token names the second it stops to be accepted, in Unix time.
    ValidUntil(i64),
    /// Made for a reader: a run of one letter, a counting run, a documentation's host.
    Example,
    /// Anything else, as a clause.
    Text(&'static str),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::RightChecksum => f.write_str("its checksum is right"),
            Self::WrongChecksum => f.write_str(
                "its checksum does not match, so it may be an example or a truncated copy",
            ),
            Self::MadeIn { year, month } => {
                write!(f, "its checksum is right, and it was made in {year}-{month:02}")
            }
            Self::AwsAccount { account, temporary } => {
                write!(f, "it belongs to AWS account {account:012}")?;
                if temporary {
                    f.write_str(" and is one of a temporary session")?;
                }
                Ok(())
            }
            Self::IssuedOn(seconds) => write!(f, "it was issued on {}", Date::of(seconds)),
            Self::ValidUntil(seconds) => {
                write!(f, "its `exp` claim ends it on {}", Date::of(seconds))
            }
            Self::Example => f.write_str("it looks like an example"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A day of the Gregorian calendar, in UTC.
struct Date {
    year: i64,
    month: u8,
    day: u8,
}

impl Date {
    /// The day of a Unix time; years far off are clamped to those with four digits.
    fn of(seconds: i64) -> Self {
        let days = seconds.clamp(-62_135_596_800, 253_402_300_799).div_euclid(86_400);
        // Counted from 1 March of year 0, leap days come last and every 400 years look alike.
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = u8::try_from(day_of_year - (153 * shifted + 2) / 5 + 1).unwrap_or(1);
        let month = u8::try_from(if shifted < 10 { shifted + 3 } else { shifted - 9 }).unwrap_or(1);
        Self { year: era * 400 + year_of_era + i64::from(month <= 2), month, day }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (1_735_689_599, "2024-12-31"),
            (-1, "1969-12-31"),
            (4_107_542_400, "2100-03-01"),
            (i64::MAX, "9999-12-31"),
            (i64::MIN, "0001-01-01"),
        ] {
            assert_eq!(Date::of(seconds).to_string(), date);
        }
    }

    #[test]
    fn notes_are_clauses() {
        let account = Note::AwsAccount { account: 29_608_264_753, temporary: true };
        assert_eq!(
            account.to_string(),
            "it belongs to AWS account 029608264753 and is one of a temporary session"
        );
        assert_eq!(
            Note::MadeIn { year: 2024, month: 3 }.to_string(),
            "its checksum is right, and it was made in 2024-03"
        );
        assert_eq!(Note::ValidUntil(0).to_string(), "its `exp` claim ends it on 1970-01-01");
    }
}
