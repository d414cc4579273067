//! The soak of the keys in its small size: counts and decisions, and no times, which `cargo xtask soak --keys` judges.

use claimgate_tests::run_example;
use serde_json::Value;

#[tokio::test]
async fn good_requests_feel_nothing_of_an_issuer_that_misbehaves() {
    let output = run_example("keys-soak", ["--small"]).await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let outcome: Value = serde_json::from_str(printed.lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}: {printed}{said}"));
    assert_eq!(outcome["problems"], serde_json::json!([]));
    assert_eq!(outcome["passed"], true);
    assert!(output.status.success(), "{}: {said}", output.status);

    let runs = outcome["runs"].as_array().unwrap();
    let phases = runs[0].as_array().unwrap();
    assert_eq!((runs.len(), phases.len()), (1, 5));
    // 200 a second; the budget of the first three is the schedule's alone, since no request brings an unknown `kid`.
    for (phase, (trouble, requests, new_keys, flood)) in phases.iter().zip([
        ("hang", 400, 0, 0),
        ("errors", 400, 0, 0),
        ("huge-body", 400, 0, 0),
        ("rotation", 900, 4, 0),
        ("flood", 900, 4, 450),
    ]) {
        assert_eq!(phase["trouble"], trouble);
        for (part, sent) in [("calm", 100), ("good", requests)] {
            let counts = &phase[part];
            assert_eq!(counts["statuses"], serde_json::json!({ "200": sent }), "{trouble}, {part}");
            assert_eq!(counts["unanswered"], 0, "{trouble}, {part}");
            assert_eq!(counts["waited"], 0, "{trouble}, {part}");
        }
        let fetches = phase["fetches"].as_u64().unwrap();
        assert!((1..=phase["most_fetches"].as_u64().unwrap()).contains(&fetches), "{trouble}: {phase}");
        let keys = phase["new_keys"].as_array().unwrap();
        assert_eq!(keys.len(), new_keys, "{trouble}");
        assert!(keys.iter().all(|key| key["accepted_after"].is_number()), "{trouble}: {keys:?}");
        let refused = ["401", "503"].map(|status| phase["flood"]["statuses"][status].as_u64().unwrap_or(0));
        assert_eq!(refused.iter().sum::<u64>(), flood, "{trouble}: {}", phase["flood"]);
    }
}
