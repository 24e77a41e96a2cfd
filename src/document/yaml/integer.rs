//! Integers of any size, as far as a reader needs them: built from digits, added, compared, and
//! shown in hexadecimal, which takes linear time where decimal does not.

#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use crate::document::tree::Value;

/// A whole number; its magnitude in 64-bit limbs, lowest first, without leading zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Integer {
    negative: bool,
    limbs: Vec<u64>,
}

impl Integer {
    fn new(negative: bool, mut limbs: Vec<u64>) -> Self {
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        Self { negative: negative && !limbs.is_empty(), limbs }
    }

    /// The number with these ASCII digits in base 2, 8, 10 or 16; `None` when one is no digit.
    pub(super) fn from_digits(negative: bool, digits: &str, base: u32) -> Option<Self> {
        let mut limbs = Vec::new();
        if base == 10 {
            for chunk in digits.as_bytes().chunks(19) {
                let mut value = 0;
                let mut scale = 1;
                for &byte in chunk {
                    value = value * 10 + u64::from(char::from(byte).to_digit(10)?);
                    scale *= 10;
                }
                multiply_add(&mut limbs, scale, value);
            }
        } else {
            let width = base.trailing_zeros();
            let mut limb: u64 = 0;
            let mut filled = 0;
            for byte in digits.bytes().rev() {
                let digit = u64::from(char::from(byte).to_digit(base)?);
                limb |= digit << filled;
                filled += width;
                if filled >= u64::BITS {
                    limbs.push(limb);
                    filled -= u64::BITS;
                    limb = if filled > 0 { digit >> (width - filled) } else { 0 };
                }
            }
            limbs.push(limb);
        }
        Some(Self::new(negative, limbs))
    }

    /// The integral value of a finite float without a fraction.
    pub(super) fn from_float(value: f64) -> Self {
        let bits = value.to_bits();
        let exponent = (bits >> 52) & 0x7ff;
        let mantissa = bits & ((1 << 52) - 1) | if exponent > 0 { 1 << 52 } else { 0 };
        let shift = i64::try_from(exponent).unwrap_or(0) - 1075;
        let negative = value.is_sign_negative();
        let Ok(shift) = usize::try_from(shift) else {
            let small = mantissa.checked_shr(u32::try_from(-shift).unwrap_or(64)).unwrap_or(0);
            return Self::new(negative, vec![small]);
        };
        let mut limbs = vec![0; shift / 64];
        let wide = u128::from(mantissa) << (shift % 64);
        limbs.extend([low(wide), low(wide >> 64)]);
        Self::new(negative, limbs)
    }

    pub(super) fn negated(mut self) -> Self {
        self.negative = !self.negative && !self.limbs.is_empty();
        self
    }

    pub(super) fn times(mut self, factor: u64) -> Self {
        multiply_add(&mut self.limbs, factor, 0);
        Self::new(self.negative, self.limbs)
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        let (large, small) =
            if larger(&self.limbs, &other.limbs) { (self, other) } else { (other, self) };
        let mut limbs = Vec::with_capacity(large.limbs.len() + 1);
        let mut small_limbs = small.limbs.iter();
        let mut carry = false;
        for &limb in &large.limbs {
            let step = small_limbs.next().copied().unwrap_or(0);
            let (sum, over) = if large.negative == small.negative {
                let (sum, first) = limb.overflowing_add(step);
                let (sum, second) = sum.overflowing_add(u64::from(carry));
                (sum, first || second)
            } else {
                let (rest, first) = limb.overflowing_sub(step);
                let (rest, second) = rest.overflowing_sub(u64::from(carry));
                (rest, first || second)
            };
            limbs.push(sum);
            carry = over;
        }
        if carry {
            limbs.push(1);
        }
        Self::new(large.negative, limbs)
    }

    /// As a value of the tree: [`Value::Int`] when 128 bits hold it.
    pub(super) fn into_value(self) -> Value {
        let magnitude = match *self.limbs.as_slice() {
            [] => Some(0),
            [first] => Some(u128::from(first)),
            [first, second] => Some(u128::from(first) | u128::from(second) << 64),
            _ => None,
        };
        let small = magnitude.and_then(|magnitude| {
            if self.negative {
                0_i128.checked_sub_unsigned(magnitude)
            } else {
                i128::try_from(magnitude).ok()
            }
        });
        small.map_or_else(|| Value::BigInt(self.hexadecimal().into()), Value::Int)
    }

    /// As Python's `hex()` shows it.
    fn hexadecimal(&self) -> String {
        use std::fmt::Write;
        let mut text = String::from(if self.negative { "-0x" } else { "0x" });
        let mut limbs = self.limbs.iter().rev();
        let _ = write!(text, "{:x}", limbs.next().unwrap_or(&0));
        for limb in limbs {
            let _ = write!(text, "{limb:016x}");
        }
        text
    }
}

/// The low 64 bits.
fn low(wide: u128) -> u64 {
    wide as u64
}

fn multiply_add(limbs: &mut Vec<u64>, factor: u64, term: u64) {
    let mut carry = u128::from(term);
    for limb in &mut *limbs {
        carry += u128::from(*limb) * u128::from(factor);
        *limb = low(carry);
        carry >>= 64;
    }
    if carry > 0 {
        limbs.push(low(carry));
    }
}

/// True when the magnitude `a` is greater than `b`; both without leading zeros.
fn larger(a: &[u64], b: &[u64]) -> bool {
    (a.len(), a.iter().rev().collect::<Vec<_>>()) > (b.len(), b.iter().rev().collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Integer {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        Integer::from_digits(negative, digits, 10).unwrap()
    }

    #[test]
    fn digits_in_each_base() {
        let hexadecimal = |digits| Integer::from_digits(false, digits, 16).unwrap().hexadecimal();
        assert_eq!(
            hexadecimal("000123456789abcdef0123456789ABCDEF01"),
            "0x123456789abcdef0123456789abcdef01"
        );
        let octal = Integer::from_digits(true, "7777777777777777777777777777777777777777777777", 8);
        assert_eq!(octal.unwrap().hexadecimal(), format!("-0x3{}", "f".repeat(34)));
        let binary = Integer::from_digits(false, &format!("1{}", "0".repeat(130)), 2).unwrap();
        assert_eq!(binary.hexadecimal(), format!("0x4{}", "0".repeat(32)));
        // 10^40 in hexadecimal
        let ten_to_forty = decimal(&format!("1{}", "0".repeat(40)));
        assert_eq!(ten_to_forty.hexadecimal(), "0x1d6329f1c35ca4bfabb9f5610000000000");
        assert_eq!(Integer::from_digits(false, "12a", 10), None);
    }

    #[test]
    fn sums_with_signs() {
        let two_to_128 = decimal("340282366920938463463374607431768211456");
        let almost = decimal("-340282366920938463463374607431768211455");
        assert_eq!(two_to_128.plus(&almost), decimal("1"));
        assert_eq!(almost.plus(&decimal("-1")), two_to_128.clone().negated());
        assert_eq!(two_to_128.plus(&two_to_128.clone().negated()), decimal("0"));
        assert_eq!(decimal("-7").times(60).plus(&decimal("5")), decimal("-415"));
    }

    #[test]
    fn floats_without_a_fraction() {
        assert_eq!(Integer::from_float(-0.0), decimal("0"));
        assert_eq!(Integer::from_float(-12.0), decimal("-12"));
        assert_eq!(Integer::from_float(9_007_199_254_740_994.0), decimal("9007199254740994"));
        assert_eq!(
            Integer::from_float(2_f64.powi(200)).hexadecimal(),
            format!("0x1{}", "0".repeat(50))
        );
    }
}
