//! What issuers, clones and runtimes share, and what not.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f33_issuers_do_not_feel_each_other() {
    let (good, bad) = (served().await, served().await);
    bad.set_jwks(Behaviour::Hang);
    let limit = Duration::from_millis(300);
    let gate = Authenticator::builder()
        .issuer(over(&good))
        .issuer(over(&bad).start(Start::Serve).fetch_timeout(limit))
        .build()
        .unwrap();
    patiently(gate.ready()).await.unwrap();
    let waiting = pending(&gate, &token(&bad).mint());
    for _ in 0..100 {
        assert_eq!(decided(&gate, &token(&good).mint()), Ok(()));
    }
    good.issuer().rotate();
    assert_eq!(kind(&gate, &token(&good).mint()).await, Ok(()));
    assert_eq!(patiently(waiting).await.unwrap_err().kind(), KeysUnavailable);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f34_two_who_wait_for_a_fetch_that_fails_are_both_told() {
    let served = served().await;
    served.set_jwks(Behaviour::Sequence(vec![Behaviour::Hold, Behaviour::status(500)]));
    let gate = support::gate(over(&served));
    patiently(served.wait_for_jwks_requests(1)).await;
    let waiting =
        [pending(&gate, &token(&served).mint()), pending(&gate, &token(&served).kid("other").mint())];
    served.stop().await;
    for pending in waiting {
        assert_eq!(patiently(pending).await.unwrap_err().kind(), KeysUnavailable);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f35_clones_share_their_keys_and_their_fetches() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let clones: Vec<_> = (0..8).map(|_| gate.clone()).collect();
    served.issuer().rotate();
    let token = token(&served).mint();
    let tasks: Vec<_> = clones
        .into_iter()
        .map(|gate| {
            tokio::spawn({
                let token = token.clone();
                async move { kind(&gate, &token).await }
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(patiently(task).await.unwrap(), Ok(()));
    }
    assert_eq!(served.jwks_requests(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f38_cache_control_that_forbids_keeping_does_not_make_it_hammer() {
    let served = served().await;
    served.set_jwks(Behaviour::headers([("cache-control", "max-age=0, no-store")]));
    let clock = TestClock::new();
    let gate = Authenticator::builder().clock(clock.clone()).issuer(over(&served)).build().unwrap();
    patiently(gate.ready()).await.unwrap();
    let mint = || served.issuer().token().at(support::NOW).audience(AUDIENCE).expires_in(HOUR * 24);
    served.stop().await;
    let unknown = mint().kid("unknown").mint();
    clock.advance(Duration::from_secs(60));
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey), "fresh for a minute");
    clock.advance(Duration::from_secs(1));
    assert_eq!(kind(&gate, &unknown).await, Err(KeysUnavailable), "stale then");
    assert_eq!(decided(&gate, &mint().mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f39_the_last_clone_takes_the_task_with_it() {
    let served = served().await;
    let tasks = || Handle::current().metrics().num_alive_tasks();
    served.set_jwks(Behaviour::Hold);
    let before = tasks();
    let gate = support::gate(over(&served));
    let clone = gate.clone();
    patiently(served.wait_for_jwks_requests(1)).await;
    let waiting = pending(&clone, &token(&served).mint());
    drop(gate);
    drop(clone);
    assert!(tasks() > before, "who waits holds it too");
    drop(waiting);
    // The server's connection ends as its client is gone.
    eventually(|| tasks() <= before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f39_when_the_fetching_runtime_ends_waiters_get_503_and_do_not_hang() {
    let served = served().await;
    served.set_jwks(Behaviour::Hold);
    let runtime = Runtime::new().unwrap();
    let gate =
        Authenticator::builder().runtime(runtime.handle().clone()).issuer(over(&served)).build().unwrap();
    let token = token(&served).mint();
    let waiting: Vec<_> = (0..10).map(|_| tokio::spawn(pending(&gate, &token))).collect();
    patiently(served.wait_for_jwks_requests(1)).await;
    runtime.shutdown_background();
    for waiting in waiting {
        assert_eq!(patiently(waiting).await.unwrap().unwrap_err().kind(), KeysUnavailable);
    }
    assert_eq!(kind(&gate, &token).await, Err(KeysUnavailable), "later ones too");
    assert_eq!(patiently(gate.ready()).await, Ok(()), "the wait is over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f39_keys_serve_on_when_the_fetching_runtime_ends() {
    let served = served().await;
    let runtime = Runtime::new().unwrap();
    let gate =
        Authenticator::builder().runtime(runtime.handle().clone()).issuer(over(&served)).build().unwrap();
    patiently(gate.ready()).await.unwrap();
    runtime.shutdown_background();
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    assert_eq!(kind(&gate, &token(&served).kid("unknown").mint()).await, Err(KeysUnavailable));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_a_thousand_who_wait_send_the_next_away_with_503() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    served.set_jwks(Behaviour::Hold);
    served.issuer().rotate();
    let (known, new) = (token(&served).kid("test-1").forged().mint(), token(&served).mint());
    let waiting: Vec<_> = (0..1_024).map(|_| pending(&gate, &new)).collect();
    assert_eq!(decided(&gate, &new), Err(KeysUnavailable), "the key may be on its way");
    assert_eq!(decided(&gate, &known), Err(BadSignature), "this one has a key");
    patiently(served.wait_for_jwks_requests(2)).await;
    served.release();
    for pending in waiting {
        assert!(patiently(pending).await.is_ok());
    }
    assert_eq!(decided(&gate, &new), Ok(()));
}

#[test]
fn a_key_client_without_a_runtime_is_a_configuration_error() {
    let rules = Issuer::new("http://127.0.0.1:1").audience(AUDIENCE);
    let error = Authenticator::builder().issuer(rules).build().unwrap_err().to_string();
    assert!(error.contains("tokio runtime"), "{error}");
}

#[tokio::test]
async fn n110_an_unknown_issuer_causes_no_request() {
    let (trusted, stranger) = (served().await, served().await);
    let gate = support::gate(over(&trusted));
    patiently(trusted.wait_for_jwks_requests(1)).await;
    for _ in 0..20 {
        assert_eq!(decided(&gate, &token(&stranger).mint()), Err(AuthErrorKind::UnknownIssuer));
    }
    assert_eq!((stranger.jwks_requests(), stranger.discovery_requests()), (0, 0));
    assert_eq!(trusted.jwks_requests(), 1);
}

/// As services do: one authenticator for the whole program, whoever runs requests.
#[test]
fn f39_one_static_authenticator_serves_two_runtimes_one_of_which_ends() {
    use std::sync::OnceLock;

    static GATE: OnceLock<Authenticator> = OnceLock::new();
    let (first, second, idp) = (Runtime::new().unwrap(), Runtime::new().unwrap(), Runtime::new().unwrap());
    let served = idp.block_on(served());
    let known = token(&served).mint();
    // Keys are fetched on the runtime that it is built in.
    let gate = first.block_on(async {
        let gate = loaded(over(&served)).await;
        GATE.get_or_init(|| gate)
    });
    second.block_on(async {
        assert_eq!(kind(gate, &known).await, Ok(()));
        served.issuer().rotate();
        assert_eq!(kind(gate, &token(&served).mint()).await, Ok(()), "fetched on the other runtime");
    });
    served.issuer().rotate();
    served.set_jwks(Behaviour::Hold);
    let new = token(&served).mint();
    let waiting = second.spawn(pending(gate, &new));
    idp.block_on(patiently(served.wait_for_jwks_requests(3)));
    first.shutdown_background();
    second.block_on(async {
        assert_eq!(patiently(waiting).await.unwrap().unwrap_err().kind(), KeysUnavailable, "who waited");
        for _ in 0..100 {
            assert_eq!(kind(gate, &new).await, Err(KeysUnavailable), "where keys cannot come");
            assert_eq!(kind(gate, &known).await, Ok(()), "where they are there");
        }
        assert!(patiently(gate.refresh_now(served.issuer().issuer()).unwrap()).await.is_err());
        assert_eq!(patiently(gate.ready()).await, Ok(()));
        assert!(gate.status()[0].is_usable());
    });
}
