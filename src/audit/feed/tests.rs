//! Every line comes exactly once, wherever the pieces are cut.

use std::io::Write as _;

use super::*;

fn plain() -> Profile {
    crate::audit::profile::read(
        "id = \"t\"\n[fields]\nprev = \"/p\"\n[hash]\npreimage = [{ json = \"jcs\" }]\n",
    )
    .unwrap()
}

fn all(path: &Path) -> (Vec<(u64, Vec<u8>)>, Vec<Transport>) {
    let opened = open(path).unwrap();
    let mut feed = opened.feed(path, &plain()).unwrap();
    let mut records = Vec::new();
    let mut transports = Vec::new();
    while let Some(ticket) = feed.take().unwrap() {
        let mut batch = Batch::default();
        ticket.read(&mut batch).unwrap();
        for &(start, end, _) in &batch.records {
            records.push((
                batch.base + u64::from(start),
                batch.buffer[start as usize..end as usize].to_vec(),
            ));
        }
        transports.push(batch.transport);
    }
    (records, transports)
}

fn written(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file.flush().unwrap();
    file
}

#[test]
fn lines_come_once_whatever_their_length() {
    let piece = usize::try_from(PIECE).unwrap();
    for lengths in [
        vec![10, piece - 11, 5, piece, 1],
        vec![piece - 1, piece - 1, 7],
        vec![3 * piece, 2, 2, piece / 2],
        vec![piece, piece, piece],
        vec![1; 1000],
    ] {
        let mut content = Vec::new();
        let mut expected = Vec::new();
        for (number, length) in lengths.iter().enumerate() {
            let line = vec![b'a' + u8::try_from(number % 26).unwrap(); *length];
            expected.push((content.len() as u64, line.clone()));
            content.extend_from_slice(&line);
            content.push(b'\n');
        }
        let file = written(&content);
        assert!(all(file.path()).0 == expected, "{lengths:?}");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&content).unwrap();
        let file = written(&packed.finish().unwrap());
        assert!(all(file.path()).0 == expected, "packed {lengths:?}");
    }
}

#[test]
fn marks_of_the_transport_are_counted() {
    let file = written(b"\xef\xbb\xbf{}\r\n\n  \n{}\r\n{\"a\":");
    let (records, transports) = all(file.path());
    let texts: Vec<_> = records.iter().map(|(at, text)| (*at, text.as_slice())).collect();
    assert_eq!(texts, [(3, b"{}".as_slice()), (11, b"{}"), (15, b"{\"a\":")]);
    let [transport] = transports.as_slice() else { panic!() };
    assert!(transport.bom);
    assert_eq!(transport.crlf, Marks { count: 2, first: 0 });
    assert_eq!(transport.blank, Marks { count: 2, first: 1 });
    assert_eq!(transport.unended, Some(2));
}

#[test]
fn elements_of_an_array_come_with_their_lines() {
    let text = "[\n  {\"a\": \"]\\\"}\"},\n  {\"b\": [1,\n 2]}\n]\n";
    let file = written(text.as_bytes());
    let opened = open(file.path()).unwrap();
    assert_eq!(opened.container(), Container::JsonArray);
    let mut feed = opened.feed(file.path(), &plain()).unwrap();
    let mut batch = Batch::default();
    feed.take().unwrap().unwrap().read(&mut batch).unwrap();
    let found: Vec<_> = batch
        .records
        .iter()
        .map(|&(start, end, line)| (&text[start as usize..end as usize], line))
        .collect();
    assert_eq!(found, [("{\"a\": \"]\\\"}\"}", 1), ("{\"b\": [1,\n 2]}", 2)]);
    assert_eq!(batch.transport.unended, None);
    assert!(feed.take().unwrap().is_none());

    let file = written(b"[{\"a\":1},{\"b\":");
    let (records, transports) = all(file.path());
    assert_eq!(records.len(), 2);
    assert_eq!(transports[0].unended, Some(1));
}

#[test]
fn a_long_array_is_cut_between_elements() {
    let element = format!("{{\"x\":\"{}\"}}", "y".repeat(1000));
    let text = format!("[{}]", vec![element.as_str(); 5000].join(",\n"));
    let file = written(text.as_bytes());
    let (records, transports) = all(file.path());
    assert_eq!(records.len(), 5000);
    assert!(transports.len() > 3);
    for (number, (at, record)) in records.iter().enumerate() {
        assert_eq!(record, element.as_bytes());
        assert_eq!(*at, 1 + (number * (element.len() + 2)) as u64);
    }
}
