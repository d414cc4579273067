//! What operators say of keys, against what the issuer says.

use claimgate_core::{KeySet, LeverError};

use super::*;
use AuthErrorKind::RevokedKey;

fn set(key: &SigningKey) -> KeySet {
    KeySet::from_jwks(&json!({ "keys": [key.public_jwk()] }).to_string()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_is_refused_from_the_next_request_on_until_it_is_restored() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let (name, text) = (served.issuer().issuer(), token(&served).mint());
    assert_eq!(decided(&gate, &text), Ok(()));
    gate.revoke_key(name, "test-1").unwrap();
    let requests = served.jwks_requests();
    for _ in 0..20 {
        assert_eq!(decided(&gate, &text), Err(RevokedKey));
    }
    assert_eq!(served.jwks_requests(), requests, "and costs no fetch");
    patiently(gate.refresh_now(name).unwrap()).await.unwrap();
    assert_eq!(decided(&gate, &text), Err(RevokedKey), "no refresh brings it back");
    assert_eq!(gate.status()[0].revoked_keys(), 1);
    gate.restore_key(name, "test-1").unwrap();
    assert_eq!(decided(&gate, &text), Ok(()));
    assert_eq!(gate.restore_key(name, "test-1"), Err(LeverError::UnknownKey));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_kid_and_no_other_source_revives_a_revoked_key() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let (name, key) = (served.issuer().issuer(), served.issuer().current_key());
    gate.revoke_key(name, "test-1").unwrap();
    let mut renamed = key.public_jwk();
    renamed["kid"] = "another".into();
    served.set_jwks(keys(&json!([renamed])));
    patiently(gate.refresh_now(name).unwrap()).await.unwrap();
    let text = token(&served).signed_by(&key).kid("another").mint();
    assert_eq!(decided(&gate, &text), Err(RevokedKey), "another kid");
    gate.replace_keys(name, set(&key)).unwrap();
    assert_eq!(decided(&gate, &token(&served).mint()), Err(RevokedKey), "another set");
    let rules = over(&served).jwks(served.issuer().jwks());
    gate.reload(Authenticator::builder().issuer(rules)).unwrap();
    assert_eq!(decided(&gate, &token(&served).mint()), Err(RevokedKey), "another source");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_there_is_revoked_by_its_thumbprint() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let (name, key) = (served.issuer().issuer(), served.issuer().current_key());
    let thumbprint = set(&key).keys()[0].thumbprint();
    assert_eq!(gate.revoke_key(name, "nobody"), Err(LeverError::UnknownKey));
    assert_eq!(gate.revoke_key("https://nobody.test", "test-1"), Err(LeverError::UnknownIssuer));
    gate.revoke_thumbprint(name, thumbprint);
    assert_eq!(decided(&gate, &token(&served).mint()), Err(RevokedKey));
    gate.restore_thumbprint(name, thumbprint).unwrap();
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pinned_set_serves_alone_and_drops_the_fetch_in_flight() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let name = served.issuer().issuer();
    let (old, pinned) = (token(&served).mint(), SigningKey::generate(Alg::ES256, "pinned"));
    let new = token(&served).signed_by(&pinned).mint();
    served.set_jwks(Behaviour::Hold);
    let refreshing = tokio::spawn(gate.refresh_now(name).unwrap());
    patiently(served.wait_for_jwks_requests(2)).await;
    let late = pending(&gate, &token(&served).kid("nobody").mint());
    gate.replace_keys(name, set(&pinned)).unwrap();
    assert_eq!(decided(&gate, &new), Ok(()));
    assert_eq!(decided(&gate, &old), Err(UnknownKey));
    assert_eq!(patiently(late).await.unwrap_err().kind(), UnknownKey, "who waited is answered");
    let _ = patiently(refreshing).await.unwrap();
    served.set_jwks(Behaviour::Normal);
    served.release();
    assert!(matches!(gate.refresh_now(name), Err(LeverError::Pin)));
    assert_eq!(decided(&gate, &old), Err(UnknownKey));
    assert_eq!(served.jwks_requests(), 2, "nothing is fetched meanwhile");
    assert!(gate.status()[0].is_pinned());

    gate.unpin(name).unwrap();
    eventually(|| matches!(gate.authenticate_token(&old, gate.now()), Decision::Decided(Ok(_)))).await;
    assert_eq!(kind(&gate, &new).await, Err(UnknownKey));
    assert_eq!(gate.unpin(name), Err(LeverError::Pin));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_that_is_unpinned_serves_until_the_issuer_answers() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let name = served.issuer().issuer();
    let pinned = SigningKey::generate(Alg::ES256, "pinned");
    gate.replace_keys(name, set(&pinned)).unwrap();
    served.set_jwks(Behaviour::status(500));
    gate.unpin(name).unwrap();
    patiently(served.wait_for_jwks_requests(2)).await;
    assert_eq!(decided(&gate, &token(&served).signed_by(&pinned).mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn configured_keys_are_pinned_and_unpinned_without_a_fetch() {
    let served = served().await;
    let gate = support::gate(over(&served).jwks(served.issuer().jwks()));
    let (name, pinned) = (served.issuer().issuer(), SigningKey::generate(Alg::ES256, "pinned"));
    let (old, new) = (token(&served).mint(), token(&served).signed_by(&pinned).mint());
    gate.replace_keys(name, set(&pinned)).unwrap();
    assert_eq!((decided(&gate, &old), decided(&gate, &new)), (Err(UnknownKey), Ok(())));
    gate.unpin(name).unwrap();
    assert_eq!((decided(&gate, &old), decided(&gate, &new)), (Ok(()), Err(UnknownKey)));
    assert!(matches!(gate.refresh_now(name), Err(LeverError::NothingToFetch)));
    assert_eq!(gate.replace_keys(name, KeySet::default()), Err(LeverError::EmptySet));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pin_outlives_a_reload_and_the_removal_of_its_issuer() {
    let (served, other) = (served().await, served().await);
    let gate = loaded(over(&served)).await;
    let (name, pinned) = (served.issuer().issuer(), SigningKey::generate(Alg::ES256, "pinned"));
    let new = token(&served).signed_by(&pinned).mint();
    gate.replace_keys(name, set(&pinned)).unwrap();
    gate.reload(Authenticator::builder().issuer(over(&other))).unwrap();
    assert_eq!(decided(&gate, &new), Err(AuthErrorKind::UnknownIssuer));
    gate.reload(Authenticator::builder().issuer(over(&served).fetch_timeout(PATIENCE))).unwrap();
    assert_eq!(decided(&gate, &new), Ok(()));
    assert_eq!(decided(&gate, &token(&served).mint()), Err(UnknownKey));
    gate.unpin(name).unwrap();
    assert_eq!(kind(&gate, &token(&served).mint()).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_that_is_asked_for_costs_no_budget_and_tells_how_it_ended() {
    let served = served().await;
    let gate = loaded(over(&served).refresh_cooldown(HOUR)).await;
    let name = served.issuer().issuer();
    for _ in 0..4 {
        patiently(gate.refresh_now(name).unwrap()).await.unwrap();
    }
    served.set_jwks(Behaviour::status(500));
    let error = patiently(gate.refresh_now(name).unwrap()).await.unwrap_err();
    assert!(error.contains("500"), "{error}");
    served.set_jwks(Behaviour::Normal);
    served.issuer().rotate();
    assert_eq!(kind(&gate, &token(&served).mint()).await, Ok(()), "the budget is whole");
    assert!(matches!(gate.refresh_now("https://nobody.test"), Err(LeverError::UnknownIssuer)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_waits_since_before_a_reload_is_refused_a_key_that_was_revoked_after_it() {
    let (served, moved) = (served().await, served().await);
    let gate = loaded(over(&served)).await;
    served.set_jwks(Behaviour::Hold);
    served.issuer().rotate();
    let key = served.issuer().current_key();
    let waiting = pending(&gate, &token(&served).mint());
    patiently(served.wait_for_jwks_requests(2)).await;
    gate.reload(Authenticator::builder().issuer(over(&served).jwks_uri(moved.jwks_uri()))).unwrap();
    gate.revoke_thumbprint(served.issuer().issuer(), set(&key).keys()[0].thumbprint());
    served.release();
    assert_eq!(patiently(waiting).await.unwrap_err().kind(), RevokedKey);
}
