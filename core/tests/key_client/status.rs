//! What operators get to see.

use claimgate_core::KeyState;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f41_status_tells_the_truth_through_an_outage() {
    let (served, clock) = (served().await, TestClock::new());
    served.stop().await;
    let rules = over(&served).stale_for(HOUR).start(Start::Fail);
    let gate = Authenticator::builder().clock(clock.clone()).issuer(rules).build().unwrap();
    patiently(gate.ready()).await.unwrap_err();
    let status = || gate.status().remove(0);
    assert_eq!(status().state(), KeyState::NeverLoaded);
    assert!(!status().is_usable());
    assert!(status().last_error().unwrap().contains("unreachable"), "{:?}", status());

    served.start_again().await.unwrap();
    patiently(gate.refresh_now(served.issuer().issuer()).unwrap()).await.unwrap();
    assert_eq!(status().state(), KeyState::Fresh);
    assert_eq!(status().last_error(), None);
    assert_eq!(status().key_ids().collect::<Vec<_>>(), [Some("test-1")]);
    assert_eq!(status().age(), Some(Duration::ZERO));
    let next = status().next_refresh().unwrap();
    assert!(next > INTERVAL.mul_f64(0.7) && next <= INTERVAL.mul_f64(0.8), "{next:?}");

    served.stop().await;
    for (advance, state, usable) in [
        (INTERVAL, KeyState::Fresh, true),
        (Duration::from_secs(1), KeyState::Stale, true),
        (Duration::from_secs(3_599), KeyState::Stale, true),
        (Duration::from_secs(1), KeyState::Expired, false),
    ] {
        clock.advance(advance);
        assert_eq!((status().state(), status().is_usable()), (state, usable), "{advance:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f41_the_status_of_one_issuer_says_nothing_of_another() {
    let (up, down) = (served().await, served().await);
    down.set_jwks(Behaviour::body("<html>"));
    let gate =
        Authenticator::builder().issuer(over(&up)).issuer(over(&down).start(Start::Fail)).build().unwrap();
    let error = patiently(gate.ready()).await.unwrap_err();
    assert!(error.to_string().contains("JSON"), "{error}");
    patiently(gate.refresh_now(up.issuer().issuer()).unwrap()).await.unwrap();
    for status in gate.status() {
        let is_up = status.issuer() == up.issuer().issuer();
        assert_eq!((status.is_usable(), status.last_error().is_none()), (is_up, is_up), "{status:?}");
    }
}
