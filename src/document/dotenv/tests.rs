use proptest::prelude::*;

use super::*;

fn of(source: &str) -> Dotenv {
    parse(source.as_bytes())
}

fn pairs(dotenv: &Dotenv) -> Vec<(&str, Option<&str>)> {
    dotenv.entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_deref())).collect()
}

fn slices<'a>(source: &'a str, spans: &[Span]) -> Vec<&'a str> {
    spans.iter().map(|span| &source[span.start..span.end]).collect()
}

#[test]
fn a_usual_file() {
    let source = "# Hermes\nA=1\nexport B = two words  # note\n\nC\n'D d'='x'\n";
    let dotenv = of(source);
    assert_eq!(
        pairs(&dotenv),
        [("A", Some("1")), ("B", Some("two words")), ("C", None), ("D d", Some("x"))]
    );
    assert_eq!(slices(source, &dotenv.comments), ["# Hermes", "# note"]);
    let b = dotenv.get("B").unwrap();
    assert!(b.export);
    assert_eq!(
        slices(source, &[b.key_span, b.value_span, b.raw_span, b.line_span, b.comment.unwrap()]),
        ["B", "two words", "two words", "export B = two words  # note", "# note"]
    );
    let d = dotenv.get("D d").unwrap();
    assert_eq!(slices(source, &[d.key_span, d.value_span, d.raw_span]), ["D d", "x", "'x'"]);
    assert_eq!((d.quote, d.export), (Some(b'\''), false));
    assert!(dotenv.errors.is_empty());
}

#[test]
fn hashes_and_empty_values() {
    let source = "A=#x\nB= # x\nC=a#b\nD=a #b #c\nE=\nF=''\nG=a\t#b";
    let dotenv = of(source);
    let values: Vec<_> = dotenv.entries.iter().map(|e| e.value.as_deref().unwrap()).collect();
    assert_eq!(values, ["#x", "", "a#b", "a", "", "", "a"]);
    assert_eq!(slices(source, &dotenv.comments), ["# x", "#b #c", "#b"]);
    assert_eq!(dotenv.entries[1].value_span, Span::at(8));
    assert_eq!(dotenv.entries[4].value_span, Span::at(source.find("E=").unwrap() + 2));
    assert_eq!(dotenv.entries[5].value_span, Span::at(source.find("F='").unwrap() + 3));
    // Hermes requires 1.2.2, in which a lone comment is the value.
    let old = parse_as(source.as_bytes(), Release::V1_2_2);
    assert_eq!(old.get("B").unwrap().value.as_deref(), Some("# x"));
}

#[test]
fn quotes_and_escapes() {
    let source = "A=\"x\\n\\\"y\\\" \\q\"\nB='x\\n\\'y\\\\'\nC=\"two\n  lines\" # c\nD=x'y\" z";
    let dotenv = of(source);
    let values: Vec<_> = dotenv.entries.iter().map(|e| e.value.as_deref().unwrap()).collect();
    assert_eq!(values, ["x\n\"y\" \\q", "x\\n'y\\", "two\n  lines", "x'y\" z"]);
    assert_eq!(slices(source, &[dotenv.entries[2].value_span]), ["two\n  lines"]);
}

#[test]
fn escaped_backslash_before_the_closing_quote() {
    let source = "A='C:\\\\dir\\\\'\nB='x'\n";
    assert_eq!(pairs(&of(source)), [("A", Some("C:\\dir\\")), ("B", Some("x"))]);
    // Before 1.2.3 the value runs on to the quote of the next line, and what follows is an error.
    let old = parse_as(source.as_bytes(), Release::V1_2_2);
    assert_eq!((pairs(&old), old.errors.len()), (vec![], 1));
    // ... unless no other quote is left.
    let old = parse_as(b"A='x\\\\'\n", Release::V1_2_2);
    assert_eq!(pairs(&old), [("A", Some("x\\"))]);
}

#[test]
fn errors_cost_one_line() {
    let source = "A=\"open\nB=1\n=x\nC='a' b\n'D\nexport \nE=2";
    let dotenv = of(source);
    assert_eq!(pairs(&dotenv), [("B", Some("1")), ("E", Some("2"))]);
    assert_eq!(slices(source, &dotenv.errors), ["A=\"open", "=x", "C='a' b", "'D", "export"]);
}

#[test]
fn line_breaks_and_byte_order_marks() {
    let source = "\u{feff}A=1\r\nB='x\r\ny'\rC=3 \r\n";
    let dotenv = of(source);
    assert_eq!(pairs(&dotenv), [("A", Some("1")), ("B", Some("x\ny")), ("C", Some("3"))]);
    let spans: Vec<_> = dotenv.entries.iter().map(|e| e.value_span).collect();
    assert_eq!(slices(source, &spans), ["1", "x\r\ny", "3"]);
    let old = parse_as(source.as_bytes(), Release::V1_2_2);
    assert_eq!(old.entries[0].key, "\u{feff}A");
}

#[test]
fn other_encodings() {
    let latin = parse(b"A=caf\xe9\nB=2\n");
    assert_eq!(pairs(&latin), [("A", Some("café")), ("B", Some("2"))]);
    assert_eq!(latin.encoding, Encoding::Latin1);
    assert_eq!(latin.entries[0].value_span, Span::new(2, 6));
    assert_eq!(latin.entries[1].value_span, Span::new(9, 10));

    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend("A=é𝄞\r\nB=2".encode_utf16().flat_map(u16::to_le_bytes));
    let dotenv = parse(&utf16);
    assert_eq!(pairs(&dotenv), [("A", Some("é𝄞")), ("B", Some("2"))]);
    assert_eq!(dotenv.encoding, Encoding::Utf16);
    assert_eq!(dotenv.entries[0].value_span, Span::new(6, 12));
    assert_eq!(dotenv.entries[1].value_span, Span::new(20, 22));

    // Without a BOM the NUL bytes go and ASCII remains.
    let padded: Vec<u8> = "A=1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(pairs(&parse(&padded)), [("A", Some("1"))]);
}

#[test]
fn references() {
    let source =
        "A=1\nB=${A}-${HOME}-${NO:-d:-e}-${NO}-$A-${x:y}-${\nA=2\nC=${A}${N}\nN\nD=[${N:-x}]";
    let dotenv = of(source);
    let home = |name: &str| (name == "HOME" || name == "A").then(|| "env".to_owned());
    let file_first = dotenv.interpolate(home, true);
    assert!(file_first.complete);
    assert_eq!(file_first.get("B"), Some("1-env-d:-e--$A-${x:y}-${"));
    assert_eq!(file_first.get("C"), Some("2"));
    // A name without a value is known, so its default is not used.
    assert_eq!(file_first.get("D"), Some("[]"));
    let names: Vec<_> = file_first.pairs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["A", "B", "C", "N", "D"]);
    let environment_first = dotenv.interpolate(home, false);
    assert_eq!(environment_first.get("C"), Some("env"));
}

#[test]
fn nested_references_are_bounded() {
    let mut source = format!("V0={}\n", "x".repeat(1024));
    for n in 0..40 {
        source.push_str(&format!("V{}=${{V{n}}}${{V{n}}}\n", n + 1));
    }
    let values = of(&source).interpolate(|_| None, true);
    assert!(!values.complete);
    assert_eq!(values.get("V3").map(str::len), Some(8 * 1024));
    let total: usize = values.pairs.iter().map(|(_, v)| v.as_deref().map_or(0, str::len)).sum();
    assert!(total <= EXPANSION_LIMIT + source.len());
}

#[test]
fn long_files_take_linear_time() {
    // Each of these is quadratic for a reader that looks ahead again at every line.
    for unit in
        ["A=\"x\n", "A='\\'\n", "'\n", "A=${${\n", "A=\"${a:\"\n", "A=b   ", "\\\"", "export "]
    {
        let source = unit.repeat(200_000);
        for release in [Release::V1_2_2, Release::V1_2_4] {
            let dotenv = parse_as(source.as_bytes(), release);
            dotenv.interpolate(|_| None, true);
        }
    }
    let one_value = format!("A={}", "${${a:".repeat(200_000));
    of(&one_value).interpolate(|_| None, true);
}

fn spans(dotenv: &Dotenv) -> Vec<Span> {
    let entries = dotenv.entries.iter().flat_map(|e| {
        [e.key_span, e.value_span, e.raw_span, e.line_span].into_iter().chain(e.comment)
    });
    entries.chain(dotenv.comments.iter().copied()).chain(dotenv.errors.iter().copied()).collect()
}

fn trap() -> impl Strategy<Value = String> {
    let pieces = [
        "KEY", "=", "'", "\"", "\\", "#", " ", "\n", "\r\n", "\r", "export ", "${A:-", "${A}", "}",
        "\0", "\u{feff}", "é", "\u{2028}", "\u{1c}", "\u{a0}", "x",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..40)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read(source in proptest::collection::vec(any::<u8>(), 0..200)) {
        for release in [Release::V1_2_2, Release::V1_2_3, Release::V1_2_4] {
            let dotenv = parse_as(&source, release);
            for span in spans(&dotenv) {
                prop_assert!(span.start <= span.end && span.end <= source.len());
            }
            dotenv.interpolate(|_| None, true);
        }
    }

    #[test]
    fn spans_hold_what_was_read(source in trap()) {
        let dotenv = of(&source);
        for span in spans(&dotenv) {
            prop_assert!(source.get(span.start..span.end).is_some(), "{:?}", span);
        }
        for entry in &dotenv.entries {
            let normal = |span: Span| {
                let text = source[span.start..span.end].replace("\r\n", "\n");
                text.replace('\r', "\n").replace('\0', "")
            };
            prop_assert_eq!(&normal(entry.key_span), &entry.key);
            if entry.quote.is_none() {
                prop_assert_eq!(normal(entry.value_span), entry.value.clone().unwrap_or_default());
            }
            prop_assert!(entry.line_span.contains(entry.raw_span) && entry.raw_span.contains(entry.value_span));
            if let Some(comment) = entry.comment {
                prop_assert_eq!(source.as_bytes()[comment.start], b'#');
            }
        }
    }

    #[test]
    fn written_values_come_back(values in proptest::collection::vec("[ -~]{0,30}", 1..5)) {
        let quoted = |value: &String| value.replace('\\', "\\\\").replace('\'', "\\'");
        let source: String = values.iter().map(|v| format!("K='{}'\n", quoted(v))).collect();
        let dotenv = of(&source);
        let read: Vec<_> = dotenv.entries.iter().map(|e| e.value.clone().unwrap()).collect();
        prop_assert_eq!(read, values);
    }
}
