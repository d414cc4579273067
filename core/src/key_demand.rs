//! The signal that a request without a key sends to those who fetch keys. It is all that the verifier knows of them.

use std::pin::Pin;
use std::time::Duration;

use crate::certificate::Thumbprints;
use crate::moment::Moment;

/// Takes the demand for newer keys of one issuer.
pub(crate) trait KeyDemand: Send + Sync {
    /// Asks for newer keys on behalf of one request. Never blocks.
    fn demand(&self, miss: Miss<'_>, now: Moment) -> Demand;
}

/// What a request missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Miss<'a> {
    pub(crate) kind: MissKind,
    pub(crate) key_id: Option<&'a str>,
    pub(crate) thumbprints: Thumbprints,
    /// The generation of the keys that it looked through.
    pub(crate) seen: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum MissKind {
    /// There is no such key, or there are no keys at all.
    UnknownKey,
    /// There is a key, and the signature is not its own or of an algorithm that is not its own: the issuer may have put another key under the same name, or its
    /// tokens name none.
    BadSignature,
}

/// The answer to a demand.
pub(crate) enum Demand {
    /// Newer keys came between the look and the question: look again. Without this, a request that is overtaken by the
    /// very fetch it needs would spend a fetch of the budget, or be refused where none is left.
    AlreadyThere,
    /// No fetch will be made for it now.
    Refused {
        /// When the next attempt is due.
        retry_after: Duration,
    },
    /// A fetch is under way or could be, and too many wait already to wait too.
    Busy {
        /// When it is worth while to come again.
        retry_after: Duration,
    },
    /// A fetch is under way.
    Awaited {
        /// Ends with the fetch.
        fetched: Fetched,
        /// Whether what it brings is the answer for this request: the fetch began after the first request with this demand
        /// arrived, so a key that it does not bring was not published. If not, the request may ask once more.
        conclusive: bool,
    },
}

/// The end of a fetch, however it ended.
pub(crate) type Fetched = Pin<Box<dyn Future<Output = Result<(), FetcherGone>> + Send>>;

/// Nobody fetches keys any more: the runtime has ended.
#[derive(Debug)]
pub(crate) struct FetcherGone;
