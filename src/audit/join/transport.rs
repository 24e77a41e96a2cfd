//! What a file went through since it was written, said once a file: marks, line ends, and a last line that is not whole.

use super::Join;
use crate::audit::check::{Local, Record, State};
use crate::audit::feed::Batch;
use crate::audit::finding::Code;

impl Join<'_> {
    pub(super) fn transport(&mut self, batch: &Batch, records: &[Record], locals: &mut Vec<Local>) {
        let odd = &batch.transport;
        let line = |first: u32| self.line + u64::from(first);
        let mut said = Vec::new();
        if odd.bom {
            said.push((Code::Bom, 1, "the file starts with a byte order mark".to_owned()));
        }
        if odd.crlf.count > 0 {
            let text = "lines end in CR LF: something rewrote them on the way".to_owned();
            said.push((Code::Crlf, line(odd.crlf.first), text));
        }
        if odd.blank.count > 0 {
            let text = "a line without a record".to_owned();
            said.push((Code::BlankLine, line(odd.blank.first), text));
        }
        if odd.crlf.count + odd.blank.count > 0 || odd.bom {
            self.stray();
        }
        for (code, line, message) in said {
            // Once a file, whatever the number of lines.
            let path = self.out.files.last().map_or("", |file| file.path.as_str());
            let known = self
                .out
                .findings
                .iter()
                .any(|placed| placed.finding.rule == code && placed.finding.path == path);
            if !known {
                self.say(code, code.severity(), message);
                if let Some(placed) = self.out.findings.last_mut() {
                    placed.finding.line = Some(line);
                }
            }
        }
        let Some(last) = odd.unended else { return };
        let torn =
            records.get(last as usize).is_some_and(|record| record.state == State::Unreadable);
        if torn {
            // One cause, one finding: what the tokeniser said of the stump is replaced.
            locals.retain(|local| local.record != last);
            locals.push(Local {
                record: last,
                code: Code::TornTail,
                severity: None,
                message: "the last line is not whole: a write that was not finished, or a cut"
                    .to_owned(),
                expected: None,
                found: None,
                at: None,
            });
            if let Some(file) = self.out.files.last_mut() {
                file.torn = true;
            }
        } else if !batch.rows {
            let line = self.line + u64::from(batch.lines);
            let code = Code::NoFinalNewline;
            self.say(code, code.severity(), "the last record has no line feed".to_owned());
            if let Some(placed) = self.out.findings.last_mut() {
                placed.finding.line = Some(line);
            }
        }
    }
}
