//! Numbers that belong to a person: payment cards, US social security numbers, IBANs.
//!
//! One pass over the bytes, stopping at digits only. A checksum alone lets one number in ten (or a hundred)
//! pass, so a bare run of digits also needs a word nearby that says what it is; numbers written in the
//! groups that people use need none.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::span::Span;

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PersonalKind {
    /// A payment card number.
    Card,
    /// A US social security number.
    SocialSecurity,
    /// An international bank account number.
    Iban,
}

/// A number in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Personal {
    /// Its bytes, separators included.
    pub span: Span,
    /// What it is.
    pub kind: PersonalKind,
    /// True for a number that documentation uses as an example.
    pub example: bool,
}

/// Bytes before a number in which a word counts for it.
const CONTEXT: usize = 48;
/// Words that make a bare run of digits a card number.
const CARD_WORDS: &[&str] = &[
    "card",
    "visa",
    "mastercard",
    "amex",
    "american express",
    "credit",
    "debit",
    "karte",
    "carte",
    "tarjeta",
    "pan:",
];
/// Words that make nine digits a social security number.
const SSN_WORDS: &[&str] = &["ssn", "social security", "social-security", "social_security"];
/// Card numbers that payment providers publish for tests.
const TEST_CARDS: &[&str] = &[
    "4111111111111111",
    "4242424242424242",
    "4012888888881881",
    "4000056655665556",
    "4000000000000002",
    "4000000000009995",
    "4000000000000077",
    "5555555555554444",
    "5105105105105100",
    "5200828282828210",
    "2223003122003222",
    "2223000048400011",
    "378282246310005",
    "371449635398431",
    "378734493671000",
    "6011111111111117",
    "6011000990139424",
    "30569309025904",
    "38520000023237",
    "3530111333300000",
    "3566002020360505",
    "6200000000000005",
    "4929000000006",
    "4012000033330026",
];
/// Social security numbers that were used in advertisements or are sequences.
const TEST_SSNS: &[&str] = &["078051120", "219099999", "123456789", "111223333"];
/// Account numbers that standards and tutorials print.
const TEST_IBANS: &[&str] = &[
    "DE89370400440532013000",
    "GB82WEST12345698765432",
    "GB29NWBK60161331926819",
    "GB33BUKB20201555555555",
    "FR1420041010050500013M02606",
    "FR7630006000011234567890189",
    "NL91ABNA0417164300",
    "CH9300762011623852957",
    "ES9121000418450200051332",
    "IT60X0542811101000000123456",
    "AT611904300234573201",
    "BE68539007547034",
    "NO9386011117947",
    "SE4550000000058398257466",
    "PL61109010140000071219812874",
    "DE91100000000123456789",
    "DE75512108001245126199",
];

/// Lengths of IBANs by country.
const IBAN_LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NL", 18),
    (b"NO", 15),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"SA", 24),
    (b"SC", 31),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
];

/// The numbers in `text`, in order, without overlaps.
#[must_use]
pub fn find(text: &[u8]) -> Vec<Personal> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_digit))
    {
        let start = at + start;
        let iban = start.checked_sub(2).and_then(|start| iban(text, start));
        if let Some(number) = iban.or_else(|| run(text, start)) {
            at = number.span.end;
            found.push(number);
        } else {
            // Past the digits: a number never starts inside a run of them.
            let rest = text.get(start..).unwrap_or_default();
            at = start + rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        }
    }
    found
}

/// A card or social security number that starts at `start`, which is a digit.
fn run(text: &[u8], start: usize) -> Option<Personal> {
    let before = start.checked_sub(1).and_then(|at| text.get(at)).copied();
    if before.is_some_and(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/')
    }) {
        return None;
    }
    let groups = groups(text, start);
    let end = groups.last()?.end;
    let after = text.get(end..).unwrap_or_default();
    let goes_on = match after {
        [byte, ..] if byte.is_ascii_alphanumeric() || *byte == b'_' => true,
        [b'-' | b'.' | b'/' | b':', next, ..] => next.is_ascii_alphanumeric(),
        _ => false,
    };
    if goes_on {
        return None;
    }
    let digits: Vec<u8> = groups.iter().flat_map(|group| group.of(text)).copied().collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let span = Span::new(start, end);
    let known = |list: &[&str]| list.iter().any(|known| known.as_bytes() == digits);
    if is_card(&digits) {
        let grouped = matches!(lengths.as_slice(), [4, 4, 4, 4] | [4, 6, 5] | [4, 6, 4]);
        if grouped || (lengths.len() == 1 && says(text, start, CARD_WORDS)) {
            let example = known(TEST_CARDS);
            return Some(Personal { span, kind: PersonalKind::Card, example });
        }
    }
    let social = digits.len() == 9 && matches!(lengths.as_slice(), [3, 2, 4] | [9]);
    if social && is_social(&digits) && says(text, start, SSN_WORDS) {
        let example = known(TEST_SSNS);
        return Some(Personal { span, kind: PersonalKind::SocialSecurity, example });
    }
    None
}

/// Runs of digits from `start` on, with one and the same blank or hyphen between them; at most six.
fn groups(text: &[u8], start: usize) -> Vec<Span> {
    let mut groups = Vec::new();
    let mut at = start;
    let mut separator = None;
    while groups.len() < 6 {
        let rest = text.get(at..).unwrap_or_default();
        let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        groups.push(Span::new(at, at + len));
        match rest.get(len..) {
            Some([byte @ (b' ' | b'-'), next, ..])
                if next.is_ascii_digit() && separator.is_none_or(|known| known == *byte) =>
            {
                separator = Some(*byte);
                at += len + 1;
            }
            _ => break,
        }
    }
    groups
}

/// An issuer's prefix, its length, and Luhn's checksum (ISO/IEC 7812-1).
fn is_card(digits: &[u8]) -> bool {
    let prefix = |len: usize| {
        digits.iter().take(len).fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let issued = match digits.len() {
        14 => matches!(prefix(3), 300..=305) || matches!(prefix(2), 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            prefix(1) == 4
                || matches!(prefix(2), 51..=55 | 62 | 65)
                || matches!(prefix(4), 2221..=2720 | 3528..=3589 | 6011)
                || matches!(prefix(3), 644..=649)
        }
        _ => false,
    };
    issued && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            match (place % 2, digit * 2) {
                (0, _) => digit,
                (_, doubled @ 0..=9) => doubled,
                (_, doubled) => doubled - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Area, group and serial that were ever given out (SSA, RM 10201).
fn is_social(digits: &[u8]) -> bool {
    let [a, b, c, d, e, rest @ ..] = digits else { return false };
    let area = [*a, *b, *c];
    area != *b"000" && area != *b"666" && *a != b'9' && [*d, *e] != *b"00" && rest != b"0000"
}

/// An account number whose two letters are at `start`.
fn iban(text: &[u8], start: usize) -> Option<Personal> {
    let country = text.get(start..)?.first_chunk::<2>()?;
    let (_, wanted) = IBAN_LENGTHS.iter().find(|(known, _)| *known == country)?;
    let before = start.checked_sub(1).and_then(|at| text.get(at)).copied();
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let mut number = Vec::with_capacity(*wanted);
    let mut end = start;
    for (at, &byte) in text.iter().enumerate().skip(start) {
        if number.len() == *wanted {
            break;
        }
        match byte {
            b'A'..=b'Z' | b'0'..=b'9' => {
                number.push(byte);
                end = at + 1;
            }
            // Groups of four, as printed.
            b' ' if number.len().is_multiple_of(4) && at == end => {}
            _ => return None,
        }
    }
    let goes_on = text.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    if number.len() != *wanted || goes_on || !is_iban(&number) {
        return None;
    }
    let example = TEST_IBANS.iter().any(|known| known.as_bytes() == number);
    Some(Personal { span: Span::new(start, end), kind: PersonalKind::Iban, example })
}

/// The check digits of ISO 13616: the rearranged number is 1 modulo 97.
fn is_iban(number: &[u8]) -> bool {
    let Some((head, tail)) = number.split_first_chunk::<4>() else { return false };
    let rest = tail.iter().chain(head).fold(0_u32, |rest, &byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    rest == 1
}

/// True when one of `words` stands shortly before `start`, on its line or the one above.
fn says(text: &[u8], start: usize, words: &[&str]) -> bool {
    let from = start.saturating_sub(CONTEXT);
    let before = text.get(from..start).unwrap_or_default().to_ascii_lowercase();
    words.iter().any(|word| {
        memchr::memmem::find_iter(&before, word.as_bytes()).any(|at| {
            // `discard` and `lessn` are other words.
            at.checked_sub(1).and_then(|at| before.get(at)).is_none_or(|b| !b.is_ascii_alphabetic())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(PersonalKind, bool, &str)> {
        find(text.as_bytes())
            .into_iter()
            .map(|found| (found.kind, found.example, &text[found.span.start..found.span.end]))
            .collect()
    }

    /// `digits` with the last one replaced so that Luhn's sum holds.
    fn card(digits: &str) -> String {
        let body = &digits[..digits.len() - 1];
        (0..10).map(|last| format!("{body}{last}")).find(|card| luhn(card.as_bytes())).unwrap()
    }

    #[test]
    fn cards_in_groups_need_no_word_and_bare_ones_do() {
        let number = card("4539148803436460");
        let grouped =
            format!("{} {} {} {}", &number[..4], &number[4..8], &number[8..12], &number[12..]);
        assert_eq!(
            kinds(&format!("pay with {grouped}.")),
            [(PersonalKind::Card, false, &*grouped)]
        );
        assert_eq!(kinds(&format!("order {number}")), []);
        assert_eq!(kinds(&format!("card: {number}")), [(PersonalKind::Card, false, &*number)]);
        assert_eq!(kinds(&format!("discard {number}")), []);
        assert_eq!(
            kinds("4111 1111 1111 1111, exp"),
            [(PersonalKind::Card, true, "4111 1111 1111 1111")]
        );
        assert_eq!(
            kinds("visa 4242 4242 4242 4242"),
            [(PersonalKind::Card, true, "4242 4242 4242 4242")]
        );
    }

    #[test]
    fn longer_runs_wrong_sums_and_other_issuers_are_no_cards() {
        for text in [
            "card 4242424242424241",
            "card 42424242424242424242",
            "card 4242-4242-4242-4242-4242",
            "card 1234 5678 9012 3452",
            "card id-4242424242424242",
            "card 4242424242424242-abc",
            "card 0000 0000 0000 0000",
            "card 4242.4242.4242.4242",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }

    #[test]
    fn social_security_numbers_need_their_name() {
        assert_eq!(
            kinds("SSN: 536-22-8145"),
            [(PersonalKind::SocialSecurity, false, "536-22-8145")]
        );
        assert_eq!(kinds("ssn 123-45-6789"), [(PersonalKind::SocialSecurity, true, "123-45-6789")]);
        for text in [
            "call 536-22-8145",
            "ssn 900-22-8145",
            "ssn 666-22-8145",
            "ssn 536-00-8145",
            "lessn 536-22-8145",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }

    #[test]
    fn ibans_carry_their_own_proof() {
        assert_eq!(
            kinds("DE89 3704 0044 0532 0130 00"),
            [(PersonalKind::Iban, true, "DE89 3704 0044 0532 0130 00")]
        );
        let own = (2..99)
            .map(|check| format!("DE{check:02}500105175407324931"))
            .find(|number| is_iban(number.as_bytes()))
            .unwrap();
        assert_eq!(kinds(&format!("to {own}, please")), [(PersonalKind::Iban, false, &*own)]);
        for text in [
            "DE88370400440532013000",
            "XDE89370400440532013000",
            "DE893704004405320130001",
            "DE8937040044",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics_and_spans_are_in_order(text in "[A-Z0-9 \\-a-d]{0,200}") {
            let found = find(text.as_bytes());
            for pair in found.windows(2) {
                proptest::prop_assert!(pair[0].span.end <= pair[1].span.start);
            }
            proptest::prop_assert!(found.iter().all(|found| found.span.end <= text.len()));
        }
    }
}
