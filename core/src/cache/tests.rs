use std::sync::Arc;
use std::time::{Duration, Instant};

use claimgate_testkit::{Alg, TestIssuer, TokenBuilder, base64url_decode};

use super::*;
use crate::token_mark::Mark;
use crate::{Authenticator, Decision, Issuer};

const NOW: u64 = 1_700_000_000;

fn at(unix: u64) -> Moment {
    Moment::new(Duration::from_secs(unix), Instant::now())
}

/// An issuer, who trusts it without a cache, and a cache on its own.
struct Bench {
    issuer: TestIssuer,
    gate: Authenticator,
    cache: VerifiedTokens,
}

impl Bench {
    fn new(settings: TokenCache) -> Self {
        let issuer = TestIssuer::with_algorithm("https://issuer.test", Alg::EdDSA);
        let rules = Issuer::new(issuer.issuer()).any_audience().jwks(issuer.jwks());
        let gate = Authenticator::builder().issuer(rules).token_cache(TokenCache::disabled()).build();
        Bench { issuer, gate: gate.unwrap(), cache: VerifiedTokens::new(settings).unwrap() }
    }

    fn token(&self) -> TokenBuilder {
        self.issuer.token().at(NOW.cast_signed())
    }

    fn verified(&self, token: &str) -> VerifiedToken {
        match self.gate.authenticate_token(token, at(NOW)) {
            Decision::Decided(verified) => verified.unwrap(),
            Decision::Pending(_) => panic!("the key is known"),
        }
    }

    fn keep(&self, token: &str) -> VerifiedToken {
        let verified = self.verified(token);
        self.cache.keep(bearer(token), &verified, at(NOW));
        verified
    }

    fn find(&self, token: &str) -> Option<VerifiedToken> {
        self.find_at(token, NOW)
    }

    fn find_at(&self, token: &str, unix: u64) -> Option<VerifiedToken> {
        self.cache.find(bearer(token), at(unix), |_| true)
    }
}

fn bearer(token: &str) -> BearerToken<'_> {
    BearerToken::new(token, usize::MAX).unwrap()
}

fn is_one(one: &VerifiedToken, other: &VerifiedToken) -> bool {
    Arc::ptr_eq(one.body(), other.body())
}

/// Whether `part` stands anywhere in `text`.
fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[test]
fn finds_a_token_by_the_whole_of_its_text() {
    for settings in [TokenCache::new(), TokenCache::new().keep_token_text()] {
        let bench = Bench::new(settings);
        let (token, other) = (bench.token().mint(), bench.token().subject("other").mint());
        let kept = bench.keep(&token);
        assert!(is_one(&bench.find(&token).unwrap(), &kept));
        assert!(bench.find(&other).is_none());
        for byte in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[byte] = if changed[byte] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(bench.find(&changed).is_none(), "byte {byte}");
        }
        for changed in [format!("A{token}"), format!("{token}A"), token[1..].to_owned()] {
            assert!(bench.find(&changed).is_none(), "{changed}");
        }
    }
}

#[test]
fn one_that_is_not_good_any_more_is_no_hit_and_leaves() {
    let bench = Bench::new(TokenCache::new());
    let token = bench.token().mint();
    bench.keep(&token);
    assert!(bench.cache.find(bearer(&token), at(NOW), |_| false).is_none());
    assert!(bench.find(&token).is_none(), "good or not, it has left");
    let again = bench.keep(&token);
    assert!(is_one(&bench.find(&token).unwrap(), &again));
}

#[test]
fn a_token_that_is_verified_once_more_takes_its_own_place() {
    let bench = Bench::new(TokenCache::new().capacity(2));
    let (token, other) = (bench.token().mint(), bench.token().subject("other").mint());
    let first = bench.keep(&token);
    bench.keep(&other);
    let second = bench.keep(&token);
    assert!(is_one(&bench.find(&token).unwrap(), &second) && !is_one(&first, &second));
    assert!(bench.find(&other).is_some());
}

#[test]
fn bytes_are_bounded_by_what_tokens_take() {
    let bench = Bench::new(TokenCache::new());
    let tokens: Vec<_> = (0..40).map(|number| bench.token().subject(format!("{number}")).mint()).collect();
    let one = bench.keep(&tokens[0]).body().bytes();
    assert!(one > bench.verified(&tokens[0]).raw_claims().len());
    let small = TokenCache::new().max_bytes(one * 10);
    for settings in [small, small.keep_token_text()] {
        let bench = Bench { cache: VerifiedTokens::new(settings).unwrap(), ..Bench::new(settings) };
        let tokens: Vec<_> =
            (0..40).map(|number| bench.token().subject(format!("{number}")).mint()).collect();
        let kept: Vec<_> = tokens.iter().map(|token| bench.keep(token)).collect();
        let found: Vec<_> = tokens.iter().filter_map(|token| bench.find(token)).collect();
        let bytes: usize = found.iter().map(|token| token.body().bytes()).sum();
        assert!(bytes <= one * 10 && (4..=10).contains(&found.len()), "{} tokens", found.len());
        assert_eq!(kept.len(), 40);
    }
}

#[test]
fn nothing_is_kept_where_there_is_no_room() {
    for settings in [TokenCache::new().capacity(0), TokenCache::new().max_bytes(0)] {
        let bench = Bench::new(settings);
        let token = bench.token().mint();
        bench.keep(&token);
        assert!(bench.find(&token).is_none());
    }
}

#[test]
fn a_token_that_was_verified_too_long_ago_is_no_hit_and_leaves() {
    let bench = Bench::new(TokenCache::new().time_to_live(Duration::from_secs(60)));
    let token = bench.token().mint();
    let kept = bench.keep(&token);
    assert!(is_one(&bench.find_at(&token, NOW + 59).unwrap(), &kept));
    assert!(bench.find_at(&token, NOW + 60).is_none());
    assert!(bench.find_at(&token, NOW + 59).is_none(), "it has left");
}

#[test]
fn a_token_that_was_verified_too_long_ago_goes_first_where_there_is_no_room() {
    for (settings, stays) in [
        (TokenCache::new().capacity(1).time_to_live(Duration::from_secs(60)), false),
        (TokenCache::new().capacity(1), true),
    ] {
        let bench = Bench::new(settings);
        let [used, newcomer] = ["used", "newcomer"].map(|name| bench.token().subject(name).mint());
        bench.keep(&used);
        for _ in 0..3 {
            assert!(bench.find(&used).is_some());
        }
        bench.cache.keep(bearer(&newcomer), &bench.verified(&newcomer), at(NOW + 60));
        assert_eq!(bench.find_at(&newcomer, NOW).is_none(), stays, "{settings:?}");
    }
}

/// What is kept as bytes: the claims, and the text of the token where that was asked for.
#[test]
fn n140_what_is_kept_has_neither_the_text_of_the_token_nor_its_signature() {
    for (settings, keeps_text) in [(TokenCache::new(), false), (TokenCache::new().keep_token_text(), true)] {
        let bench = Bench::new(settings);
        let token = bench.token().mint();
        bench.keep(&token);
        let found = bench.find(&token).unwrap();
        let mark = match found.body().mark().unwrap() {
            Mark::Text(text) => text.to_vec(),
            Mark::Tag { length, tag: [a, b] } => [*length as u64, *a, *b].map(u64::to_ne_bytes).concat(),
        };
        let kept = [&mark, found.raw_claims().as_bytes()].concat();
        let signature = token.rsplit('.').next().unwrap();
        assert_eq!(holds(&kept, token.as_bytes()), keeps_text);
        assert_eq!(holds(&kept, &signature.as_bytes()[..16]), keeps_text);
        assert!(!holds(&kept, &base64url_decode(signature).unwrap()[..16]));
    }
}
