//! The tokens that are sent.

use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use claimgate_testkit::{TestIssuer, TokenBuilder};

/// Files with a token a line.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// What every server is measured with.
    pub(crate) many: PathBuf,
    /// One alone.
    pub(crate) one: PathBuf,
    /// More than anybody caches.
    pub(crate) fresh: PathBuf,
    /// The one of that file.
    pub(crate) first: String,
    /// How long each is.
    pub(crate) bytes: usize,
}

impl Tokens {
    /// The same claims in every run; the key is a new one each time, and so are the signatures.
    pub(crate) fn mint(
        issuer: &TestIssuer,
        folder: &Path,
        many: usize,
        fresh: usize,
    ) -> Result<Self, Box<dyn Error>> {
        let filler = filler(issuer);
        let file = |name: &str, numbers: Range<usize>| -> Result<PathBuf, Box<dyn Error>> {
            let path = folder.join(name);
            fs::write(&path, mint(issuer, filler, numbers).join("\n") + "\n")?;
            Ok(path)
        };
        let first = filled(issuer, filler, 0);
        Ok(Tokens {
            bytes: first.len(),
            first,
            many: file("tokens-many", 0..many)?,
            one: file("tokens-one", 0..1)?,
            fresh: file("tokens-fresh", FIRST_FRESH..FIRST_FRESH + fresh)?,
        })
    }
}

/// An ordinary access token, about to be signed.
pub(crate) fn token(issuer: &TestIssuer, number: usize) -> TokenBuilder {
    issuer
        .token()
        .subject(format!("user-{number:06}"))
        .audience(AUDIENCE)
        .scope("orders:read orders:write profile")
        .claim("client_id", "web-shop")
        .claim("jti", format!("{number:016x}"))
        .claim("email", format!("user-{number:06}@example.com"))
        .claim("roles", vec!["customer", "reviewer"])
        .not_before(TestIssuer::now() - 60)
        .expires_in(LIFETIME)
}

/// Signing takes far longer than checking; all cores do it.
fn mint(issuer: &TestIssuer, filler: usize, numbers: Range<usize>) -> Vec<String> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let per_thread = numbers.len().div_ceil(threads);
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads)
            .map(|part| {
                let start = numbers.start + part * per_thread;
                let part = start..(start + per_thread).min(numbers.end);
                scope.spawn(move || part.map(|number| filled(issuer, filler, number)).collect::<Vec<_>>())
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

fn filled(issuer: &TestIssuer, filler: usize, number: usize) -> String {
    token(issuer, number).claim("session_state", "x".repeat(filler)).mint()
}

/// How long a claim has to be for tokens that are as long as they should be. Base64 grows by 4 bytes for 3, so not every length
/// can be had, and this gives the one below.
fn filler(issuer: &TestIssuer) -> usize {
    let fits = |length: &usize| filled(issuer, *length, 0).len() <= BYTES;
    let plain = filled(issuer, 0, 0).len();
    let most = BYTES.saturating_sub(plain) * 3 / 4 + 2;
    (0..=most).rev().find(fits).unwrap_or(0)
}

pub(crate) const AUDIENCE: &str = "https://api.example.com";

/// About what identity providers hand out with a signature of 2048 bits.
const BYTES: usize = 900;

/// Longer than any run.
const LIFETIME: Duration = Duration::from_secs(4 * 60 * 60);

/// Apart from the numbers of those that are sent again and again.
const FIRST_FRESH: usize = 100_000;
