//! Another configuration while requests run.

use super::*;

fn trusting(issuers: impl IntoIterator<Item = Issuer>) -> claimgate_core::AuthenticatorBuilder {
    issuers.into_iter().fold(Authenticator::builder(), claimgate_core::AuthenticatorBuilder::issuer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_issuers_come_and_go_and_change_while_serving() {
    let (first, second) = (served().await, served().await);
    let gate = loaded(over(&first)).await;
    let clone = gate.clone();
    let (one, another) = (token(&first).mint(), token(&second).mint());
    assert_eq!(decided(&gate, &another), Err(AuthErrorKind::UnknownIssuer));
    gate.reload(trusting([over(&first), over(&second)])).unwrap();
    assert_eq!(kind(&clone, &another).await, Ok(()), "added, in all clones");
    assert_eq!(decided(&clone, &one), Ok(()));
    assert_eq!(first.jwks_requests(), 1, "what has not changed needs no fetch");
    gate.reload(trusting([over(&first).required_claims(["groups"]), over(&second)])).unwrap();
    assert_eq!(decided(&clone, &one), Err(AuthErrorKind::MissingClaim), "changed");
    assert_eq!(first.jwks_requests(), 1, "and its keys are the same");
    gate.reload(trusting([over(&second)])).unwrap();
    assert_eq!(decided(&clone, &one), Err(AuthErrorKind::UnknownIssuer), "removed");
    assert_eq!(decided(&clone, &another), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_a_bad_configuration_changes_nothing_and_says_why() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let bad = over(&served).leeway(HOUR).algorithms([]);
    let error = gate.reload(trusting([bad])).unwrap_err();
    assert_eq!(error.problems().len(), 2, "{error}");
    let error = gate.reload(Authenticator::builder()).unwrap_err().to_string();
    assert!(error.contains("no issuer"), "{error}");
    let cookie = claimgate_core::TokenSource::Cookie { name: "jwt".to_owned() };
    let error = gate.reload(trusting([over(&served)]).token_sources([cookie])).unwrap_err().to_string();
    assert!(error.contains("jwt") && error.contains("at the start"), "{error}");
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    assert_eq!(served.jwks_requests(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_a_request_that_waits_finishes_on_what_it_started_with() {
    let (served, other) = (served().await, served().await);
    let gate = loaded(over(&served)).await;
    served.set_jwks(Behaviour::Hold);
    served.issuer().rotate();
    let waiting = pending(&gate, &token(&served).mint());
    patiently(served.wait_for_jwks_requests(2)).await;
    gate.reload(trusting([over(&other)])).unwrap();
    served.release();
    assert!(patiently(waiting).await.is_ok());
    assert_eq!(decided(&gate, &token(&served).mint()), Err(AuthErrorKind::UnknownIssuer));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_keys_serve_on_while_only_the_rules_of_fetching_change() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    served.stop().await;
    gate.reload(trusting([over(&served).refresh_interval(HOUR)])).unwrap();
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()), "while the issuer is down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_keys_of_another_place_are_fetched_before_they_serve() {
    let (served, moved) = (served().await, served().await);
    let gate = loaded(over(&served)).await;
    let old = token(&served).mint();
    let rules = over(&served).jwks_uri(moved.jwks_uri());
    gate.reload(trusting([rules])).unwrap();
    assert_eq!(kind(&gate, &old).await, Err(BadSignature), "of a key that has the same name there");
    let text = token(&served).signed_by(&moved.issuer().current_key()).mint();
    assert_eq!(kind(&gate, &text).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f39_issuers_that_are_gone_take_their_tasks_along() {
    let (first, second) = (served().await, served().await);
    let gate = loaded(over(&first)).await;
    let asked = first.jwks_requests();
    gate.reload(trusting([over(&second).refresh_interval(Duration::from_secs(1))])).unwrap();
    patiently(second.wait_for_jwks_requests(3)).await;
    assert_eq!(first.jwks_requests(), asked);
}
