//! Compiles `rules/**/*.yaml` into the binary: checked to be YAML here, turned into compact JSON so that
//! start-up parses it in well under a millisecond. Examples, which only tests read, are left out.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Keys that only the test suite reads.
const TEST_ONLY: &[&str] = &["match", "no_match", "source"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("no manifest folder")?);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("no output folder")?);
    let rules = root.join("rules");

    let mut files = Vec::new();
    collect(&rules, &mut files)?;
    files.sort();

    let mut digest = Sha256::new();
    digest.update(std::env::var("CARGO_PKG_VERSION")?);
    let mut code =
        String::from("/// Name (path below `rules/` without ending) and content as JSON.\n");
    code.push_str("pub static FILES: &[(&str, &str)] = &[\n");
    for (number, file) in files.iter().enumerate() {
        let text = std::fs::read_to_string(file)?;
        let mut value: Value =
            yaml_serde::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        strip(&mut value);
        let name = file.strip_prefix(&rules)?.with_extension("");
        let name = name.to_str().ok_or("a name that is not UTF-8")?.replace('\\', "/");
        let target = out.join(format!("rules-{number}.json"));
        let json = serde_json::to_string(&value)?;
        for part in [&name, &json] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        std::fs::write(&target, json)?;
        writeln!(code, "    ({name:?}, include_str!({target:?})),")?;
    }
    code.push_str("];\n");
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    writeln!(
        code,
        "/// SHA-256 over version, names and contents.\npub const DIGEST: &str = {digest:?};"
    )?;
    std::fs::write(out.join("embedded.rs"), code)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            files.push(path);
        }
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
