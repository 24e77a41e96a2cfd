//! The RFC 6962 Merkle root over the records of a log, one leaf at a time.
//!
//! Kept are the roots of the full subtrees only, at most 64 of them: the root is to be had at any moment, while
//! proofs, which would need every leaf, are not.
#![cfg_attr(not(test), deny(clippy::indexing_slicing))]

use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// A tree that leaves are added to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Roots of full subtrees, largest first: one for each bit that is set in `len`.
    full: Vec<Hash>,
    len: u64,
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tree of `len` leaves that are gone, by the roots of its full subtrees, largest first; `None` when these are
    /// not as many as such a tree has.
    #[must_use]
    pub fn resume(len: u64, full: Vec<Hash>) -> Option<Self> {
        (full.len() == len.count_ones() as usize).then_some(Self { full, len })
    }

    /// The roots of its full subtrees, largest first: what [`Tree::resume`] takes.
    #[must_use]
    pub fn subtrees(&self) -> &[Hash] {
        &self.full
    }

    /// Adds a leaf: the 32 bytes of a record's hash, which is the leaf's data, not its digest.
    pub fn push(&mut self, data: &Hash) {
        let mut leaf = [0; 33];
        leaf[1..].copy_from_slice(data);
        let mut node: Hash = Sha256::digest(leaf).into();
        // Two subtrees of the same size become one, as a carry goes through the bits of a counter.
        for _ in 0..self.len.trailing_ones() {
            let Some(left) = self.full.pop() else { break };
            node = parent(&left, &node);
        }
        self.full.push(node);
        self.len += 1;
    }

    /// The root over all leaves so far; the digest of nothing when there are none.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.full.iter().rev();
        let Some(&last) = smallest_first.next() else { return Sha256::digest([]).into() };
        smallest_first.fold(last, |right, left| parent(left, &right))
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// True when there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

fn parent(left: &Hash, right: &Hash) -> Hash {
    let mut node = [1; 65];
    node[1..33].copy_from_slice(left);
    node[33..].copy_from_slice(right);
    Sha256::digest(node).into()
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;

    use super::*;

    /// RFC 6962, section 2.1, as it is written there.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [only] => Sha256::digest([&[0][..], only].concat()).into(),
            _ => {
                let mut split = 1;
                while split * 2 < leaves.len() {
                    split *= 2;
                }
                let (left, right) = leaves.split_at(split);
                Sha256::digest([&[1][..], &by_definition(left), &by_definition(right)].concat())
                    .into()
            }
        }
    }

    fn leaf(number: usize) -> Hash {
        Sha256::digest(number.to_be_bytes()).into()
    }

    #[test]
    fn the_root_of_nothing_is_the_digest_of_nothing() {
        assert_eq!(
            HEXLOWER.encode(&Tree::new().root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert!(Tree::new().is_empty());
    }

    #[test]
    fn every_root_up_to_300_leaves_is_that_of_the_definition() {
        let mut tree = Tree::new();
        let mut leaves = Vec::new();
        for number in 0..300 {
            tree.push(&leaf(number));
            leaves.push(leaf(number));
            assert_eq!(tree.root(), by_definition(&leaves), "{} leaves", leaves.len());
            assert_eq!(tree.len(), leaves.len() as u64);
            assert_eq!(tree.full.len(), leaves.len().count_ones() as usize);
        }
    }

    #[test]
    fn a_tree_goes_on_from_its_subtrees() {
        for removed in 0..70 {
            let mut whole = Tree::new();
            (0..removed).for_each(|number| whole.push(&leaf(number)));
            let mut rest = Tree::resume(removed as u64, whole.subtrees().to_vec()).unwrap();
            for number in removed..removed + 9 {
                whole.push(&leaf(number));
                rest.push(&leaf(number));
                assert_eq!(rest.root(), whole.root());
            }
            assert_eq!(rest.len(), removed as u64 + 9);
        }
        assert!(Tree::resume(3, vec![leaf(0)]).is_none());
        assert_eq!(Tree::resume(0, Vec::new()).unwrap().root(), Tree::new().root());
    }

    proptest! {
        #[test]
        fn any_leaves(leaves in proptest::collection::vec(any::<Hash>(), 0..80)) {
            let mut tree = Tree::new();
            for leaf in &leaves {
                tree.push(leaf);
                // Asking for the root changes nothing.
                let _ = tree.root();
            }
            prop_assert_eq!(tree.root(), by_definition(&leaves));
        }
    }
}
