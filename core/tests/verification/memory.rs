//! What somebody finds who reads the memory of a process with cached tokens.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::process::Command;

use claimgate_core::TokenCache;
use claimgate_testkit::base64url_decode;

use super::*;

/// Passed to the process whose memory is read: the token with every byte turned around, so that it is not in the environment.
const TURNED: &str = "CLAIMGATE_TEST_TURNED_TOKEN";
const JWKS: &str = "CLAIMGATE_TEST_JWKS";
const KEEPS_TEXT: &str = "CLAIMGATE_TEST_KEEPS_TEXT";

/// It runs once more, in processes that know the token from the request alone. Whoever mints has copies all over.
#[test]
fn n140_no_cached_token_is_found_in_memory() {
    if let Ok(turned) = std::env::var(TURNED) {
        return look_for(&turned);
    }
    let issuer = issuer(Alg::EdDSA);
    let token = good(&issuer).mint();
    let turned = base64url(token.bytes().map(|byte| !byte).collect::<Vec<_>>());
    for keeps_text in ["no", "yes"] {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "memory::n140_no_cached_token_is_found_in_memory"])
            .envs([(TURNED, &*turned), (JWKS, &issuer.jwks()), (KEEPS_TEXT, keeps_text)])
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains("1 passed"), "text: {keeps_text}\n{printed}");
    }
}

/// Presents the token, forgets it, and looks through all memory for its last third.
fn look_for(turned: &str) {
    let turned = base64url_decode(turned).unwrap();
    let keeps_text = std::env::var(KEEPS_TEXT).unwrap() == "yes";
    let cache = if keeps_text { TokenCache::new().keep_token_text() } else { TokenCache::new() };
    let rules = Issuer::new(ISSUER).audience(AUDIENCE).jwks(std::env::var(JWKS).unwrap());
    let gate = Authenticator::builder().issuer(rules).token_cache(cache).build().unwrap();

    let mut text: Box<[u8]> = turned.iter().map(|byte| !byte).collect();
    let token = str::from_utf8(&text).unwrap();
    let verified = [decide(&gate, token).unwrap(), decide(&gate, token).unwrap()];
    let [first, second] = verified.map(|token| token.claims::<Value>().unwrap());
    assert!(std::sync::Arc::ptr_eq(&first, &second), "it is cached");
    assert!(is_in_memory(&turned[turned.len() * 2 / 3..]), "as long as the request is there");
    black_box(&mut text).fill(0);
    assert_eq!(is_in_memory(&turned[turned.len() * 2 / 3..]), keeps_text);
}

/// Whether what was turned around to `turned` is anywhere in what this process can write to.
fn is_in_memory(turned: &[u8]) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let memory = File::open("/proc/self/mem").unwrap();
    maps.lines().filter(|line| line.contains(" rw")).any(|line| {
        let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
        // What is copied here is blanked again, or the next look would find it.
        let mut copy = vec![0; usize::try_from(to - from).unwrap()];
        let length = memory.read_at(&mut copy, from).unwrap_or(0);
        let is_found = holds(&copy[..length], turned);
        black_box(&mut copy).fill(0);
        is_found
    })
}

fn holds(bytes: &[u8], turned: &[u8]) -> bool {
    let mut starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == !turned[0]).map(|(at, _)| at);
    starts.any(|at| {
        let rest = &bytes[at..];
        rest.len() >= turned.len() && rest.iter().zip(turned).all(|(byte, turned)| *byte == !turned)
    })
}
