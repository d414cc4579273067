//! Cached tokens while their key goes and comes.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use claimgate_core::KeySet;

use super::*;

/// How often the key was taken out of use and put back: odd while it is out, even while it is in or on its way.
struct Turns {
    turns: AtomicUsize,
    is_over: AtomicBool,
}

/// Presents tokens until all is over. A turn that was odd before a request began and is the same after its answer was odd all
/// the time: whoever was let in meanwhile had no key. Gives how many were let in and how many were refused.
fn present(gate: &Authenticator, tokens: &[String], refusal: AuthErrorKind, turns: &Turns) -> (usize, usize) {
    let (mut accepted, mut refused) = (0, 0);
    for token in tokens.iter().cycle() {
        if turns.is_over.load(Ordering::Acquire) {
            break;
        }
        let before = turns.turns.load(Ordering::SeqCst);
        let found = kind(gate, token);
        let after = turns.turns.load(Ordering::SeqCst);
        match found {
            Ok(()) => {
                assert!(before.is_multiple_of(2) || before != after, "let in while the key was out of use");
                accepted += 1;
            }
            Err(found) => {
                assert_eq!(found, refusal);
                refused += 1;
            }
        }
    }
    (accepted, refused)
}

fn rush(refusal: AuthErrorKind, out: impl Fn(&Authenticator), back: impl Fn(&Authenticator)) {
    const ROUNDS: usize = 100;
    let issuer = issuer(Alg::EdDSA);
    let gate = trust(&issuer);
    let tokens: Vec<_> = (0..4).map(|number| good(&issuer).subject(format!("{number}")).mint()).collect();
    let turns = Turns { turns: 0.into(), is_over: false.into() };
    let counts = thread::scope(|scope| {
        let present = || present(&gate, &tokens, refusal, &turns);
        let threads = [scope.spawn(present), scope.spawn(present)];
        for _ in 0..ROUNDS {
            out(&gate);
            turns.turns.fetch_add(1, Ordering::SeqCst);
            assert_eq!(kind(&gate, &tokens[0]), Err(refusal));
            thread::yield_now();
            turns.turns.fetch_add(1, Ordering::SeqCst);
            back(&gate);
            assert_eq!(kind(&gate, &tokens[0]), Ok(()));
            thread::yield_now();
        }
        turns.is_over.store(true, Ordering::Release);
        threads.map(|thread| thread.join().unwrap())
    });
    let (accepted, refused) = (counts[0].0 + counts[1].0, counts[0].1 + counts[1].1);
    assert!(accepted > 100 && refused > 100, "{accepted} let in, {refused} refused");
}

#[test]
fn n135_nobody_is_let_in_after_a_revocation_has_returned() {
    rush(
        AuthErrorKind::RevokedKey,
        |gate| gate.revoke_key(ISSUER, "test-1").unwrap(),
        |gate| gate.restore_key(ISSUER, "test-1").unwrap(),
    );
}

#[test]
fn n135_nobody_is_let_in_after_a_swap_has_returned() {
    let others = json!({ "keys": [SigningKey::generate(Alg::EdDSA, "other").public_jwk()] }).to_string();
    rush(
        UnknownKey,
        |gate| gate.replace_keys(ISSUER, KeySet::from_jwks(&others).unwrap()).unwrap(),
        |gate| gate.unpin(ISSUER).unwrap(),
    );
}
