//! Ids, keys and signatures: they look random and follow from a seed.

use std::collections::BTreeMap;

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
/// 36⁸: how many ids of eight characters there are.
const IDS: u64 = 2_821_109_907_456;
/// Prime to 36, so that counting in steps of it meets every id once.
const STEP: u64 = 1_618_033_988_749;

/// Makes ids, each once, counted separately for each kind of thing.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    seed: u64,
    made: BTreeMap<&'static str, u64>,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, made: BTreeMap::new() }
    }

    /// The next id with this prefix, such as `c-8k2m0q1z` for `c`.
    pub(crate) fn next(&mut self, prefix: &'static str) -> String {
        let count = self.made.entry(prefix).or_default();
        *count += 1;
        let start = hash(self.seed, prefix.as_bytes()) % IDS;
        let place = (u128::from(*count) * u128::from(STEP) + u128::from(start)) % u128::from(IDS);
        format!("{prefix}-{}", characters(u64::try_from(place).unwrap_or_default(), 8))
    }

    /// How many ids with this prefix there have been.
    pub(crate) fn made(&self, prefix: &str) -> u64 {
        self.made.get(prefix).copied().unwrap_or_default()
    }
}

fn characters(mut number: u64, length: usize) -> String {
    let mut text = Vec::with_capacity(length);
    for _ in 0..length {
        let digit = usize::try_from(number % 36).unwrap_or_default();
        text.push(ALPHABET.get(digit).copied().unwrap_or(b'0'));
        number /= 36;
    }
    text.iter().rev().map(|&b| char::from(b)).collect()
}

/// `length` characters that follow from the seed and what they are for.
pub(crate) fn secret(seed: u64, purpose: &str, length: usize) -> String {
    let mut text = String::with_capacity(length + 8);
    let mut round = 0_u64;
    while text.len() < length {
        text.push_str(&characters(hash(seed ^ splitmix(round), purpose.as_bytes()) % IDS, 8));
        round += 1;
    }
    text.truncate(length);
    text
}

/// One step of SplitMix64.
pub(crate) fn splitmix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hash that is the same on every machine and in every version. It keeps mistakes out, not attackers.
pub(crate) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut state = splitmix(seed ^ u64::try_from(bytes.len()).unwrap_or_default());
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        state = splitmix(state ^ u64::from_le_bytes(word));
    }
    state
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_follow_from_the_seed_and_never_repeat() {
        let (mut a, mut b) = (Ids::new(7), Ids::new(7));
        let ids: BTreeSet<_> = (0..20_000).map(|_| a.next("c")).collect();
        assert_eq!(ids.len(), 20_000);
        assert!((0..20_000).all(|_| ids.contains(&b.next("c"))));
        assert_ne!(Ids::new(8).next("c"), Ids::new(7).next("c"));
        assert_eq!((a.next("s").len(), a.made("s"), a.made("x")), (10, 1, 0));
    }

    #[test]
    fn secrets_follow_from_seed_and_purpose() {
        assert_eq!(secret(1, "key", 40), secret(1, "key", 40));
        assert_ne!(secret(1, "key", 40), secret(1, "other", 40));
        assert_eq!(secret(1, "key", 13).len(), 13);
    }
}
