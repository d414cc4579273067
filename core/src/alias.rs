//! Names of keys among which case does not count, as in Java's key stores.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Finds places by alias.
///
/// A folded copy of the name as the key of a map would do, but every request would have to make another to look it up:
/// the `kid`s of issuers have upper-case letters more often than not. So the map goes by a hash that case does not change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aliases {
    hasher: RandomState,
    buckets: HashMap<u64, Vec<Named>>,
}

#[derive(Clone, Debug)]
struct Named {
    alias: Box<str>,
    places: Vec<usize>,
}

impl Aliases {
    pub(crate) fn add(&mut self, alias: &str, place: usize) {
        let bucket = self.buckets.entry(self.hash(alias)).or_default();
        match bucket.iter_mut().find(|named| is_same(&named.alias, alias)) {
            Some(named) => named.places.push(place),
            None => bucket.push(Named { alias: alias.into(), places: vec![place] }),
        }
    }

    /// The places of `alias`, in the order in which they were added.
    pub(crate) fn find(&self, alias: &str) -> &[usize] {
        if self.buckets.is_empty() {
            return &[];
        }
        let bucket = self.buckets.get(&self.hash(alias)).map(Vec::as_slice).unwrap_or_default();
        let named = bucket.iter().find(|named| is_same(&named.alias, alias));
        named.map(|named| named.places.as_slice()).unwrap_or_default()
    }

    fn hash(&self, alias: &str) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        folded(alias).for_each(|character| hasher.write_u32(character.into()));
        hasher.finish()
    }
}

/// Whether two names are one.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    folded(one).eq(folded(other))
}

fn folded(alias: &str) -> impl Iterator<Item = char> {
    alias.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_count_and_nothing_else_is_forgiven() {
        let mut aliases = Aliases::default();
        assert!(aliases.find("gateway").is_empty());
        for (place, alias) in ["Gateway", "ZjRm_RS256", "GRÜN", "", "gate way"].into_iter().enumerate() {
            aliases.add(alias, place);
        }
        aliases.add("GATEWAY", 9);
        for (alias, expected) in [
            ("gateway", &[0, 9][..]),
            ("GateWay", &[0, 9]),
            ("zjrm_rs256", &[1]),
            ("ZJRM_RS256", &[1]),
            ("grün", &[2]),
            ("", &[3]),
            ("gate way", &[4]),
            ("gateway ", &[]),
            ("gatewa", &[]),
            ("grun", &[]),
        ] {
            assert_eq!(aliases.find(alias), expected, "{alias}");
        }
    }
}
