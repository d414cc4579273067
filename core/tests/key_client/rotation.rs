//! Keys that come and go with the schedule, or with the first token that needs them.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f22_retry_after_is_honoured() {
    let served = served().await;
    served.set_jwks(Behaviour::Status(503, vec![("retry-after".to_owned(), "30".to_owned())]));
    let gate = support::gate(over(&served));
    patiently(served.wait_for_jwks_requests(1)).await;
    let error = ask(&gate, &token(&served).mint()).await.unwrap_err();
    assert_eq!(error.kind(), KeysUnavailable);
    let error = ask(&gate, &token(&served).mint()).await.unwrap_err();
    let wait = error.retry_after().unwrap();
    assert!(wait > Duration::from_secs(25) && wait <= Duration::from_secs(30), "{wait:?}");
    let asked = served.jwks_requests();
    for _ in 0..50 {
        assert_eq!(decided(&gate, &token(&served).mint()), Err(KeysUnavailable), "and nobody is sent there");
    }
    assert_eq!(served.jwks_requests(), asked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f24_the_schedule_brings_new_keys_and_takes_old_ones() {
    let served = served().await;
    let gate = loaded(over(&served).refresh_interval(Duration::from_secs(1))).await;
    let old = token(&served).mint();
    assert_eq!(decided(&gate, &old), Ok(()));
    served.issuer().rotate();
    served.issuer().retire("test-1");
    let new = token(&served).mint();
    // Nobody asks for the new key before it is there.
    eventually(|| !matches!(gate.authenticate_token(&old, gate.now()), Decision::Decided(Ok(_)))).await;
    assert_eq!(decided(&gate, &new), Ok(()));
    assert_eq!(kind(&gate, &old).await, Err(UnknownKey));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f29_a_removed_key_stops_working_with_the_next_fetch() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let old = token(&served).mint();
    served.issuer().rotate();
    assert_eq!(kind(&gate, &token(&served).mint()).await, Ok(()));
    assert_eq!(decided(&gate, &old), Ok(()), "both are published");
    served.issuer().retire("test-1");
    assert_eq!(kind(&gate, &token(&served).kid("none").mint()).await, Err(UnknownKey));
    assert_eq!(kind(&gate, &old).await, Err(UnknownKey));
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f32_a_set_that_is_rolled_back_takes_its_keys_along() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let old = token(&served).mint();
    let kid = served.issuer().rotate();
    let new = token(&served).mint();
    assert_eq!(kind(&gate, &new).await, Ok(()));
    served.issuer().retire(&kid);
    assert_eq!(kind(&gate, &token(&served).kid("none").mint()).await, Err(UnknownKey));
    assert_eq!(kind(&gate, &new).await, Err(UnknownKey), "no grace");
    assert_eq!(decided(&gate, &old), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f25_two_hundred_requests_with_one_unknown_kid_cause_one_fetch_that_answers_them() {
    for is_published in [true, false] {
        let served = served().await;
        let gate = loaded(over(&served)).await;
        served.set_jwks(Behaviour::Hold);
        if is_published {
            served.issuer().rotate();
        }
        let token = token(&served);
        let token = if is_published { token.mint() } else { token.kid("nobody").mint() };
        let waiting: Vec<_> = (0..200).map(|_| pending(&gate, &token)).collect();
        patiently(served.wait_for_jwks_requests(2)).await;
        served.release();
        let expected = if is_published { Ok(()) } else { Err(UnknownKey) };
        for pending in waiting {
            assert_eq!(patiently(pending).await.map(drop).map_err(|error| error.kind()), expected);
        }
        assert_eq!(served.jwks_requests(), 2, "the first is that of the start");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f25_who_comes_during_the_fetch_for_another_key_is_answered_too() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    served.set_jwks(Behaviour::Hold);
    let stranger = pending(&gate, &token(&served).kid("nobody").mint());
    patiently(served.wait_for_jwks_requests(2)).await;
    // The answer that is on its way was made before this key.
    served.issuer().rotate();
    let late = pending(&gate, &token(&served).mint());
    let late = tokio::spawn(late);
    served.release();
    assert_eq!(patiently(stranger).await.unwrap_err().kind(), UnknownKey);
    patiently(served.wait_for_jwks_requests(3)).await;
    served.release();
    assert!(patiently(late).await.unwrap().is_ok());
    assert_eq!(served.jwks_requests(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n135_a_key_that_is_no_longer_published_takes_its_cached_tokens_along() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let name = served.issuer().issuer();
    let old = token(&served).mint();
    let claims = async || ask(&gate, &old).await.unwrap().claims::<serde_json::Value>().unwrap();
    let cached = claims().await;
    served.issuer().rotate();
    patiently(gate.refresh_now(name).unwrap()).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&cached, &claims().await), "both keys are published");
    served.issuer().retire_old_keys();
    patiently(gate.refresh_now(name).unwrap()).await.unwrap();
    assert_eq!(kind(&gate, &old).await, Err(UnknownKey));
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
}
