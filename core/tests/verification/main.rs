//! Whole tokens against whole authenticators: what is let in, and what of everything else is said.

mod algorithm;
mod cache;
mod certificate;
mod compact;
mod confirmation;
mod header;
mod issuer;
mod json;
mod key;
mod memory;
mod rush;
mod secrecy;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use claimgate_core::{Algorithm, AuthErrorKind, Authenticator, Decision, Issuer, Refusal, RequestView};
use claimgate_testkit::{Alg, SigningKey, TestIssuer, base64url, tamper};
use serde_json::{Value, json};

use AuthErrorKind::{
    AlgorithmNotAllowed, AmbiguousKey, BadSignature, InvalidClaim, KeyMismatch, MalformedCredentials,
    MalformedToken, MissingClaim, TokenTooLarge, UnknownIssuer, UnknownKey, UnsupportedHeader,
};
use support::{AUDIENCE, ISSUER, NOW, decide, gate, good, issuer, kind, moment, trust};

type Kind = Result<(), AuthErrorKind>;

/// Signs each payload with a published key and decides about it.
fn payloads<'p>(cases: impl IntoIterator<Item = (&'static str, &'p str, Kind)>) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for (name, payload, expected) in cases {
        let token = good(&issuer).raw_payload(payload).mint();
        assert_eq!(kind(&gate, &token), expected, "{name}");
    }
}

/// A good payload with one more member, as text.
fn with(member: &str) -> String {
    format!(r#"{{"iss":"{ISSUER}","aud":"{AUDIENCE}","exp":{},{member}}}"#, NOW + 300)
}

/// Signs each header with a published key and decides about it.
fn headers<'h>(cases: impl IntoIterator<Item = (&'static str, &'h str, Kind)>) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    for (name, header, expected) in cases {
        let token = good(&issuer).raw_header(header).mint();
        assert_eq!(kind(&gate, &token), expected, "{name}");
    }
}

/// Decides about texts made of the three parts of a good token.
fn rearranged<const N: usize>(cases: impl FnOnce(&str, &str, &str) -> [(&'static str, String, Kind); N]) {
    let issuer = issuer(Alg::ES256);
    let gate = trust(&issuer);
    let token = good(&issuer).mint();
    assert_eq!(kind(&gate, &token), Ok(()));
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    for (name, text, expected) in cases(header, payload, signature) {
        assert_eq!(kind(&gate, &text), expected, "{name}");
    }
}

/// Takes tokens of so many bytes.
fn limited(issuer: &TestIssuer, bytes: usize) -> Authenticator {
    let rules = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks());
    Authenticator::builder().max_token_bytes(bytes).issuer(rules).build().unwrap()
}
