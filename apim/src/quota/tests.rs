//! The rows of the quotas, with a time that the tests move.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::fault::FaultCode;

const PIZZA: &str = "/pizzashack/1.0.0:1.0.0";

/// An application of ten a minute with a subscription that limits nothing.
pub(super) const TEST_APP: Usage<'static> = Usage {
    application: "2",
    user: "admin@carbon.super",
    application_tier: Some("10PerMin"),
    api: PIZZA,
    subscription_tier: Some("Unlimited"),
    stop_on_quota_reach: true,
    spike_arrest: None,
};

/// 1970-01-01T00:16:40Z.
pub(super) fn start() -> Moment {
    Moment::new(Duration::from_secs(1_000), Instant::now())
}

fn seconds(start: Moment, seconds: u64) -> Moment {
    start.later(Duration::from_secs(seconds))
}

fn quotas() -> Quotas {
    Quotas::builder().build()
}

fn result(taken: Taken) -> Result<(), Fault> {
    match taken {
        Taken::Allowed => Ok(()),
        Taken::Denied(fault) => Err(fault),
        Taken::Later(_) => panic!("nothing here is asked of another process"),
    }
}

/// How many of `tries` pass, and what the last one is told.
fn pass(quotas: &Quotas, usage: &Usage<'_>, now: Moment, tries: usize) -> (usize, Result<(), Fault>) {
    let results = (0..tries).map(|_| result(quotas.take(usage, now))).collect::<Vec<_>>();
    (results.iter().filter(|result| result.is_ok()).count(), results.last().cloned().unwrap())
}

fn denied(code: FaultCode, next_access: u64) -> Result<(), Fault> {
    Err(Fault::new(code).next_access(next_access))
}

#[test]
fn denies_the_eleventh_of_ten_a_minute_until_the_minute_is_over() {
    let (quotas, start) = (quotas(), start());
    for request in 0..10 {
        assert_eq!(
            result(quotas.take(&TEST_APP, seconds(start, request * 2))),
            Ok(()),
            "request {}",
            request + 1
        );
    }
    let eleventh = denied(FaultCode::ApplicationQuota, 1_060);
    for second in [18, 19, 30, 59] {
        assert_eq!(result(quotas.take(&TEST_APP, seconds(start, second))), eleventh, "at {second}");
    }
    assert_eq!(result(quotas.take(&TEST_APP, start.later(Duration::from_millis(59_999)))), eleventh);
    // What was denied has not been counted, and the next window begins with its own first request.
    assert_eq!(
        pass(&quotas, &TEST_APP, seconds(start, 65), 11),
        (10, denied(FaultCode::ApplicationQuota, 1_125))
    );
}

#[test]
fn a_window_ends_with_its_time_to_the_nanosecond() {
    let (quotas, start) = (quotas(), start());
    assert_eq!(pass(&quotas, &TEST_APP, start, 10).0, 10);
    assert!(result(quotas.take(&TEST_APP, start.later(Duration::from_nanos(59_999_999_999)))).is_err());
    assert_eq!(result(quotas.take(&TEST_APP, seconds(start, 60))), Ok(()));
}

#[test]
fn tells_the_second_in_which_the_window_has_ended() {
    for (nanos, expected) in [(0, 1_060), (1, 1_061), (999_999_999, 1_061)] {
        let start = Moment::new(Duration::new(1_000, nanos), Instant::now());
        let (_, eleventh) = pass(&quotas(), &TEST_APP, start, 11);
        assert_eq!(eleventh, denied(FaultCode::ApplicationQuota, expected), "{nanos}");
    }
}

#[test]
fn counts_each_user_of_an_application_and_each_application_of_a_user() {
    let (quotas, start) = (quotas(), start());
    let other_user = Usage { user: "johndoe@carbon.super", ..TEST_APP };
    let other_application = Usage { application: "3", ..TEST_APP };
    for usage in [TEST_APP, other_user, other_application] {
        assert_eq!(pass(&quotas, &usage, start, 12).0, 10, "{usage:?}");
    }
    // The quota of the application is for all APIs together.
    let other_api = Usage { api: "/pasta/1.0.0:1.0.0", ..TEST_APP };
    assert_eq!(pass(&quotas, &other_api, start, 1).0, 0);
}

#[test]
fn names_that_read_the_same_when_joined_are_counted_apart() {
    let (quotas, start) = (quotas(), start());
    for (application, user) in
        [("a", "bc"), ("ab", "c"), ("abc", ""), ("", "abc"), ("a:b", "c"), ("a", "b:c")]
    {
        let usage = Usage { application, user, ..TEST_APP };
        assert_eq!(pass(&quotas, &usage, start, 11).0, 10, "{application:?} {user:?}");
    }
}

#[test]
fn unlimited_never_denies_and_counts_nothing() {
    let (quotas, start) = (quotas(), start());
    for tier in [Some("Unlimited"), None] {
        let usage = Usage { application_tier: tier, subscription_tier: tier, ..TEST_APP };
        assert_eq!(pass(&quotas, &usage, start, 5_000), (5_000, Ok(())));
    }
    assert_eq!(live(&quotas), 0);
}

#[test]
fn a_subscription_is_counted_for_all_users_of_the_application_at_one_api() {
    let (quotas, start) = (quotas(), start());
    let usage = Usage { application_tier: None, subscription_tier: Some("3PerMin"), ..TEST_APP };
    let of = |user, api| Usage { user, api, ..usage };
    assert_eq!(pass(&quotas, &of("a", PIZZA), start, 2).0, 2);
    assert_eq!(pass(&quotas, &of("b", PIZZA), start, 2), (1, denied(FaultCode::SubscriptionQuota, 1_060)));
    assert_eq!(pass(&quotas, &of("b", "/pasta/1.0.0:1.0.0"), start, 4).0, 3);
    assert_eq!(pass(&quotas, &Usage { application: "3", ..usage }, start, 4).0, 3);
    let bronze = Usage { subscription_tier: Some("Bronze"), application: "4", ..usage };
    assert_eq!(pass(&quotas, &bronze, start, 1_001), (1_000, denied(FaultCode::SubscriptionQuota, 1_060)));
}

#[test]
fn a_subscription_that_does_not_stop_lets_all_through_and_the_other_quotas_hold() {
    let (quotas, start) = (quotas(), start());
    let usage = Usage { subscription_tier: Some("3PerMin"), stop_on_quota_reach: false, ..TEST_APP };
    assert_eq!(pass(&quotas, &Usage { application_tier: None, ..usage }, start, 20), (20, Ok(())));
    assert_eq!(pass(&quotas, &usage, start, 11), (10, denied(FaultCode::ApplicationQuota, 1_060)));
    let spiky = Usage { application_tier: None, spike_arrest: Some((5, 60)), ..usage };
    assert_eq!(pass(&quotas, &spiky, start, 6), (5, denied(FaultCode::SpikeArrest, 1_060)));
}

#[test]
fn arrests_the_sixth_of_five_a_minute_for_the_rest_of_the_minute() {
    let (quotas, start) = (quotas(), start());
    let usage = Usage { application_tier: None, spike_arrest: Some((5, 60)), ..TEST_APP };
    assert_eq!(pass(&quotas, &usage, start, 6), (5, denied(FaultCode::SpikeArrest, 1_060)));
    for second in [12, 24, 59] {
        assert_eq!(pass(&quotas, &usage, seconds(start, second), 1).0, 0, "at {second}");
    }
    assert_eq!(pass(&quotas, &usage, seconds(start, 60), 6).0, 5);
}

#[test]
fn a_spike_arrest_of_0_is_none_and_a_time_of_0_is_a_second() {
    let (quotas, start) = (quotas(), start());
    let usage = Usage { application_tier: None, ..TEST_APP };
    for seconds in [0, 1, u64::MAX] {
        let none = Usage { spike_arrest: Some((0, seconds)), ..usage };
        assert_eq!(pass(&quotas, &none, start, 100), (100, Ok(())));
    }
    let untimed = Usage { spike_arrest: Some((2, 0)), ..usage };
    assert_eq!(pass(&quotas, &untimed, start, 3), (2, denied(FaultCode::SpikeArrest, 1_001)));
    assert_eq!(pass(&quotas, &untimed, seconds(start, 1), 3).0, 2);
    let for_ever = Usage { application: "3", spike_arrest: Some((2, u64::MAX)), ..usage };
    assert_eq!(pass(&quotas, &for_ever, start, 3).0, 2);
}

#[test]
fn what_one_quota_denies_uses_up_no_other() {
    let start = start();
    let usage = Usage {
        spike_arrest: Some((2, 1)),
        subscription_tier: Some("5PerHour"),
        application_tier: Some("3PerMin"),
        ..TEST_APP
    };
    let quotas = quotas();
    for (second, expected) in [
        (0, Ok(())),
        (0, Ok(())),
        // Neither the subscription nor the application has lost anything by these:
        (0, denied(FaultCode::SpikeArrest, 1_001)),
        (0, denied(FaultCode::SpikeArrest, 1_001)),
        // the third of the minute,
        (1, Ok(())),
        // one that the application denies and the subscription does not feel,
        (1, denied(FaultCode::ApplicationQuota, 1_060)),
        (2, denied(FaultCode::ApplicationQuota, 1_060)),
        (3, denied(FaultCode::ApplicationQuota, 1_060)),
        // the fourth and fifth of the hour,
        (60, Ok(())),
        (60, Ok(())),
        // and where both have nothing left, the first is told with the end of the last.
        (60, denied(FaultCode::SpikeArrest, 4_600)),
        (61, denied(FaultCode::SubscriptionQuota, 4_600)),
        (3_599, denied(FaultCode::SubscriptionQuota, 4_600)),
        (3_600, Ok(())),
    ] {
        assert_eq!(result(quotas.take(&usage, seconds(start, second))), expected, "at {second}");
    }
}

#[test]
fn tiers_of_one_length_share_what_is_used_and_those_of_another_do_not() {
    let (quotas, start) = (quotas(), start());
    let tier = |tier| Usage { application_tier: Some(tier), ..TEST_APP };
    assert_eq!(pass(&quotas, &tier("10PerMin"), start, 11).0, 10);
    assert_eq!(pass(&quotas, &tier("20PerMin"), start, 11).0, 10);
    assert_eq!(pass(&quotas, &tier("10PerHour"), start, 11).0, 10);
    // The shorter window ends for itself alone.
    assert_eq!(pass(&quotas, &tier("10PerMin"), seconds(start, 60), 1).0, 1);
    assert_eq!(pass(&quotas, &tier("10PerHour"), seconds(start, 60), 1).0, 0);
}

#[test]
fn a_tier_that_nobody_knows_counts_as_configured() {
    let start = start();
    let usage = Usage { application_tier: Some("Platinum"), ..TEST_APP };
    assert_eq!(pass(&quotas(), &usage, start, 11).0, 10);
    let shut = QuotaPolicies::new().unknown(QuotaPolicy::new(0, Duration::from_secs(60)));
    let quotas = Quotas::builder().policies(shut).build();
    assert_eq!(pass(&quotas, &usage, start, 2), (0, denied(FaultCode::ApplicationQuota, 1_060)));
    assert_eq!(pass(&quotas, &TEST_APP, start, 11).0, 10);
    let known = QuotaPolicies::new().add("Platinum", QuotaPolicy::new(50, Duration::from_secs(60)));
    assert_eq!(pass(&Quotas::builder().policies(known).build(), &usage, start, 60).0, 50);
}

#[test]
fn a_clock_that_is_set_back_prolongs_no_window_and_one_set_forward_ends_it() {
    let monotonic = Instant::now();
    let at = |wall, since| Moment::new(Duration::from_secs(wall), monotonic + Duration::from_secs(since));
    let quotas = quotas();
    assert_eq!(pass(&quotas, &TEST_APP, at(1_000, 0), 10).0, 10);
    // The client is told the time by the clock as it is now.
    assert_eq!(pass(&quotas, &TEST_APP, at(500, 59), 1), (0, denied(FaultCode::ApplicationQuota, 501)));
    assert_eq!(pass(&quotas, &TEST_APP, at(501, 60), 11).0, 10);
    assert_eq!(pass(&quotas, &TEST_APP, at(560, 61), 1).0, 0);
    assert_eq!(pass(&quotas, &TEST_APP, at(561, 61), 1).0, 1);
}

#[test]
fn the_end_of_time_is_no_panic() {
    let never = QuotaPolicies::new().add("Eon", QuotaPolicy::new(1, Duration::MAX));
    let quotas = Quotas::builder().policies(never).build();
    let usage = Usage { application_tier: Some("Eon"), ..TEST_APP };
    let end = Moment::new(Duration::MAX, Instant::now());
    assert_eq!(pass(&quotas, &usage, end, 2), (1, denied(FaultCode::ApplicationQuota, i64::MAX as u64)));
    assert_eq!(pass(&quotas, &usage, Moment::new(Duration::ZERO, Instant::now()), 1).0, 0);
}

#[test]
fn eight_threads_get_exactly_the_limit_through() {
    let limit = QuotaPolicies::new().add("Thousand", QuotaPolicy::new(1_000, Duration::from_secs(60)));
    let quotas = Quotas::builder().policies(limit).build();
    let (passed, start) = (AtomicU64::new(0), start());
    thread::scope(|scope| {
        for thread in 0..8 {
            let (quotas, passed) = (&quotas, &passed);
            scope.spawn(move || {
                // Each user counts alone for the application and all of them for the subscription.
                let user = format!("user {thread}");
                let usage = Usage {
                    user: &user,
                    application_tier: Some("50KPerMin"),
                    subscription_tier: Some("Thousand"),
                    spike_arrest: Some((100_000, 1)),
                    ..TEST_APP
                };
                for _ in 0..1_000 {
                    if matches!(quotas.take(&usage, start), Taken::Allowed) {
                        passed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(passed.into_inner(), 1_000);
}

#[test]
fn threads_that_take_the_same_windows_in_any_order_do_not_block_each_other() {
    let (quotas, start) = (quotas(), start());
    thread::scope(|scope| {
        for thread in 0..4_usize {
            let quotas = &quotas;
            scope.spawn(move || {
                for round in 0..2_000 {
                    let name = |salt: usize| format!("{}", (round * (thread + 1) + salt) % 50);
                    let (application, user, api) = (name(0), name(7), name(13));
                    let usage = Usage {
                        application: &application,
                        user: &user,
                        api: &api,
                        subscription_tier: Some("Gold"),
                        spike_arrest: Some((1_000, 60)),
                        ..TEST_APP
                    };
                    let _ = quotas.take(&usage, start);
                }
            });
        }
    });
}

#[test]
fn there_are_never_more_windows_than_allowed_and_full_ones_stay_denied() {
    let quotas = Quotas::builder().max_windows(640).build();
    let start = start();
    assert_eq!(pass(&quotas, &TEST_APP, start, 11).0, 10);
    let mut passed = 0;
    for user in 0..5_000 {
        let user = format!("user {user}");
        passed += pass(&quotas, &Usage { user: &user, ..TEST_APP }, start, 1).0;
    }
    assert!(passed < 640 && live(&quotas) <= 640, "{passed} have passed, {} windows", live(&quotas));
    assert!(passed > 500, "{passed}");
    assert_eq!(pass(&quotas, &TEST_APP, seconds(start, 59), 1).0, 0);
    // Those who have a window use it as ever.
    assert_eq!(pass(&quotas, &Usage { user: "user 0", ..TEST_APP }, seconds(start, 59), 10).0, 9);
}

#[test]
fn without_room_a_newcomer_is_told_when_there_is_and_gets_it_then() {
    let quotas = Quotas::builder().max_windows(1).build();
    let start = start();
    let users = (0..1_000).map(|user| format!("user {user}")).collect::<Vec<_>>();
    let of = |user| Usage { user, ..TEST_APP };
    let (mut passed, mut refused) = (Vec::new(), Vec::new());
    for user in &users {
        match result(quotas.take(&of(user), start)) {
            Ok(()) => passed.push(user),
            refusal => {
                assert_eq!(refusal, denied(FaultCode::ApplicationQuota, 1_060), "{user}");
                refused.push(user);
            }
        }
    }
    assert_eq!((passed.len(), live(&quotas)), (64, 64));
    let newcomer = of(refused.first().unwrap());
    assert_eq!(
        pass(&quotas, &newcomer, seconds(start, 59), 1),
        (0, denied(FaultCode::ApplicationQuota, 1_060))
    );
    assert_eq!(pass(&quotas, &newcomer, seconds(start, 60), 11).0, 10);
    assert_eq!(live(&quotas), 64);
}

#[test]
fn a_denied_request_leaves_no_window_that_takes_room() {
    let quotas = Quotas::builder().max_windows(64).build();
    let start = start();
    let shut = Usage { application_tier: Some("1PerMin"), ..TEST_APP };
    assert_eq!(pass(&quotas, &shut, start, 1).0, 1);
    // Each of these needs a window for another API and is denied by the application.
    for api in 0..1_000 {
        let api = format!("/{api}");
        let usage = Usage { api: &api, subscription_tier: Some("Gold"), ..shut };
        assert_eq!(pass(&quotas, &usage, start, 1).0, 0);
    }
    let free = (0..1_000).filter(|user| {
        let user = format!("user {user}");
        pass(&quotas, &Usage { user: &user, ..TEST_APP }, start, 1).0 == 1
    });
    assert_eq!(free.count(), 63);
}

fn live(quotas: &Quotas) -> usize {
    match &quotas.counts {
        Counts::Here(windows) => windows.len(),
        #[cfg(feature = "redis")]
        Counts::Redis(_) => 0,
    }
}
