//! Prints what the readers make of files, one JSON line each, so that the scripts in
//! `tests/differential` can compare it with the programs that are imitated.
//!
//! ```text
//! dump_tree yaml FILE...        {"ok": tree} or {"error": kind}, one line a file
//! dump_tree yaml -              the same for many documents on stdin, each behind its length
//!                               (4 bytes, lowest first)
//! dump_tree yaml-all ...        every document of a stream: {"ok": [tree, ...]}
//! dump_tree yaml-spans ...      spans of the scalars: {"ok": [[start, end], ...]}
//! dump_tree dotenv-1.2.4 ...    a `.env` file by the rules of that python-dotenv (also 1.2.2, 1.2.3):
//!                               {"ok": {"entries": [[key, value or null], ...], spans, expansions}}
//! ```
//!
//! Values carry their type, because JSON has too few: `["i", "12"]`, `["s", "text"]`. A list, mapping
//! or set that was shown before is `["r", number]`, counted in the order of first appearance, so that
//! shared and recursive ones stay small.

use std::collections::HashMap;
use std::io::{Read, Write};

use hermes_lint::document::dotenv::{self, Release};
use hermes_lint::document::tree::{NodeId, Style, Tree, Value};
use hermes_lint::document::yaml;

/// Writes `text` as Python's `json.dumps` does.
fn string(text: &str, out: &mut String) {
    use std::fmt::Write;
    out.push('"');
    for unit in text.encode_utf16() {
        match u8::try_from(unit).map(char::from) {
            Ok('"') => out.push_str("\\\""),
            Ok('\\') => out.push_str("\\\\"),
            Ok('\n') => out.push_str("\\n"),
            Ok('\r') => out.push_str("\\r"),
            Ok('\t') => out.push_str("\\t"),
            Ok('\x08') => out.push_str("\\b"),
            Ok('\x0c') => out.push_str("\\f"),
            Ok(plain @ ' '..='~') => out.push(plain),
            _ => {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out.push('"');
}

fn tagged(tag: char, text: &str, out: &mut String) {
    out.push_str(&format!("[\"{tag}\","));
    string(text, out);
    out.push(']');
}

fn scalar(value: &Value, out: &mut String) {
    match value {
        Value::Bool(value) => out.push_str(&format!("[\"b\",{value}]")),
        Value::Int(value) => tagged('i', &value.to_string(), out),
        Value::BigInt(text) => tagged('i', text, out),
        Value::Float(value) if value.is_nan() => tagged('f', "nan", out),
        Value::Float(value) => tagged('f', &format!("{:016x}", value.to_bits()), out),
        Value::Str(text) => tagged('s', text, out),
        Value::Bytes(bytes) => {
            let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            tagged('y', &text, out);
        }
        Value::Timestamp(text) => tagged('t', text, out),
        Value::Null | Value::Seq(_) | Value::Map(_) | Value::Set(_) => out.push_str("[\"n\"]"),
    }
}

/// What remains to be written.
enum Step {
    Node(NodeId),
    Text(&'static str),
}

fn tree(tree: &Tree, out: &mut String) {
    let mut numbers: HashMap<NodeId, usize> = HashMap::new();
    let Some(root) = tree.root else {
        out.push_str("[\"n\"]");
        return;
    };
    let mut steps = vec![Step::Node(root)];
    while let Some(step) = steps.pop() {
        let id = match step {
            Step::Text(text) => {
                out.push_str(text);
                continue;
            }
            Step::Node(id) => id,
        };
        let value = tree.value(id);
        if !matches!(value, Value::Seq(_) | Value::Map(_) | Value::Set(_)) {
            scalar(value, out);
            continue;
        }
        if let Some(number) = numbers.get(&id) {
            out.push_str(&format!("[\"r\",{number}]"));
            continue;
        }
        numbers.insert(id, numbers.len());
        let mut inner: Vec<Step> = Vec::new();
        match value {
            Value::Seq(items) => {
                out.push_str("[\"l\",[");
                for &item in items {
                    inner.extend([Step::Node(item), Step::Text(",")]);
                }
            }
            Value::Map(entries) => {
                out.push_str("[\"m\",[");
                for entry in entries {
                    inner.extend([Step::Text("["), Step::Node(entry.key), Step::Text(",")]);
                    inner.extend([Step::Node(entry.value), Step::Text("]"), Step::Text(",")]);
                }
            }
            _ => {}
        }
        if let Value::Set(members) = value {
            let mut texts: Vec<String> = Vec::new();
            for &member in members {
                let mut text = String::new();
                scalar(tree.value(member), &mut text);
                texts.push(text);
            }
            texts.sort();
            out.push_str(&format!("[\"e\",[{}]]", texts.join(",")));
            continue;
        }
        // No comma after the last one.
        inner.pop();
        inner.push(Step::Text("]]"));
        steps.extend(inner.into_iter().rev());
    }
}

fn spans(tree: &Tree, out: &mut String) {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for node in &tree.nodes {
        let collection = matches!(node.style, Style::Block | Style::Flow);
        let block_scalar = matches!(node.style, Style::Literal | Style::Folded);
        if !collection && !node.span.is_empty() {
            // Where a block scalar ends is our own choice.
            spans.push((node.span.start, if block_scalar { 0 } else { node.span.end }));
        }
    }
    spans.sort_unstable();
    let texts: Vec<String> = spans.iter().map(|(start, end)| format!("[{start},{end}]")).collect();
    out.push_str(&format!("[{}]", texts.join(",")));
}

fn failed(error: &yaml::SyntaxError) -> String {
    format!("{{\"error\":\"{:?}\"}}", error.kind)
}

/// Entries, where statements and skipped lines stand, and the values after interpolation with this
/// process's environment: below the file (`override`) and above it (`keep`).
fn env_file(release: Release, source: &[u8]) -> String {
    let file = dotenv::parse_as(source, release);
    let environment = |name: &str| std::env::var(name).ok();
    let entries: Vec<_> = file.entries.iter().map(|entry| (&entry.key, &entry.value)).collect();
    let lines: Vec<_> = file.entries.iter().map(|e| [e.line_span.start, e.line_span.end]).collect();
    let errors: Vec<_> = file.errors.iter().map(|span| [span.start, span.end]).collect();
    serde_json::json!({
        "entries": entries,
        "lines": lines,
        "errors": errors,
        "override": file.interpolate(environment, true).pairs,
        "keep": file.interpolate(environment, false).pairs,
    })
    .to_string()
}

fn line(mode: &str, source: &[u8]) -> Option<String> {
    let mut out = String::from("{\"ok\":");
    match mode {
        "yaml" => match yaml::parse(source) {
            Ok(parsed) => tree(&parsed, &mut out),
            Err(error) => return Some(failed(&error)),
        },
        "yaml-spans" => match yaml::parse(source) {
            Ok(parsed) => spans(&parsed, &mut out),
            Err(error) => return Some(failed(&error)),
        },
        "yaml-all" => match yaml::parse_all(source) {
            Ok(parsed) => {
                out.push('[');
                for (position, parsed) in parsed.iter().enumerate() {
                    out.push_str(if position > 0 { "," } else { "" });
                    tree(parsed, &mut out);
                }
                out.push(']');
            }
            Err(error) => return Some(failed(&error)),
        },
        "dotenv-1.2.2" => out.push_str(&env_file(Release::V1_2_2, source)),
        "dotenv-1.2.3" => out.push_str(&env_file(Release::V1_2_3, source)),
        "dotenv-1.2.4" => out.push_str(&env_file(Release::V1_2_4, source)),
        _ => return None,
    }
    out.push('}');
    Some(out)
}

/// The documents on stdin, each behind its length.
fn framed(stream: &[u8]) -> Vec<&[u8]> {
    let mut documents = Vec::new();
    let mut rest = stream;
    while let Some((head, tail)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_le_bytes(*head)).unwrap_or(usize::MAX);
        let (document, tail) = tail.split_at_checked(length).unwrap_or((tail, &[]));
        documents.push(document);
        rest = tail;
    }
    documents
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let mode = arguments.next().unwrap_or_default().to_string_lossy().into_owned();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut write = |source: &[u8]| match line(&mode, source) {
        Some(line) => writeln!(out, "{line}"),
        None => Err(std::io::Error::other(
            "usage: dump_tree yaml|yaml-all|yaml-spans|dotenv-RELEASE FILE...",
        )),
    };
    for argument in arguments {
        if argument == "-" {
            let mut stream = Vec::new();
            std::io::stdin().lock().read_to_end(&mut stream)?;
            for document in framed(&stream) {
                write(document)?;
            }
        } else {
            write(&std::fs::read(argument)?)?;
        }
    }
    Ok(())
}
