//! What stands before the handler.

use std::error::Error;

use claimgate_tower::{Authenticator, Issuer, Start, TokenCache};

use crate::start::Trusted;
use crate::through::Work;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing.
    Bare,
    /// A layer that leaves something in the extensions of a request, for its handler, and decides nothing.
    Through,
    /// The same, and it reads the time and makes a tag of the token.
    Tag,
    /// Every signature is checked.
    Cold,
    /// As it is by default.
    Cached,
}

impl Mode {
    pub(crate) fn parse(word: Option<&str>) -> Result<Self, String> {
        match word {
            Some("bare") => Ok(Mode::Bare),
            Some("through") => Ok(Mode::Through),
            Some("tag") => Ok(Mode::Tag),
            Some("cold") => Ok(Mode::Cold),
            Some("cached") => Ok(Mode::Cached),
            other => Err(format!("unknown mode {other:?}")),
        }
    }

    /// What a layer that decides nothing does.
    pub(crate) fn work(self) -> Option<Work> {
        match self {
            Mode::Through => Some(Work::Nothing),
            Mode::Tag => Work::tag(),
            Mode::Bare | Mode::Cold | Mode::Cached => None,
        }
    }

    /// Ready to decide; nothing for a server that checks none.
    pub(crate) async fn gate(self, trusted: Trusted) -> Result<Option<Authenticator>, Box<dyn Error>> {
        let cache = match self {
            Mode::Bare | Mode::Through | Mode::Tag => return Ok(None),
            Mode::Cold => TokenCache::disabled(),
            Mode::Cached => TokenCache::new(),
        };
        let Trusted { issuer, audience, jwks_uri } = trusted;
        let issuer = Issuer::new(issuer).audience(audience).jwks_uri(jwks_uri).start(Start::Fail);
        let gate = Authenticator::builder().issuer(issuer).token_cache(cache).build()?;
        gate.ready().await?;
        Ok(Some(gate))
    }
}
