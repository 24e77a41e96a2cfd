//! Pre-images: the bytes a writer hashed or signed, rebuilt from a record by the parts of its profile.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};

use super::json::canon::{Chosen, Writer};
use super::json::pointer::{Pointer, inside, raw};
use super::json::tape::{Kind, Tape, flags};
use super::json::text;
use super::profile::{Encoding, FieldAs, Json, Part, Subject};
use super::time;

/// One record, tokenised.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Its tokens.
    pub tape: &'a Tape,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Why there is no pre-image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A field is not there, or is no such thing as the part needs.
    Field,
    /// Something outside of the record: a file, the log's name.
    Outside,
    /// The hash of the record before, which is not known yet.
    Prev,
}

impl View<'_> {
    /// A field's text: a string decoded, any other token as it stands. `None`: absent.
    #[must_use]
    pub fn text(self, pointer: &Pointer) -> Option<Vec<u8>> {
        let (_, node) = pointer.find(self.tape, self.bytes)?;
        Some(match node.kind {
            Kind::String => text::decode(inside(self.bytes, node)),
            _ => raw(self.bytes, node).to_vec(),
        })
    }

    /// Whether a field's text is `expected`.
    #[must_use]
    pub fn is(self, pointer: &Pointer, expected: &[u8]) -> bool {
        let Some((_, node)) = pointer.find(self.tape, self.bytes) else { return false };
        match node.kind {
            Kind::String if node.flags & flags::ESCAPED == 0 => {
                inside(self.bytes, node) == expected
            }
            Kind::String => text::decode(inside(self.bytes, node)) == expected,
            _ => raw(self.bytes, node) == expected,
        }
    }

    /// A field's text, if it is a string.
    #[must_use]
    pub fn string(self, pointer: &Pointer) -> Option<Vec<u8>> {
        let (_, node) = pointer.find(self.tape, self.bytes)?;
        (node.kind == Kind::String).then(|| text::decode(inside(self.bytes, node)))
    }
}

/// Builds pre-images; keeps its memory.
#[derive(Debug, Default)]
pub struct Builder {
    writer: Writer,
    omit: Vec<u32>,
}

impl Builder {
    /// Appends the bytes of `parts` to `out`. `Ok(false)`: built, but with a number that the form has no spelling for.
    ///
    /// # Errors
    /// What a part needs and is not there.
    pub fn build(
        &mut self,
        parts: &[Part],
        view: View<'_>,
        prev: Option<&[u8]>,
        out: &mut Vec<u8>,
    ) -> Result<bool, Missing> {
        let mut said = true;
        for part in parts {
            match part {
                Part::Literal(bytes) => out.extend_from_slice(bytes),
                Part::Field(at, FieldAs::Text) => field(view, at, out)?,
                Part::Field(at, FieldAs::Milliseconds) => {
                    let text = view.text(at).ok_or(Missing::Field)?;
                    let micros = time::micros(&text).ok_or(Missing::Field)?;
                    out.extend_from_slice(micros.div_euclid(1000).to_string().as_bytes());
                }
                Part::Hex(at) => {
                    let text = view.text(at).ok_or(Missing::Field)?;
                    let bytes = HEXLOWER_PERMISSIVE.decode(&text).map_err(|_| Missing::Field)?;
                    out.extend_from_slice(&bytes);
                }
                Part::Base64(at) => {
                    let text = view.text(at).ok_or(Missing::Field)?;
                    out.extend_from_slice(&base64(&text).ok_or(Missing::Field)?);
                }
                Part::U64(number) => out.extend_from_slice(&number.to_be_bytes()),
                Part::U64Field(at) => {
                    let text = view.text(at).ok_or(Missing::Field)?;
                    let number: u64 = std::str::from_utf8(&text)
                        .ok()
                        .and_then(|text| text.parse().ok())
                        .ok_or(Missing::Field)?;
                    out.extend_from_slice(&number.to_be_bytes());
                }
                Part::Lp64(at) => {
                    let start = out.len();
                    out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 1]);
                    field(view, at, out)?;
                    // The byte that says "text" counts.
                    let length = (out.len() - start - 8) as u64;
                    if let Some(slot) = out.get_mut(start..start + 8) {
                        slot.copy_from_slice(&length.to_be_bytes());
                    }
                }
                Part::Prev => out.extend_from_slice(prev.ok_or(Missing::Prev)?),
                Part::File(..) | Part::Origin => return Err(Missing::Outside),
                Part::Json(json) => said &= self.json(json, view, out)?,
                Part::Raw(minus) => {
                    let end = view.bytes.len().checked_sub(*minus).ok_or(Missing::Field)?;
                    out.extend_from_slice(view.bytes.get(..end).unwrap_or_default());
                }
            }
        }
        Ok(said)
    }

    fn json(&mut self, json: &Json, view: View<'_>, out: &mut Vec<u8>) -> Result<bool, Missing> {
        let View { tape, bytes } = view;
        match &json.what {
            Subject::Without(omit) => {
                self.omit.clear();
                self.omit.extend(omit.iter().filter_map(|at| Some(at.find(tape, bytes)?.0)));
                Ok(self.writer.write(tape, bytes, 0, json.form, &self.omit, out))
            }
            Subject::Members(members) => {
                let chosen: Vec<Chosen<'_>> = members
                    .iter()
                    .filter_map(|(name, at)| {
                        let (value, _) = at.find(tape, bytes)?;
                        Some(Chosen { name: name.as_bytes(), value })
                    })
                    .collect();
                Ok(self.writer.write_chosen(tape, bytes, &chosen, json.form, out))
            }
            Subject::Value(at) => {
                let (value, _) = at.find(tape, bytes).ok_or(Missing::Field)?;
                Ok(self.writer.write(tape, bytes, value, json.form, &[], out))
            }
        }
    }
}

/// A string's text, a number's token, `true`, `false`; `null` is nothing.
fn field(view: View<'_>, at: &Pointer, out: &mut Vec<u8>) -> Result<(), Missing> {
    let (_, node) = at.find(view.tape, view.bytes).ok_or(Missing::Field)?;
    match node.kind {
        Kind::String => text::decode_into(inside(view.bytes, node), out),
        Kind::Null => {}
        _ => out.extend_from_slice(raw(view.bytes, node)),
    }
    Ok(())
}

/// Base64 of either alphabet, padded or not.
#[must_use]
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    [&BASE64, &BASE64_NOPAD, &BASE64URL, &BASE64URL_NOPAD]
        .into_iter()
        .find_map(|encoding| encoding.decode(text).ok())
}

impl Encoding {
    /// Bytes as text, after `prefix`.
    pub fn write(self, prefix: &str, bytes: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(prefix.as_bytes());
        match self {
            Self::Hex => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                for &byte in bytes {
                    out.extend(
                        [byte >> 4, byte & 0xf]
                            .iter()
                            .filter_map(|&half| DIGITS.get(usize::from(half))),
                    );
                }
            }
            Self::Base64 => out.extend_from_slice(BASE64.encode(bytes).as_bytes()),
            Self::Base64Url => out.extend_from_slice(BASE64URL_NOPAD.encode(bytes).as_bytes()),
        }
    }

    /// Text as bytes, without `prefix`.
    #[must_use]
    pub fn read(self, prefix: &str, text: &[u8]) -> Option<Vec<u8>> {
        let text = text.strip_prefix(prefix.as_bytes())?;
        match self {
            Self::Hex => HEXLOWER_PERMISSIVE.decode(text).ok(),
            Self::Base64 | Self::Base64Url => base64(text),
        }
    }
}
