//! What the gateway knows of one issuer beyond what makes its tokens good.

use crate::claim_mapping::ClaimMapping;
use crate::deployment::JwtIssuer;
use crate::fault::KeyPlace;

/// How the tokens of one issuer are read.
#[derive(Clone, Debug)]
pub struct IssuerRules {
    pub(crate) mapping: ClaimMapping,
    pub(crate) consumer_key_claim: Option<String>,
    pub(crate) keys: KeyPlace,
}

impl IssuerRules {
    /// Those of an issuer whose keys come from `keys`: claims go through as they are, and the client is in `consumerKey` or `azp`.
    pub fn new(keys: KeyPlace) -> Self {
        IssuerRules { mapping: ClaimMapping::new(), consumer_key_claim: None, keys }
    }

    /// Those of an issuer of a deployment.
    pub(crate) fn of(issuer: &JwtIssuer) -> Self {
        let keys = if issuer.jwks_url.is_some() { KeyPlace::JwkSet } else { KeyPlace::TrustStore };
        let renamed = issuer.claim_mapping.iter();
        let mapping = renamed.fold(ClaimMapping::new(), |all, one| all.rename(&one.remote, &one.local));
        IssuerRules { mapping, consumer_key_claim: issuer.consumer_key_claim.clone(), keys }
    }

    /// These rules, and where they say nothing those of a deployment.
    pub(crate) fn over(self, described: IssuerRules) -> Self {
        IssuerRules {
            mapping: self.mapping.over(described.mapping),
            consumer_key_claim: self.consumer_key_claim.or(described.consumer_key_claim),
            keys: described.keys,
        }
    }

    /// Maps claims for the services.
    pub fn mapping(self, mapping: ClaimMapping) -> Self {
        IssuerRules { mapping, ..self }
    }

    /// Takes the client from this claim and no other: a string, or the first of an array of strings.
    pub fn consumer_key_claim(self, claim: impl Into<String>) -> Self {
        IssuerRules { consumer_key_claim: Some(claim.into()), ..self }
    }
}
