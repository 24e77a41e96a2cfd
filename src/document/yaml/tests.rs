//! The reader as a whole: expected values are worked out by hand from what Python documents, and
//! `tests/differential/yaml_tree.py` holds them against PyYAML itself.

use proptest::prelude::*;

use super::{ErrorKind, MAX_DEPTH, implicit, parse, parse_all};
use crate::document::tree::{NodeId, Style, Tree, Value};
use crate::span::Span;

/// A short notation: Python's, without the types of numbers.
fn shown(tree: &Tree, id: NodeId, depth: usize) -> String {
    if depth > 6 {
        return "...".to_owned();
    }
    let inner = |id: &NodeId| shown(tree, *id, depth + 1);
    match tree.value(id) {
        Value::Null => "None".to_owned(),
        Value::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
        Value::Int(value) => value.to_string(),
        Value::BigInt(text) => text.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Str(text) => format!("{text:?}"),
        Value::Bytes(bytes) => format!("b{:?}", String::from_utf8_lossy(bytes)),
        Value::Timestamp(text) => format!("<{text}>"),
        Value::Seq(items) => {
            format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(", "))
        }
        Value::Set(items) => {
            format!("set({})", items.iter().map(inner).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let pair = |entry: &crate::document::tree::Entry| {
                format!("{}: {}", inner(&entry.key), inner(&entry.value))
            };
            format!("{{{}}}", entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

fn load(source: &str) -> String {
    match parse(source.as_bytes()) {
        Ok(tree) => tree.root.map_or_else(|| "None".to_owned(), |root| shown(&tree, root, 0)),
        Err(error) => format!("{:?}", error.kind),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        assert_eq!(load(source), *expected, "{source:?}");
    }
}

#[test]
fn scalars_in_yaml_1_1() {
    check(&[
        ("", "None"),
        ("# nothing\n", "None"),
        ("---\n...\n", "None"),
        ("[yes, No, ON, off, y, oFF]", r#"[True, False, True, False, "y", "oFF"]"#),
        ("[0600, 0o600, 08, 1_000, 0x1F, 12:30:45]", r#"[384, "0o600", "08", 1000, 31, 45045]"#),
        ("[1e3, 1.5e+3, .5, -.inf, 1:30.5]", r#"["1e3", 1500.0, 0.5, -inf, 90.5]"#),
        ("[~, null, '~', \"null\", none]", r#"[None, None, "~", "null", "none"]"#),
        ("[2001-01-01, 2001-1-1 1:02:03 +1]", "[<2001-01-01>, <2001-01-01T01:02:03+01:00>]"),
        ("at: 2001-13-01", "Constructor"),
        ("mode: 0b_", "Constructor"),
        ("a: =", "Constructor"),
        ("- <<", "Constructor"),
    ]);
}

#[test]
fn implicit_values() {
    assert_eq!(implicit("off"), Value::Bool(false));
    assert_eq!(implicit("0600"), Value::Int(384));
    assert_eq!(implicit(""), Value::Null);
    for text in ["2001-13-01", "<<", "=", "0x_", "a"] {
        assert_eq!(implicit(text), Value::Str(text.into()));
    }
}

#[test]
fn quoted_text() {
    check(&[
        (r"'it''s \n'", r#""it's \\n""#),
        (r#""\x41\u00e9\U0001F600\t\/""#, "\"Aé😀\\t/\""),
        ("'a\n  b\n\n  c'", r#""a b\nc""#),
        ("\"a  \\\n   b\\\n\n c\"", r#""a  b\nc""#),
        (r#""\ud800""#, "\"\u{fffd}\""),
        (r#""\U00110000""#, "Scanner"),
        (r#""C:\temp\q""#, "Scanner"),
        ("'a\n--- b'", "Scanner"),
        ("'a", "Scanner"),
        ("'a'b", "Parser"),
    ]);
}

#[test]
fn plain_text() {
    check(&[
        ("a: b\n  c\n\n  d\n", r#"{"a": "b c\nd"}"#),
        ("a: b #c\n", r#"{"a": "b"}"#),
        ("a: b#c\n", r#"{"a": "b#c"}"#),
        ("url: http://x:80/?q#f", r#"{"url": "http://x:80/?q#f"}"#),
        ("a: b: c", "Scanner"),
        ("a:\tb", "Scanner"),
        ("a: b\t\n", "Scanner"),
        ("a: {{ x }}", "Constructor"),
        ("a: @b", "Scanner"),
        ("a: *", "Scanner"),
        ("x\u{2028}y", r#""x\u{2028}y""#),
        ("x\u{85}y", r#""x y""#),
    ]);
}

#[test]
fn block_text() {
    check(&[
        ("a: |\n  b\n   c\n\n", r#"{"a": "b\n c\n"}"#),
        ("a: |+\n  b\n\n\n", r#"{"a": "b\n\n\n"}"#),
        ("a: |-\n  b\n\n", r#"{"a": "b"}"#),
        ("a: |\n  b", r#"{"a": "b"}"#),
        ("a: >\n  b\n  c\n\n  d\n   e\n  f\n", r#"{"a": "b c\nd\n e\nf\n"}"#),
        ("a: |2\n    b\n   c\n", r#"{"a": "  b\n c\n"}"#),
        ("a: >-", r#"{"a": ""}"#),
        ("a: |0\n  b", "Scanner"),
        ("a: | b", "Scanner"),
        ("a: |\r\n  b\r\n  c\r\n", r#"{"a": "b\nc\n"}"#),
    ]);
}

#[test]
fn collections() {
    check(&[
        ("a:\n- b\n- c\nd: e", r#"{"a": ["b", "c"], "d": "e"}"#),
        ("- - a\n  - b\n-\n- c: d\n  e:", r#"[["a", "b"], None, {"c": "d", "e": None}]"#),
        ("[a: b, ? c, d: ]", r#"[{"a": "b"}, {"c": None}, {"d": None}]"#),
        ("{a, b: , 'c':d,}", r#"{"a": None, "b": None, "c": "d"}"#),
        ("? a\n: - b\n? c\n", r#"{"a": ["b"], "c": None}"#),
        ("a: {b: [c,\n d]}\n", r#"{"a": {"b": ["c", "d"]}}"#),
        ("[a, , b]", "Parser"),
        ("{a: b\nc: d}", "Parser"),
        ("a:\n  b: 1\n c: 2", "Parser"),
        ("? [a]\n: b", "Constructor"),
        ("]", "Parser"),
        ("[", "Parser"),
    ]);
}

#[test]
fn simple_keys_reach_1024_characters() {
    let key = |length: usize| load(&format!("x: 1\n{}: v", "é".repeat(length)));
    assert!(key(1024).starts_with('{'));
    assert_eq!(key(1025), "Scanner");
}

#[test]
fn anchors_tags_and_merges() {
    check(&[
        ("- &a b\n- *a", r#"["b", "b"]"#),
        ("*a", "Composer"),
        ("- &a b\n- &a c", "Composer"),
        ("&a [*a]", "[[[[[[[...]]]]]]]"),
        ("!!int '12'", "12"),
        ("! '12'", "12"),
        ("!!str", r#""""#),
        ("!!int", "Constructor"),
        ("!!binary aGk=", r#"b"hi""#),
        ("!!set {a, b, a}", r#"set("a", "b")"#),
        ("!!omap [a: 1, a: 2]", r#"[["a", 1], ["a", 2]]"#),
        ("!!omap [{a: 1, b: 2}]", "Constructor"),
        ("!ENV x", "Constructor"),
        ("!!python/name:os.system x", "Constructor"),
        ("!e!x y", "Parser"),
        ("%TAG !e! tag:yaml.org,2002:\n---\n!e!int '12'", "12"),
        ("%YAML 2.0\n---\na", "Parser"),
        ("- &a {x: 1, y: 2}\n- {<<: *a, y: 3}", r#"[{"x": 1, "y": 2}, {"x": 1, "y": 3}]"#),
        ("<<: [{a: 1, b: 1}, {a: 2, c: 2}]\nd: 3", r#"{"a": 1, "c": 2, "b": 1, "d": 3}"#),
        ("<<: {a: 1}\n<<: {a: 2}", r#"{"a": 2}"#),
        ("'<<': {a: 1}", r#"{"<<": {"a": 1}}"#),
        ("<<: [1]", "Constructor"),
        ("<<: a", "Constructor"),
        ("&a {<<: *a, b: 1}", r#"{"b": 1}"#),
        ("=: 1", r#"{"=": 1}"#),
        ("!!str {=: a, b: c}", r#""a""#),
        ("&a !!str {=: *a}", "Limit"),
    ]);
}

#[test]
fn documents() {
    check(&[
        ("a\n---\nb", "Composer"),
        ("--- a: b", "Scanner"),
        ("--- [a]\n...\n", r#"["a"]"#),
        ("a\n...\nb", "Parser"),
    ]);
    let trees = parse_all(b"# 1\na\n---\n---\nb # 3\n... # 4\n").unwrap();
    let shown: Vec<_> = trees.iter().map(|tree| shown(tree, tree.root.unwrap(), 0)).collect();
    assert_eq!(shown, [r#""a""#, "None", r#""b""#]);
    let comments: Vec<_> = trees.iter().map(|tree| tree.comments.len()).collect();
    assert_eq!(comments, [1, 0, 2]);
    assert_eq!(parse_all(b"# none").unwrap().len(), 0);
    assert!(parse_all(b"a\n---\n*a").is_err());
}

#[test]
fn keys_that_python_holds_equal() {
    check(&[
        ("{1: a, 1.0: b, true: c, 2: d}", r#"{1: "c", 2: "d"}"#),
        ("{-0.0: a, 0: b}", r#"{-0.0: "b"}"#),
        ("{.nan: a, .NaN: b}", r#"{NaN: "b"}"#),
        ("{!!float nan: a, !!float nan: b}", r#"{NaN: "a", NaN: "b"}"#),
        ("[&n !!float nan, {*n : a, *n : b}]", r#"[NaN, {NaN: "b"}]"#),
        (
            "{2001-01-01T00:00:00Z: a, 2001-01-01T01:00:00+01:00: b}",
            r#"{<2001-01-01T00:00:00+00:00>: "b"}"#,
        ),
    ]);
}

fn text(source: &str, span: Span) -> &str {
    std::str::from_utf8(span.of(source.as_bytes())).unwrap()
}

#[test]
fn duplicates_are_listed() {
    let source = "a: 1\nb: &m {x: 1}\na: 2\nc: {<<: *m, x: 2}\na: 3\n<<: *m\n<<: *m\n";
    let tree = parse(source.as_bytes()).unwrap();
    let found: Vec<_> = tree
        .duplicates
        .iter()
        .map(|one| {
            (
                tree.span(one.first).start,
                tree.span(one.first_value).start,
                tree.span(one.second).start,
            )
        })
        .collect();
    assert_eq!(found, [(0, 3, 18), (18, 21, 41), (46, 11, 53)]);
    let entry = tree.entry_at("a").unwrap();
    assert_eq!((tree.span(entry.key).start, tree.value(entry.value)), (41, &Value::Int(3)));
    assert!(!entry.merged);
    assert!(tree.entry_at("x").unwrap().merged);
    assert!(!tree.entry_at("c.x").unwrap().merged);

    let many: String = (0..20).map(|number| format!("k{}: {number}\n", number % 10)).collect();
    let tree = parse(many.as_bytes()).unwrap();
    assert_eq!((tree.duplicates.len(), tree.entries(tree.root.unwrap()).len()), (10, 10));
    assert_eq!(tree.at("k3").map(|id| tree.value(id)), Some(&Value::Int(13)));
}

#[test]
fn spans_of_everything() {
    let source = "\u{feff}# é\nκ: &a !!str 'v' # c\nl:\n- x y\n-\n- |+\n  b\n\n  c\n\nm: {n: *a, o: [p: q]}\n";
    let tree = parse(source.as_bytes()).unwrap();
    let root = tree.root.unwrap();
    assert_eq!(tree.span(root), Span::new(source.find('κ').unwrap(), source.len() - 1));
    let value = tree.at("κ").unwrap();
    assert_eq!(text(source, tree.span(value)), "'v'");
    let (tag, tag_span) = tree.node(value).unwrap().tag.clone().unwrap();
    assert_eq!((&*tag, text(source, tag_span)), ("tag:yaml.org,2002:str", "!!str"));
    let items = tree.items(tree.at("l").unwrap()).to_vec();
    assert_eq!(text(source, tree.span(tree.at("l").unwrap())), "- x y\n-\n- |+\n  b\n\n  c");
    assert_eq!(text(source, tree.span(items[0])), "x y");
    assert_eq!(tree.span(items[1]), Span::at(source.find("-\n- |").unwrap() + 1));
    assert_eq!(text(source, tree.span(items[2])), "|+\n  b\n\n  c");
    assert_eq!(tree.node(items[2]).unwrap().style, Style::Literal);
    assert_eq!(text(source, tree.span(tree.at("m").unwrap())), "{n: *a, o: [p: q]}");
    assert_eq!(text(source, tree.span(tree.at("m.o").unwrap())), "[p: q]");
    assert_eq!(text(source, tree.span(tree.items(tree.at("m.o").unwrap())[0])), "p: q");
    let comments: Vec<_> = tree.comments.iter().map(|span| text(source, *span)).collect();
    assert_eq!(comments, ["# é", "# c"]);
    assert_eq!(tree.aliases.iter().map(|span| text(source, *span)).collect::<Vec<_>>(), ["*a"]);
}

#[test]
fn errors_point_at_the_cause_and_quote_nothing() {
    let cases = [
        ("a: b\nkey: sk-secret: x\n", ":", ErrorKind::Scanner),
        ("a: [b\nc: sk-secret\n", ":", ErrorKind::Parser),
        ("a: *sk\n", "*sk", ErrorKind::Composer),
        ("a: !x sk-secret\n", "!x", ErrorKind::Constructor),
        ("a: sk-\tsecret", "\t", ErrorKind::Scanner),
        ("a: {sk-secret}: b", ":", ErrorKind::Scanner),
        ("sk-secret\nb: c", ":", ErrorKind::Scanner),
    ];
    for (source, at, kind) in cases {
        let error = parse(source.as_bytes()).unwrap_err();
        assert_eq!((text(source, error.span), error.kind), (at, kind), "{source:?}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn nesting_ends_at_the_limit() {
    let flow = |depth: usize| load(&format!("{}{}", "[\n".repeat(depth), "]".repeat(depth)));
    assert!(flow(MAX_DEPTH).starts_with('['));
    assert_eq!(flow(MAX_DEPTH + 1), "Limit");
    for deep in ["- ", "? ", "[\n", "{a: ", "!!str {=: ", "- ? "] {
        let started = std::time::Instant::now();
        assert_eq!(load(&deep.repeat(100_000)), "Limit", "{deep:?}");
        assert!(started.elapsed().as_secs() < 2, "{deep:?}");
    }
    assert_eq!(load(&"[".repeat(100_000)), "Limit");
}

#[test]
fn bombs_stay_small() {
    let levels = |line: &dyn Fn(usize) -> String| (1..200).map(line).collect::<String>();
    let refer = |level: usize| vec![format!("*a{}", level - 1); 10].join(", ");
    let aliases = levels(&|level| format!("a{level}: &a{level} [{}]\n", refer(level)));
    let tree = parse(format!("a0: &a0 [x]\n{aliases}").as_bytes()).unwrap();
    assert!(tree.nodes.len() < 1000);
    let merges =
        levels(&|level| format!("a{level}: &a{level} {{<<: [{}], b{level}: 1}}\n", refer(level)));
    let tree = parse(format!("a0: &a0 {{x: 1}}\n{merges}").as_bytes()).unwrap();
    assert_eq!(tree.entries(tree.at("a199").unwrap()).len(), 200);
    let wide: String = (0..2000).map(|key| format!("k{key}: 1, ")).collect();
    let uses = "- <<: *m\n".repeat(1000);
    assert_eq!(load(&format!("- &m {{{wide}}}\n{uses}")), "Limit");
}

/// Every span inside the file, on characters, and where it says.
fn check_spans(source: &str) -> Result<(), TestCaseError> {
    let inside = |span: Span| {
        span.start <= span.end
            && source.is_char_boundary(span.start)
            && source.is_char_boundary(span.end)
    };
    let trees = match parse(source.as_bytes()) {
        Ok(tree) => vec![tree],
        Err(error) => {
            prop_assert!(inside(error.span), "{error:?}");
            prop_assert!(error.context.is_none_or(|(_, span)| inside(span)));
            parse_all(source.as_bytes()).unwrap_or_default()
        }
    };
    for tree in trees {
        for node in &tree.nodes {
            prop_assert!(inside(node.span), "{node:?}");
            let written = text(source, node.span);
            let fits = match node.style {
                Style::SingleQuoted => written.starts_with('\'') && written.ends_with('\''),
                Style::DoubleQuoted => written.starts_with('"') && written.ends_with('"'),
                Style::Literal => written.starts_with('|'),
                Style::Folded => written.starts_with('>'),
                Style::Plain => !written.starts_with(' ') && !written.ends_with(' '),
                Style::Block | Style::Flow => !written.is_empty(),
            };
            prop_assert!(fits, "{node:?}");
            if let Some((_, span)) = &node.tag {
                prop_assert!(inside(*span) && text(source, *span).starts_with('!'));
            }
        }
        for comment in &tree.comments {
            prop_assert!(inside(*comment) && text(source, *comment).starts_with('#'));
        }
        for alias in &tree.aliases {
            prop_assert!(inside(*alias) && text(source, *alias).starts_with('*'));
        }
    }
    Ok(())
}

const PIECES: [&str; 48] = [
    "a",
    "b",
    "é",
    "😀",
    ": ",
    ":",
    "- ",
    "? ",
    "\n",
    "\n",
    "\n  ",
    "\n ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'",
    "\"",
    "&a ",
    "*a",
    "!!str ",
    "!x ",
    "!!set ",
    "!!omap ",
    "<<: ",
    "=",
    "# c",
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "\t",
    "\\",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "1",
    "0x",
    ".",
    "_",
    "~",
    "2001-01-01",
    "%YAML 1.1\n",
    "\\x41",
    "\n    ",
    "true",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(source in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&source);
        let _ = parse_all(&source);
        let _ = implicit(&String::from_utf8_lossy(&source));
    }

    #[test]
    fn pieces_of_yaml(pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..40)) {
        check_spans(&pieces.concat())?;
    }
}
