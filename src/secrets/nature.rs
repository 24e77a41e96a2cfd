//! Says from a file's path and its first kilobyte what kind of text it is: whether its strings are
//! quoted, whether it is a test, an example, a lock file, generated or minified.
//!
//! Names decide before bytes, because they are cheap and authors choose them with care. A file of a
//! language that is not known counts as configuration, where values need no quotes.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use super::substrings::holds;

/// How a file's language writes string values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Strings are always quoted: C, Java, JavaScript, Python, Go, Rust, PHP, SQL and their like.
    Code,
    /// As [`Language::Code`]; `#` begins a comment: Python, Ruby, Perl, HCL, Nix.
    Script,
    /// Shells and command files, where a bare word is a string.
    Shell,
    /// JSON and its relatives.
    Json,
    /// YAML.
    Yaml,
    /// XML, HTML and templates of them.
    Markup,
    /// `name = value` lines: dotenv, INI, properties, TOML, server configuration.
    #[default]
    Config,
    /// Markdown and other prose.
    Prose,
}

impl Language {
    /// True when a value without quotes is code, not a string.
    #[must_use]
    pub const fn quotes_strings(self) -> bool {
        matches!(self, Self::Code | Self::Script | Self::Json)
    }

    /// True for what is compiled or interpreted, shells left out.
    #[must_use]
    pub const fn is_program(self) -> bool {
        matches!(self, Self::Code | Self::Script)
    }
}

/// What a file is, as far as its path and its beginning tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nature {
    /// How it writes strings.
    pub language: Language,
    /// It belongs to a test.
    pub test: bool,
    /// It shows how something is written: an example, a sample, a template.
    pub example: bool,
    /// A package manager wrote it: digests and names, no credentials.
    pub lock: bool,
    /// Its lines are hundreds of bytes long, as tools write them.
    pub minified: bool,
    /// It says that a tool made it.
    pub generated: bool,
    /// It is documentation.
    pub documentation: bool,
    /// It is text among texts that explain a program: prose or markup in a folder of documentation.
    pub manual: bool,
    /// All that it holds is made to be looked at: prose in a folder of examples, data in a file of examples.
    pub specimen: bool,
    /// It is Python, whose strings may stand as statements.
    pub python: bool,
    /// It holds what a program says in one language.
    pub translation: bool,
    /// It is a SealedSecret: its values open with one cluster's key only, and are meant to be published.
    pub sealed: bool,
}

/// File endings by language, lower case.
const ENDINGS: &[(&str, Language)] = &[
    ("c", Language::Code),
    ("h", Language::Code),
    ("cc", Language::Code),
    ("cpp", Language::Code),
    ("cxx", Language::Code),
    ("hh", Language::Code),
    ("hpp", Language::Code),
    ("ino", Language::Code),
    ("m", Language::Code),
    ("mm", Language::Code),
    ("s", Language::Code),
    ("cs", Language::Code),
    ("vb", Language::Code),
    ("fs", Language::Code),
    ("java", Language::Code),
    ("kt", Language::Code),
    ("kts", Language::Code),
    ("scala", Language::Code),
    ("groovy", Language::Code),
    ("gradle", Language::Code),
    ("js", Language::Code),
    ("mjs", Language::Code),
    ("cjs", Language::Code),
    ("jsx", Language::Code),
    ("ts", Language::Code),
    ("mts", Language::Code),
    ("cts", Language::Code),
    ("tsx", Language::Code),
    ("vue", Language::Code),
    ("svelte", Language::Code),
    ("dart", Language::Code),
    ("go", Language::Code),
    ("rs", Language::Code),
    ("swift", Language::Code),
    ("php", Language::Code),
    ("lua", Language::Code),
    ("sql", Language::Code),
    ("proto", Language::Code),
    ("clj", Language::Code),
    ("erl", Language::Code),
    ("hs", Language::Code),
    ("ml", Language::Code),
    ("zig", Language::Code),
    ("d", Language::Code),
    ("pas", Language::Code),
    ("css", Language::Code),
    ("scss", Language::Code),
    ("less", Language::Code),
    ("lisp", Language::Code),
    ("el", Language::Code),
    ("scm", Language::Code),
    ("rkt", Language::Code),
    ("cljs", Language::Code),
    ("coffee", Language::Script),
    ("nim", Language::Script),
    ("py", Language::Script),
    ("pyi", Language::Script),
    ("pyx", Language::Script),
    ("rb", Language::Script),
    ("erb", Language::Script),
    ("pl", Language::Script),
    ("pm", Language::Script),
    ("r", Language::Script),
    ("ex", Language::Script),
    ("exs", Language::Script),
    ("tf", Language::Script),
    ("tfvars", Language::Script),
    ("hcl", Language::Script),
    ("nix", Language::Script),
    ("jl", Language::Script),
    ("cr", Language::Script),
    ("ps1", Language::Script),
    ("psm1", Language::Script),
    ("psd1", Language::Script),
    ("rego", Language::Script),
    ("sh", Language::Shell),
    ("bash", Language::Shell),
    ("zsh", Language::Shell),
    ("fish", Language::Shell),
    ("ksh", Language::Shell),
    ("bat", Language::Shell),
    ("cmd", Language::Shell),
    ("mk", Language::Shell),
    ("json", Language::Json),
    ("jsonc", Language::Json),
    ("json5", Language::Json),
    ("jsonl", Language::Json),
    ("ndjson", Language::Json),
    ("ipynb", Language::Json),
    ("har", Language::Json),
    ("yaml", Language::Yaml),
    ("yml", Language::Yaml),
    ("xml", Language::Markup),
    ("html", Language::Markup),
    ("htm", Language::Markup),
    ("xhtml", Language::Markup),
    ("jsp", Language::Markup),
    ("aspx", Language::Markup),
    ("xaml", Language::Markup),
    ("csproj", Language::Markup),
    ("plist", Language::Markup),
    ("svg", Language::Markup),
    ("md", Language::Prose),
    ("mdx", Language::Prose),
    ("markdown", Language::Prose),
    ("rst", Language::Prose),
    ("adoc", Language::Prose),
    ("asciidoc", Language::Prose),
    ("txt", Language::Prose),
    ("tex", Language::Prose),
    ("pod", Language::Prose),
    ("textile", Language::Prose),
    ("po", Language::Prose),
    ("pot", Language::Prose),
];

/// Names that package managers give their lock files.
const LOCKS: &[&str] = &[
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "cargo.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pipfile.lock",
    "composer.lock",
    "gemfile.lock",
    "go.sum",
    "flake.lock",
    "mix.lock",
    "pubspec.lock",
    "packages.lock.json",
    "podfile.lock",
    "deno.lock",
    "gradle.lockfile",
    ".terraform.lock.hcl",
];

/// Words of a path, between signs, that mark tests.
const TESTS: &[&str] = &[
    "test", "tests", "testing", "testdata", "spec", "specs", "fixture", "fixtures", "mock", "mocks",
];
/// Words of a path that mark examples.
const EXAMPLES: &[&str] =
    &["example", "examples", "sample", "samples", "demo", "demos", "template", "templates", "dist"];
/// Words of a path that mark documentation.
const DOCUMENTATION: &[&str] =
    &["doc", "docs", "documentation", "readme", "changelog", "manual", "guide", "guides", "wiki"];
/// Names of files that explain, wherever they lie. Not `README`: it is where configuration is pasted.
const MANUALS: &[&str] = &["manual", "guide"];
/// What a service is asked and what it answers, as its documentation has them.
const MESSAGES: &[&str] = &["request", "response"];
/// Words of a path that mark translations.
const TRANSLATIONS: &[&str] = &["locale", "locales", "i18n", "l10n", "lang", "translations", "nls"];
/// Folders whose prose shows what one may type, and what comes back.
const SHOWN: &[&str] = &["example", "examples", "sample", "samples", "tutorial", "tutorials"];
/// Names of files that hold examples. Not the singular: `config.example.yml` is one configuration, in which
/// its author may have left the true one.
const SPECIMENS: &[&str] = &["examples", "samples"];
/// What tools write at the head of what they make.
const GENERATED: &[&[u8]] = &[b"@generated", b"DO NOT EDIT", b"utogenerated", b"uto-generated"];
/// How much of a file is looked at.
const HEAD: usize = 1024;

impl Nature {
    /// Reads `path` (either separator) and the beginning of `bytes`.
    #[must_use]
    pub fn of(path: &str, bytes: &[u8]) -> Self {
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
        let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or_default();
        // A page of the manual: `name.1`, in roff.
        let page = matches!(ending.as_bytes(), [b'1'..=b'9', ..] if ending.len() <= 4)
            && [&b"."[..], b"'\\\""].iter().any(|mark| head.starts_with(mark));
        let known = ENDINGS.iter().find(|(name, _)| ending.eq_ignore_ascii_case(name));
        let language = match known {
            Some(&(_, language)) => language,
            None if page => Language::Prose,
            None => by_name(file, head),
        };
        let holds = |text: &str, words: &[&str]| {
            text.split(|c: char| !c.is_ascii_alphanumeric())
                .any(|part| words.iter().any(|word| part.eq_ignore_ascii_case(word)))
        };
        let has = |words: &[&str]| holds(path, words);
        let folders = path.get(..path.len() - file.len()).unwrap_or_default();
        let prose = matches!(language, Language::Prose);
        let text = prose || matches!(language, Language::Markup);
        let data = text || matches!(language, Language::Json | Language::Yaml);
        // `FooTest.java`, `FooTests.cs`, `FooSpec.scala`.
        let stem = file.split('.').next().unwrap_or_default();
        let suffixed = ["Test", "Tests", "Spec", "TestCase"].iter().any(|end| stem.ends_with(end));
        // A line that fills what is looked at, perhaps below a notice of copyright.
        let last = head.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        Self {
            language,
            test: suffixed || has(TESTS),
            example: has(EXAMPLES),
            lock: LOCKS.iter().any(|name| file.eq_ignore_ascii_case(name)),
            minified: file.contains(".min.")
                || language == Language::Code && head.len() - last > 900,
            generated: GENERATED.iter().any(|mark| memchr::memmem::find(head, mark).is_some()),
            documentation: prose || has(DOCUMENTATION),
            manual: page || text && (holds(folders, DOCUMENTATION) || holds(file, MANUALS)),
            translation: holds(folders, TRANSLATIONS),
            sealed: language == Language::Yaml
                && memchr::memmem::find(head, b"kind: SealedSecret").is_some(),
            python: ["py", "pyi"].iter().any(|name| ending.eq_ignore_ascii_case(name)),
            specimen: holds(folders, SHOWN) && (prose || data && holds(file, MESSAGES))
                || data && holds(file, SPECIMENS),
        }
    }
}

/// The language of a file whose ending says nothing.
fn by_name(file: &str, head: &[u8]) -> Language {
    let is = |name: &str| file.get(..name.len()).is_some_and(|f| f.eq_ignore_ascii_case(name));
    if ["dockerfile", "containerfile", "makefile", "justfile", "procfile"].iter().any(|n| is(n)) {
        return Language::Shell;
    }
    if ["vagrantfile", "gemfile", "rakefile", "jenkinsfile", "fastfile"].iter().any(|n| is(n)) {
        return Language::Script;
    }
    if is("readme") || is("changelog") || is("license") {
        return Language::Prose;
    }
    match head {
        [b'#', b'!', ..] => {
            let line = head.split(|&b| b == b'\n').next().unwrap_or_default();
            let script = ["python", "ruby", "perl"].iter().any(|name| holds(line, name.as_bytes()));
            let code = ["node", "php", "deno"].iter().any(|name| holds(line, name.as_bytes()));
            match (script, code) {
                (true, _) => Language::Script,
                (_, true) => Language::Code,
                _ => Language::Shell,
            }
        }
        [b'<', b'?' | b'!', ..] => Language::Markup,
        _ => Language::Config,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        for (path, head, language) in [
            ("src/a.rs", "", Language::Code),
            ("A.JAVA", "", Language::Code),
            ("x/.env", "", Language::Config),
            ("x/.env.example", "", Language::Config),
            ("application.properties", "", Language::Config),
            ("Dockerfile", "", Language::Shell),
            ("bin/tool", "#!/usr/bin/env python3\n", Language::Script),
            ("bin/tool", "#!/bin/sh\n", Language::Shell),
            ("web.config", "<?xml version=\"1.0\"?>", Language::Markup),
            ("README", "", Language::Prose),
        ] {
            assert_eq!(Nature::of(path, head.as_bytes()).language, language, "{path}");
        }
    }

    #[test]
    fn places() {
        let nature = |path: &str| Nature::of(path, b"x\n");
        assert!(nature("src/test/java/A.java").test);
        assert!(nature("src/LoginTest.java").test);
        assert!(!nature("src/latest/contest.c").test);
        assert!(nature("config.example.yml").example);
        assert!(nature("sub/Cargo.lock").lock);
        assert!(nature("docs/a.html").documentation);
        assert!(nature("docs/a.html").manual);
        assert!(nature("usr/share/doc/x/README").manual);
        assert!(!nature("README.md").manual && !nature("docs/conf.py").manual);
        assert!(nature("pkg/examples/iam/create-user.rst").specimen);
        assert!(nature("data/iam/examples-1.json").specimen);
        assert!(nature("api/samples/login-request.json").specimen);
        assert!(Nature::of("man/tool.1", b".TH TOOL 1\n").manual);
        assert!(!Nature::of("lib/libtool.so.1", b"\x7fELF").manual);
        assert!(nature("MANUAL.html").manual && nature("config/locales/sv.yml").translation);
        for path in [
            "examples/app/settings.py",
            "examples/.env",
            "config.example.yml",
            "a.txt",
            "samples/app.json",
        ] {
            assert!(!nature(path).specimen, "{path}");
        }
        assert!(Nature::of("a.go", b"// Code generated by x. DO NOT EDIT.\n").generated);
        assert!(Nature::of("a.js", &[b'x'; 4000]).minified);
        assert!(!Nature::of("a.js", b"x\ny\n").minified);
    }
}
