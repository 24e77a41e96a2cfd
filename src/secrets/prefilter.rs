//! Finds every keyword of every detector in one pass over the bytes.
//!
//! Of each keyword the rarest four bytes are picked; both three-byte grams of these four go into a
//! 16 KiB bitmap, so that every second position of the text need be looked up and one of the two is met
//! all the same. Whole keywords are compared only where a bit is set. That is built in microseconds and
//! carries no state from byte to byte, so it outruns an Aho-Corasick automaton both at start-up and in
//! the pass; the price is that a keyword needs four bytes. A keyword of three is entered once for each
//! token character that may follow it.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

const BITS: u32 = 17;
const BUCKET_BITS: u32 = 12;
const NONE: u16 = u16::MAX;
/// Token characters, upper case left out: the bitmap does not tell case.
const TOKEN_BYTES: &[u8; 38] = b"abcdefghijklmnopqrstuvwxyz0123456789_-";
/// Merges upper and lower case (and a few signs): the comparison of whole keywords undoes it.
const CASE: u64 = 0x2020_2020_2020_2020;
const GRAM: u32 = 0x00ff_ffff;

/// A literal to look for.
#[derive(Clone, Debug)]
pub(super) struct Keyword {
    /// The literal; lower case when `fold`.
    pub text: Box<[u8]>,
    /// Compare without regard to ASCII case.
    pub fold: bool,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    gram: u32,
    keyword: u16,
    offset: u16,
    next: u16,
}

/// The compiled set of keywords.
#[derive(Debug)]
pub(super) struct Prefilter {
    bitmap: Box<[u8; 1 << (BITS - 3)]>,
    heads: Vec<u16>,
    entries: Vec<Entry>,
    keywords: Vec<Keyword>,
}

/// Of the lower three bytes of `gram`; the shift drops the fourth.
#[inline]
const fn hash(gram: u32) -> u32 {
    (gram << 8).wrapping_mul(0x9E37_79B1) >> (32 - BITS)
}

impl Prefilter {
    /// Builds the set. Keywords shorter than three bytes, and any beyond 65,534 entries, are left out.
    pub fn new(keywords: Vec<Keyword>) -> Self {
        let mut filter = Self {
            bitmap: Box::new([0; 1 << (BITS - 3)]),
            heads: vec![NONE; 1 << BUCKET_BITS],
            entries: Vec::with_capacity(keywords.len() * 4),
            keywords: Vec::new(),
        };
        for (index, keyword) in keywords.iter().enumerate() {
            let Ok(index) = u16::try_from(index) else { break };
            filter.enter(index, keyword);
        }
        filter.keywords = keywords;
        filter
    }

    fn enter(&mut self, index: u16, keyword: &Keyword) {
        let text = &keyword.text;
        if let Some(&[a, b, c]) = text.first_chunk::<3>().filter(|_| text.len() == 3) {
            self.insert(index, 0, [a, b, c]);
            for &last in TOKEN_BYTES {
                self.insert(index, 1, [b, c, last]);
            }
            return;
        }
        let rarest = text.windows(4).enumerate().min_by_key(|(_, four)| commonness(four));
        if let Some((offset, &[a, b, c, d])) = rarest
            && let Ok(at) = u16::try_from(offset)
        {
            self.insert(index, at, [a, b, c]);
            self.insert(index, at + 1, [b, c, d]);
        }
    }

    fn insert(&mut self, keyword: u16, offset: u16, [a, b, c]: [u8; 3]) {
        let gram = (u32::from_le_bytes([a, b, c, 0]) | CASE as u32) & GRAM;
        let slot = hash(gram);
        let Ok(here) = u16::try_from(self.entries.len()) else { return };
        if here == NONE {
            return;
        }
        if let Some(byte) = self.bitmap.get_mut((slot >> 3) as usize) {
            *byte |= 1 << (slot & 7);
        }
        if let Some(head) = self.heads.get_mut((slot >> (BITS - BUCKET_BITS)) as usize) {
            self.entries.push(Entry { gram, keyword, offset, next: *head });
            *head = here;
        }
    }

    /// Bit 0 says whether the lower three bytes of `gram` are of some keyword; the others say nothing.
    #[inline]
    fn bit(&self, gram: u32) -> u8 {
        let slot = hash(gram);
        match self.bitmap.get((slot >> 3) as usize) {
            Some(byte) => byte >> (slot & 7),
            None => 0,
        }
    }

    /// Calls `hit(keyword index, offset of its first byte)` for every occurrence.
    pub fn scan(&self, bytes: &[u8], mut hit: impl FnMut(usize, usize)) {
        let mut at = 0;
        // Four positions a turn: their lookups do not depend on each other, and one branch tests all.
        while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
            let [a, b, c, d, e, f, g, h, i, j, ..] = *chunk;
            let low = u64::from_le_bytes([a, b, c, d, e, f, g, h]) | CASE;
            let last = u32::from_le_bytes([g, h, i, j]) | CASE as u32;
            let any = self.bit(low as u32)
                | self.bit((low >> 16) as u32)
                | self.bit((low >> 32) as u32)
                | self.bit(last);
            if any & 1 == 1 {
                for gram in 0..4 {
                    let here = if gram == 3 { last } else { (low >> (16 * gram)) as u32 };
                    self.confirm(bytes, at + 2 * gram, here, &mut hit);
                }
            }
            at += 8;
        }
        while let Some(&[a, b, c]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<3>()) {
            self.confirm(bytes, at, u32::from_le_bytes([a, b, c, 0]) | CASE as u32, &mut hit);
            at += 2;
        }
    }

    #[inline]
    fn confirm(&self, bytes: &[u8], at: usize, gram: u32, hit: &mut impl FnMut(usize, usize)) {
        if self.bit(gram) & 1 == 0 {
            return;
        }
        let bucket = (hash(gram) >> (BITS - BUCKET_BITS)) as usize;
        let mut next = self.heads.get(bucket).copied().unwrap_or(NONE);
        while let Some(entry) = self.entries.get(usize::from(next)) {
            next = entry.next;
            if entry.gram != gram & GRAM {
                continue;
            }
            let Some(start) = at.checked_sub(usize::from(entry.offset)) else { continue };
            let Some(keyword) = self.keywords.get(usize::from(entry.keyword)) else { continue };
            let Some(text) = bytes.get(start..start + keyword.text.len()) else { continue };
            let same = if keyword.fold {
                text.eq_ignore_ascii_case(&keyword.text)
            } else {
                text == &*keyword.text
            };
            if same {
                hit(usize::from(entry.keyword), start);
            }
        }
    }
}

/// How often four bytes stand together in source and prose: the higher, the more often.
fn commonness(gram: &[u8]) -> u32 {
    gram.iter()
        .map(|b| match b {
            b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' | b' ' => 9,
            b'l' | b'd' | b'c' | b'u' | b'p' | b'm' | b'f' | b'h' => 7,
            b'g' | b'y' | b'b' | b'w' | b'_' | b'.' | b'/' | b'-' => 5,
            b'v' | b'k' | b'x' | b'0'..=b'9' | b':' | b'=' => 4,
            b'A'..=b'Z' => 3,
            _ => 2,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyword(text: &str, fold: bool) -> Keyword {
        Keyword { text: text.as_bytes().into(), fold }
    }

    #[test]
    fn finds_what_a_naive_search_finds() {
        let words = ["sk-", "ghp_", "hooks.slack.com", "mistral", "eyJ", "-----BEGIN", "sk-proj-"];
        let filter = Prefilter::new(words.iter().map(|w| keyword(w, *w == "mistral")).collect());
        let mut state = 7_u64;
        for round in 0..200 {
            let mut text = Vec::new();
            for _ in 0..40 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let pick = (state >> 33) as usize;
                if pick.is_multiple_of(3) {
                    text.extend_from_slice(words[pick / 3 % words.len()].as_bytes());
                } else {
                    text.push(b"sk-_eyJgMISTRALx \n"[pick % 18]);
                }
            }
            if round % 5 == 0 {
                text.extend_from_slice(b"MISTRAL Mistral mISTral");
            }
            let mut found = Vec::new();
            filter.scan(&text, |word, at| found.push((word, at)));
            found.sort_unstable();
            let mut expected = Vec::new();
            for (index, word) in words.iter().enumerate() {
                for at in 0..text.len() {
                    let Some(here) = text.get(at..at + word.len()) else { continue };
                    let same = here == word.as_bytes()
                        || *word == "mistral" && here.eq_ignore_ascii_case(b"mistral");
                    let followed = word.len() > 3
                        || text
                            .get(at + 3)
                            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
                    if same && followed {
                        expected.push((index, at));
                    }
                }
            }
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(&text));
        }
    }
}

#[cfg(test)]
mod bench {
    use super::*;
    #[test]
    #[ignore]
    fn speed() {
        let specs = crate::secrets::data_tests::specs();
        let mut words = Vec::new();
        for s in &specs {
            for k in &s.keys {
                words.push(Keyword { text: k.to_ascii_lowercase().as_bytes().into(), fold: true });
            }
            for k in &s.keywords {
                let t = if s.ignore_case { k.to_ascii_lowercase() } else { k.clone() };
                words.push(Keyword { text: t.as_bytes().into(), fold: s.ignore_case });
            }
        }
        words.sort_by(|a, b| a.text.cmp(&b.text));
        words.dedup_by(|a, b| a.text == b.text);
        let names: Vec<_> =
            words.iter().map(|w| String::from_utf8_lossy(&w.text).into_owned()).collect();
        let f = Prefilter::new(words);
        println!(
            "entries {} bits {}",
            f.entries.len(),
            f.bitmap.iter().map(|w| w.count_ones()).sum::<u32>()
        );
        let mut data = Vec::new();
        fn walk(p: &std::path::Path, out: &mut Vec<u8>) {
            if p.is_dir() {
                for e in std::fs::read_dir(p).unwrap() {
                    walk(&e.unwrap().path(), out);
                }
            } else {
                out.extend(std::fs::read(p).unwrap());
            }
        }
        walk("/work/scratch/wheels/hermes_agent-0.19.0".as_ref(), &mut data);
        let mut hits = vec![0usize; names.len()];
        let mut confirms = 0usize;
        for at in 0..data.len() - 4 {
            let g = u32::from_le_bytes(data[at..at + 4].try_into().unwrap());
            if f.bit(g) & 1 == 1 {
                confirms += 1;
            }
        }
        f.scan(&data, |k, _| hits[k] += 1);
        println!(
            "{} bytes confirms {} ({:.2}%) hits {}",
            data.len(),
            confirms,
            confirms as f64 * 100.0 / data.len() as f64,
            hits.iter().sum::<usize>()
        );
        let mut best = f64::MAX;
        for _ in 0..10 {
            let t = std::time::Instant::now();
            let mut n = 0;
            f.scan(&data, |_, _| n += 1);
            std::hint::black_box(n);
            best = best.min(t.elapsed().as_secs_f64());
        }
        let mut total = 0.0;
        for part in data.chunks(1 << 20) {
            let mut b = f64::MAX;
            for _ in 0..20 {
                let t = std::time::Instant::now();
                let mut n = 0;
                f.scan(part, |_, _| n += 1);
                std::hint::black_box(n);
                b = b.min(t.elapsed().as_secs_f64());
            }
            total += b;
        }
        println!("sliced {:.1} ms {:.2} GB/s", total * 1e3, data.len() as f64 / total / 1e9);
        let mut total = 0.0;
        let zeros = vec![b'z'; 1 << 20];
        for _ in 0..1 {
            let mut b = f64::MAX;
            for _ in 0..50 {
                let t = std::time::Instant::now();
                let mut n = 0;
                f.scan(&zeros, |_, _| n += 1);
                std::hint::black_box(n);
                b = b.min(t.elapsed().as_secs_f64());
            }
            total += b;
        }
        println!("no bit set {:.2} GB/s", zeros.len() as f64 / total / 1e9);
        println!("filter {:.1} ms {:.2} GB/s", best * 1e3, data.len() as f64 / best / 1e9);
        let mut order: Vec<_> = hits.iter().copied().zip(&names).collect();
        order.sort_unstable_by(|a, b| b.cmp(a));
        println!("{:?}", &order[..25]);
        // entries by confirm count
        let mut by = std::collections::HashMap::<u32, usize>::new();
        for w in data.windows(4) {
            let g = u32::from_le_bytes(w.try_into().unwrap());
            if f.bit(g) & 1 == 1 {
                *by.entry(g).or_default() += 1;
            }
        }
        let mut top: Vec<_> = by
            .into_iter()
            .map(|(g, n)| {
                (
                    n,
                    String::from_utf8_lossy(&g.to_le_bytes()).into_owned(),
                    f.entries
                        .iter()
                        .filter(|e| e.gram == g)
                        .map(|e| names[e.keyword as usize].clone())
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        top.sort();
        top.reverse();
        for t in &top[..30] {
            println!("{t:?}");
        }
    }
}
