//! The decoders of single compressed streams, each bounded in memory and metered.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::format::Codec;
use super::meter::{Budget, Metered};

/// The largest window of the outermost decoder, in bytes: what `zstd` itself agrees to, and twice that of `xz -9`.
const WINDOW: u64 = 128 << 20;
/// Each decoder within another has half of its window, since they add up, but at least this.
const LEAST_WINDOW: u64 = 8 << 20;

/// Decompresses `reader`, in the `depth`th archive.
pub(super) fn reader<'r>(
    codec: Codec,
    reader: &'r mut dyn Read,
    budget: &'r Budget,
    depth: u32,
) -> Metered<'r, Box<dyn Read + 'r>> {
    let window = (WINDOW >> depth.saturating_sub(1).min(32)).max(LEAST_WINDOW);
    let inner: Box<dyn Read + 'r> = match codec {
        Codec::Gzip => Box::new(flate2::read::MultiGzDecoder::new(reader)),
        Codec::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(reader)),
        Codec::Xz => {
            let kib = u32::try_from((window >> 10) + 1024).unwrap_or(u32::MAX);
            let reader = BufReader::new(reader);
            Box::new(lzma_rust2::XzReader::new_mem_limit(reader, true, kib))
        }
        Codec::Zstd => {
            let mut frame = FrameDecoder::new();
            frame.set_max_window_size(window);
            Box::new(Zstd { source: BufReader::new(reader), frame, open: false })
        }
    };
    Metered { inner, budget }
}

/// All frames of a Zstandard stream, those to be skipped left out.
struct Zstd<R> {
    source: R,
    frame: FrameDecoder,
    open: bool,
}

impl<R: BufRead> Zstd<R> {
    /// Opens the next frame. False at the end of the stream.
    fn next(&mut self) -> io::Result<bool> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.frame.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let mut skipped = (&mut self.source).take(u64::from(length));
                    io::copy(&mut skipped, &mut io::sink())?;
                }
                Err(error @ FrameDecoderError::WindowSizeTooBig { .. }) => {
                    return Err(io::Error::new(io::ErrorKind::OutOfMemory, error));
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.open {
                if !self.next()? {
                    return Ok(0);
                }
                self.open = true;
            }
            while self.frame.can_collect() == 0 && !self.frame.is_finished() {
                self.frame
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(io::Error::other)?;
            }
            let count = self.frame.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.open = false;
        }
    }
}
