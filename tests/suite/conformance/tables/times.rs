//! `exp`, `nbf` and `iat`: N95 to N105.

use std::time::Duration;

use claimgate_tower::AuthErrorKind::{
    Expired, InvalidClaim, IssuedInFuture, LifetimeTooLong, MalformedToken, MissingClaim, NotYetValid,
};

use super::rows;
use crate::conformance::case::Outcome::{Accepted, InvalidToken};
use crate::conformance::case::{Case, token};
use crate::conformance::world::{LEEWAY, NOW, SUBJECT, World};

pub(super) const CASES: &[Case] = &[
    token("n095 absent", |w| w.token().without("exp").mint(), InvalidToken(MissingClaim)),
    token("n096 the last second", good, Accepted(SUBJECT)).later(300 + LEEWAY - 1),
    token("n096 the first second after", good, InvalidToken(Expired)).later(300 + LEEWAY),
    token("n096 no leeway, the last second", good, Accepted(SUBJECT))
        .later(299)
        .trusting(|w| w.trust().leeway(Duration::ZERO)),
    token("n096 no leeway, the first second after", good, InvalidToken(Expired))
        .later(300)
        .trusting(|w| w.trust().leeway(Duration::ZERO)),
    token("n096 the widest leeway, the last second", good, Accepted(SUBJECT))
        .later(599)
        .trusting(|w| w.trust().leeway(Duration::from_secs(300))),
    token("n096 the widest leeway, the first second after", good, InvalidToken(Expired))
        .later(600)
        .trusting(|w| w.trust().leeway(Duration::from_secs(300))),
    token("n097 a date", |w| w.raw_claim("exp", "\"9999999999\""), InvalidToken(InvalidClaim)),
    token(
        "n097 a date in words",
        |w| w.raw_claim("exp", "\"2999-01-01T00:00:00Z\""),
        InvalidToken(InvalidClaim),
    ),
    token("n098 zero", |w| w.raw_claim("exp", "0"), InvalidToken(Expired)),
    token("n098 zero, as a float", |w| w.raw_claim("exp", "0.0"), InvalidToken(Expired)),
    token("n098 a fraction to come", |w| w.raw_claim("exp", "1700000300.9"), Accepted(SUBJECT)),
    token("n098 a fraction is rounded down", |w| w.raw_claim("exp", "1699999940.9"), InvalidToken(Expired)),
    token("n098 a fraction that just serves", |w| w.raw_claim("exp", "1699999941.1"), Accepted(SUBJECT)),
    token("n098 a small fraction", |w| w.raw_claim("exp", "1.5"), InvalidToken(Expired)),
    token("n098 an exponent", |w| w.raw_claim("exp", "1e10"), Accepted(SUBJECT)),
    token("n098 negative", |w| w.raw_claim("exp", "-1"), InvalidToken(InvalidClaim)),
    token("n098 a negative fraction", |w| w.raw_claim("exp", "-0.5"), InvalidToken(InvalidClaim)),
    token(
        "n099 one more than an i64 holds",
        |w| w.raw_claim("exp", "9223372036854775808"),
        InvalidToken(InvalidClaim),
    ),
    token(
        "n099 what a u64 holds",
        |w| w.raw_claim("exp", "18446744073709551615"),
        InvalidToken(InvalidClaim),
    ),
    token(
        "n099 more than a u64 holds",
        |w| w.raw_claim("exp", "18446744073709551616"),
        InvalidToken(InvalidClaim),
    ),
    token("n099 1e308", |w| w.raw_claim("exp", "1e308"), InvalidToken(InvalidClaim)),
    token("n099 NaN", |w| w.raw_claim("exp", "NaN"), InvalidToken(MalformedToken)),
    token("n099 infinity", |w| w.raw_claim("exp", "Infinity"), InvalidToken(MalformedToken)),
    token("n100 null", |w| w.raw_claim("exp", "null"), InvalidToken(InvalidClaim)),
    token("n100 true", |w| w.raw_claim("exp", "true"), InvalidToken(InvalidClaim)),
    token("n100 an array", |w| w.raw_claim("exp", "[9999999999]"), InvalidToken(InvalidClaim)),
    token("n100 an object", |w| w.raw_claim("exp", "{}"), InvalidToken(InvalidClaim)),
    token("n101 ten years, no limit", |w| w.token().expires_at(NOW + TEN_YEARS).mint(), Accepted(SUBJECT)),
    token(
        "n101 ten years, a limit",
        |w| w.token().expires_at(NOW + TEN_YEARS).mint(),
        InvalidToken(LifetimeTooLong),
    )
    .trusting(one_day),
    token("n101 the longest", |w| w.token().expires_at(NOW + 86_400).mint(), Accepted(SUBJECT))
        .trusting(one_day),
    token(
        "n101 one second longer",
        |w| w.token().expires_at(NOW + 86_401).mint(),
        InvalidToken(LifetimeTooLong),
    )
    .trusting(one_day),
    token("n101 iat at the dawn of time", |w| w.token().issued_at(0).mint(), InvalidToken(LifetimeTooLong))
        .trusting(one_day),
    token("n102 to come", |w| w.token().not_before(NOW + LEEWAY + 1).mint(), InvalidToken(NotYetValid)),
    token("n102 within the leeway", |w| w.token().not_before(NOW + LEEWAY).mint(), Accepted(SUBJECT)),
    token("n102 past", |w| w.token().not_before(NOW - 1).mint(), Accepted(SUBJECT)),
    token("n102 a string", |w| w.raw_claim("nbf", "\"1\""), InvalidToken(InvalidClaim)),
    token("n102 null", |w| w.raw_claim("nbf", "null"), InvalidToken(InvalidClaim)),
    token("n102 negative", |w| w.raw_claim("nbf", "-1"), InvalidToken(InvalidClaim)),
    token("n103 to come", |w| w.token().issued_at(NOW + LEEWAY + 1).mint(), InvalidToken(IssuedInFuture)),
    token("n103 within the leeway", |w| w.token().issued_at(NOW + LEEWAY).mint(), Accepted(SUBJECT)),
    token("n103 a string", |w| w.raw_claim("iat", "\"1\""), InvalidToken(InvalidClaim)),
    token("n104 a limit", |w| w.token().without("iat").mint(), InvalidToken(MissingClaim)).trusting(one_day),
    token("n104 no limit", |w| w.token().without("iat").mint(), Accepted(SUBJECT)),
    token(
        "n105 the last second that an i64 holds",
        |w| w.token().expires_at(i64::MAX).mint(),
        Accepted(SUBJECT),
    ),
    token(
        "n105 the same under a limit",
        |w| w.token().expires_at(i64::MAX).mint(),
        InvalidToken(LifetimeTooLong),
    )
    .trusting(one_day),
    token(
        "n105 the last second that a u64 holds",
        |w| w.token().claim("exp", u64::MAX).mint(),
        InvalidToken(InvalidClaim),
    ),
    token(
        "n105 nbf at the end of time",
        |w| w.token().not_before(i64::MAX).mint(),
        InvalidToken(NotYetValid),
    ),
    token(
        "n105 iat at the end of time",
        |w| w.token().issued_at(i64::MAX).mint(),
        InvalidToken(IssuedInFuture),
    ),
];

rows! {
    n095_exp_is_required
    n096_exp_and_leeway_to_the_second
    n097_exp_is_no_string
    n098_exp_in_every_form_of_a_number
    n099_exp_beyond_range
    n100_exp_of_another_type
    n101_lifetimes_have_a_limit_if_configured
    n102_nbf_to_come
    n103_iat_to_come
    n104_a_limit_of_lifetime_needs_iat
    n105_no_time_wraps
}

const TEN_YEARS: i64 = 10 * 365 * 86_400;

fn good(w: &World) -> String {
    w.token().mint()
}

fn one_day(w: &World) -> claimgate_tower::Issuer {
    w.trust().max_lifetime(Duration::from_secs(86_400))
}
