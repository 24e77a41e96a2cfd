//! The checklist as Markdown and as a page: what they say of the example deployments, and what a page must be.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let (status, stdout, stderr) = common::run(folder, arguments);
    (status, stdout + &stderr)
}

fn deployment(name: &str, format: &str) -> String {
    let folder = common::root().join("fixtures/deployments").join(name);
    run(&folder, &["checklist", ".", "--format", format]).1
}

/// Without what every change of the rules or of the style sheet changes.
fn settled(page: &str) -> String {
    let (before, rest) = page.split_once("<style>").unwrap_or((page, ""));
    let (_, after) = rest.split_once("</style>").unwrap_or(("", ""));
    let before = match before.split_once("'sha256-") {
        Some((start, rest)) => format!("{start}'sha256-…'{}", rest.split_once('\'').unwrap().1),
        None => before.to_owned(),
    };
    let whole = format!("{before}{after}")
        .replace(&format!("hermes-lint {}", env!("CARGO_PKG_VERSION")), "hermes-lint [version]");
    let digest = |word: &str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let found = whole.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| digest(word));
    let found = found.expect("the digest of the rules").to_owned();
    whole.replace(&found, "[digest]")
}

#[test]
fn pages_of_the_example_deployments() {
    insta::with_settings!({ omit_expression => true }, {
        for name in ["lax", "native-hardened"] {
            for format in ["markdown", "html"] {
                let page = settled(&deployment(name, format));
                insta::assert_snapshot!(format!("{name}-{format}"), page);
            }
        }
    });
}

/// Tags in order, with whether each opens; a panic when they do not nest.
fn tags(page: &str) -> Vec<(String, String)> {
    const EMPTY: &[&str] = &["meta", "!doctype", "br"];
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for part in page.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("the end of a tag");
        assert!(
            !text.contains(['"', '>'])
                || open.last() == Some(&"style".to_owned())
                || tag == "style",
            "{part}"
        );
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{part}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if !EMPTY.contains(&name) && !tag.ends_with('/') {
            open.push(name.to_owned());
        }
        all.push((name.to_owned(), attributes.to_owned()));
    }
    assert_eq!(open, [""; 0]);
    all
}

#[test]
fn a_page_stands_alone_and_is_well_formed() {
    let root = common::root();
    let host = ["host", "--home", "fixtures/deployments/lax/home", "--format", "html"];
    for page in
        [deployment("lax", "html"), deployment("native-hardened", "html"), run(&root, &host).1]
    {
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">"));
        for bad in [
            "<script",
            "<img",
            "<link",
            "<iframe",
            "src=",
            " style=",
            "javascript:",
            "@import",
            "url(",
        ] {
            assert!(!page.contains(bad), "{bad}");
        }
        assert!(page.contains("content=\"default-src 'none'; style-src 'sha256-"));
        let tags = tags(&page);
        let mut level = 0;
        for (name, _) in &tags {
            if let Some(next) = name.strip_prefix('h').and_then(|level| level.parse::<u32>().ok()) {
                assert!(next <= level + 1 && (next > 1 || level == 0), "h{next} after h{level}");
                level = next;
            }
        }
        let value = |attributes: &str, name: &str| {
            let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
            Some(rest.split_once('"').expect("a quote").0.to_owned())
        };
        let mut ids = BTreeSet::new();
        for id in tags.iter().filter_map(|(_, attributes)| value(&format!(" {attributes}"), " id"))
        {
            assert!(ids.insert(id.clone()), "{id} twice");
        }
        for (name, attributes) in &tags {
            if name == "a" {
                let target = value(attributes, "href").unwrap();
                assert!(target.strip_prefix('#').is_some_and(|id| ids.contains(id)), "{target}");
            }
        }
        assert_eq!(tags.iter().filter(|(name, _)| name == "h1").count(), 1);
        // Five layers, and each of the nineteen items once.
        for number in 1..=5 {
            assert!(page.contains(&format!(">Layer {number}: ")), "{number}");
        }
        assert_eq!(
            page.matches("<dt>seen</dt>").count() + page.matches("<dt>why not</dt>").count(),
            19
        );
    }
}

#[test]
fn host_has_the_findings_below_the_checklist() {
    let root = common::root();
    let host = |format| {
        let home = "fixtures/deployments/lax/home";
        run(
            &root,
            &["host", "--home", home, "--select", "config/approvals-off", "--format", format],
        )
    };
    let (status, markdown) = host("markdown");
    assert_eq!(status, 1);
    assert!(markdown.contains("## Production checklist") && markdown.contains("## Findings"));
    assert!(
        markdown.contains("| error | `fixtures/deployments/lax/home/config.yaml:49` |"),
        "{markdown}"
    );
    let (status, html) = host("html");
    assert_eq!(status, 1);
    assert!(html.contains("<h2 id=\"findings\">Findings</h2>"));
    assert!(html.contains("hermes-lint explain</span> config/approvals-off"));
}

/// A file name, a key and a value that would like to be markup.
#[cfg(unix)]
#[test]
fn what_files_say_is_never_markup() {
    let folder = tempfile::tempdir().expect("a folder");
    let name = "a|b`<img src=x onerror=x>\u{202e}\n[x](https:";
    let home = folder.path().join(name).join(".hermes");
    fs::create_dir_all(&home).expect("a folder");
    fs::write(
        home.join("config.yaml"),
        "approvals: {mode: 'off', deny: '<b>|`x`'}\nmodel: {provider: x}\n",
    )
    .expect("a file");
    for command in [&["checklist", "."][..], &["host", "--home", "."]] {
        let (_, html) = run(folder.path(), &[command, &["--format", "html"]].concat());
        assert!(html.contains("&lt;img") && html.contains("\\u{202e}"), "{html}");
        assert!(tags(&html).iter().all(|(name, _)| name != "img" && name != "b"));
        let (_, markdown) = run(folder.path(), &[command, &["--format", "markdown"]].concat());
        assert!(!markdown.contains("<img") && !markdown.contains('\u{202e}'), "{markdown}");
        for row in markdown.lines().filter(|line| line.starts_with("| ") && line.contains("fail")) {
            let cells = row.replace("\\|", "").matches('|').count();
            assert_eq!(cells, 4, "{row}");
        }
    }
}

#[test]
fn findings_alone_have_pages_too() {
    for (format, start) in
        [("markdown", "# Hermes Agent deployment\n"), ("html", "<!doctype html>\n")]
    {
        let lax = "fixtures/deployments/lax";
        let (status, said) = run(&common::root(), &["check", lax, "--format", format]);
        assert_eq!(status, 1, "{said}");
        assert!(said.starts_with(start) && said.contains("config/approvals-off"), "{said}");
        assert!(!said.contains("Score"), "no checklist was asked for");
    }
}
