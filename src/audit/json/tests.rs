//! The forms against their definitions, a JCS crate as oracle, and tokens that fool readers.

use proptest::prelude::*;

use super::canon::{Form, Writer};
use super::number::{self, Spelling};
use super::pointer::Pointer;
use super::tape::{Broken, Fault, MAX_DEPTH, Tape, flags};
use super::text;

fn tape(record: &str) -> Tape {
    let mut tape = Tape::default();
    tape.read(record.as_bytes()).unwrap();
    tape
}

fn form(record: &str, name: &str) -> String {
    let mut out = Vec::new();
    let tape = tape(record);
    Writer::default().write(&tape, record.as_bytes(), 0, Form::named(name).unwrap(), &[], &mut out);
    String::from_utf8(out).unwrap()
}

fn refused(record: &[u8]) -> (Fault, usize) {
    let Broken { fault, at } = Tape::default().read(record).unwrap_err();
    (fault, at)
}

fn number(token: &str, spelling: Spelling) -> String {
    let mut out = Vec::new();
    assert!(number::write(token.as_bytes(), spelling, &mut out), "{token}");
    String::from_utf8(out).unwrap()
}

/// Expected values are of ECMA-262's `Number::toString` and CPython's `repr`, worked out by their rules.
#[test]
fn numbers_as_javascript_and_python_spell_them() {
    for (token, es6, python) in [
        ("0", "0", "0"),
        ("-0", "0", "0"),
        ("-0.0", "0", "-0.0"),
        ("1.0", "1", "1.0"),
        ("100", "100", "100"),
        ("1e2", "100", "100.0"),
        ("0.1", "0.1", "0.1"),
        ("1e-6", "0.000001", "1e-06"),
        ("1e-7", "1e-7", "1e-07"),
        ("1.5e-7", "1.5e-7", "1.5e-07"),
        ("0.0001", "0.0001", "0.0001"),
        ("0.00001", "0.00001", "1e-05"),
        ("1e16", "10000000000000000", "1e+16"),
        ("1e15", "1000000000000000", "1000000000000000.0"),
        ("1e20", "100000000000000000000", "1e+20"),
        ("1e21", "1e+21", "1e+21"),
        ("1.25e100", "1.25e+100", "1.25e+100"),
        ("-2.5", "-2.5", "-2.5"),
        ("0.3333333333333333", "0.3333333333333333", "0.3333333333333333"),
        ("123456789.125", "123456789.125", "123456789.125"),
        ("9007199254740993", "9007199254740992", "9007199254740993"),
        ("1000000000000000000000000000000", "1e+30", "1000000000000000000000000000000"),
        ("5e-324", "5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308", "1.7976931348623157e+308"),
    ] {
        assert_eq!(number(token, Spelling::Es6), es6, "{token}");
        assert_eq!(number(token, Spelling::Python), python, "{token}");
        let legacy = if token == "-0.0" { "0".to_owned() } else { python.replace("e+", "e") };
        assert_eq!(number(token, Spelling::PythonNoPlus), legacy, "{token}");
    }
    assert_eq!(number("1e400", Spelling::Python), "Infinity");
    assert!(!number::write(b"1e400", Spelling::Es6, &mut Vec::new()));
}

#[test]
fn forms_differ_where_their_writers_do() {
    let record = "{ \"b\":[1.0 ,\"\\u00e9\u{2028}\\/\"],\"a\":{\"\u{fb33}\":1,\"\u{1f600}\":-0.0,\"\\u007f\":null}}";
    assert_eq!(
        form(record, "jcs"),
        "{\"a\":{\"\u{7f}\":null,\"\u{1f600}\":0,\"\u{fb33}\":1},\"b\":[1,\"é\u{2028}/\"]}"
    );
    assert_eq!(
        form(record, "py-compact"),
        "{\"a\":{\"\u{7f}\":null,\"\u{fb33}\":1,\"\u{1f600}\":-0.0},\"b\":[1.0,\"é\u{2028}/\"]}"
    );
    assert_eq!(
        form(record, "py-default"),
        "{\"a\": {\"\\u007f\": null, \"\\ufb33\": 1, \"\\ud83d\\ude00\": -0.0}, \"b\": [1.0, \"\\u00e9\\u2028/\"]}"
    );
    assert_eq!(
        form(record, "py-default-utf8-doc"),
        "{\"b\": [1.0, \"é\u{2028}/\"], \"a\": {\"\u{fb33}\": 1, \"\u{1f600}\": -0.0, \"\u{7f}\": null}}"
    );
    assert_eq!(
        form("{\"b\":1,\"a\":{ }, \"c\":[ ]}", "js-stringify"),
        "{\"b\":1,\"a\":{},\"c\":[]}"
    );
    assert_eq!(form("[\"e\\u0301\u{7f}\"]", "jcs-nfc"), "[\"é\u{7f}\"]");
    assert_eq!(form("{\"e\u{301}\":1,\"f\":2}", "jcs-nfc"), "{\"f\":2,\"é\":1}");
    assert_eq!(form("[\"\\ud800\",\"\\uDC00x\"]", "jcs"), "[\"\\ud800\",\"\\udc00x\"]");
    assert_eq!(form("[\"a\u{7f}b\"]", "py-compact-ascii"), "[\"a\\u007fb\"]");
    assert_eq!(form("[NaN,-Infinity,1e400]", "py-compact"), "[NaN,-Infinity,Infinity]");
    assert_eq!(form("{\"a\":[],\"b\":{}}", "py-default"), "{\"a\": [], \"b\": {}}");
}

#[test]
fn what_is_omitted_leaves_no_trace() {
    for (record, expected) in [
        ("{\"a\":1,\"hash\":\"x\"}", "{\"a\":1}"),
        ("{\"hash\":\"x\",\"z\":1}", "{\"z\":1}"),
        ("{\"a\":{\"hash\":0},\"hash\":\"x\",\"z\":1}", "{\"a\":{\"hash\":0},\"z\":1}"),
        ("{\"z\":1,\"hash\":{}}", "{\"z\":1}"),
        ("{\"hash\":1}", "{}"),
    ] {
        let tape = tape(record);
        let bytes = record.as_bytes();
        let (hash, _) = Pointer::parse("/hash").unwrap().find(&tape, bytes).unwrap();
        let mut out = Vec::new();
        Writer::default().write(&tape, bytes, 0, Form::JCS, &[hash], &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

#[test]
fn pointers_walk_objects_and_arrays() {
    let record = r#"{"a/b":{"~":[10,{"x":"y"}]},"\u0063":1,"":2}"#;
    let tape = tape(record);
    let at = |pointer: &str| {
        let (_, node) = Pointer::parse(pointer)?.find(&tape, record.as_bytes())?;
        record.get(node.start as usize..node.end as usize)
    };
    assert_eq!(at("/a~1b/~0/0"), Some("10"));
    assert_eq!(at("/a~1b/~0/1/x"), Some("\"y\""));
    assert_eq!(at("/c"), Some("1"));
    assert_eq!(at("/"), Some("2"));
    assert_eq!(at(""), Some(record));
    assert_eq!(at("/a~1b/~0/2"), None);
    assert_eq!(at("/c/d"), None);
    assert_eq!(at("c"), None);
}

#[test]
fn what_two_readers_could_disagree_on_is_flagged() {
    let flagged = |record: &str| tape(record).root().unwrap().flags;
    assert_eq!(flagged(r#"{"a":1,"b":"x"}"#), 0);
    for (record, flag) in [
        (r#"{"a":1,"b":{"x":1,"x":2}}"#, flags::DUPLICATE),
        (r#"{"a":1,"\u0061":2}"#, flags::DUPLICATE),
        (r#"{"b":1,"a":1,"b":2}"#, flags::DUPLICATE),
        (r#"{"b":1,"a":1}"#, flags::UNSORTED),
        (r#"[{"b":1,"a":1}]"#, flags::UNSORTED),
        (r#"[1, 2]"#, flags::SPACED),
        (r#"{"a" :2}"#, flags::SPACED),
        (r#"[ ]"#, flags::SPACED),
        (r#"[9007199254740992]"#, flags::UNSAFE_INT),
        (r#"[-0]"#, flags::UNSAFE_INT),
        (r#"[1.0]"#, flags::FLOAT),
        (r#"["\u0041"]"#, flags::ODD_ESCAPE),
        (r#"["\u000a"]"#, flags::ODD_ESCAPE),
        (r#"["\u001F"]"#, flags::ODD_ESCAPE),
        (r#"["\ud83d\ude00"]"#, flags::ODD_ESCAPE),
        (r#"["\ud83d"]"#, flags::LONE_SURROGATE),
        (r#"[NaN]"#, flags::NOT_FINITE),
    ] {
        assert_ne!(flagged(record) & flag, 0, "{record}");
    }
    assert_eq!(flagged(r#"[9007199254740991]"#), 0);
    assert_eq!(flagged(r#"["\u001f\n\"\\"]"#), flags::ESCAPED);
    assert_eq!(flagged("[{\"b\":1,\"a\":1}]") & flags::LEVEL_UNSORTED, 0);
    assert_eq!(flagged(r#"[{"b":1,"a":2}]"#) & flags::DUPLICATE, 0);
}

#[test]
fn what_is_no_record_says_where() {
    assert_eq!(refused(b"{}\0"), (Fault::Nul, 2));
    assert_eq!(refused(b"{} x"), (Fault::TrailingBytes, 3));
    assert_eq!(refused(b"{}{}"), (Fault::TrailingBytes, 2));
    assert_eq!(refused(b"[\"a\0\"]"), (Fault::Nul, 3));
    for (record, at) in [
        (b"".as_slice(), 0),
        (b"{\"a\":1,}", 7),
        (b"[1,]", 3),
        (b"{\"a\" 1}", 5),
        (b"{a:1}", 1),
        (b"[01]", 1),
        (b"[1.]", 3),
        (b"[\"\\x\"]", 2),
        (b"[\"\\u12g4\"]", 2),
        (b"[\"a\nb\"]", 3),
        (b"[\"abcdefgh", 10),
        (b"nul", 0),
        (b"[+1]", 1),
        (b"}", 0),
    ] {
        let (fault, found) = refused(record);
        assert!(matches!(fault, Fault::Syntax(_)), "{fault:?}");
        assert_eq!(found, at, "{}", String::from_utf8_lossy(record));
    }
    let deep = "[".repeat(20_000);
    assert_eq!(refused(deep.as_bytes()), (Fault::TooDeep, MAX_DEPTH));
    let well = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert_eq!(form(&well, "jcs"), well);
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1_000_i64..1_000).prop_map(Into::into),
        any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(Into::into),
        (any::<i32>(), -30_i32..30)
            .prop_map(|(digits, power)| { (f64::from(digits) * 10_f64.powi(power)).into() }),
        any::<String>().prop_map(Into::into),
        "[a-z\"\\\\\n\u{7f}é\u{2028}😀]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map("[a-c\u{fb33}😀é\\n]{0,3}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// The oracle is another implementation of RFC 8785; the input is spelled in three ways.
    #[test]
    fn canonical_form_equals_the_oracles(value in json()) {
        let expected = serde_json_canonicalizer::to_string(&value).unwrap();
        prop_assert_eq!(&form(&serde_json::to_string(&value).unwrap(), "jcs"), &expected);
        prop_assert_eq!(&form(&serde_json::to_string_pretty(&value).unwrap(), "jcs"), &expected);
        let mut ascii = Vec::new();
        let tape = tape(&expected);
        let ascii_form = Form { ascii: true, ..Form::JCS };
        Writer::default().write(&tape, expected.as_bytes(), 0, ascii_form, &[], &mut ascii);
        prop_assert!(ascii.is_ascii());
        prop_assert_eq!(&form(std::str::from_utf8(&ascii).unwrap(), "jcs"), &expected);
        // What is canonical is recognised as such, unless it holds what makes it look twice.
        let clean = flags::FLOAT | flags::UNSAFE_INT | flags::UNSORTED;
        let root = tape.root().unwrap().flags;
        prop_assert_eq!(root & (flags::SPACED | flags::ODD_ESCAPE | flags::DUPLICATE) & !clean, 0);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(
        prop_oneof![Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b':'), Just(b','),
            Just(b'\\'), Just(b'u'), Just(b'1'), Just(b'.'), Just(b'e'), Just(b'-'), any::<u8>()], 0..60)) {
        let mut tape = Tape::default();
        if tape.read(&bytes).is_ok() {
            for form in Form::NAMES {
                let mut out = Vec::new();
                let form = Form::named(form).unwrap();
                Writer::default().write(&tape, &bytes, 0, form, &[], &mut out);
                let mut again = Tape::default();
                if let Ok(text) = std::str::from_utf8(&bytes) {
                    prop_assert!(again.read(&out).is_ok(), "{text:?}");
                    let mut twice = Vec::new();
                    Writer::default().write(&again, &out, 0, form, &[], &mut twice);
                    prop_assert_eq!(&twice, &out);
                }
            }
        }
        if let Err(broken) = tape.read(&bytes) {
            prop_assert!(broken.at <= bytes.len());
        }
    }

    #[test]
    fn strings_decode_as_serde_reads_them(string in any::<String>()) {
        let token = serde_json::to_string(&string).unwrap();
        let inside = &token.as_bytes()[1..token.len() - 1];
        prop_assert_eq!(text::decode(inside), string.as_bytes());
        for ascii in [false, true] {
            let mut out = Vec::new();
            text::encode_into(string.as_bytes(), ascii, &mut out);
            let back: String = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(&back, &string);
        }
    }
}
