//! Compiles `rules/**/*.yaml` and the chain profiles (`*.toml`) into the binary: checked to be YAML here, and turned into compact JSON that is
//! parsed when it is asked for. The detectors, which every run needs, become a static table that costs
//! nothing at start-up. Examples, which only tests read, are left out.

use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Keys that only the test suite reads.
const TEST_ONLY: &[&str] = &["match", "no_match", "source"];
/// Below `rules/`, but for readers: what docs/coverage.md is made of, and the pages of the rules.
const LEFT_OUT: &[&str] = &["coverage.yaml", "docs"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("no manifest folder")?);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no output folder")?);
    let rules = root.join("rules");

    let mut files = Vec::new();
    for entry in std::fs::read_dir(&rules)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| LEFT_OUT.iter().any(|left| name == *left)) {
            continue;
        }
        // One by one, so that a row of the coverage does not build everything anew.
        println!("cargo::rerun-if-changed={}", path.display());
        collect(path, &mut files)?;
    }
    files.sort();

    let mut digest = Sha256::new();
    digest.update(std::env::var("CARGO_PKG_VERSION")?);
    let mut code =
        String::from("/// Name (path below `rules/` without ending) and content as JSON.\n");
    code.push_str("pub static FILES: &[(&str, &str)] = &[\n");
    let mut detectors = String::from("[\n");
    for (number, file) in files.iter().enumerate() {
        let text = std::fs::read_to_string(file)?;
        let name = file.strip_prefix(&rules)?.with_extension("");
        let name = name.to_str().ok_or("a name that is not UTF-8")?.replace('\\', "/");
        let target = out.join(format!("rules-{number}.json"));
        let mut value = Value::Null;
        let json = if file.extension().is_some_and(|ending| ending == "toml") {
            // A chain profile is read by the reader that also reads profiles of the caller's own.
            text
        } else {
            value = yaml_serde::from_str(&text)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            strip(&mut value);
            serde_json::to_string(&value)?
        };
        for part in [&name, &json] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        if name.starts_with("secrets/") && value.get("detectors").is_some() {
            detector_rows(&value, &mut detectors).map_err(|error| format!("{name}: {error}"))?;
            continue;
        }
        std::fs::write(&target, json)?;
        writeln!(code, "    ({name:?}, include_str!({target:?})),")?;
    }
    code.push_str("];\n");
    detectors.push(']');
    std::fs::write(out.join("detectors.rs"), detectors)?;
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(
        code,
        "/// SHA-256 over version, names and contents.\npub const DIGEST: &str = {digest:?};"
    )?;
    std::fs::write(out.join("embedded.rs"), code)?;
    Ok(())
}

/// Writes the detectors of one file as Rust expressions of type `DetectorSpec`.
fn detector_rows(file: &Value, out: &mut String) -> Result<(), Box<dyn Error>> {
    let provider = file.get("provider").and_then(Value::as_str).ok_or("no provider")?;
    for row in file.get("detectors").and_then(Value::as_array).ok_or("no list of detectors")? {
        let row = row.as_object().ok_or("a detector that is no map")?;
        let id = row.get("id").and_then(Value::as_str).ok_or("a detector without an id")?;
        writeln!(out, "DetectorSpec {{ provider: Cow::Borrowed({provider:?}),")?;
        for (key, value) in row {
            let value = match (key.as_str(), value) {
                ("provider", _) => return Err(format!("{id}: the file names the provider").into()),
                ("severity" | "confidence", Value::String(word)) => {
                    format!("{}::{}", camel(key), camel(word))
                }
                ("check", Value::Object(check)) => check_variant(check)?,
                ("min_entropy", Value::Number(number)) => format!("Some({number}_f32)"),
                (_, Value::String(text)) => format!("Cow::Borrowed({text:?})"),
                (_, Value::Array(texts)) => {
                    let texts: Vec<String> =
                        texts.iter().map(|text| format!("Cow::Borrowed({text})")).collect();
                    format!("Cow::Borrowed(&[{}])", texts.join(", "))
                }
                (_, Value::Bool(_) | Value::Number(_)) => value.to_string(),
                _ => return Err(format!("{id}: {key} can't be {value}").into()),
            };
            writeln!(out, "    {key}: {value},")?;
        }
        out.push_str("    ..DetectorSpec::BLANK\n},\n");
    }
    Ok(())
}

/// `{kind: base64, bytes: 3}` as `Some(Check::Base64 { bytes: 3 })`.
fn check_variant(check: &serde_json::Map<String, Value>) -> Result<String, Box<dyn Error>> {
    let kind = check.get("kind").and_then(Value::as_str).ok_or("a check without a kind")?;
    let fields: Vec<String> = check
        .iter()
        .filter(|(key, _)| *key != "kind")
        .map(|(key, value)| format!("{key}: {value}"))
        .collect();
    let fields =
        if fields.is_empty() { String::new() } else { format!(" {{ {} }}", fields.join(", ")) };
    Ok(format!("Some(Check::{}{fields})", camel(kind)))
}

/// `github-crc32` as `GithubCrc32`.
fn camel(word: &str) -> String {
    word.split(['-', '_'])
        .map(|part| {
            let (first, rest) = part.split_at(part.len().min(1));
            first.to_ascii_uppercase() + rest
        })
        .collect()
}

fn collect(path: PathBuf, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        for entry in std::fs::read_dir(&path)? {
            collect(entry?.path(), files)?;
        }
    } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "toml") {
        files.push(path);
    }
    Ok(())
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.contains_key("pattern") {
                map.retain(|key, _| !TEST_ONLY.contains(&key.as_str()));
            }
            map.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}
