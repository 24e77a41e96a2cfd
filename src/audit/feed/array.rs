//! The elements of one JSON array, without holding the array.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use std::io::{self, Read};

use super::{Batch, LONGEST, offset};

/// Cuts a stream into the elements of its outermost array.
///
/// It only counts brackets outside of strings; whether an element is JSON is the tokeniser's business. What stands
/// where no element can stand becomes an element of its own, so that it is found wanting there.
pub struct Elements {
    reader: Box<dyn Read + Send>,
    carry: Vec<u8>,
    base: u64,
    opened: bool,
    closed: bool,
}

impl Elements {
    /// Elements of what `reader` gives.
    pub fn new(reader: Box<dyn Read + Send>) -> Self {
        Self { reader, carry: Vec::new(), base: 0, opened: false, closed: false }
    }

    /// Fills `batch` with elements of about `size` bytes. `false`: that was the last of it.
    ///
    /// # Errors
    /// What the system says; an element that is too long to be held.
    pub fn fill(&mut self, batch: &mut Batch, size: u64) -> io::Result<bool> {
        batch.clear();
        batch.base = self.base;
        batch.buffer = std::mem::take(&mut self.carry);
        let mut scan = Scan { line: 0, ..Scan::default() };
        loop {
            let before = batch.buffer.len();
            (&mut self.reader).take(size).read_to_end(&mut batch.buffer)?;
            let ended = ((batch.buffer.len() - before) as u64) < size;
            self.scan(batch, &mut scan);
            if ended {
                self.finish(batch, &mut scan);
                batch.lines = scan.line;
                return Ok(false);
            }
            if !batch.records.is_empty() {
                // What is not finished waits for the next batch.
                let keep = scan.element.map_or(scan.at, |(start, _)| start);
                self.carry.extend_from_slice(batch.buffer.get(keep..).unwrap_or_default());
                batch.buffer.truncate(keep);
                self.base += keep as u64;
                batch.lines = scan.element.map_or(scan.line, |(_, line)| line);
                return Ok(true);
            }
            if batch.buffer.len() > LONGEST {
                return Err(io::Error::other(format!("an element has more than {LONGEST} bytes")));
            }
        }
    }

    fn scan(&mut self, batch: &mut Batch, scan: &mut Scan) {
        while let Some(&byte) = batch.buffer.get(scan.at) {
            let at = scan.at;
            scan.at += 1;
            if byte == b'\n' {
                scan.line += 1;
            }
            if scan.in_string {
                match byte {
                    _ if scan.escaped => scan.escaped = false,
                    b'\\' => scan.escaped = true,
                    b'"' => scan.in_string = false,
                    _ => {}
                }
                continue;
            }
            if !self.opened {
                let mark = self.base == 0 && at < 3 && matches!(byte, 0xef | 0xbb | 0xbf);
                batch.transport.bom |= mark;
                if byte == b'[' {
                    self.opened = true;
                } else if !mark && !byte.is_ascii_whitespace() {
                    scan.begin(at);
                    self.opened = true;
                }
                continue;
            }
            match byte {
                b'"' => {
                    scan.in_string = true;
                    scan.begin(at);
                }
                b'{' | b'[' => {
                    scan.depth += 1;
                    scan.begin(at);
                }
                b']' if scan.depth == 0 && !self.closed => {
                    scan.end(at, batch);
                    self.closed = true;
                }
                b'}' | b']' => {
                    scan.depth = scan.depth.saturating_sub(1);
                    scan.begin(at);
                }
                b',' if scan.depth == 0 && !self.closed => scan.end(at, batch),
                byte if byte.is_ascii_whitespace() => {}
                _ => scan.begin(at),
            }
        }
    }

    /// At the end of the file: an element that is not finished is the torn tail.
    fn finish(&self, batch: &mut Batch, scan: &mut Scan) {
        if let Some((start, line)) = scan.element.take() {
            let end = batch.buffer.get(start..).unwrap_or_default().trim_ascii_end().len() + start;
            if !self.closed {
                batch.transport.unended = Some(offset(batch.records.len()));
            }
            batch.records.push((offset(start), offset(end), line));
        } else if !self.closed && !batch.records.is_empty() {
            // The array itself is not closed; its last element is whole.
            batch.transport.unended = Some(offset(batch.records.len() - 1));
        }
    }
}

#[derive(Default)]
struct Scan {
    at: usize,
    line: u32,
    depth: usize,
    in_string: bool,
    escaped: bool,
    element: Option<(usize, u32)>,
}

impl Scan {
    fn begin(&mut self, at: usize) {
        self.element.get_or_insert((at, self.line));
    }

    fn end(&mut self, at: usize, batch: &mut Batch) {
        if let Some((start, line)) = self.element.take() {
            let end =
                batch.buffer.get(start..at).unwrap_or_default().trim_ascii_end().len() + start;
            batch.records.push((offset(start), offset(end), line));
        }
    }
}
