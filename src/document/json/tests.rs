use proptest::prelude::*;

use super::*;

fn of(source: &str) -> Tree {
    parse(source.as_bytes()).unwrap()
}

fn root(source: &str) -> Value {
    let tree = of(source);
    tree.value(tree.root.unwrap()).clone()
}

fn error(source: &str) -> (String, usize) {
    let error = parse(source.as_bytes()).unwrap_err();
    (error.message, error.span.start)
}

#[test]
fn scalars() {
    assert_eq!(root(" null "), Value::Null);
    assert_eq!(root("true"), Value::Bool(true));
    assert_eq!(root("-0"), Value::Int(0));
    assert_eq!(root("-12"), Value::Int(-12));
    assert_eq!(root("1e2"), Value::Float(100.0));
    assert_eq!(root("-1.5E-1"), Value::Float(-0.15));
    assert_eq!(root("1e999"), Value::Float(f64::INFINITY));
    assert_eq!(root("-Infinity"), Value::Float(f64::NEG_INFINITY));
    assert!(matches!(root("NaN"), Value::Float(nan) if nan.is_nan()));
    let big = "9".repeat(40);
    assert_eq!(root(&big), Value::BigInt(big.as_str().into()));
    assert_eq!(error(&"9".repeat(4301)), ("integer of more than 4300 digits".to_owned(), 0));
}

#[test]
fn strings() {
    let text = |source| match root(source) {
        Value::Str(text) => text.into_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(text(r#""a\"\\\/\b\f\n\r\t""#), "a\"\\/\x08\x0c\n\r\t");
    assert_eq!(text(r#""\u00e9\ud834\udd1e é""#), "é𝄞 é");
    assert_eq!(text(r#""\ud834x\udd1e\ud834\u0041""#), "\u{fffd}x\u{fffd}\u{fffd}A");
    assert_eq!(text(r#""""#), "");
}

#[test]
fn collections_have_spans() {
    let source = "\u{feff}{\"a\": [1, {\"b\": []}], \"c\" : {} }\n";
    let tree = of(source);
    let slice = |id| &source[tree.span(id).start..tree.span(id).end];
    assert_eq!(slice(tree.root.unwrap()), &source[3..source.len() - 1]);
    assert_eq!(slice(tree.at("a").unwrap()), "[1, {\"b\": []}]");
    assert_eq!(slice(tree.entry_at("c").unwrap().key), "\"c\"");
    let items = tree.items(tree.at("a").unwrap());
    assert_eq!(slice(tree.get(items[1], "b").unwrap()), "[]");
    assert_eq!(tree.node(items[0]).unwrap().style, Style::Plain);
}

#[test]
fn repeated_keys() {
    for filler in ["", r#""k0":0,"k1":0,"k2":0,"k3":0,"k4":0,"k5":0,"k6":0,"k7":0,"k8":0,"#] {
        let source = format!(r#"{{{filler}"a":1,"b":{{"x":1,"x":2}},"a":2,"a":3}}"#);
        let tree = of(&source);
        assert_eq!(tree.value(tree.at("a").unwrap()), &Value::Int(3));
        let keys: Vec<_> =
            tree.entries(tree.root.unwrap()).iter().map(|e| tree.str(e.key)).collect();
        assert_eq!(keys[keys.len() - 2..], [Some("a"), Some("b")]);
        let lost: Vec<_> =
            tree.duplicates.iter().map(|d| tree.value(d.first_value).clone()).collect();
        assert_eq!(lost, [Value::Int(1), Value::Int(1), Value::Int(2)]);
        let second: Vec<_> = tree.duplicates.iter().map(|d| tree.str(d.second)).collect();
        assert_eq!(second, [Some("x"), Some("a"), Some("a")]);
    }
}

#[test]
fn errors_say_where() {
    assert_eq!(error(""), ("expected a value".to_owned(), 0));
    assert_eq!(error("[1,]"), ("expected a value".to_owned(), 3));
    assert_eq!(error("{\"a\":1,}"), ("expected a key in double quotes".to_owned(), 7));
    assert_eq!(error("{\"a\" 1}"), ("expected `:`".to_owned(), 5));
    assert_eq!(error("[1 2]"), ("expected `,` or `]`".to_owned(), 3));
    assert_eq!(error("01"), ("text after the end of the document".to_owned(), 1));
    assert_eq!(error("1."), ("text after the end of the document".to_owned(), 1));
    assert_eq!(error("-"), ("expected a value".to_owned(), 0));
    assert_eq!(error("\"a\nb\""), ("control character in a string".to_owned(), 2));
    assert_eq!(error("\"a\\x\""), ("unknown escape in a string".to_owned(), 2));
    assert_eq!(error("\"\\u12"), ("expected four hexadecimal digits after `\\u`".to_owned(), 1));
    assert_eq!(
        error("\"\\ud800\\u12\""),
        ("expected four hexadecimal digits after `\\u`".to_owned(), 7)
    );
    assert_eq!(error("[\"abc"), ("unclosed string".to_owned(), 1));
    assert_eq!(parse(b"[\"\xff\"]").unwrap_err().span, Span::new(2, 3));
}

#[test]
fn depth_is_bounded() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
    assert_eq!(error(&nested(MAX_DEPTH + 1)).1, MAX_DEPTH);
    assert!(parse("{\"a\":".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn long_documents_take_linear_time() {
    let keys: String = (0..200_000).map(|n| format!("\"k{n}\":{n},\"k\":0,")).collect();
    let tree = of(&format!("{{{keys}\"end\":1}}"));
    assert_eq!(tree.duplicates.len(), 199_999);
    of(&format!("\"{}\"", "\\n".repeat(1_000_000)));
}

fn agrees(tree: &Tree, id: NodeId, json: &serde_json::Value) -> bool {
    match (tree.value(id), json) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Str(a), serde_json::Value::String(b)) => **a == **b,
        (Value::Int(a), serde_json::Value::Number(b)) => b.as_i128() == Some(*a),
        (Value::Float(a), serde_json::Value::Number(b)) => b.as_f64() == Some(*a),
        (Value::Seq(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(&a, b)| agrees(tree, a, b))
        }
        (Value::Map(a), serde_json::Value::Object(b)) => {
            a.len() == b.len()
                && b.iter().all(|(key, b)| tree.get(id, key).is_some_and(|a| agrees(tree, a, b)))
        }
        _ => false,
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1e9..1e9_f64).prop_map(Into::into),
        ".{0,8}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            proptest::collection::vec((".{0,3}", inner), 0..12)
                .prop_map(|pairs| serde_json::Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read(source in proptest::collection::vec(any::<u8>(), 0..100)) {
        if let Err(error) = parse(&source) {
            prop_assert!(error.span.end <= source.len());
        }
    }

    #[test]
    fn any_tokens_are_read(source in "([\\[\\]{}:, ]|\"a\"|\"\\\\|1|-|true|é|\\\\ud800|.5|e){0,40}") {
        match parse(source.as_bytes()) {
            Err(error) => prop_assert!(source.get(error.span.start..error.span.end).is_some()),
            Ok(tree) => for node in &tree.nodes {
                prop_assert!(source.get(node.span.start..node.span.end).is_some());
            },
        }
    }

    #[test]
    fn written_documents_come_back(value in json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let tree = of(&text.unwrap());
        prop_assert!(agrees(&tree, tree.root.unwrap(), &value));
    }
}
