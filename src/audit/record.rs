//! A record of the log's own format (version 1), and the chain it is a link of.
//!
//! A line is the canonical JSON (RFC 8785) of the record without its hash, with the hash put in before the last brace:
//! so the bytes that are hashed are the line itself with its end replaced by `}`, and `sed` and `sha256sum` can check it.
//! Only what survives every JSON reader is written: strings of valid Unicode, and integers that a double holds.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::cmp::Ordering;
use std::fmt::{self, Write as _};

use data_encoding::HEXLOWER;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use sha2::{Digest, Sha256};

use super::merkle::Hash;

/// The largest integer of which a double knows every smaller one, too.
const SAFE: u64 = (1 << 53) - 1;
/// What stands before the hash.
const MARK: &str = ",\"hash\":\"sha256:";
/// What follows the record in its line, the last brace included: a mark, 64 digits, and the end.
pub const SUFFIX: usize = MARK.len() + 64 + 2;
/// Bytes a record may have.
pub const MAX_RECORD: usize = 1 << 20;
/// How deep a record may be nested.
pub const MAX_DEPTH: usize = 64;

/// What a record is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer; written as a string when it is too large to be safe.
    Int(i128),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Map(Map),
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Self::Int(number.into())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Map> for Json {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

/// Numbers that are no safe integers become the strings they are written as; an object that has a key twice is refused,
/// since readers differ in which of them they see.
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Int(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Text(
            serde_json::Number::from_f64(value).map_or_else(String::new, |n| n.to_string()),
        ))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut map: Vec<(String, Json)> = Vec::new();
        while let Some(member) = members.next_entry()? {
            map.push(member);
        }
        let mut keys: Vec<&str> = map.iter().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(de::Error::custom("a key twice"));
        }
        Ok(Json::Map(Map(map)))
    }
}

impl Json {
    /// Appends the canonical form.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(number) => {
                let quote = if number.unsigned_abs() > u128::from(SAFE) { "\"" } else { "" };
                // Writing to a string never fails.
                let _ = write!(out, "{quote}{number}{quote}");
            }
            Self::Text(text) => quoted(text, out),
            Self::List(list) => {
                out.push('[');
                for (number, item) in list.iter().enumerate() {
                    if number > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Map(map) => map.write(out),
        }
    }

    /// How many levels of arrays and objects it has.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::List(list) => 1 + list.iter().map(Self::depth).max().unwrap_or(0),
            Self::Map(map) => 1 + map.0.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }
}

/// An object, with each key once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map(Vec<(String, Json)>);

impl Map {
    /// An object without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With `key` set to `value`, in place of what it was.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.set(key, value);
        self
    }

    /// Sets `key` to `value`, in place of what it was. For the few members of a record: it looks through all.
    pub fn set(&mut self, key: &str, value: impl Into<Json>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, slot)) => *slot = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// True when it has no members.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and values, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&mut String, &mut Json)> {
        self.0.iter_mut().map(|(key, value)| (key, value))
    }

    fn write(&self, out: &mut String) {
        let mut members: Vec<&(String, Json)> = self.0.iter().collect();
        members.sort_by(|(a, _), (b, _)| by_utf16(a, b));
        out.push('{');
        for (number, (key, value)) in members.into_iter().enumerate() {
            if number > 0 {
                out.push(',');
            }
            quoted(key, out);
            out.push(':');
            value.write(out);
        }
        out.push('}');
    }
}

/// The order of keys: by UTF-16 units, which differs from that of the bytes above U+FFFF.
fn by_utf16(a: &str, b: &str) -> Ordering {
    if a.is_ascii() || b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\')
    {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = tail.chars();
        match chars.next() {
            Some('\u{8}') => out.push_str("\\b"),
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some('\u{c}') => out.push_str("\\f"),
            Some('\r') => out.push_str("\\r"),
            Some(sign @ ('"' | '\\')) => out.extend(['\\', sign]),
            Some(control) => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// How many bytes `c` takes in a string of a record.
#[must_use]
pub const fn written_len(c: char) -> usize {
    match c {
        '\u{8}' | '\t' | '\n' | '\u{c}' | '\r' | '"' | '\\' => 2,
        '\0'..='\u{1f}' => 6,
        _ => c.len_utf8(),
    }
}

/// Where a chain has got to: what the next record follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The number of the next record.
    pub seq: u64,
    /// The hash of the last one.
    pub prev: Hash,
}

impl Chain {
    /// Before the first record of the log `origin`.
    #[must_use]
    pub fn genesis(origin: &str) -> Self {
        let seed = Sha256::new().chain_update("hermes-lint audit v1\n").chain_update(origin);
        Self { seq: 0, prev: seed.chain_update("\n").finalize().into() }
    }

    /// The line of `record`, newline included, as the next of the chain; `ts` is when it is written.
    pub fn seal(&mut self, record: Map, ts: &str) -> String {
        let record = record
            .with("prev", format!("sha256:{}", HEXLOWER.encode(&self.prev)))
            .with("seq", self.seq)
            .with("ts", ts)
            .with("v", 1);
        let mut line = String::with_capacity(512);
        record.write(&mut line);
        self.prev = Sha256::digest(&line).into();
        self.seq += 1;
        line.truncate(line.len() - 1);
        line.push_str(MARK);
        HEXLOWER.encode_append(&self.prev, &mut line);
        line.push_str("\"}\n");
        line
    }
}

impl From<i32> for Json {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

/// The hash of a line without its newline, if it is a record as it was written, to the byte.
#[must_use]
pub fn intact(line: &[u8]) -> Option<Hash> {
    let (body, suffix) = line.split_at_checked(line.len().checked_sub(SUFFIX)?)?;
    let digits = suffix.strip_prefix(MARK.as_bytes())?.strip_suffix(b"\"}")?;
    let hash: Hash = Sha256::new().chain_update(body).chain_update("}").finalize().into();
    (HEXLOWER.encode(&hash).as_bytes() == digits).then_some(hash)
}

/// A time as records have it.
#[must_use]
pub fn timestamp(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn own(value: &Value) -> Json {
        serde_json::from_str(&value.to_string()).unwrap()
    }

    fn written(json: impl Into<Json>) -> String {
        let mut out = String::new();
        json.into().write(&mut out);
        out
    }

    #[test]
    fn the_first_record_of_the_sample_is_what_we_write() {
        let mut chain = Chain::genesis("audit.example.com/hermes-01");
        let record = Map::new()
            .with(
                "log",
                Map::new()
                    .with("origin", "audit.example.com/hermes-01")
                    .with("redactor", "default-v1")
                    .with("writer", "hermes-lint-seal/0"),
            )
            .with("what", Map::new().with("kind", "log.open"))
            .with(
                "who",
                Map::new()
                    .with("agent", "hermes")
                    .with("principal", "user:alice")
                    .with("session", "sess-1"),
            );
        let line = chain.seal(record, "2026-11-21T19:40:00.000000Z");
        assert_eq!(
            line,
            "{\"log\":{\"origin\":\"audit.example.com/hermes-01\",\"redactor\":\"default-v1\",\
             \"writer\":\"hermes-lint-seal/0\"},\"prev\":\"sha256:a37f6bd4e29a2624c1eecf6add2ceb36caa4df80b57ba455ea201c2fb33dee94\",\
             \"seq\":0,\"ts\":\"2026-11-21T19:40:00.000000Z\",\"v\":1,\"what\":{\"kind\":\"log.open\"},\
             \"who\":{\"agent\":\"hermes\",\"principal\":\"user:alice\",\"session\":\"sess-1\"},\
             \"hash\":\"sha256:bb27b763c5fd881fd02404c6744a710984d29ad1e87b660888bc26052a04d83d\"}\n"
        );
        assert_eq!(chain.seq, 1);
        assert_eq!(intact(line.trim_end().as_bytes()), Some(chain.prev));
    }

    #[test]
    fn numbers_and_keys_are_those_every_reader_agrees_on() {
        let value = json!({
            "max": 9_007_199_254_740_991_i64, "min": -9_007_199_254_740_991_i64,
            "more": 9_007_199_254_740_992_i64, "less": -9_007_199_254_740_992_i64,
            "huge": u64::MAX, "half": 0.5, "neg0": -0.0, "tiny": 1e-7,
        });
        assert_eq!(
            written(own(&value)),
            "{\"half\":\"0.5\",\"huge\":\"18446744073709551615\",\"less\":\"-9007199254740992\",\
             \"max\":9007199254740991,\"min\":-9007199254740991,\"more\":\"9007199254740992\",\
             \"neg0\":\"-0.0\",\"tiny\":\"1e-7\"}"
        );
        // U+FB33 sorts after U+1F600, whose first unit is D83D.
        let keys = json!({"\u{fb33}": 1, "\u{1f600}": 2, "€": 3, "a": 4, "": 5, "10": 6, "9": 7});
        assert_eq!(
            written(own(&keys)),
            "{\"\":5,\"10\":6,\"9\":7,\"a\":4,\"€\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}"
        );
        assert_eq!(
            written("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f} \"\\/\u{7f}\u{2028}"),
            "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\u{7f}\u{2028}\""
        );
        assert_eq!(written(Map::new().with("a", 1).with("a", 2)), "{\"a\":2}");
        assert!(serde_json::from_str::<Json>(r#"{"a":1,"b":{"c":1,"c":1}}"#).is_err());
    }

    #[test]
    fn a_changed_byte_is_no_record() {
        let line = Chain::genesis("a").seal(Map::new().with("what", "x"), "t");
        let line = line.trim_end().as_bytes();
        assert!(intact(line).is_some());
        for at in 0..line.len() {
            let mut other = line.to_vec();
            other[at] ^= 1;
            assert_eq!(intact(&other), None, "byte {at}");
            assert_eq!(intact(&line[..at]), None);
        }
    }

    #[test]
    fn times_have_six_digits() {
        let time: jiff::Timestamp = "2026-11-21T19:40:00.0000019Z".parse().unwrap();
        assert_eq!(timestamp(time), "2026-11-21T19:40:00.000001Z");
        assert_eq!(timestamp(jiff::Timestamp::UNIX_EPOCH), "1970-01-01T00:00:00.000000Z");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-(1_i64 << 53) + 1..1_i64 << 53).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\u{0}-\u{ff}\u{2028}\u{fb33}\u{1f600}]{0,8}".prop_map(Value::from),
        ];
        let key = prop_oneof!["[a-c]{0,2}", "[\u{e9}\u{20ac}\u{fb33}\u{1f600}a]{0,3}"];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map(key.clone(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_line_is_canonical_and_hashes_to_its_hash(values in proptest::collection::vec(any_json(), 1..5)) {
            let mut chain = Chain::genesis("audit.example/x");
            for (number, value) in values.into_iter().enumerate() {
                let prev = chain.prev;
                let record = Map::new().with("in", own(&value)).with("what", Map::new().with("kind", "x"));
                let line = chain.seal(record, "2026-11-21T19:40:00.000000Z");
                prop_assert!(line.ends_with('\n') && !line.trim_end().contains('\n'));
                let line = line.trim_end();

                // (i) the line with its last 82 bytes replaced by a brace
                prop_assert_eq!(SUFFIX, 82);
                let image = format!("{}}}", &line[..line.len() - 82]);
                let hash: Hash = Sha256::digest(&image).into();
                prop_assert_eq!(hash, chain.prev);
                prop_assert_eq!(intact(line.as_bytes()), Some(hash));

                // (ii) the canonical form of the record without the hash, by somebody else's code
                let mut parsed: Value = serde_json::from_str(line).unwrap();
                let written = parsed.as_object_mut().unwrap().remove("hash").unwrap();
                prop_assert_eq!(written, format!("sha256:{}", HEXLOWER.encode(&hash)));
                prop_assert_eq!(&parsed["prev"], &format!("sha256:{}", HEXLOWER.encode(&prev)));
                prop_assert_eq!(&parsed["seq"], number);
                prop_assert_eq!(serde_json_canonicalizer::to_string(&parsed).unwrap(), image);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            let _ = intact(&bytes);
        }
    }
}
