use proptest::prelude::*;

use super::utf16::Order;
use super::*;

const TOKEN: &str = "zq_Ab3dEf7hIj1kLm5nOpQ9rStU";

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64(plain: &[u8], alphabet: &[u8; 64], padded: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for three in plain.chunks(3) {
        let mut bits = [0; 4];
        bits[1..=three.len()].copy_from_slice(three);
        let bits = u32::from_be_bytes(bits);
        for k in 0..4 {
            if k <= three.len() {
                out.push(alphabet[(bits >> (18 - 6 * k) & 63) as usize]);
            } else if padded {
                out.push(b'=');
            }
        }
    }
    out
}

fn hex(plain: &[u8]) -> Vec<u8> {
    plain.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect()
}

fn wrapped(text: &[u8], columns: usize, separator: &str) -> Vec<u8> {
    text.chunks(columns).collect::<Vec<_>>().join(separator.as_bytes())
}

/// Where `TOKEN` is found in the views of `text`: its span in the original, per kind.
fn spots(text: &[u8]) -> Vec<(Kind, Span)> {
    let mut runs = Vec::new();
    runs::find(text, &mut runs);
    let mut view = View::new();
    let mut found = Vec::new();
    for run in runs {
        if decode::run(text, run.span, run.kind, &mut view)
            && let Some(at) = memchr::memmem::find(&view.text, TOKEN.as_bytes())
        {
            found.push((run.kind, view.original(Span::new(at, at + TOKEN.len()))));
        }
    }
    found
}

/// The token in `plain` at `offset`, encoded at 4 characters for 3 bytes from `start` on: the groups it lies in.
fn groups(start: usize, offset: usize, out: usize, of: usize, end: usize) -> Span {
    let last = offset + TOKEN.len() - 1;
    Span::new(start + offset / out * of, (start + (last / out + 1) * of).min(end))
}

#[test]
fn base64_in_the_usual_places() {
    let plain = format!("api_key: {TOKEN}\n");
    for (alphabet, padded) in [(STANDARD, true), (URL, false)] {
        let code = String::from_utf8(base64(plain.as_bytes(), alphabet, padded)).unwrap();
        for (before, after) in [
            ("key: ", "\n"),
            ("{\"data\":\"", "\"}"),
            ("data:text/plain;base64,", ")"),
            ("x=", ""),
            ("Authorization: Basic ", "\r\n"),
            ("a b c d e f g(", ")"),
        ] {
            let text = format!("{before}{code}{after}");
            let end = before.len() + code.len();
            let expected = groups(before.len(), 9, 3, 4, end);
            assert_eq!(spots(text.as_bytes()), [(Kind::Base64, expected)], "{text}");
        }
    }
}

#[test]
fn wrapped_runs_are_read_as_one() {
    let plain = format!("{}{TOKEN}{}", "some text, ".repeat(8), " and more of it".repeat(9));
    let code = base64(plain.as_bytes(), STANDARD, true);
    for columns in [60, 64, 70, 76] {
        for separator in ["\n", "\r\n", "\n    ", "\\n"] {
            let text = wrapped(&code, columns, separator);
            let text = [b"data: |\n    ", text.as_slice(), b"\nkind: Secret\n"].concat();
            let found = spots(&text);
            assert_eq!(found.len(), 1, "{columns} {separator:?}");
            let span = found[0].1;
            // What it covers, with the breaks taken out, are the groups around the token.
            let covered = String::from_utf8_lossy(span.of(&text)).replace(separator, "");
            let from = code.windows(covered.len()).position(|w| w == covered.as_bytes()).unwrap();
            assert_eq!(
                (from, from + covered.len()),
                (88 / 3 * 4, (88 + TOKEN.len() - 1) / 3 * 4 + 4)
            );
        }
    }
}

#[test]
fn a_part_of_the_text_is_searched_on_its_own() {
    let code = base64(format!("api_key: {TOKEN} {TOKEN}\n").as_bytes(), STANDARD, true);
    let mut text = b"some words before: ".to_vec();
    let start = text.len();
    text.extend(wrapped(&code, 64, "\n"));
    let end = text.len();
    text.extend_from_slice(b"\nand after");
    let mut runs = Vec::new();
    let first_line = Span::new(start, start + 64);
    assert_eq!(runs::dense(&text, first_line, |run| runs.push(run)), end);
    assert_eq!(runs, [Run { span: Span::new(start, end), kind: Kind::Base64 }]);
    let mut none = Vec::new();
    assert_eq!(runs::dense(&text, Span::new(0, start), |run| none.push(run)), 0);
    assert_eq!(none, []);
}

#[test]
fn hex_with_either_case_and_wrapped() {
    let plain = format!("token={TOKEN} and some more to fill the lines of it");
    for upper in [false, true] {
        let mut code = hex(plain.as_bytes());
        if upper {
            code.make_ascii_uppercase();
        }
        let text = [b"h: ", code.as_slice(), b";"].concat();
        assert_eq!(spots(&text), [(Kind::Hex, groups(3, 6, 1, 2, text.len()))]);
        let text = wrapped(&code, 60, "\n");
        assert_eq!(spots(&text).len(), 1);
    }
}

#[test]
fn a_command_of_two_bytes_a_letter() {
    let command = format!("$k = '{TOKEN}'; Send-It $k");
    let wide: Vec<u8> = command.bytes().flat_map(|b| [b, 0]).collect();
    let text = [b"powershell -enc ", base64(&wide, STANDARD, true).as_slice()].concat();
    let found = spots(&text);
    assert_eq!(found.len(), 1);
    let span = found[0].1;
    assert!(span.start >= 16 + 6 * 2 * 4 / 3 - 8 && span.len() <= (TOKEN.len() * 2 / 6 + 2) * 8);
}

#[test]
fn escapes_in_and_beside_tokens() {
    let cases = [
        (Kind::Percent, format!("GET /?a=b%26key%3D{TOKEN}%26c=d")),
        (Kind::Percent, format!("u=https%3A%2F%2Fx%2F{}&y", TOKEN.replace('_', "%5F"))),
        (Kind::Escapes, format!("{{\"q\":\"key\\u003d{TOKEN}\\u0026x\"}}")),
        (Kind::Escapes, TOKEN.bytes().map(|b| format!("\\x{b:02x}")).collect()),
        (Kind::Escapes, TOKEN.bytes().map(|b| format!("\\u{b:04X}")).collect()),
        (Kind::Escapes, TOKEN.bytes().map(|b| format!("\\{b:03o}")).collect()),
        (Kind::Escapes, format!("\"https:\\/\\/hooks.example.com\\/services\\/{TOKEN}\"")),
        (Kind::Entities, format!("<a href='?a=b&amp;key&#61;{TOKEN}'>")),
        (Kind::Entities, TOKEN.bytes().map(|b| format!("&#x{b:x};")).collect()),
        (Kind::Entities, TOKEN.bytes().map(|b| format!("&#{b};")).collect()),
    ];
    for (kind, text) in cases {
        let found = spots(text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].0, kind, "{text}");
        let mut view = View::new();
        assert!(
            decode::run(found[0].1.of(text.as_bytes()), Span::new(0, 999), kind, &mut view)
                || found[0].1.of(text.as_bytes()) == TOKEN.as_bytes(),
            "{text}"
        );
        if !view.text.is_empty() && found[0].1.len() > TOKEN.len() {
            assert_eq!(view.text, TOKEN.as_bytes(), "{text}");
        }
    }
}

#[test]
fn source_and_hashes_are_no_runs() {
    let text = r#"
        static int some_rather_long_function_name(struct device *dev, unsigned long flags)
        CreateDatabaseConnectionFromTemplate("%08x %-20s\n", 0xdeadbeefcafebabe);
        commit 1e17d1b1a9f4f1fbb2d9b0c1d3c5a7e9f0a1b2c3
        sha512-9ux0kYl1fJ0xQ0Q2nq0mX2r1vKq7Nq0pT3b1+Jf0+ik9oPVDzdf1tHVn8Bv5Gm2wQxo8g==
        if (a && b) printk("%d%%\n"); x = "\u00e9\n\t\\path\\to\\file";
    "#;
    let mut runs = Vec::new();
    runs::find(text.as_bytes(), &mut runs);
    assert_eq!(runs, []);
}

#[test]
fn the_shortest_runs_are_met_wherever_they_stand() {
    let code = base64(b"key = zq_Ab3dE", STANDARD, true);
    let padded = base64(b"key = zq_Ab3dEf7", STANDARD, true);
    let digits = hex(b"zq_Ab3dEf7hI");
    assert_eq!((code.len(), padded.len(), digits.len()), (20, 24, 24));
    for offset in 0..70 {
        for after in ["", " ", "                                        "] {
            let found = |code: &[u8]| {
                let text = [b" ".repeat(offset).as_slice(), code, after.as_bytes()].concat();
                let mut runs = Vec::new();
                runs::find(&text, &mut runs);
                runs
            };
            let span = Span::new(offset, offset + 24);
            assert_eq!(found(&padded), [Run { span, kind: Kind::Base64 }]);
            assert_eq!(found(&digits), [Run { span, kind: Kind::Hex }]);
            assert_eq!(found(&code), []);
        }
    }
}

#[test]
fn an_escaped_backslash_opens_no_escape() {
    let mut runs = Vec::new();
    runs::find(br"C:\\x41\\x42\\x43\\x44\\x45\\u0041abcdefghijk", &mut runs);
    assert_eq!(runs, []);
    let mut view = View::new();
    let text = br"\\u0041 \ud83d\ude00 \ud83d \u{1F600}";
    assert!(decode::run(text, Span::new(0, text.len()), Kind::Escapes, &mut view));
    let read = String::from_utf8_lossy(&view.text).into_owned();
    assert_eq!(read, "\\u0041 \u{1F600} \\ud83d \u{1F600}");
    assert_eq!(view.original(Span::new(8, 9)), Span::new(8, 20));
}

#[test]
fn binary_is_refused() {
    let mut view = View::new();
    for code in [
        base64(&[0; 60], STANDARD, true),
        base64(&(0..=255).collect::<Vec<u8>>(), STANDARD, true),
        hex(&[0; 40]),
        b"QUJD".to_vec(),
        Vec::new(),
    ] {
        let span = Span::new(0, code.len());
        assert!(!decode::run(&code, span, Kind::Base64, &mut view));
        assert!(!decode::run(&code, span, Kind::Hex, &mut view));
    }
}

#[test]
fn a_long_run_comes_in_parts_that_overlap() {
    for (columns, separator) in [(usize::MAX, ""), (64, "\n"), (70, "\n"), (76, "\\n")] {
        let plain: String = (0..12_000).map(|n| format!("{n:05} and so on, ")).collect();
        let plain = plain.into_bytes();
        for at in [10, 47_000, 49_000, 49_130, 49_140, 49_151, 50_000, 98_000, 150_000] {
            let mut plain = plain.clone();
            plain[at..at + TOKEN.len()].copy_from_slice(TOKEN.as_bytes());
            let code = base64(&plain, STANDARD, true);
            let text = wrapped(&code, columns.min(code.len()), separator);
            let found = spots(&text);
            assert!(!found.is_empty(), "{at} {columns}");
            assert!(found.iter().all(|spot| *spot == found[0]), "{at} {columns}: {found:?}");
            let mut runs = Vec::new();
            runs::find(&text, &mut runs);
            let sum: usize = runs.iter().map(|run| run.span.len()).sum();
            assert!(sum < text.len() * 5 / 4);
            assert!(runs.iter().all(|run| run.span.len() <= 64 * 1024 + 64));
        }
    }
}

fn joined(text: &str, limit: usize) -> Option<String> {
    let mut view = View::new();
    let at = text.find("zq_").unwrap();
    join::literals(text.as_bytes(), at, limit, &mut view)
        .then(|| String::from_utf8(view.text.clone()).unwrap())
}

#[test]
fn literals_that_continue() {
    for text in [
        "x = \"zq_ab\" + \"cd\";",
        "x = \"zq_ab\" +\n      \"cd\"",
        "x = \"zq_ab\"\n    + \"cd\"",
        "$x = 'zq_ab' . 'cd';",
        "x = (\"zq_ab\"\n     'cd')",
        "x = \"zq_ab\" \\\n  \"cd\"",
        "x = \"zq_ab\" & _\r\n  \"cd\"",
        "x = \"zq_ab\" ~ \"cd\"",
        "x = `zq_ab` + `cd`",
        "x = \"zq_ab\" .. \"cd\"",
        "x = \"zq_ab\" rb\"cd\"",
        "x = \"zq_ab\\\n  cd\"",
        "x = \"it's zq_ab\" + \"cd\"",
        "\\\"zq_ab\\\" + \\\"cd\\\"",
    ] {
        assert_eq!(joined(text, 400).as_deref(), Some("zq_abcd"), "{text}");
    }
    let text = b"x = \"zq_ab\" + \"cd\";";
    let mut view = View::new();
    assert!(join::literals(text, 5, 400, &mut view));
    assert_eq!(view.original(Span::new(0, 5)), Span::new(5, 10));
    assert_eq!(view.original(Span::new(5, 7)), Span::new(15, 17));
    assert_eq!(view.original(Span::new(0, 7)), Span::new(5, 17));
    assert_eq!(view.original(Span::new(0, view.text.len())), Span::new(5, 17));
    assert_eq!(joined("\"zq_a\" + \"b\" + \"c\" + d", 400).as_deref(), Some("zq_abc"));
    for text in [
        "[\"zq_ab\", \"cd\"]",
        "zq_ab + \"cd\"",
        "\"zq_ab\" + cd",
        "\"zq_ab\"\nB=\"cd\"",
        "\"zq_ab\"\"cd\"",
        "\"zq_ab\n\" + \"cd\"",
        "x = \"a\"\ny = zq_ab\" + \"cd\"",
        "x = \"zq_ab\" + ",
        "\"zq_ab",
    ] {
        assert_eq!(joined(text, 400), None, "{text}");
    }
    assert_eq!(joined("\"zq_ab\" + \"cd\"", 10), None, "the limit holds");
}

#[test]
fn utf16_is_told_from_binaries() {
    use utf16::order;
    let wide = |text: &str, big: bool| -> Vec<u8> {
        let both = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(both).collect()
    };
    assert_eq!(order(&wide("\u{feff}hi", false)), Some((Order::Little, 2)));
    assert_eq!(order(&wide("\u{feff}hi", true)), Some((Order::Big, 2)));
    assert_eq!(order(&wide("key = value\r\n", false)), Some((Order::Little, 0)));
    assert_eq!(order(&wide("key = value\r\n", true)), Some((Order::Big, 0)));
    assert_eq!(order(b"\xFF\xFE\0\0h\0\0\0"), None, "UTF-32");
    assert_eq!(order(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"), None);
    assert_eq!(order(&[0; 64]), None);
    assert_eq!(order(b"plain text"), None);
    assert_eq!(order(b""), None);
}

#[test]
fn notebook_cells_become_programs() {
    let text = r#"{"cells": [{"cell_type": "code", "source": [
        "import os\n",
        "KEY=abc\n",
        "d = {\n",
        "  \"a\": \"é\u0041\"\n",
        "}"
       ], "metadata": {"name": "x"}},
       {"source": "one\ntwo", "x": "y"}]}"#;
    let mut view = View::new();
    assert!(notebook::view(text.as_bytes(), &mut view));
    let read = String::from_utf8(view.text.clone()).unwrap();
    assert_eq!(read, "import os\nKEY=abc\nd = {\n  \"a\": \"éA\"\n}\none\ntwo");
    // The break between two cells is the quote that opens the second.
    let cut = read.find("one").unwrap() - 1;
    let opening = text.find("one").unwrap() - 1;
    assert_eq!(view.original(Span::new(cut, cut + 1)), Span::new(opening, opening + 1));
    for word in ["abc", "import", "two"] {
        let at = read.find(word).unwrap();
        let span = view.original(Span::new(at, at + word.len()));
        assert_eq!(span.of(text.as_bytes()), word.as_bytes());
    }
    assert!(!notebook::view(b"{\"a\": [\"b\", \"c\"]}", &mut view));
}

fn plain_text() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ -~\n]", 0..300).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600), at in 0..700_usize) {
        let mut view = View::new();
        let mut found = Vec::new();
        runs::find(&bytes, &mut found);
        found.push(Run { span: Span::new(at.min(300), at), kind: Kind::Base64 });
        for run in found {
            for kind in
                [Kind::Base64, Kind::Hex, Kind::Percent, Kind::Escapes, Kind::Entities]
            {
                decode::run(&bytes, run.span, kind, &mut view);
                for span in [Span::new(0, 3), Span::new(at, at + 9), Span::at(0)] {
                    let original = view.original(span);
                    prop_assert!(original.end <= bytes.len().max(at));
                }
            }
        }
        join::literals(&bytes, at, at, &mut view);
        utf16::view(&bytes, &mut view);
        notebook::view(&bytes, &mut view);
    }

    #[test]
    fn nothing_panics_on_what_looks_encoded(
        text in "([A-Fa-f0-9+/=_-]{0,30}|[\\\\nrux%&#;0-9{}\"'+ .\n]{0,8}|\\PC){0,40}",
        at in 0..500_usize,
    ) {
        let bytes = text.as_bytes();
        let mut view = View::new();
        let mut found = Vec::new();
        runs::find(bytes, &mut found);
        for run in found {
            prop_assert!(run.span.end <= bytes.len() && !run.span.is_empty());
            decode::run(bytes, run.span, run.kind, &mut view);
            let whole = view.original(Span::new(0, view.text.len()));
            prop_assert!(run.span.contains(whole));
        }
        join::literals(bytes, at, 400, &mut view);
        notebook::view(bytes, &mut view);
    }

    #[test]
    fn a_token_in_base64_is_found_where_it_stands(
        before in "[ -~]{0,80}", inside in "[ -~]{9,60}", after in "[ -~]{0,60}", url in any::<bool>(),
    ) {
        let plain = format!("{inside}{TOKEN}{after}");
        let alphabet = if url { URL } else { STANDARD };
        let code = base64(plain.as_bytes(), alphabet, !url);
        let text = [before.as_bytes(), b"\"", &code, b"\""].concat();
        let start = before.len() + 1;
        let expected = groups(start, inside.len(), 3, 4, start + code.len());
        prop_assert!(spots(&text).contains(&(Kind::Base64, expected)));
    }

    #[test]
    fn a_token_in_hex_is_found_where_it_stands(
        before in "[ -~]{0,80}", inside in "[ -~]{0,60}", after in "[ -~]{0,60}",
    ) {
        let plain = format!("{inside}{TOKEN}{after}");
        let code = hex(plain.as_bytes());
        let text = [before.as_bytes(), b"\"", &code, b"\""].concat();
        let start = before.len() + 1;
        let expected = groups(start, inside.len(), 1, 2, start + code.len());
        prop_assert!(spots(&text).contains(&(Kind::Hex, expected)));
    }

    #[test]
    fn utf16_maps_back(text in "\\PC{0,60}", big in any::<bool>()) {
        let both = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let all = format!("\u{feff}{text}{TOKEN}x");
        let bytes: Vec<u8> = all.encode_utf16().flat_map(both).collect();
        let mut view = View::new();
        prop_assert!(utf16::view(&bytes, &mut view));
        prop_assert_eq!(&view.text, all.trim_start_matches('\u{feff}').as_bytes());
        let at = memchr::memmem::rfind(&view.text, TOKEN.as_bytes()).unwrap();
        let span = view.original(Span::new(at, at + TOKEN.len()));
        let end = bytes.len() - 2;
        prop_assert_eq!(span, Span::new(end - 2 * TOKEN.len(), end));
    }

    #[test]
    fn escapes_map_back(text in plain_text(), each in 1..6_usize) {
        let all = format!("{text}{TOKEN}{text}");
        let code: String = all
            .bytes()
            .enumerate()
            .map(|(i, b)| if i % each == 0 || b == b'\\' { format!("\\u{b:04x}") } else { (b as char).to_string() })
            .collect();
        let mut view = View::new();
        prop_assert!(decode::run(code.as_bytes(), Span::new(0, code.len()), Kind::Escapes, &mut view));
        prop_assert_eq!(&view.text, all.as_bytes());
        let span = Span::new(text.len(), text.len() + TOKEN.len());
        let original = view.original(span);
        let mut back = View::new();
        let there = original.of(code.as_bytes());
        let read = if decode::run(there, Span::new(0, there.len()), Kind::Escapes, &mut back) {
            back.text
        } else {
            there.to_vec()
        };
        prop_assert_eq!(read, TOKEN.as_bytes());
    }
}
