//! Keys that an operator has taken out of use, whatever their source goes on to say.

use std::sync::Arc;

use crate::key::VerificationKey;

/// The revoked keys of one issuer, by thumbprint: a revoked key that comes back under another `kid`, by another refresh or
/// from another source is the same key (RFC 7638).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RevokedKeys(Arc<[RevokedKey]>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct RevokedKey {
    thumbprint: [u8; 32],
    /// What it was called when it was revoked, to restore it by.
    key_id: Option<Box<str>>,
    /// No operator has said it, and none takes it back.
    is_denied: bool,
}

impl RevokedKeys {
    pub(crate) fn contains(&self, key: &VerificationKey) -> bool {
        // A handful at most, and mostly none: a scan is the fastest look-up there is.
        self.0.iter().any(|revoked| revoked.thumbprint == key.thumbprint())
    }

    /// How many operators have revoked.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().filter(|revoked| !revoked.is_denied).count()
    }

    /// These, and of those that are denied for good the ones of `thumbprints` alone.
    pub(crate) fn denying(&self, thumbprints: &[[u8; 32]]) -> Self {
        let denied = thumbprints.iter().map(|thumbprint| RevokedKey {
            thumbprint: *thumbprint,
            key_id: None,
            is_denied: true,
        });
        RevokedKeys(self.0.iter().filter(|revoked| !revoked.is_denied).cloned().chain(denied).collect())
    }

    /// These and one more.
    pub(crate) fn with(&self, thumbprint: [u8; 32], key_id: Option<&str>) -> Self {
        let added = RevokedKey { thumbprint, key_id: key_id.map(Into::into), is_denied: false };
        if self.0.contains(&added) {
            return self.clone();
        }
        RevokedKeys(self.0.iter().cloned().chain([added]).collect())
    }

    /// These without the ones that were called `key_id`; none if there are none such.
    pub(crate) fn without_key_id(&self, key_id: &str) -> Option<Self> {
        self.without(|revoked| revoked.key_id.as_deref() == Some(key_id))
    }

    /// These without the one of `thumbprint`; none if it is not among them.
    pub(crate) fn without_thumbprint(&self, thumbprint: [u8; 32]) -> Option<Self> {
        self.without(|revoked| revoked.thumbprint == thumbprint)
    }

    /// All names under which a key was revoked go with it: a key that was restored under one must not stay revoked under
    /// another.
    fn without(&self, is_meant: impl Fn(&RevokedKey) -> bool) -> Option<Self> {
        let is_meant = |revoked: &&RevokedKey| !revoked.is_denied && is_meant(revoked);
        let meant: Vec<_> = self.0.iter().filter(is_meant).map(|revoked| revoked.thumbprint).collect();
        let stays = |revoked: &&RevokedKey| revoked.is_denied || !meant.contains(&revoked.thumbprint);
        let kept = self.0.iter().filter(stays).cloned();
        (!meant.is_empty()).then(|| RevokedKeys(kept.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_restored_by_its_name_or_its_thumbprint() {
        let (a, b) = ([1; 32], [2; 32]);
        let both = RevokedKeys::default().with(a, Some("a")).with(a, Some("other")).with(b, None);
        assert_eq!(both.with(b, None).len(), 3, "twice is once");
        assert_eq!(both.without_key_id("a").unwrap().len(), 1, "with all its names");
        assert_eq!(both.without_thumbprint(b).unwrap().len(), 2);
        assert!(both.without_key_id("b").is_none());
        assert!(both.without_thumbprint([3; 32]).is_none());
    }

    #[test]
    fn what_is_denied_for_good_is_no_operators_to_take_back() {
        let denied = RevokedKeys::default().denying(&[[1; 32], [2; 32]]);
        assert_eq!(denied.len(), 0);
        assert!(denied.without_thumbprint([1; 32]).is_none());
        let revoked = denied.with([1; 32], Some("a"));
        assert_eq!(revoked.len(), 1);
        assert_eq!(revoked.without_key_id("a").unwrap(), denied);
        assert_eq!(revoked.denying(&[]), RevokedKeys::default().with([1; 32], Some("a")));
    }
}
