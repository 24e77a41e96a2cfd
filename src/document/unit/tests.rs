use proptest::prelude::*;

use super::*;

fn slice(source: &str, span: Span) -> &str {
    &source[span.start..span.end]
}

fn values<'a>(unit: &'a Unit, section: &str, key: &str) -> Vec<&'a str> {
    unit.values(section, key).into_iter().map(Directive::value).collect()
}

#[test]
fn a_usual_unit() {
    let source = "\u{feff}# Hermes\n[Unit]\nDescription = Hermes gateway \r\n\n[Service]\n  ; note\nUser=hermes\n";
    let unit = parse(source.as_bytes());
    assert_eq!(values(&unit, "Unit", "Description"), ["Hermes gateway"]);
    let user = unit.last("Service", "User").unwrap();
    assert_eq!(
        (
            slice(source, user.key_span),
            slice(source, user.value_span),
            slice(source, user.line_span)
        ),
        ("User", "hermes", "User=hermes")
    );
    let comments: Vec<_> = unit.comments.iter().map(|&span| slice(source, span)).collect();
    assert_eq!(comments, ["# Hermes", "; note"]);
    assert!(unit.last("Unit", "User").is_none());
    assert!(unit.last("Service", "user").is_none());
    assert_eq!(slice(source, unit.sections[1].span), "[Service]");
    assert!(unit.errors.is_empty());
}

#[test]
fn continued_lines() {
    let source = "[Service]\nExecStart=/bin/a \\\n# not this\n    --b \\\n\nUser=x\\\\\nA=1 \\";
    let unit = parse(source.as_bytes());
    assert_eq!(values(&unit, "Service", "ExecStart"), ["/bin/a  --b"]);
    // Two backslashes at the end of a line are one that is escaped.
    assert_eq!(values(&unit, "Service", "User"), ["x\\\\"]);
    assert_eq!(values(&unit, "Service", "A"), ["1"]);
    let exec = unit.exec_lines();
    let words: Vec<_> =
        exec[0].argv.iter().map(|w| (w.text.as_str(), slice(source, w.span))).collect();
    assert_eq!(words, [("/bin/a", "/bin/a"), ("--b", "--b")]);
    assert_eq!(unit.comments.len(), 1);
}

#[test]
fn repeated_and_reset_keys() {
    let unit = parse(b"[Service]\nA=1\nA=2\n[Other]\nA=9\n[Service]\nA=\nA=3\nUser=x\nUser=\n");
    assert_eq!(values(&unit, "Service", "A"), ["3"]);
    assert_eq!(unit.all("Service", "A").count(), 4);
    assert!(unit.resets("Service", "A") && !unit.resets("Other", "A"));
    assert!(unit.last("Service", "User").is_none());
}

#[test]
fn lines_that_systemd_ignores() {
    let source = b"A=1\n[Service]\nword\n=x\n[open\nB=\xff\nC=\xef\xbf\xbd\n";
    let unit = parse(source);
    let errors: Vec<_> = unit.errors.iter().map(|span| span.of(source)).collect();
    assert_eq!(errors, [&b"A=1"[..], b"word", b"=x", b"[open", b"B=\xff"]);
    let keys: Vec<_> = unit.directives.iter().map(|d| d.key.as_str()).collect();
    assert_eq!(keys, ["C"]);
}

#[test]
fn environment_assignments() {
    let source = r#"[Service]
Environment=GONE=1
Environment=
Environment="HOME=/home/h x" B='it''s' C=a"b c"d E= \
  F=\x41\u00e9\t\163 1BAD=x noequals G=%h/$X
Environment="open=1 H=2
Environment=I=1 J=\q K=2
"#;
    let unit = parse(source.as_bytes());
    let read = unit.environment();
    let pairs: Vec<_> = read.iter().map(|a| (a.name.as_str(), a.value.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("HOME", "/home/h x"),
            ("B", "its"),
            ("C", "ab cd"),
            ("E", ""),
            ("F", "Aé\ts"),
            ("G", "%h/$X"),
            ("I", "1"),
        ]
    );
    let shown: Vec<_> = read
        .iter()
        .map(|a| (slice(source, a.name_span), slice(source, a.value_span), slice(source, a.span)))
        .collect();
    assert_eq!(shown[0], ("HOME", "/home/h x", "\"HOME=/home/h x\""));
    assert_eq!(shown[1], ("B", "it''s", "B='it''s'"));
    assert_eq!(shown[2], ("C", "a\"b c\"d", "C=a\"b c\"d"));
    assert_eq!(shown[3], ("E", "", "E="));
    assert_eq!(shown[4].1, r"\x41\u00e9\t\163");
}

#[test]
fn commands() {
    let source = r#"[Service]
ExecStart=/old
ExecStart=
ExecStart=-@/bin/sh sh -c "echo 'a b' \w" \; ; +"/opt/h x/hermes" gateway run ;
ExecStartPre=/bin/true
"#;
    let unit = parse(source.as_bytes());
    let lines = unit.exec_lines();
    let words = |line: &ExecLine<'_>| line.argv.iter().map(|w| w.text.clone()).collect::<Vec<_>>();
    assert_eq!(lines.len(), 3);
    assert_eq!(words(&lines[0]), ["/bin/true"]);
    assert_eq!(words(&lines[1]), ["/bin/sh", "-c", "echo 'a b' \\w", ";"]);
    assert_eq!(lines[1].prefix, "-@");
    assert_eq!(lines[1].argv0.as_ref().unwrap().text, "sh");
    assert_eq!(slice(source, lines[1].argv[0].span), "/bin/sh");
    assert_eq!(slice(source, lines[1].argv[2].span), "\"echo 'a b' \\w\"");
    assert_eq!(lines[2].prefix, "+");
    assert_eq!(words(&lines[2]), ["/opt/h x/hermes", "gateway", "run"]);
    assert_eq!(slice(source, lines[2].argv[0].span), "/opt/h x/hermes");
}

fn unit_text() -> impl Strategy<Value = String> {
    let pieces = [
        "[Service]",
        "\n",
        "\n",
        "Environment=",
        "ExecStart=",
        "A=",
        "\"",
        "'",
        "\\",
        "\\\n",
        "\\x4",
        "\\u00e9",
        " ",
        "#",
        ";",
        "é",
        "=",
        "x",
        "\r",
        "\0",
        "-@",
        "\\; ",
        "[Service]\n",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..60)
        .prop_map(|pieces| format!("[Service]\n{}", pieces.concat()))
}

fn all_spans(unit: &Unit) -> Vec<Span> {
    let mut spans = [unit.comments.clone(), unit.errors.clone()].concat();
    spans.extend(unit.sections.iter().map(|s| s.span));
    spans.extend(unit.directives.iter().flat_map(|d| [d.key_span, d.value_span, d.line_span]));
    spans.extend(unit.environment().iter().flat_map(|a| [a.name_span, a.value_span, a.span]));
    let lines = unit.exec_lines();
    spans.extend(lines.iter().flat_map(|line| line.argv.iter().chain(&line.argv0)).map(|w| w.span));
    spans
}

#[test]
fn long_units_take_linear_time() {
    for piece in ["\\\n", "A=1\n", "A=\\x", "[S]\n", "\"a b\" ", "A=B \\\n# c\n"] {
        let source = format!("[Service]\nEnvironment={}", piece.repeat(200_000));
        let unit = parse(source.as_bytes());
        let read = (unit.environment(), unit.exec_lines());
        assert!(read.0.len() + read.1.len() <= source.len());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(source in proptest::collection::vec(any::<u8>(), 0..200)) {
        for source in [source.clone(), [b"[Service]\nExecStart=".to_vec(), source].concat()] {
            for span in all_spans(&parse(&source)) {
                prop_assert!(span.start <= span.end && span.end <= source.len());
            }
        }
    }

    #[test]
    fn spans_are_text(source in unit_text()) {
        let unit = parse(source.as_bytes());
        for span in all_spans(&unit) {
            prop_assert!(source.get(span.start..span.end).is_some(), "{:?}", span);
        }
        for directive in &unit.directives {
            prop_assert!(directive.line_span.contains(directive.value_span));
            prop_assert_eq!(slice(&source, directive.key_span).is_empty(), false);
            if !slice(&source, directive.value_span).contains('\n') {
                let text = slice(&source, directive.value_span).replace(['\r', '\0'], "\n");
                if !text.contains('\n') {
                    prop_assert_eq!(text, directive.value());
                }
            }
        }
    }

    #[test]
    fn quoted_assignments_come_back(values in proptest::collection::vec("[ -~]{0,20}", 1..4)) {
        let quoted = |v: &String| v.replace('\\', "\\\\").replace('"', "\\\"");
        let words: Vec<_> = values.iter().map(|v| format!("\"A={}\"", quoted(v))).collect();
        let unit = parse(format!("[Service]\nEnvironment={}\n", words.join(" ")).as_bytes());
        let read: Vec<_> = unit.environment().iter().map(|a| a.value.as_str()).collect();
        prop_assert_eq!(read, values);
    }
}
