use proptest::prelude::*;

use super::*;

fn of(source: &str) -> Dockerfile {
    parse(source.as_bytes())
}

fn slice(source: &str, span: Span) -> &str {
    &source[span.start..span.end]
}

fn texts(words: &[Word]) -> Vec<&str> {
    words.iter().map(|word| word.text.as_str()).collect()
}

#[test]
fn instructions_and_comments() {
    let source = "# syntax=docker/dockerfile:1\nfrom --platform=linux/amd64 python:3.12 as build\r\n\
                  \n  # note\nRUN pip install \\\n  # inside\n\n  'a b' && \\\n  echo \"x\\\"y\"\nExpose 8642 9119/tcp\n";
    let file = of(source);
    let keywords: Vec<_> = file.instructions.iter().map(|i| i.keyword.as_str()).collect();
    assert_eq!(keywords, ["FROM", "RUN", "EXPOSE"]);
    let from = &file.instructions[0];
    assert_eq!(texts(&from.flags), ["--platform=linux/amd64"]);
    assert_eq!(slice(source, from.keyword_span), "from");
    assert_eq!(slice(source, file.stages[0].base.as_ref().unwrap().span), "python:3.12");
    let run = &file.instructions[1];
    assert_eq!(texts(run.words()), ["pip", "install", "a b", "&&", "echo", "x\"y"]);
    assert_eq!(run.arguments.text(), "pip install   'a b' &&   echo \"x\\\"y\"");
    assert_eq!(slice(source, run.words()[2].span), "'a b'");
    assert!(
        slice(source, run.span).starts_with("RUN pip") && slice(source, run.span).ends_with("y\"")
    );
    assert!(run.is_shell_form());
    let comments: Vec<_> = file.comments.iter().map(|&span| slice(source, span)).collect();
    assert_eq!(comments, ["# syntax=docker/dockerfile:1", "# note", "# inside"]);
    assert_eq!(
        texts(&file.exposed().into_iter().cloned().collect::<Vec<_>>()),
        ["8642", "9119/tcp"]
    );
}

#[test]
fn json_and_shell_form() {
    let source = "FROM x\nCMD [ \"hermes\", \\\n \"gate\\u0077ay\" ]\nENTRYPOINT [hermes]\nVOLUME [\"/a b\"]\nVOLUME /c /d\n";
    let file = of(source);
    let cmd = &file.instructions[1];
    assert_eq!(cmd.form, Form::Json(cmd.words().to_vec()));
    assert_eq!(texts(cmd.words()), ["hermes", "gateway"]);
    assert_eq!(slice(source, cmd.words()[1].span), "\"gate\\u0077ay\"");
    // Not JSON, so a shell gets it.
    assert!(file.instructions[2].is_shell_form());
    assert_eq!(texts(file.instructions[2].words()), ["[hermes]"]);
    assert_eq!(texts(file.instructions[3].words()), ["/a b"]);
    assert_eq!(texts(file.instructions[4].words()), ["/c", "/d"]);
}

#[test]
fn variables() {
    let source = "ARG V=1 W\nFROM x:$V\nENV A=1 B=\"two words\" C='$x' D=a\\ b E= F=x\"y\"\nENV OLD  v 2 \"q\" \nLABEL l=\"m\"\n";
    let file = of(source);
    let pairs: Vec<_> =
        file.env().into_iter().map(|p| (p.name.as_str(), p.value.as_deref().unwrap())).collect();
    assert_eq!(
        pairs,
        [
            ("A", "1"),
            ("B", "two words"),
            ("C", "$x"),
            ("D", "a b"),
            ("E", ""),
            ("F", "xy"),
            ("OLD", "v 2 q"),
        ]
    );
    let spans: Vec<_> = file.env().into_iter().map(|p| slice(source, p.value_span)).collect();
    assert_eq!(spans, ["1", "two words", "$x", "a\\ b", "", "x\"y\"", "v 2 \"q\""]);
    let args = file.instructions[0].pairs();
    assert_eq!((args[0].value.as_deref(), args[1].value.as_deref()), (Some("1"), None));
    assert_eq!(slice(source, args[1].name_span), "W");
    assert_eq!(file.instructions.last().unwrap().pairs()[0].value.as_deref(), Some("m"));
}

#[test]
fn the_final_stage_decides() {
    let source = "FROM a AS Base\nUSER root\nENV X=1\nEXPOSE 1\nFROM b AS other\nUSER nobody\nFROM base\nEXPOSE 2\n";
    let file = of(source);
    assert_eq!(file.stages[2].parent, Some(0));
    assert_eq!(file.user().unwrap().text, "root");
    assert_eq!(file.env().len(), 1);
    assert_eq!(file.exposed().len(), 2);
    assert_eq!(of("FROM a\nUSER x\nUSER 1000:1000\n").user().unwrap().text, "1000:1000");
    assert!(of("FROM a\nUSER x\nFROM b\n").user().is_none());
    // Its own name is not an earlier stage.
    assert_eq!(of("FROM a AS a\n").stages[0].parent, None);
    assert!(of("").user().is_none());
}

#[test]
fn escape_directive_and_doubled_escapes() {
    let file = of("# escape=`\nFROM x\nRUN dir C:\\ `\n  /s\nENV P=a` b\n");
    assert_eq!(file.instructions[1].arguments.text(), "dir C:\\   /s");
    assert_eq!(file.env()[0].value.as_deref(), Some("a b"));
    let file = of("FROM x\nRUN a\\\\\nRUN b \\  \n  c\n");
    let arguments: Vec<_> = file.instructions.iter().map(|i| i.arguments.text()).collect();
    assert_eq!(arguments, ["x", "a\\\\", "b   c"]);
    // Below other lines it is a comment.
    let file = of("FROM x\n# escape=`\nRUN a `\nRUN b");
    assert_eq!(file.instructions.len(), 3);
}

#[test]
fn here_documents() {
    let source = "FROM x\nRUN <<EOF\nUSER fake\n# text\nEOF\nCOPY <<-\"A\" 3<<B /dest\n\tone\n\tA\ntwo\nB\nUSER hermes\nRUN echo '<<EOF' 1<<2\nEXPOSE 1";
    let file = of(source);
    assert_eq!(file.user().unwrap().text, "hermes");
    assert_eq!(slice(source, file.instructions[1].heredocs[0]), "USER fake\n# text\n");
    let copied: Vec<_> = file.instructions[2].heredocs.iter().map(|&s| slice(source, s)).collect();
    assert_eq!(copied, ["\tone\n", "two\n"]);
    assert!(file.comments.is_empty());
    // An unclosed one takes the rest of the file.
    assert_eq!(file.instructions.last().unwrap().heredocs.len(), 1);
    assert!(file.exposed().is_empty());
}

fn all_spans(file: &Dockerfile) -> Vec<Span> {
    let mut spans = file.comments.clone();
    for i in &file.instructions {
        spans.extend([i.keyword_span, i.span, i.arguments.source_span()]);
        spans.extend(&i.heredocs);
        spans.extend(i.flags.iter().chain(i.words()).map(|word| word.span));
        spans.extend(i.pairs().iter().flat_map(|pair| [pair.name_span, pair.value_span]));
    }
    spans
}

#[test]
fn long_files_take_linear_time() {
    for piece in [
        "FROM a AS b\n",
        "RUN a \\\n",
        "# c\n",
        "ENV a=b c='\n",
        "RUN <<A\n",
        "x=\"y ",
        "FROM b AS b\n",
    ] {
        let source = format!("FROM x\nENV {}", piece.repeat(100_000));
        let file = of(&source);
        assert!(file.user().is_none());
    }
}

fn docker_text() -> impl Strategy<Value = String> {
    let pieces = [
        "FROM x",
        "\nFROM a AS b\n",
        "\nRUN ",
        "\nENV ",
        "\nCMD [",
        "\nUSER ",
        "\nCOPY --from=a ",
        "\n",
        "\\\n",
        "\\",
        "`",
        "\"",
        "'",
        "=",
        " ",
        "\"a\",",
        "]",
        "#",
        "<<E",
        "\nE\n",
        "é",
        "\r\n",
        "\t",
        "k=v",
        "# escape=`\n",
        "\u{a0}",
        "\0",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..50)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read(source in proptest::collection::vec(any::<u8>(), 0..200)) {
        for source in [source.clone(), [b"ENV ".to_vec(), source].concat()] {
            for span in all_spans(&parse(&source)) {
                prop_assert!(span.start <= span.end && span.end <= source.len());
            }
        }
    }

    #[test]
    fn spans_are_text(source in docker_text()) {
        let file = of(&source);
        for span in all_spans(&file) {
            prop_assert!(source.get(span.start..span.end).is_some(), "{:?}", span);
        }
        for instruction in &file.instructions {
            for word in instruction.words() {
                prop_assert!(instruction.span.contains(word.span));
            }
        }
    }

    #[test]
    fn quoted_values_come_back(values in proptest::collection::vec("[ -~]{0,20}", 1..4)) {
        let quoted = |v: &String| v.replace('\\', "\\\\").replace('"', "\\\"");
        let words: Vec<_> = values.iter().map(|v| format!("A=\"{}\"", quoted(v))).collect();
        let file = of(&format!("FROM x\nENV {}\n", words.join(" ")));
        let read: Vec<_> = file.env().into_iter().map(|p| p.value.clone().unwrap()).collect();
        prop_assert_eq!(read, values);
    }
}
