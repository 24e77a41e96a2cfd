//! Deflate with one decoder for all entries of a zip.
//!
//! A decoder is some blocks of up to 64 KiB. One for each entry, between the small things that stay, tears the heap
//! into pieces: an archive of ten thousand entries then takes ten times the memory.

use std::io::{self, Read};

use flate2::{Decompress, FlushDecompress, Status};

/// Compressed bytes that are read at a time.
const INPUT: usize = 32 * 1024;

/// What decoding takes, used again for each stream.
pub(super) struct Inflate {
    state: Decompress,
    input: Vec<u8>,
    /// What of `input` was read and is not yet decoded.
    from: usize,
    to: usize,
}

impl Inflate {
    pub fn new() -> Self {
        Self { state: Decompress::new(false), input: vec![0; INPUT], from: 0, to: 0 }
    }

    /// Decodes the stream that `reader` gives.
    pub fn stream<'r>(&'r mut self, reader: &'r mut dyn Read) -> Inflating<'r> {
        self.state.reset(false);
        (self.from, self.to) = (0, 0);
        Inflating { inflate: self, reader, ended: false }
    }
}

/// A stream that is being decoded.
pub(super) struct Inflating<'r> {
    inflate: &'r mut Inflate,
    reader: &'r mut dyn Read,
    ended: bool,
}

impl Read for Inflating<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Inflate { state, input, from, to } = &mut *self.inflate;
        while !self.ended && !buffer.is_empty() {
            if from == to {
                (*from, *to) = (0, self.reader.read(input)?);
            }
            let flush = if *to == 0 { FlushDecompress::Finish } else { FlushDecompress::None };
            let (read, written) = (state.total_in(), state.total_out());
            let status = state
                .decompress(input.get(*from..*to).unwrap_or_default(), buffer, flush)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let more = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(0);
            let taken = more(state.total_in(), read);
            *from += taken;
            self.ended = status == Status::StreamEnd;
            match more(state.total_out(), written) {
                0 if self.ended || taken > 0 => {}
                // It neither takes nor gives: nothing follows, or nothing that it understands.
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => return Ok(count),
            }
        }
        Ok(0)
    }
}
