//! Where in the table a token belongs.

use crate::token_mark::{NoRandomness, random};

/// Two sets that a token may be in, and what it is told apart by before anything is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) sets: [usize; 2],
    /// Never zero, which is the fingerprint of nothing.
    pub(super) fingerprint: u32,
}

/// NH, the universal hash of UMAC (RFC 4418, section 5.2), over the end of the signature: two texts of one length meet by
/// chance once in 2^64, whoever chooses them without the keys. Nobody can fill one place on purpose, and it takes two multiplications.
pub(super) struct Hasher {
    keys: [u64; WORDS],
}

/// 24 bytes of a signature, in base64url. No signature that we verify is shorter.
const HASHED: usize = 8 * WORDS;
const WORDS: usize = 4;

impl Hasher {
    pub(super) fn new() -> Result<Self, NoRandomness> {
        let mut keys = [0; WORDS];
        for key in &mut keys {
            *key = u64::from_le_bytes(random()?);
        }
        Ok(Hasher { keys })
    }

    /// None for a text that is too short to be a token.
    #[expect(clippy::cast_possible_truncation, reason = "pieces of a hash, and less than the number of sets")]
    pub(super) fn place(&self, token: &[u8], sets: usize) -> Option<Place> {
        let end: &[u8; HASHED] = token.last_chunk()?;
        let mut words = [0; WORDS];
        let (chunks, _) = end.as_chunks();
        for (word, (bytes, key)) in words.iter_mut().zip(chunks.iter().zip(self.keys)) {
            *word = u128::from(u64::from_le_bytes(*bytes).wrapping_add(key));
        }
        let [a, b, c, d] = words;
        let hash = (a * b).wrapping_add(c * d);
        let [low, high] = [hash, hash >> 64].map(|half| mixed(half as u64));
        // Both halves of `low` pick a set: scaled rather than taken modulo, which would cost more than the rest.
        let count = sets as u64;
        let first = ((low >> 32) * count) >> 32;
        let step = 1 + (((low & 0xffff_ffff) * count.saturating_sub(1)) >> 32);
        let second = (first + step) % count.max(1);
        Some(Place { sets: [first as usize, second as usize], fingerprint: (high as u32).max(1) })
    }
}

/// Spreads what is left uneven: products are small more often than not.
fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word ^ (word >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_tokens_evenly_and_over_two_sets() {
        let hasher = Hasher::new().unwrap();
        let mut counts = [0_u32; 100];
        for number in 0..10_000_u32 {
            let place = hasher.place(format!("{number:040}").as_bytes(), 100).unwrap();
            assert_ne!(place.sets[0], place.sets[1]);
            assert_ne!(place.fingerprint, 0);
            for set in place.sets {
                counts[set] += 1;
            }
        }
        // 200 on average with a deviation of 14; eight of them are not seen in the lifetime of a universe.
        assert!(counts.iter().all(|count| (88..312).contains(count)), "{counts:?}");
    }

    #[test]
    fn one_set_is_both_and_short_texts_have_no_place() {
        let hasher = Hasher::new().unwrap();
        assert_eq!(hasher.place(&[b'a'; 32], 1).unwrap().sets, [0, 0]);
        assert!(hasher.place(&[b'a'; 31], 1).is_none());
    }
}
