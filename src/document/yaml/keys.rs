//! When two keys are one: Python's equality, under which `1`, `1.0` and `true` are the same key,
//! and so are two spellings of one instant.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::integer::Integer;
use super::timestamp::Timestamp;
use crate::document::tree::Value;

/// A value that can be a key, so that equal keys compare and hash equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key<'a> {
    Null,
    Int(i128),
    BigInt(Box<str>),
    /// A fraction or an infinity, by its bits.
    Float(u64),
    /// The not-a-number that all of `.nan` share, or one made from other text, equal to itself only.
    Nan(Option<u32>),
    Str(&'a str),
    Bytes(&'a [u8]),
    /// A date, or a time without a zone.
    Local(&'a str),
    Instant(i64, u32),
}

impl<'a> Key<'a> {
    /// `value` as a key; `own_nan` is the number of its node if it is a not-a-number of its own.
    /// `None` for what Python cannot hash.
    pub(super) fn of(value: &'a Value, own_nan: Option<u32>) -> Option<Self> {
        Some(match value {
            Value::Null => Key::Null,
            Value::Bool(value) => Key::Int(i128::from(*value)),
            Value::Int(value) => Key::Int(*value),
            Value::BigInt(text) => Key::BigInt(text.clone()),
            Value::Float(value) if value.is_nan() => Key::Nan(own_nan),
            Value::Float(value) if value.is_finite() && value.fract() == 0.0 => {
                match Integer::from_float(*value).into_value() {
                    Value::Int(value) => Key::Int(value),
                    Value::BigInt(text) => Key::BigInt(text),
                    _ => return None,
                }
            }
            Value::Float(value) => Key::Float(value.to_bits()),
            Value::Str(text) => Key::Str(text),
            Value::Bytes(bytes) => Key::Bytes(bytes),
            Value::Timestamp(text) => match Timestamp::parse(text).and_then(Timestamp::instant) {
                Some((second, microsecond)) => Key::Instant(second, microsecond),
                None => Key::Local(text),
            },
            Value::Seq(_) | Value::Map(_) | Value::Set(_) => return None,
        })
    }
}

/// True when the two are not only equal but the same to any reader, so that it does not matter
/// which of them the mapping holds.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(a: &Value, b: &Value) -> bool {
        Key::of(a, None) == Key::of(b, None)
    }

    #[test]
    fn numbers_are_equal_across_types() {
        assert!(equal(&Value::Int(1), &Value::Bool(true)));
        assert!(equal(&Value::Float(1.0), &Value::Bool(true)));
        assert!(equal(&Value::Float(-0.0), &Value::Bool(false)));
        assert!(equal(
            &Value::Float(2_f64.powi(130)),
            &Value::BigInt(format!("0x4{}", "0".repeat(32)).into())
        ));
        assert!(!equal(&Value::Float(2_f64.powi(53)), &Value::Int((1 << 53) + 1)));
        assert!(!equal(&Value::Float(0.5), &Value::Int(0)));
        assert!(!equal(&Value::Int(0), &Value::Null));
        assert!(!equal(&Value::Int(1), &Value::Str("1".into())));
        assert!(!equal(&Value::Str("a".into()), &Value::Bytes((*b"a").into())));
    }

    #[test]
    fn instants_and_local_times() {
        let time = |text: &str| Value::Timestamp(text.into());
        assert!(equal(&time("2001-01-01T00:00:00+00:00"), &time("2001-01-01T01:00:00+01:00")));
        assert!(!equal(&time("2001-01-01T00:00:00+00:00"), &time("2001-01-01T00:00:00")));
        assert!(!equal(&time("2001-01-01"), &time("2001-01-01T00:00:00")));
    }

    #[test]
    fn not_a_number() {
        let nan = Value::Float(f64::NAN);
        assert_eq!(Key::of(&nan, None), Key::of(&nan, None));
        assert_ne!(Key::of(&nan, Some(1)), Key::of(&nan, Some(2)));
        assert_eq!(Key::of(&Value::Seq(vec![]), None), None);
    }
}
