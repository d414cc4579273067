//! Sets that are fetched only if they have changed.

use super::*;

/// A second less than [`INTERVAL`].
const NEARLY: Duration = Duration::from_secs(599);

fn asked_with_tag(served: &ServedIssuer) -> bool {
    served.last_headers(Route::Jwks).iter().any(|(name, _)| name == "if-none-match")
}

/// Keys that have come once, from an issuer that answers as `behaviour` says, and the clock of its client.
async fn loaded_from(behaviour: Behaviour) -> (ServedIssuer, TestClock, Authenticator) {
    let (served, clock) = (served().await, TestClock::new());
    served.set_jwks(behaviour);
    let gate = Authenticator::builder().clock(clock.clone()).issuer(over(&served)).build().unwrap();
    patiently(gate.ready()).await.unwrap();
    (served, clock, gate)
}

fn lasting(served: &ServedIssuer) -> TokenBuilder {
    served.issuer().token().at(support::NOW).audience(AUDIENCE).expires_in(HOUR)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f23_an_unchanged_set_is_fresh_again() {
    let (served, clock, gate) = loaded_from(Behaviour::Conditional).await;
    assert!(!asked_with_tag(&served));
    let (known, unknown) = (lasting(&served).mint(), lasting(&served).kid("unknown").mint());
    clock.advance(NEARLY);
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey));
    assert!(served.jwks_requests() > 1 && asked_with_tag(&served));
    served.stop().await;
    clock.advance(NEARLY);
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey), "by the first answer it would be stale");
    assert_eq!(decided(&gate, &known), Ok(()));
    clock.advance(Duration::from_secs(2));
    assert_eq!(kind(&gate, &unknown).await, Err(KeysUnavailable), "and it ages as any other");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f23_a_rotated_set_comes_whole() {
    let (served, _, gate) = loaded_from(Behaviour::Conditional).await;
    let old = lasting(&served).mint();
    served.issuer().rotate();
    assert_eq!(kind(&gate, &lasting(&served).mint()).await, Ok(()));
    assert!(asked_with_tag(&served));
    served.issuer().retire("test-1");
    assert_eq!(kind(&gate, &lasting(&served).kid("nobody").mint()).await, Err(UnknownKey));
    assert_eq!(kind(&gate, &old).await, Err(UnknownKey), "a key that is taken out is out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f23_a_304_that_was_not_asked_for_never_counts() {
    let (served, clock, gate) = loaded_from(Behaviour::Normal).await;
    let (known, unknown) = (lasting(&served).mint(), lasting(&served).kid("unknown").mint());
    served.set_jwks(Behaviour::status(304));
    clock.advance(NEARLY);
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey));
    assert!(!asked_with_tag(&served));
    clock.advance(Duration::from_secs(2));
    assert_eq!(kind(&gate, &unknown).await, Err(KeysUnavailable), "no freshness came of it");
    assert_eq!(decided(&gate, &known), Ok(()));

    let fresh = support::gate(over(&served));
    assert_eq!(kind(&fresh, &token(&served).mint()).await, Err(KeysUnavailable), "from the start");
}
