//! One path of a decision, over and over, to have its instructions counted: they hardly change from run to run, so that a
//! small loss shows where timing would need hours.
//!
//! `bench-instructions PATH COUNT` runs `bare` (the check of the signature alone), `cold` or `cached`; or `layer`, the whole way
//! of a request with a token that is in the cache through the Tower layer, or `no-layer`, its way without.

#![forbid(unsafe_code)]

#[path = "../micro/echo.rs"]
mod echo;

use std::convert::Infallible;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use claimgate_testkit::base64url_decode;
use claimgate_tower::{AuthLayer, Authenticator, Clock, Decision, Issuer, Moment, SystemClock, TokenCache};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::echo::{Echo, round};

const TOKEN: &str = include_str!("token.txt");
const JWKS: &str = include_str!("jwks.json");

/// When the token was issued.
const ISSUED_AT: Duration = Duration::from_secs(1_700_000_000);

static START: OnceLock<Instant> = OnceLock::new();

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (path, count) = (arguments.next(), arguments.next().and_then(|count| count.parse().ok()));
    let good = match (path.as_deref(), count) {
        (Some("bare"), Some(count)) => bare(count),
        (Some("cold"), Some(count)) => decided(TokenCache::disabled(), count),
        (Some("cached"), Some(count)) => decided(TokenCache::new(), count),
        (Some("layer"), Some(count)) => through(count),
        (Some("no-layer"), Some(count)) => past(count),
        _ => None,
    };
    if good.is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!("bench-instructions: expected bare, cold, cached, layer or no-layer, and a count");
    ExitCode::from(2)
}

fn gate(cache: TokenCache) -> Option<Authenticator> {
    let issuer = Issuer::new("https://issuer-0000.test").audience("https://api.test").jwks(JWKS);
    Authenticator::builder().issuer(issuer).token_cache(cache).clock(AsIssued(SystemClock)).build().ok()
}

/// Reads the clocks of the machine, and says that it is when the token was issued.
#[derive(Debug)]
struct AsIssued(SystemClock);

impl Clock for AsIssued {
    fn now(&self) -> Moment {
        black_box(self.0.now());
        Moment::new(ISSUED_AT, START.get_or_init(Instant::now).to_owned())
    }
}

fn through(count: u32) -> Option<()> {
    let mut service = AuthLayer::new(gate(TokenCache::new())?).layer(Echo);
    let mut turn = Some(request()?);
    (0..count).all(|_| round_once(&mut service, &mut turn)).then_some(())
}

fn past(count: u32) -> Option<()> {
    let mut turn = Some(request()?);
    (0..count).all(|_| round_once(&mut Echo, &mut turn)).then_some(())
}

fn request() -> Option<Request<()>> {
    let token = format!("Bearer {}", TOKEN.trim_end());
    let request = Request::get("/orders/17").header("host", "api.test").header("accept", "*/*");
    request.header("authorization", token).body(()).ok()
}

#[inline(never)]
fn round_once<S>(service: &mut S, turn: &mut Option<Request<()>>) -> bool
where
    S: Service<Request<()>, Response = Response<Request<()>>, Error = Infallible>,
{
    round(service, turn)
}

fn decided(cache: TokenCache, count: u32) -> Option<()> {
    let gate = gate(cache)?;
    let now = Moment::new(ISSUED_AT, Instant::now());
    (0..count).all(|_| decide_once(&gate, now)).then_some(())
}

/// Apart, as is its counterpart: callgrind counts while it is in functions of this name.
#[inline(never)]
fn decide_once(gate: &Authenticator, now: Moment) -> bool {
    let decision = gate.authenticate_token(black_box(TOKEN.trim_end()), now);
    matches!(black_box(decision), Decision::Decided(Ok(_)))
}

fn bare(count: u32) -> Option<()> {
    let jwks: serde_json::Value = serde_json::from_str(JWKS).ok()?;
    let number = |name: &str| base64url_decode(jwks["keys"][0][name].as_str()?);
    let key: ParsedPublicKey = RsaPublicKeyComponents { n: number("n")?, e: number("e")? }
        .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        .ok()?;
    let (message, signature) = TOKEN.trim_end().rsplit_once('.')?;
    let signature = base64url_decode(signature)?;
    (0..count).all(|_| check_once(&key, message.as_bytes(), &signature)).then_some(())
}

#[inline(never)]
fn check_once(key: &ParsedPublicKey, message: &[u8], signature: &[u8]) -> bool {
    black_box(key.verify_sig(black_box(message), black_box(signature))).is_ok()
}
