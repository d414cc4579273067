//! Which keys of a set are tried for a token.

use crate::algorithm::Algorithm;
use crate::certificate::Thumbprints;
use crate::error::AuthErrorKind;
use crate::key::VerificationKey;
use crate::key_index::Meant;
use crate::key_set::KeySet;

/// What the header of a token says about its key. It picks among the keys of the issuer and brings none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyHint<'t> {
    pub(crate) key_id: Option<&'t str>,
    pub(crate) thumbprints: Thumbprints,
}

impl KeySet {
    /// The keys to try for a token, at least one and at most [`MOST_TRIED`]. With `valid_at`, a key whose certificate is not
    /// valid at that second is not among them.
    pub(crate) fn candidates(
        &self,
        hint: KeyHint<'_>,
        algorithm: Algorithm,
        valid_at: Option<i64>,
    ) -> Result<Candidates<'_>, AuthErrorKind> {
        let mut candidates = Candidates::default();
        let meant = self.index().find(hint.key_id, &hint.thumbprints);
        for key in self.meant(&meant) {
            candidates.add_if_fits(key, algorithm, valid_at)?;
        }
        match (candidates.count, meant) {
            (0, _) if candidates.has_left_out => Err(AuthErrorKind::KeyNotValid),
            (0, Meant::These(..)) => Err(AuthErrorKind::KeyMismatch),
            (0, Meant::Any | Meant::None) => Err(AuthErrorKind::UnknownKey),
            _ => Ok(candidates),
        }
    }

    /// The key that would be tried if its certificate were valid at this second; of several the one whose certificate ends last.
    /// Asked once none is left: who is refused otherwise should not pay for it.
    pub(crate) fn left_out(
        &self,
        hint: KeyHint<'_>,
        algorithm: Algorithm,
        second: i64,
    ) -> Option<&VerificationKey> {
        let meant = self.index().find(hint.key_id, &hint.thumbprints);
        let left_out = self.meant(&meant).filter(|key| key.fits(algorithm) && !key.is_valid_at(second));
        left_out.max_by_key(|key| key.not_after())
    }

    fn meant<'a>(&'a self, meant: &Meant<'a>) -> impl Iterator<Item = &'a VerificationKey> {
        const NONE: &[usize] = &[];
        let (all, named, more) = match meant {
            Meant::These(named, more) => (&[][..], *named, *more),
            Meant::Any => (self.keys(), NONE, NONE),
            Meant::None => (&[][..], NONE, NONE),
        };
        let named = named.iter().chain(more).filter_map(|at| self.keys().get(*at));
        all.iter().chain(named)
    }

    /// Whether no token of `algorithm` could ever be told a key, since too many stand for any `kid`.
    pub(crate) fn is_ambiguous(&self, algorithm: Algorithm) -> bool {
        let fitting = self.index().for_any_key_id().iter().filter_map(|at| self.keys().get(*at));
        fitting.filter(|key| key.fits(algorithm)).count() > MOST_TRIED
    }
}

/// A token without `kid`, or with one that several keys share, costs a signature check for each key that fits. Four
/// covers an overlapping rotation of two keys; a set where more fit has to name them.
pub(crate) const MOST_TRIED: usize = 4;

/// The keys that fit one token.
#[derive(Debug, Default)]
pub(crate) struct Candidates<'a> {
    keys: [Option<&'a VerificationKey>; MOST_TRIED],
    count: usize,
    /// A key would fit if its certificate were valid.
    has_left_out: bool,
}

impl<'a> Candidates<'a> {
    fn add_if_fits(
        &mut self,
        key: &'a VerificationKey,
        algorithm: Algorithm,
        valid_at: Option<i64>,
    ) -> Result<(), AuthErrorKind> {
        if !key.fits(algorithm) {
            return Ok(());
        }
        if valid_at.is_some_and(|second| !key.is_valid_at(second)) {
            self.has_left_out = true;
            return Ok(());
        }
        *self.keys.get_mut(self.count).ok_or(AuthErrorKind::AmbiguousKey)? = Some(key);
        self.count += 1;
        Ok(())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a VerificationKey> {
        self.keys.iter().copied().flatten()
    }
}

#[cfg(test)]
mod tests;
