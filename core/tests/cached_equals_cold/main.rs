//! Whatever happens, an authenticator with a cache answers as one without does.
#![cfg(feature = "refresh")]

#[path = "../support/mod.rs"]
mod support;
mod tokens;
mod world;

use std::sync::Mutex;

use claimgate_core::{Algorithm, Confirmation};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;

use tokens::{CERTIFICATE_OF_CLIENT, CERTIFICATE_OF_OTHER};
use world::{Policy, Step, Tally, World};

fn seconds() -> impl Strategy<Value = u64> {
    select(vec![1, 30, 59, 60, 61, 240, 300, 361, 3_599, 3_700, 6_399, 6_401])
}

fn policy() -> impl Strategy<Value = Policy> {
    let algorithms: &[&[Algorithm]] =
        &[Policy::USUAL.algorithms, Policy::USUAL.algorithms, &[Algorithm::ES256], &[Algorithm::EdDSA]];
    (
        prop::bool::weighted(0.2),
        select(vec![0, 60, 60, 300]),
        select(vec![16_384, 16_384, 1_024]),
        select(algorithms),
        any::<bool>(),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.3),
        select(vec![Confirmation::Refuse, Confirmation::ClientCertificate, Confirmation::Ignore]),
    )
        .prop_map(
            |(
                is_for_others,
                leeway,
                max_token_bytes,
                algorithms,
                checks_certificates,
                needs_tenant,
                ignores_not_before,
                confirmation,
            )| Policy {
                is_for_others,
                leeway,
                max_token_bytes,
                algorithms,
                checks_certificates,
                needs_tenant,
                ignores_not_before,
                confirmation,
            },
        )
}

fn step() -> impl Strategy<Value = Step> {
    let kid = || select(vec!["a", "b", "c"]);
    prop_oneof![
        4 => (0..64_usize).prop_map(Step::Present),
        3 => seconds().prop_map(Step::Time),
        // What is fetched ends between these, and a certificate before them.
        1 => select(vec![7_199, 7_201]).prop_map(Step::Time),
        1 => seconds().prop_map(|seconds| Step::Wall(seconds.cast_signed())),
        2 => seconds().prop_map(|seconds| Step::Wall(-seconds.cast_signed())),
        2 => (0..8_usize).prop_map(Step::Pin),
        1 => Just(Step::Unpin),
        2 => kid().prop_map(Step::Revoke),
        1 => (0..5_usize).prop_map(Step::RevokeThumbprint),
        2 => kid().prop_map(Step::Restore),
        1 => (0..5_usize).prop_map(Step::RestoreThumbprint),
        2 => (0..8_usize).prop_map(Step::Fetch),
        3 => Just(Step::FailToFetch),
        2 => select(vec![Some(CERTIFICATE_OF_CLIENT), Some(CERTIFICATE_OF_OTHER), None]).prop_map(Step::Client),
        2 => policy().prop_map(Step::Reload),
        2 => Just(Step::Reload(Policy::USUAL)),
    ]
}

#[test]
fn a_cached_answer_is_the_answer_that_there_would_be_without_a_cache() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sum = Mutex::new(Tally::default());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) };
    let run = TestRunner::new(config).run(&vec(step(), 1..24), |steps| {
        let mut world = World::new(&runtime);
        world.present_all();
        for step in &steps {
            world.happen(step);
            world.present_all();
        }
        let mut sum = sum.lock().unwrap();
        for gate in 0..5 {
            sum.good[gate] += world.tally.good[gate];
            sum.hits[gate] += world.tally.hits[gate];
        }
        Ok(())
    });
    run.unwrap();
    // Equal answers prove something only where they come from the cache, and without one none does.
    let Tally { good, hits } = *sum.lock().unwrap();
    assert_eq!(hits[0], 0);
    assert!(good[0] > 1_000 && hits[1] * 2 > good[1] && hits[2] * 2 > good[2], "{hits:?} of {good:?}");
    assert!(hits[3] * 100 > good[3], "{hits:?} of {good:?}");
    assert!(hits[4] * 10 > good[4] && hits[4] < hits[1], "{hits:?} of {good:?}");
}

#[test]
fn keys_that_have_ended_end_cached_tokens_too() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut world = World::new(&runtime);
    world.present_all();
    let before = world.good_by_fetched_keys();
    assert!(before > 0);
    world.happen(&Step::FailToFetch);
    world.happen(&Step::Time(7_200));
    world.present_all();
    assert_eq!(world.good_by_fetched_keys(), before, "to the last second");
    world.happen(&Step::Time(1));
    world.present_all();
    assert_eq!(world.good_by_fetched_keys(), 0);
    world.happen(&Step::Fetch(0));
    world.present_all();
    assert_eq!(world.good_by_fetched_keys(), before);
}
