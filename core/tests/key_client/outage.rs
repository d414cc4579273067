//! Issuers that are down: at the start, later, and for too long.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f01_ready_waits_as_it_was_told() {
    let dead = served().await;
    dead.stop().await;
    let ready = async |start| patiently(support::gate(over(&dead).start(start)).ready()).await;
    assert_eq!(ready(Start::Serve).await, Ok(()));
    assert_eq!(ready(Start::Wait(Duration::from_millis(50))).await, Ok(()), "the time is up, and it serves");
    assert_eq!(ready(Start::Fail).await.unwrap_err().issuer(), dead.issuer().issuer());

    let held = served().await;
    held.set_jwks(Behaviour::Hold);
    for start in [Start::Wait(PATIENCE), Start::Fail] {
        let asked = held.jwks_requests();
        let gate = support::gate(over(&held).start(start));
        let waiting = tokio::spawn(async move { (gate.ready().await, gate) });
        patiently(held.wait_for_jwks_requests(asked + 1)).await;
        held.release();
        let (ready, gate) = patiently(waiting).await.unwrap();
        assert_eq!(ready, Ok(()), "{start:?}");
        assert_eq!(decided(&gate, &token(&held).mint()), Ok(()), "{start:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn f01_the_waits_for_several_issuers_do_not_add_up() {
    let (first, second) = (served().await, served().await);
    let wait = Duration::from_secs(10);
    let hanging = |served: &ServedIssuer| {
        served.set_jwks(Behaviour::Hang);
        over(served).start(Start::Wait(wait)).fetch_timeout(HOUR)
    };
    let gate = Authenticator::builder().issuer(hanging(&first)).issuer(hanging(&second)).build().unwrap();
    let begun = tokio::time::Instant::now();
    gate.ready().await.unwrap();
    let waited = begun.elapsed();
    assert!(waited >= wait && waited < wait + Duration::from_secs(1), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f02_without_keys_it_heals_by_itself() {
    let served = served().await;
    served.stop().await;
    let gate = support::gate(over(&served));
    assert_eq!(kind(&gate, &token(&served).mint()).await, Err(KeysUnavailable));
    served.start_again().await.unwrap();
    assert_eq!(kind(&gate, &token(&served).mint()).await, Ok(()));
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f06_without_keys_the_answer_is_503_and_no_challenge() {
    let served = served().await;
    served.stop().await;
    let gate = support::gate(over(&served));
    let error = ask(&gate, &token(&served).mint()).await.unwrap_err();
    assert_eq!(error.kind(), KeysUnavailable);
    let refusal = Refusal::new(&error, Some("r"));
    assert_eq!(refusal.status(), 503);
    let names: Vec<_> = refusal.headers().map(|(name, _)| name).collect();
    assert_eq!(names, ["retry-after"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f02_a_service_that_nobody_calls_heals_by_the_schedule() {
    let served = served().await;
    served.set_jwks(Behaviour::Sequence(vec![Behaviour::status(500), Behaviour::Normal]));
    let gate = support::gate(over(&served).refresh_interval(Duration::from_secs(1)));
    patiently(gate.ready()).await.unwrap();
    assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    assert_eq!(served.jwks_requests(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f03_with_keys_an_outage_is_not_felt() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    served.stop().await;
    for _ in 0..100 {
        assert_eq!(decided(&gate, &token(&served).mint()), Ok(()));
    }
    assert_eq!(served.jwks_requests(), 1);
}

/// An issuer that goes down once its keys have come, and the clock of its client.
struct Outage {
    served: ServedIssuer,
    clock: TestClock,
    gate: Authenticator,
    known: String,
    unknown: String,
}

impl Outage {
    async fn begin() -> Self {
        let (served, clock) = (served().await, TestClock::new());
        let rules = over(&served).stale_for(HOUR);
        let gate = Authenticator::builder().clock(clock.clone()).issuer(rules).build().unwrap();
        patiently(gate.ready()).await.unwrap();
        let mint = served.issuer().token().at(support::NOW).audience(AUDIENCE).expires_in(HOUR * 24);
        let (known, unknown) = (mint.mint(), mint.kid("unknown").mint());
        served.stop().await;
        Outage { served, clock, gate, known, unknown }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f04_stale_keys_serve_for_a_while() {
    let Outage { served, clock, gate, known, .. } = Outage::begin().await;
    clock.advance(INTERVAL + Duration::from_secs(1));
    assert_eq!(decided(&gate, &known), Ok(()));
    clock.advance(Duration::from_secs(3_599));
    assert_eq!(decided(&gate, &known), Ok(()), "the last moment");
    assert_eq!(served.jwks_requests(), 1, "and nobody waits for the issuer");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f05_keys_that_are_too_old_are_none_until_others_come() {
    let Outage { served, clock, gate, known, .. } = Outage::begin().await;
    clock.advance(INTERVAL + HOUR + Duration::from_nanos(1));
    let error = ask(&gate, &known).await.unwrap_err();
    assert_eq!(error.kind(), KeysUnavailable);
    assert_eq!(Refusal::new(&error, None).status(), 503);
    served.start_again().await.unwrap();
    assert_eq!(kind(&gate, &known).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n147_an_unknown_key_is_the_tokens_fault_only_while_the_set_is_fresh() {
    let Outage { clock, gate, unknown, .. } = Outage::begin().await;
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey));
    clock.advance(INTERVAL);
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey), "the last moment of freshness");
    clock.advance(Duration::from_secs(1));
    assert_eq!(kind(&gate, &unknown).await, Err(KeysUnavailable), "stale");
    clock.advance(HOUR);
    assert_eq!(kind(&gate, &unknown).await, Err(KeysUnavailable), "expired");
}

async fn is_given_up(behaviour: Behaviour) {
    let served = served().await;
    served.set_jwks(behaviour.clone());
    let gate = support::gate(over(&served).fetch_timeout(Duration::from_millis(100)));
    assert_eq!(kind(&gate, &token(&served).mint()).await, Err(KeysUnavailable), "{behaviour:?}");
    served.set_jwks(Behaviour::Normal);
    assert_eq!(kind(&gate, &token(&served).mint()).await, Ok(()), "{behaviour:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f08_an_answer_that_does_not_come_is_given_up() {
    is_given_up(Behaviour::Hang).await;
    is_given_up(Behaviour::HangAfterHeaders).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f09_an_answer_that_trickles_is_given_up() {
    is_given_up(Behaviour::Trickle(Duration::from_millis(5))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f10_keys_too_old_are_fetched_once_for_all_who_wait() {
    let served = served().await;
    let clock = TestClock::new();
    let gate = Authenticator::builder().clock(clock.clone()).issuer(over(&served)).build().unwrap();
    patiently(gate.ready()).await.unwrap();
    served.set_jwks(Behaviour::Hold);
    clock.advance(HOUR * 24);
    let token = served.issuer().token().at(support::NOW).audience(AUDIENCE).expires_in(HOUR * 48).mint();
    let waiting: Vec<_> = (0..1_000).map(|_| pending(&gate, &token)).collect();
    patiently(served.wait_for_jwks_requests(2)).await;
    served.release();
    for pending in waiting {
        assert!(patiently(pending).await.is_ok());
    }
    assert_eq!(served.jwks_requests(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f11_a_caller_who_leaves_takes_no_fetch_with_him() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    served.set_jwks(Behaviour::Hold);
    served.issuer().rotate();
    let token = token(&served).mint();
    drop(pending(&gate, &token));
    patiently(served.wait_for_jwks_requests(2)).await;
    served.release();
    eventually(|| matches!(gate.authenticate_token(&token, gate.now()), Decision::Decided(Ok(_)))).await;
    assert_eq!(served.jwks_requests(), 2);
}
