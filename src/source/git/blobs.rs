//! Shows blobs to visitors as if they were files.
//!
//! A blob is inflated whole before it is looked at, so memory is bounded by the largest one that is read, times the
//! threads: beyond [`Options::max_size`] or [`LARGEST`], whichever is more, it is skipped and named.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use gix::ObjectId;

use super::super::parts::{self, LARGE};
use super::super::{Options, Origin, Skip, SkipReason, Source, SourcePath, Visitor, archive};
use super::super::{hermes_named, read};
use super::packs::{Decoder, Packs, Place};
use super::{Error, Repo, Shared};

/// Largest blob that is read, in bytes, unless a larger limit is given.
const LARGEST: u64 = 32 << 20;
/// Blobs that a thread takes at a time: neighbours are stored as differences of each other.
const TAKE: usize = 64;
/// Blobs for which a second thread is worth its start.
const FEW: usize = 24;

/// A blob to look at.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Where it stands.
    pub path: SourcePath,
    /// What it holds.
    pub id: ObjectId,
    /// Why it is looked at.
    pub origin: Origin,
    /// Where in the packs it begins, when it was looked up.
    pub place: Option<Place>,
}

/// Shows every one of `count` blobs, which `blob` knows by number, to a visitor: `shown` is told after each. Returns
/// the visitors. Those with a place are read from `packs`.
pub fn visit<V: Visitor>(
    repo: &Shared,
    packs: Option<&Packs>,
    count: usize,
    blob: &(impl Fn(usize) -> Option<Blob> + Sync),
    options: Options,
    make: &(impl Fn() -> V + Sync),
    shown: &(impl Fn(&mut V, ObjectId) + Sync),
) -> Vec<V> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut visitor = make();
        let (git, decoder) = (repo.repo(), packs.map(Decoder::new));
        let mut reader = Reader { git, decoder, options, buffer: Vec::new() };
        loop {
            let from = next.fetch_add(TAKE, Ordering::Relaxed);
            if from >= count {
                return visitor;
            }
            for number in from..count.min(from + TAKE) {
                if let Some(blob) = blob(number) {
                    reader.show(&blob, &mut visitor);
                    shown(&mut visitor, blob.id);
                }
            }
        }
    };
    let mut visitors = Vec::new();
    parts::on_threads(
        options.threads,
        NonZero::new(count / FEW).map_or(1, NonZero::get),
        &mut visitors,
        work,
    );
    visitors
}

/// What one thread reads with.
struct Reader<'p> {
    git: Repo,
    decoder: Option<Decoder<'p>>,
    options: Options,
    buffer: Vec<u8>,
}

impl Reader<'_> {
    /// Shows one blob, or says why not.
    fn show(&mut self, blob: &Blob, visitor: &mut impl Visitor) {
        if !visitor.wants(&blob.path, blob.origin) {
            return;
        }
        if let Err(reason) = self.read(blob, visitor) {
            visitor.skip(Skip { path: blob.path.clone(), reason, origin: blob.origin });
        }
    }

    fn read(&mut self, blob: &Blob, visitor: &mut impl Visitor) -> Result<(), SkipReason> {
        use gix::prelude::{FindExt, HeaderExt};
        let Blob { path, id, origin, place } = blob;
        let limit = self.options.max_size.max(LARGEST);
        let packed = self.decoder.as_mut().zip(*place);
        let bytes = match packed.and_then(|(decoder, place)| decoder.blob(place, limit)) {
            Some(bytes) => bytes,
            None => {
                let missing =
                    |error: gix::Error| SkipReason::Object(Error::object(id, error).message);
                let objects = &self.git.git().objects;
                let size = objects.header(id).map_err(missing)?.size();
                if size > limit {
                    return Err(SkipReason::TooLarge { size, limit });
                }
                objects.find_blob(id, &mut self.buffer).map_err(missing)?.data
            }
        };
        let size = bytes.len() as u64;
        let hermes = hermes_named(path.file_name());
        let packed = archive::begins(bytes);
        if let (Some(_), Some(limits)) = (packed, &self.options.archives) {
            archive::visit(path, *origin, archive::Input::Bytes(bytes), limits, visitor);
            if !hermes || archive::packs_hermes_file(path.file_name()) {
                return Ok(());
            }
        } else if read::is_binary(bytes) && !hermes {
            return Err(match packed {
                None | Some(archive::Format::Unsupported(_)) => SkipReason::Binary,
                Some(_) => SkipReason::Packed,
            });
        }
        if size > self.options.max_size.min(LARGE) && *origin != Origin::Context {
            let parsed = visitor.parses(path);
            if size > self.options.max_size || !parsed {
                parts::of_bytes(path, bytes, *origin, visitor);
                let limit = self.options.max_size;
                return if parsed { Err(SkipReason::TooLarge { size, limit }) } else { Ok(()) };
            }
        }
        visitor.source(Source { path, bytes, origin: *origin, part: None });
        Ok(())
    }
}
