//! What an operator should know of a configuration that is good enough to start with.

use std::fmt;

/// One thing to know. Its text is one line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Nobody knows this key, so it does nothing.
    UnknownKey {
        /// The key, with its tables.
        key: String,
        /// The known key that it looks like.
        nearest: Option<String>,
    },
    /// The value is a Java class, whose part a plug-in in Rust has to take.
    NeedsPlugin {
        /// The key, with its tables.
        key: String,
        /// The class.
        class: String,
    },
    /// The key is spelt as the original spells it, which is wrong.
    Misspelled {
        /// The key, with its tables.
        key: String,
        /// As it should be.
        right: String,
    },
    /// Tokens of this issuer are taken whoever they are for: the file has no place to say it.
    AnyAudience {
        /// The issuer.
        issuer: String,
    },
    /// Tokens of this issuer need a `kid`: it has a JWK Set, and the original would look for the key of the others in the trust
    /// store, which is a directory here and has no default key.
    KeyIdNeeded {
        /// The issuer.
        issuer: String,
    },
    /// These issuers have no JWK Set, so that their keys are in the trust store: every key in it makes good tokens of each of them.
    SharedTrustStore {
        /// The issuers, two or more.
        issuers: Vec<String>,
    },
    /// There is no issuer, so that no token is good.
    NoIssuer,
    /// The key is known and does nothing here.
    NoEffect {
        /// The key, with its tables.
        key: String,
        /// Why.
        reason: &'static str,
    },
    /// The private key that belongs to this one is public.
    DemoKey {
        /// The store or directory that it is in.
        place: String,
        /// Its alias.
        alias: Option<String>,
        /// The certificate that it is known from, by the beginning of its SHA-1 thumbprint.
        certificate: &'static str,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::UnknownKey { key, nearest: Some(nearest) } => {
                write!(formatter, "unknown key {key:?}, did you mean {nearest:?}?")
            }
            Notice::UnknownKey { key, nearest: None } => write!(formatter, "unknown key {key:?}"),
            Notice::NeedsPlugin { key, class } => {
                write!(formatter, "{key} = {class:?}: a Java class, whose part a plug-in in Rust has to take")
            }
            Notice::Misspelled { key, right } => write!(formatter, "{key:?} is read as {right:?}"),
            Notice::AnyAudience { issuer } => {
                write!(
                    formatter,
                    "issuer {issuer:?}: its tokens are taken whatever their `aud`, unless the API names audiences"
                )
            }
            Notice::KeyIdNeeded { issuer } => write!(
                formatter,
                "issuer {issuer:?}: its tokens need a `kid`, as it has a JWK Set and the trust store is a directory, without a default key"
            ),
            Notice::SharedTrustStore { issuers } => {
                formatter.write_str("issuers ")?;
                for (index, issuer) in issuers.iter().enumerate() {
                    write!(formatter, "{}{issuer:?}", if index == 0 { "" } else { ", " })?;
                }
                formatter.write_str(
                    ": they have no JWK Set, so every key of the trust store verifies the tokens of each of them",
                )
            }
            Notice::NoIssuer => formatter.write_str("no [[apim.jwt.issuer]]: no token will be good"),
            Notice::NoEffect { key, reason } => write!(formatter, "{key} has no effect: {reason}"),
            Notice::DemoKey { place, alias, certificate } => {
                write!(formatter, "{place}: ")?;
                if let Some(alias) = alias {
                    write!(formatter, "alias {alias:?}: ")?;
                }
                write!(
                    formatter,
                    "the key of the demo certificate {certificate}, whose private key is public: whoever has it makes good tokens"
                )
            }
        }
    }
}
