//! Blobs out of packs, each of which is inflated once.
//!
//! A pack stores most objects as differences from others. Asked for one blob after the other, gix inflates what they
//! share anew for each, which was most of the time that a history took. Here blobs come in an order in which each
//! follows what it is built on, which is still at hand then. Whatever can't be told here is left to gix: this only
//! saves time.

use gix::ObjectId;
use gix::objs::Kind;
use gix::odb::pack;
use gix::odb::pack::data::Entry;
use gix::odb::pack::data::entry::Header;
use gix::zlib::Inflate;

use super::Repo;

/// Bytes that a thread keeps of what blobs are built on.
const KEPT: usize = 16 << 20;
/// Blobs that are built on each other, at most: git allows as many.
const DEEPEST: usize = 4_095;
/// Buffers that wait for their next use, and bytes of the largest that does.
const SPARE: usize = 4;
const SPARE_SIZE: usize = 1 << 20;

/// Where in which pack an object begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pack: u32,
    offset: u64,
}

/// The packs of a repository, and of those that it borrows from.
pub struct Packs(Vec<Pack>);

struct Pack {
    index: pack::index::File,
    data: pack::data::File,
}

impl Pack {
    /// Where what the difference `entry`, which is at `place`, is built on begins: in the same pack, or it is gix's.
    fn base(&self, place: Place, entry: &Entry) -> Option<Place> {
        let offset = match entry.header {
            Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance)?,
            Header::RefDelta { base_id } => {
                self.index.pack_offset_at_index(self.index.lookup(base_id)?)
            }
            _ => return None,
        };
        Some(Place { offset, ..place })
    }
}

impl Packs {
    /// Opens them; one that can't be opened is as good as none.
    pub(super) fn of(repo: &Repo) -> Self {
        let store = repo.git().objects.store();
        let mut folders = vec![store.path().to_owned()];
        folders.extend(store.alternate_db_paths().unwrap_or_default());
        let mut paths: Vec<_> = folders
            .iter()
            .filter_map(|folder| std::fs::read_dir(folder.join("pack")).ok())
            .flat_map(|entries| entries.flatten().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "idx"))
            .collect();
        paths.sort();
        let hash = repo.git().object_hash();
        let open = |path: std::path::PathBuf| {
            let data = pack::data::File::at(path.with_extension("pack"), hash).ok()?;
            Some(Pack { index: pack::index::File::at(path, hash).ok()?, data })
        };
        Self(paths.into_iter().filter_map(open).collect())
    }

    /// Where the object `id` begins; `None` when it is in no pack.
    pub(super) fn place(&self, id: &ObjectId) -> Option<Place> {
        let found = self.0.iter().zip(0..).find_map(|(pack, number)| {
            Some((number, pack.index.pack_offset_at_index(pack.index.lookup(id)?)))
        });
        found.map(|(pack, offset)| Place { pack, offset })
    }

    fn entry(&self, place: Place) -> Option<(&Pack, Entry)> {
        let pack = self.0.get(place.pack as usize)?;
        // gix takes an offset beyond the end for a broken program, not for a broken pack.
        let inside = (place.offset as usize) < pack.data.data_len();
        let entry = inside.then(|| pack.data.entry(place.offset).ok()).flatten()?;
        Some((pack, entry))
    }

    /// What the object at `place` is a difference from; `None` for a whole one, or when it can't be told.
    fn base(&self, place: Place) -> Option<Place> {
        let (pack, entry) = self.entry(place)?;
        pack.base(place, &entry)
    }

    /// Brings numbered objects into an order in which each comes soon after the one that it is built on. What is in no
    /// pack comes last.
    pub(super) fn order(&self, places: &[Option<Place>]) -> Vec<u32> {
        let mut sorted: Vec<(Place, u32)> = places
            .iter()
            .zip(0..)
            .filter_map(|(place, number)| Some(((*place)?, number)))
            .collect();
        sorted.sort_unstable();
        // The first that is built on each, and the next that is built on the same.
        let (mut first, mut next) = (vec![None; sorted.len()], vec![None; sorted.len()]);
        let mut roots = Vec::new();
        for (at, (place, _)) in sorted.iter().enumerate().rev() {
            let base = self.base(*place);
            let base = base.and_then(|base| {
                let at = sorted.partition_point(|(other, _)| *other < base);
                sorted.get(at).filter(|(other, _)| *other == base).map(|_| at)
            });
            match base.and_then(|base| first.get_mut(base)) {
                Some(first) => {
                    if let Some(next) = next.get_mut(at) {
                        *next = first.replace(at as u32);
                    }
                }
                None => roots.push(at as u32),
            }
        }
        let mut order = Vec::with_capacity(places.len());
        let mut is_done = vec![false; places.len()];
        let link = |links: &[Option<u32>], at: u32| links.get(at as usize).copied().flatten();
        let mut open = Vec::new();
        // Only in a broken pack are there some that no root leads to.
        let all = 0..sorted.len() as u32;
        for root in roots.into_iter().rev().chain(all) {
            open.push(root);
            while let Some(at) = open.pop() {
                let Some((_, number)) = sorted.get(at as usize) else { continue };
                let Some(done @ false) = is_done.get_mut(*number as usize) else { continue };
                *done = true;
                order.push(*number);
                let from = open.len();
                let mut above = link(&first, at);
                while let Some(one) = above {
                    open.push(one);
                    above = link(&next, one);
                }
                open.get_mut(from..).unwrap_or_default().reverse();
            }
        }
        order.extend(
            places.iter().zip(0..).filter_map(|(place, number)| place.is_none().then_some(number)),
        );
        order
    }
}

/// Inflates blobs of packs, one after the other, and keeps what the last one was built on.
pub(super) struct Decoder<'p> {
    packs: &'p Packs,
    inflate: Inflate,
    /// Each is built on the one before it.
    chain: Vec<Built>,
    /// Bytes in it.
    held: usize,
    spare: Vec<Vec<u8>>,
    delta: Vec<u8>,
}

/// An object, and where it was.
struct Built {
    place: Place,
    bytes: Vec<u8>,
}

impl<'p> Decoder<'p> {
    pub fn new(packs: &'p Packs) -> Self {
        let (inflate, delta) = (Inflate::default(), Vec::new());
        Self { packs, inflate, chain: Vec::new(), held: 0, spare: Vec::new(), delta }
    }

    /// The bytes of the blob at `place`; `None` when nothing there, nor what it is built on, is a blob of at most `limit`
    /// bytes that can be read.
    pub fn blob(&mut self, place: Place, limit: u64) -> Option<&[u8]> {
        let packs = self.packs;
        let mut steps = Vec::new();
        let mut at = place;
        loop {
            if let Some(known) = self.chain.iter().rposition(|built| built.place == at) {
                self.cut(known + 1);
                break;
            }
            let (pack, entry) = packs.entry(at)?;
            if entry.decompressed_size > limit || steps.len() == DEEPEST {
                return None;
            }
            if entry.header.is_delta() {
                let base = pack.base(at, &entry)?;
                steps.push((at, pack, entry));
                at = base;
                continue;
            }
            if entry.header.as_kind() != Some(Kind::Blob) {
                return None;
            }
            self.cut(0);
            let mut bytes = self.spare.pop().unwrap_or_default();
            bytes.resize(entry.decompressed_size as usize, 0);
            pack.data.decompress_entry(&entry, &mut self.inflate, &mut bytes).ok()?;
            self.push(at, bytes);
            break;
        }
        while let Some((at, pack, entry)) = steps.pop() {
            self.delta.resize(entry.decompressed_size as usize, 0);
            pack.data.decompress_entry(&entry, &mut self.inflate, &mut self.delta).ok()?;
            let mut bytes = self.spare.pop().unwrap_or_default();
            apply(&self.delta, &self.chain.last()?.bytes, limit, &mut bytes)?;
            self.push(at, bytes);
        }
        self.chain.last().map(|built| built.bytes.as_slice())
    }

    fn push(&mut self, place: Place, bytes: Vec<u8>) {
        self.held += bytes.len();
        self.chain.push(Built { place, bytes });
        // What is farthest from the next ones is needed last.
        while self.held > KEPT && self.chain.len() > 1 {
            self.held -= self.chain.remove(0).bytes.len();
        }
    }

    /// Keeps `length` of the chain.
    fn cut(&mut self, length: usize) {
        for built in self.chain.drain(length..) {
            self.held -= built.bytes.len();
            if self.spare.len() < SPARE && built.bytes.capacity() <= SPARE_SIZE {
                self.spare.push(built.bytes);
            }
        }
    }
}

/// What `delta` makes of `base`; `None` when it makes no sense, or more than `limit` bytes.
fn apply(delta: &[u8], base: &[u8], limit: u64, out: &mut Vec<u8>) -> Option<()> {
    let (from, rest) = size(delta)?;
    let (to, mut rest) = size(rest)?;
    if from != base.len() as u64 || to > limit {
        return None;
    }
    let to = to as usize;
    out.clear();
    out.reserve(to);
    while let Some((&command, after)) = rest.split_first() {
        rest = after;
        let bytes = if command & 0x80 != 0 {
            let mut number = |bits: std::ops::Range<u32>| {
                let mut number = 0_usize;
                for (bit, shift) in bits.zip([0, 8, 16, 24]) {
                    if command & (1 << bit) != 0 {
                        let (&byte, after) = rest.split_first()?;
                        rest = after;
                        number |= usize::from(byte) << shift;
                    }
                }
                Some(number)
            };
            let (offset, length) = (number(0..4)?, number(4..7)?);
            let length = if length == 0 { 0x1_0000 } else { length };
            base.get(offset..offset.checked_add(length)?)?
        } else {
            // A 0 is reserved.
            let (new, after) =
                rest.split_at_checked(usize::from(command)).filter(|_| command > 0)?;
            rest = after;
            new
        };
        if bytes.len() > to - out.len() {
            return None;
        }
        out.extend_from_slice(bytes);
    }
    (out.len() == to).then_some(())
}

/// A size at the start of a difference, and what follows it.
fn size(delta: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (at, byte) in delta.iter().enumerate().take(9) {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, delta.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(delta: &[u8], limit: u64) -> Option<Vec<u8>> {
        let mut out = b"old".to_vec();
        apply(delta, b"abcdef", limit, &mut out).map(|()| out)
    }

    #[test]
    fn a_difference_copies_and_adds() {
        // Two bytes from the third on, then `xy`, then the first one.
        let delta = [6, 5, 0x91, 2, 2, 2, b'x', b'y', 0x90, 1];
        assert_eq!(applied(&delta, 5).as_deref(), Some(&b"cdxya"[..]));
        assert_eq!(applied(&delta, 4), None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for delta in [
            &b""[..],
            &[6],
            // Built on another size.
            &[5, 1, 0x90, 1],
            // Less and more than was promised.
            &[6, 2, 0x90, 1],
            &[6, 1, 0x90, 2],
            // Beyond the end, without its argument, without its bytes, reserved.
            &[6, 2, 0x91, 5, 2],
            &[6, 1, 0x91],
            &[6, 2, 2, b'x'],
            &[6, 0, 0],
            &[0x80; 12],
        ] {
            assert_eq!(applied(delta, 100), None, "{delta:?}");
        }
    }
}
