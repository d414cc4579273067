//! What it costs to refuse: no more than what has to be done to find the reason.

use std::hint::black_box;
use std::iter;

use claimgate_benches::{Bar, Row};
use claimgate_testkit::{Alg, SigningKey};
use claimgate_tower::{AuthErrorKind, Authenticator, Decision, TokenCache};

use crate::Failure;
use crate::gates::gate;
use crate::mint::{self, Mint};
use crate::request::Request;
use crate::signature::{Signed, parsed};
use crate::timing::{Comparison, Place};

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>, Failure> {
    Ok([unknown_issuer(runs)?, bad_signature(Alg::RS256, runs)?, bad_signature(Alg::ES256, runs)?].concat())
}

/// Against the strict parse, of which the core has no function of its own: a token without `iss` is refused as soon as all of it
/// is parsed. Its claim is there under another name, so that both are parsed alike; and both refusals make an error and log it.
fn unknown_issuer(runs: usize) -> Result<Vec<Row>, Failure> {
    let mint = Mint::new(Alg::RS256);
    let key = mint.keys().first().ok_or("no key")?;
    let cold = gate(&mint, TokenCache::disabled())?;
    let caching = gate(&mint, TokenCache::new())?;
    let stranger = Mint::of(1, vec![key.clone()]);
    let nameless = mint.draft(key).without("iss").claim("isx", mint.name());
    let unknown = Request::new(&stranger.token());
    let nameless = Request::new(&nameless.mint());
    let mut comparison = Comparison::default();
    let parse = refusing(&mut comparison, &cold, &nameless, AuthErrorKind::MissingClaim);
    let refused = refusing(&mut comparison, &cold, &unknown, AuthErrorKind::UnknownIssuer);
    let refused_caching = refusing(&mut comparison, &caching, &unknown, AuthErrorKind::UnknownIssuer);
    let times = comparison.run(runs)?;
    let row = |what: &str, bar, arm| {
        let detail = format!("{}; both make an error and log it", times.told_against(arm, parse));
        Row::of(what, bar, times.ratios(arm, parse), detail)
    };
    Ok(vec![
        row("refused: unknown issuer ÷ the strict parse", Bar::AtMost(1.1), refused),
        row("refused: unknown issuer, cache on ÷ the strict parse", Bar::Told, refused_caching),
    ])
}

/// A token under the `kid` of a key that has not signed it, against one check of its signature.
fn bad_signature(alg: Alg, runs: usize) -> Result<Vec<Row>, Failure> {
    let key = mint::key(alg, 0);
    let stranger = SigningKey::generate(alg, key.kid());
    let public = parsed(&key).ok_or("no parameters for this algorithm")?;
    let forged = Mint::of(0, vec![key.clone()]).token_by(&stranger);
    let signed = Signed::new(&forged).ok_or("a token is none")?;
    let request = Request::new(&forged);
    let sets: Vec<(Mint, Authenticator)> = SIZES
        .map(|size| -> Result<_, Failure> {
            // The others are of a kind that is made at once.
            let others = (1..size).map(|number| mint::key(Alg::ES256, number));
            let mint = Mint::of(0, iter::once(key.clone()).chain(others).collect());
            let gate = gate(&mint, TokenCache::disabled())?;
            Ok((mint, gate))
        })
        .into_iter()
        .collect::<Result<_, _>>()?;
    let mut comparison = Comparison::default();
    let bare = comparison.arm(|| !signed.is_by(&public));
    let arms: Vec<(usize, Place)> = sets
        .iter()
        .map(|(mint, gate)| {
            let arm = refusing(&mut comparison, gate, &request, AuthErrorKind::BadSignature);
            (mint.keys().len(), arm)
        })
        .collect();
    let times = comparison.run(runs)?;
    let row = |(size, arm)| {
        Row::of(
            format!("refused: bad {alg} signature, set of {size} ÷ one check"),
            Bar::AtMost(1.1),
            times.ratios(arm, bare),
            times.told_against(arm, bare),
        )
    };
    Ok(arms.into_iter().map(row).collect())
}

/// Adds an arm that refuses `request` for this reason.
fn refusing<'a>(
    comparison: &mut Comparison<'a>,
    gate: &'a Authenticator,
    request: &'a Request,
    kind: AuthErrorKind,
) -> Place {
    let now = gate.now();
    comparison.arm(move || match black_box(gate.authenticate(black_box(request), now)) {
        Decision::Decided(Err(error)) => error.kind() == kind,
        Decision::Decided(Ok(_)) | Decision::Pending(_) => false,
    })
}

const SIZES: [usize; 3] = [1, 100, 10_000];
