//! What requests may cause.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f26_a_flood_of_unknown_kids_causes_as_many_fetches_as_the_burst_has() {
    for (change, burst) in [
        ((|issuer| issuer) as fn(Issuer) -> Issuer, 2),
        (|issuer| issuer.refresh_burst(1), 1),
        (|issuer| issuer.refresh_burst(10), 10),
    ] {
        let served = served().await;
        let gate = loaded(change(over(&served).refresh_cooldown(HOUR))).await;
        for number in 0..300 {
            let junk = token(&served).kid(format!("junk-{number}")).mint();
            assert_eq!(kind(&gate, &junk).await, Err(UnknownKey));
        }
        assert_eq!(served.jwks_requests(), 1 + burst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n077_a_flood_of_unknown_kids_is_refused_at_once() {
    let served = served().await;
    let gate = loaded(over(&served).refresh_cooldown(HOUR)).await;
    let junk: Vec<_> = (0..10).map(|number| token(&served).kid(format!("junk-{number}")).mint()).collect();
    for token in &junk[..2] {
        assert_eq!(kind(&gate, token).await, Err(UnknownKey));
    }
    let known = token(&served).mint();
    for token in junk.iter().cycle().take(10_000) {
        assert_eq!(decided(&gate, token), Err(UnknownKey));
    }
    assert_eq!(decided(&gate, &known), Ok(()));
    assert_eq!(served.jwks_requests(), 1 + 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f27_the_schedule_goes_on_during_a_flood() {
    let served = served().await;
    let gate = loaded(over(&served).refresh_cooldown(HOUR).refresh_interval(Duration::from_secs(1))).await;
    for number in 0..50 {
        let junk = token(&served).kid(format!("junk-{number}")).mint();
        assert_eq!(kind(&gate, &junk).await, Err(UnknownKey));
    }
    served.issuer().rotate();
    let new = token(&served).mint();
    eventually(|| matches!(gate.authenticate_token(&new, gate.now()), Decision::Decided(Ok(_)))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f26_junk_that_no_key_could_save_causes_no_fetch() {
    let served = served().await;
    let rules = over(&served).algorithms([claimgate_core::Algorithm::ES256]);
    let gate = loaded(rules).await;
    let unknown = || token(&served).kid("unknown");
    let signature = unknown().mint().rsplit_once('.').unwrap().0.to_owned();
    for (name, junk, expected) in [
        ("expired", unknown().expired().mint(), UnknownKey),
        ("for another audience", unknown().audience("https://other.test").mint(), UnknownKey),
        ("of another type", unknown().header("typ", "dpop+jwt").mint(), UnknownKey),
        ("not for bearers", unknown().claim("cnf", json!({})).mint(), UnknownKey),
        (
            "an algorithm that is not allowed",
            unknown().header("alg", "RS256").mint(),
            AuthErrorKind::AlgorithmNotAllowed,
        ),
        ("a signature that is no base64url", format!("{signature}.a"), AuthErrorKind::MalformedToken),
        (
            "an unknown issuer",
            unknown().claim("iss", "http://127.0.0.1:1").mint(),
            AuthErrorKind::UnknownIssuer,
        ),
    ] {
        assert_eq!(decided(&gate, &junk), Err(expected), "{name}");
    }
    assert_eq!(served.jwks_requests(), 1);
    assert_eq!(kind(&gate, &unknown().mint()).await, Err(UnknownKey));
    assert_eq!(served.jwks_requests(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f30_a_new_key_under_an_old_kid_is_fetched_when_a_signature_fails() {
    let served = served().await;
    let gate = loaded(over(&served).refresh_cooldown(HOUR)).await;
    let old = token(&served).mint();
    served.issuer().retire("test-1");
    let replaced = SigningKey::generate(Alg::ES256, "test-1");
    served.issuer().add_key(replaced.clone());
    let new = token(&served).signed_by(&replaced).mint();
    assert_eq!(kind(&gate, &new).await, Ok(()));
    assert_eq!(decided(&gate, &old), Err(BadSignature), "and its budget is used up");
    assert_eq!(decided(&gate, &token(&served).forged().mint()), Err(BadSignature));
    assert_eq!(served.jwks_requests(), 2);
    assert_eq!(kind(&gate, &token(&served).kid("unknown").mint()).await, Err(UnknownKey));
    assert_eq!(served.jwks_requests(), 3, "the budget for unknown keys is another");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f30_a_new_key_of_another_type_under_an_old_kid_is_fetched_too() {
    let served = served().await;
    let gate = loaded(over(&served)).await;
    let old = served.issuer().current_key();
    let new = SigningKey::generate(Alg::EdDSA, old.kid());
    let text = token(&served).signed_by(&new).mint();
    served.set_jwks(keys(&json!([new.public_jwk()])));
    assert_eq!(kind(&gate, &text).await, Ok(()));
}

/// The old place may go on to answer, with keys that nobody takes out any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f29_keys_that_have_moved_are_found_where_they_are() {
    let (served, moved) = (served().await, served().await);
    let gate = loaded(discovered(&served)).await;
    let issuer = served.issuer().issuer();
    let metadata = json!({ "issuer": issuer, "jwks_uri": moved.jwks_uri() });
    served.set_discovery(Behaviour::body(metadata.to_string()));
    let text = token(&served).signed_by(&moved.issuer().current_key()).kid("moved").mint();
    let mut key = moved.issuer().current_key().public_jwk();
    key["kid"] = "moved".into();
    moved.set_jwks(keys(&json!([key])));
    assert_eq!(kind(&gate, &text).await, Ok(()));
    // Metadata that does not come is no reason to forget where they are.
    served.set_discovery(Behaviour::status(503));
    let requests = moved.jwks_requests();
    let unknown = token(&served).kid("nobody").mint();
    assert_eq!(kind(&gate, &unknown).await, Err(UnknownKey));
    assert_eq!(moved.jwks_requests(), requests + 1);
}

/// What a flood leaves behind: memory that grows with the names in it would be the flood's to fill.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f28_a_flood_of_kids_leaves_nothing_behind() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    let served = served().await;
    let gate = loaded(over(&served).refresh_cooldown(HOUR)).await;
    let mint = token(&served);
    let flood = async |from: u32| {
        for number in from..from + 20_000 {
            // Long names, so that what is kept of them shows: 20,000 of them are 8 MB.
            let junk = mint.clone().kid(format!("{number:0>400}")).mint();
            assert_eq!(kind(&gate, &junk).await, Err(UnknownKey));
        }
    };
    flood(0).await;
    let before = resident();
    flood(20_000).await;
    let grown = resident().saturating_sub(before);
    assert!(grown < 2_048, "{grown} KiB more");
    assert_eq!(served.jwks_requests(), 1 + 2);
}
