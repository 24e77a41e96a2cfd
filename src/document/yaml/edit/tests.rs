//! Edits as people would check them: what changed, what it reads as, and that the rest is there byte for byte.

use proptest::prelude::*;

use super::{Fresh, Refusal, Sheet, Splice};
use crate::document::tree::{Style, Tree};
use crate::document::yaml::edit::plain::write_out;
use crate::document::yaml::parse;
use crate::document::{ParseError, Structured};

fn open(source: &str) -> Sheet {
    try_open(source).unwrap_or_else(|refusal| panic!("{source:?}: {refusal}"))
}

fn try_open(source: &str) -> Result<Sheet, Refusal> {
    let structured = match parse(source.as_bytes()) {
        Ok(tree) => Structured { tree, ..Structured::default() },
        Err(error) => {
            let error = ParseError { message: error.message, span: error.span, context: None };
            Structured { error: Some(error), ..Structured::default() }
        }
    };
    Sheet::open(source.as_bytes(), &structured)
}

fn text(sheet: &Sheet) -> String {
    String::from_utf8(sheet.bytes().to_vec()).unwrap()
}

fn path(text: &str) -> Vec<&str> {
    text.split('.').collect()
}

/// `source` with the scalar `value` at `at`.
fn set(source: &str, at: &str, value: &str) -> Result<String, Refusal> {
    let mut sheet = try_open(source)?;
    sheet.set(&path(at), &Fresh::Scalar(value.to_owned()))?;
    Ok(text(&sheet))
}

fn append(source: &str, at: &str, items: &[&str]) -> Result<String, Refusal> {
    let items: Vec<String> = items.iter().map(|&item| item.to_owned()).collect();
    let mut sheet = try_open(source)?;
    sheet.append(&path(at), &items)?;
    Ok(text(&sheet))
}

fn remove(source: &str, at: &str) -> Result<String, Refusal> {
    let mut sheet = try_open(source)?;
    sheet.remove(&path(at))?;
    Ok(text(&sheet))
}

fn relocate(source: &str, from: &str, to: &str) -> Result<String, Refusal> {
    let mut sheet = try_open(source)?;
    sheet.relocate(&path(from), &path(to))?;
    Ok(text(&sheet))
}

#[test]
fn a_value_is_set_where_it_stands_or_at_the_end_of_its_block() {
    for (source, at, expected) in [
        ("a: 1 # why\nb: 2\n", "a", "a: x # why\nb: 2\n"),
        ("a: {b: 1, c: 2}\n", "a.b", "a: {b: x, c: 2}\n"),
        ("a:\n    b: 1 # why\nc: 2\n", "a.d", "a:\n    b: 1 # why\n    d: x\nc: 2\n"),
        ("a:\n  b: 1\n", "c.d", "a:\n  b: 1\nc:\n  d: x\n"),
        ("a:\n    b: 1\n", "c.d", "a:\n    b: 1\nc:\n    d: x\n"),
        ("a: {b: 1}\n", "a.c", "a: {b: 1, c: x}\n"),
        ("a: {}\n", "a.c.d", "a: {c: {d: x}}\n"),
        ("a:\nb: 1\n", "a.c", "a:\n  c: x\nb: 1\n"),
        ("a: ~ # why\nb: 1\n", "a.c", "a: # why\n  c: x\nb: 1\n"),
        ("a:\r\n  b: 1\r\n", "a.c", "a:\r\n  b: 1\r\n  c: x\r\n"),
        ("a: 1", "b", "a: 1\nb: x"),
        ("a: 1\r\nb: 2\r", "c", "a: 1\r\nb: 2\rc: x\r\n"),
        ("", "b", "b: x\n"),
        ("# only this\n", "a.b", "# only this\na:\n  b: x\n"),
        ("\u{feff}a: 1\n", "b", "\u{feff}a: 1\nb: x\n"),
        ("- 1\n", "a", ""),
        ("a: 1\n", "a.b", ""),
        ("a: |\n  text\n", "b", "a: |\n  text\nb: x\n"),
        ("'a':\n  b: 1\n", "a.b", "'a':\n  b: x\n"),
        ("---\na: 1\n...\n", "b", "---\na: 1\nb: x\n...\n"),
        ("a: \"b # c\"   # d\n", "a", "a: x   # d\n"),
        ("a: &n 1\n", "b", "a: &n 1\nb: x\n"),
    ] {
        let result = set(source, at, "x");
        if expected.is_empty() {
            assert!(result.is_err(), "{source:?} {at}: {result:?}");
        } else {
            assert_eq!(result.as_deref(), Ok(expected), "{source:?} {at}");
        }
    }
}

#[test]
fn a_list_grows_in_the_style_it_has() {
    for (source, expected) in [
        ("a:\n  - x # one\n  # end\nb: 1\n", "a:\n  - x # one\n  - 'y*'\n  # end\nb: 1\n"),
        ("a:\n- x\n", "a:\n- x\n- 'y*'\n"),
        ("a:\n- \"x\"\n", "a:\n- \"x\"\n- \"y*\"\n"),
        ("a: [x]\n", "a: [x, 'y*']\n"),
        ("a: [\n  x, # one\n]\n", "a: [\n  x, 'y*', # one\n]\n"),
        ("a: []\n", "a:\n  - 'y*'\n"),
        ("a: [] # none\n", "a: ['y*'] # none\n"),
        ("a:\nb:\n- 1\n", "a:\n- 'y*'\nb:\n- 1\n"),
        ("b: 1\n", "b: 1\na:\n  - 'y*'\n"),
        ("{b: 1}\n", "{b: 1, a: ['y*']}\n"),
        ("a:\r\n  - x\r\n", "a:\r\n  - x\r\n  - 'y*'\r\n"),
        ("a:\n  - x", "a:\n  - x\n  - 'y*'"),
    ] {
        assert_eq!(append(source, "a", &["y*"]).as_deref(), Ok(expected), "{source:?}");
    }
    assert_eq!(append("a: text\n", "a", &["y"]), Err(Refusal::Absent));
    assert_eq!(append("a: [it]\n", "a", &["it's"]).as_deref(), Ok("a: [it, 'it''s']\n"));
}

#[test]
fn a_pair_goes_with_its_lines_and_an_empty_block_with_it() {
    for (source, at, expected) in [
        ("a: 1\nb: 2 # why\nc: 3\n", "b", "a: 1\nc: 3\n"),
        ("a:\n  b:\n    - 1\n    - 2\n  c: 3\n", "a.b", "a:\n  c: 3\n"),
        ("a:\n  b: 1\nc: 2\n", "a.b", "c: 2\n"),
        ("a: {b: 1, c: 2}\n", "a.b", "a: {c: 2}\n"),
        ("a: {b: 1, c: 2}\n", "a.c", "a: {b: 1}\n"),
        ("a: 1\nb: |\n  text\n\nc: 3\n", "b", "a: 1\n\nc: 3\n"),
        ("a: 1\nb: 2", "b", "a: 1\n"),
        ("# top\na: 1\n", "a", "# top\n"),
        ("\u{feff}a: 1\nb: 2\n", "a", "\u{feff}b: 2\n"),
    ] {
        assert_eq!(remove(source, at).as_deref(), Ok(expected), "{source:?} {at}");
    }
    assert!(remove("? a\n: 1\n", "a").is_err());
    assert!(remove("a: 1\n", "b").is_err());
}

#[test]
fn a_setting_moves_with_its_comment() {
    for (source, from, to, expected) in [
        ("a: 1 # why\nb:\n  c: 2\n", "a", "b.a", "b:\n  c: 2\n  a: 1 # why\n"),
        ("a: 'it''s'\n", "a", "b.a", "b:\n  a: 'it''s'\n"),
        ("x:\n  a:\n    - 'p*'\n", "x.a", "a", "a:\n  - 'p*'\n"),
        ("x: {a: yes}\nb: 1\n", "x.a", "a", "b: 1\na: yes\n"),
    ] {
        let moved = relocate(source, from, to).map(|text| text.replace("  # why", " # why"));
        assert_eq!(moved.as_deref(), Ok(expected), "{source:?}");
    }
    // It is set already, it is a block, it says more than its text.
    assert!(relocate("a: 1\nb: 2\n", "a", "b").is_err());
    assert!(relocate("a: {x: 1}\n", "a", "b").is_err());
    assert!(relocate("a: !!str 1\nc: 1\n", "a", "b").is_err());
}

#[test]
fn what_is_shared_or_unclear_is_left() {
    let shared = "a: &x off\nb: *x\n";
    let place = open(shared).tree.span(open(shared).tree.at("a").unwrap());
    assert_eq!(open(shared).replace_scalar(place, "manual"), Err(Refusal::Entangled));
    for (source, at) in [
        ("base: &b\n  x: 1\na:\n  <<: *b\n", "base.x"),
        ("base: &b\n  x: 1\na:\n  <<: *b\n", "base.y"),
        ("base: &b [1]\na: *b\n", "a"),
    ] {
        assert!(set(source, at, "9").is_err(), "{source:?}");
    }
    // What merges is overridden beside it.
    let merged = "base: &b {x: 1}\na:\n  <<: *b\n  z: 2\n";
    assert_eq!(
        set(merged, "a.x", "9").as_deref(),
        Ok("base: &b {x: 1}\na:\n  <<: *b\n  z: 2\n  x: 9\n")
    );
    assert_eq!(remove(merged, "a.x"), Err(Refusal::Absent));
    assert_eq!(remove(merged, "base"), Err(Refusal::Entangled));
    assert_eq!(set("a: 1\na: 2\n", "b", "x"), Err(Refusal::RepeatedKey));
    assert_eq!(set("a: [\n", "b", "x"), Err(Refusal::Unclear));
    assert_eq!(set("a: 1\n---\nb: 2\n", "b", "x"), Err(Refusal::Unclear));
    let tree = parse(b"a: 1\nb: TTTTT\n").unwrap();
    let holes = vec![crate::span::Span::new(8, 13)];
    let template = Structured { tree, error: None, holes };
    assert_eq!(Sheet::open(b"a: 1\nb: {{x}}\n", &template).err(), Some(Refusal::Template));
    // The tree of a part of the file is not that of the file.
    let mut part = parse(b"x:\n  a: 1\n  b: 2\n").unwrap();
    part.root = part.at("x");
    let part = Structured { tree: part, ..Structured::default() };
    let mut sheet = Sheet::open(b"x:\n  a: 1\n  b: 2\n", &part).unwrap();
    assert!(sheet.set(&["a"], &Fresh::Scalar("9".to_owned())).is_err());
}

#[test]
fn parts_of_texts_names_and_lists_are_replaced() {
    let source =
        "h: \"Bearer abc\"\nk: abc\nf: {k: xyz}\nd: rm -rf*\nn:\n  - git push: *\n  - 12\n";
    let source = source.replace("push: *", "push: x");
    let mut sheet = open(&source);
    let find = |text: &str| {
        let at = source.find(text).unwrap();
        crate::span::Span::new(at, at + text.len())
    };
    sheet.quote(find("12")).unwrap();
    sheet.quote(find("git push: x")).unwrap();
    sheet.wrap_in_list(find("rm -rf*")).unwrap();
    sheet.replace_within(find("xyz"), "${V}").unwrap();
    sheet.replace_within(find("abc"), "${V}").unwrap();
    assert_eq!(
        text(&sheet),
        "h: \"Bearer ${V}\"\nk: abc\nf: {k: '${V}'}\nd: [rm -rf*]\nn:\n  - 'git push: x'\n  - '12'\n"
    );
    assert!(open("a: [{b: 1}]\n").quote(crate::span::Span::new(4, 10)).is_err());
    let mut sheet = open("a: 1\n'b': 2\n");
    sheet.rename(crate::span::Span::new(5, 8), "c").unwrap();
    assert_eq!(text(&sheet), "a: 1\n'c': 2\n");
    assert_eq!(sheet.rename(crate::span::Span::new(0, 1), "c"), Err(Refusal::Entangled));
}

/// Trees of settings as people write them, in odd styles.
fn config() -> impl Strategy<Value = String> {
    let comment = prop_oneof![Just(""), Just(" # why"), Just("   #x")];
    let scalar = prop_oneof![
        Just("off".to_owned()),
        Just("'a: b'".to_owned()),
        Just("\"x # y\"".to_owned()),
        Just("|\n      text\n      more".to_owned()),
        Just("[a, 'b']".to_owned()),
        Just("{x: 1, y: [2]}".to_owned()),
        Just(String::new()),
        Just("12".to_owned()),
        Just("\n      - p\n      # between\n      - 'q'".to_owned()),
        Just("\n    - p\n    - q".to_owned()),
        Just("plain text".to_owned()),
        Just("\n      deep:\n        er: 1".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
    ];
    let pair = (scalar, comment).prop_map(|(scalar, comment)| {
        if scalar.contains('\n') { scalar } else { format!("{scalar}{comment}") }
    });
    let block = proptest::collection::vec(pair, 1..4);
    let blocks = proptest::collection::vec((block, "(\n|# note\n|  # far\n)?"), 1..4);
    (blocks, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(blocks, crlf, bom, open)| {
        let mut out = String::new();
        for (number, (pairs, between)) in blocks.into_iter().enumerate() {
            out.push_str(&format!("s{number}:\n"));
            for (at, pair) in pairs.into_iter().enumerate() {
                out.push_str(format!("    k{at}: {pair}").trim_end());
                out.push('\n');
            }
            out.push_str(&between);
        }
        let out = if open { out.trim_end().to_owned() } else { out };
        let out = if crlf { out.replace('\n', "\r\n") } else { out };
        if bom { format!("\u{feff}{out}") } else { out }
    })
}

/// The splices, carried out on the file that was opened, give the file as it would be; what lies between is untouched.
fn carried_out(source: &str, splices: &[Splice]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    for splice in splices {
        assert!(at <= splice.span.start, "splices overlap");
        out.extend_from_slice(&source.as_bytes()[at..splice.span.start]);
        out.extend_from_slice(splice.text.as_bytes());
        at = splice.span.end;
    }
    out.extend_from_slice(&source.as_bytes()[at..]);
    out
}

fn names(tree: &Tree) -> Vec<String> {
    let mut names = Vec::new();
    for entry in tree.root.map(|root| tree.entries(root)).unwrap_or_default() {
        let name = tree.str(entry.key).unwrap_or_default();
        names.push(name.to_owned());
        names.extend(
            tree.entries(entry.value)
                .iter()
                .map(|it| format!("{name}.{}", tree.str(it.key).unwrap_or_default())),
        );
    }
    names
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Any edit of any config is refused, or reads as was meant, keeps every other byte and comment, and says the same
    /// when it is made again.
    #[test]
    fn edits_read_as_they_were_meant(
        source in config(),
        steps in proptest::collection::vec((0..5u8, any::<prop::sample::Index>(), 0..4u8), 1..5),
    ) {
        let mut sheet = open(&source);
        let mut changed = 0;
        for (what, which, number) in steps {
            let known = names(sheet.tree());
            if known.is_empty() {
                break;
            }
            let name = which.get(&known).clone();
            let fresh = format!("{}.new{number}", name.split('.').next().unwrap_or_default());
            let before = (write_out(sheet.tree(), None).unwrap().plain, sheet.bytes().to_vec());
            let done = match what {
                0 => sheet.set(&path(&name), &Fresh::Scalar("manual".to_owned())),
                1 => sheet.set(&path(&fresh), &Fresh::Scalar("'x y'".to_owned())),
                2 => sheet.append(&path(&name), &["*rm -rf*".to_owned(), "it's".to_owned()]),
                3 => sheet.remove(&path(&name)),
                _ => sheet.relocate(&path(&name), &["top", "moved"]),
            };
            let after = write_out(sheet.tree(), None).unwrap().plain;
            match done {
                Err(_) => prop_assert_eq!((after, sheet.bytes().to_vec()), before),
                Ok(()) => {
                    changed += 1;
                    let read = sheet.tree();
                    match what {
                        0 => prop_assert_eq!(read.at(&name).and_then(|id| read.str(id)), Some("manual")),
                        1 => prop_assert_eq!(read.at(&fresh).and_then(|id| read.str(id)), Some("x y")),
                        2 => prop_assert_eq!(
                            read.at(&name).and_then(|id| read.items(id).last().copied()).and_then(|id| read.str(id)),
                            Some("it's")
                        ),
                        3 => prop_assert!(read.at(&name).is_none()),
                        _ => prop_assert!(read.at("top.moved").is_some() && read.at(&name).is_none()),
                    }
                    // To set again what is set changes nothing.
                    prop_assert_eq!(after == before.0, *sheet.bytes() == *before.1);
                }
            }
        }
        let out = carried_out(&source, &sheet.splices());
        prop_assert_eq!(&out, &sheet.bytes().to_vec());
        if changed == 0 {
            prop_assert_eq!(out, source.as_bytes());
        }
    }

    /// A scalar in any style is replaced in its place, and nothing else moves.
    #[test]
    fn a_scalar_is_replaced_in_its_place(source in config(), which in any::<prop::sample::Index>()) {
        let sheet = open(&source);
        let scalars: Vec<_> = sheet
            .tree()
            .nodes
            .iter()
            .filter(|node| !node.span.is_empty() && !matches!(node.style, Style::Block | Style::Flow))
            .map(|node| node.span)
            .collect();
        let span = *which.get(&scalars);
        let mut sheet = sheet;
        // A key has a scalar's span as well, and is no value.
        if sheet.replace_scalar(span, "manual").is_ok() {
            let expected = format!("{}manual{}", &source[..span.start], &source[span.end..]);
            prop_assert_eq!(text(&sheet), expected);
            let again = sheet.clone();
            sheet.replace_scalar(crate::span::Span::new(span.start, span.start + 6), "manual").unwrap();
            prop_assert_eq!(sheet.bytes(), again.bytes());
        }
    }
}
