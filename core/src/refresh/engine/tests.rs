use std::time::Instant;

use super::*;

const A: Wanted = Wanted(1);
const B: Wanted = Wanted(2);
const KEYS: Outcome = Outcome::Keys { max_age: None };
const FAILED: Outcome = Outcome::Failed { retry_after: None };

struct Run {
    engine: Engine,
    start: Moment,
}

impl Run {
    fn new() -> Self {
        let start = Moment::new(Duration::from_secs(1_000_000), Instant::now());
        Run { engine: Engine::new(&FetchSettings::default(), Duration::ZERO, start), start }
    }

    /// A run whose keys came at second 0.
    fn loaded() -> Self {
        let mut run = Run::new();
        assert_eq!(run.step(0), Step::Fetch { generation: 1 });
        assert!(run.ended(0, 1, KEYS).is_some());
        run
    }

    fn at(&self, second: u64) -> Moment {
        self.start.later(Duration::from_secs(second))
    }

    fn step(&mut self, second: u64) -> Step {
        self.engine.step(self.at(second))
    }

    fn demand(&mut self, second: u64, wanted: Wanted) -> Answer {
        self.engine.demand(MissKind::UnknownKey, wanted, self.engine.loaded, self.at(second))
    }

    fn ended(&mut self, second: u64, generation: u64, outcome: Outcome) -> Option<Fresh> {
        self.engine.ended(generation, outcome, self.at(second), 0.0)
    }

    fn due_in(&self, second: u64) -> u64 {
        self.engine.next_attempt(self.at(second)).unwrap().as_secs()
    }
}

fn awaits(generation: u64, conclusive: bool) -> Answer {
    Answer::Await { generation, conclusive }
}

#[test]
fn fetches_at_once_then_ahead_of_need() {
    let mut run = Run::loaded();
    assert_eq!(run.due_in(0), 480);
    assert_eq!(run.step(100), Step::Sleep(LOOK_AGAIN));
    assert_eq!(run.step(470), Step::Sleep(Duration::from_secs(10)));
    assert_eq!(run.step(480), Step::Fetch { generation: 2 });
    assert_eq!(run.step(480), Step::Sleep(Duration::ZERO), "one fetch in flight");
}

#[test]
fn f36_jitter_brings_the_refresh_forward_only() {
    let mut run = Run::new();
    run.step(0);
    run.engine.ended(1, KEYS, run.start, 1.0);
    assert_eq!(run.due_in(0), 432);
}

#[test]
fn f38_max_age_shortens_the_interval_within_its_floor() {
    for (max_age, lasting) in [(0, 60), (59, 60), (100, 100), (600, 600), (31_536_000, 600), (u64::MAX, 600)]
    {
        let mut run = Run::new();
        run.step(0);
        let outcome = Outcome::Keys { max_age: Some(Duration::from_secs(max_age)) };
        let fresh = run.ended(2, 1, outcome).unwrap();
        assert_eq!(fresh, Fresh { since: run.start, lasting: Duration::from_secs(lasting) }, "{max_age}");
        assert_eq!(run.due_in(2), lasting * 8 / 10, "{max_age}");
    }
}

#[test]
fn one_fetch_answers_all_who_want_the_same() {
    let mut run = Run::loaded();
    assert_eq!(run.demand(10, A), awaits(2, true));
    assert_eq!(run.demand(10, A), awaits(2, true));
    assert_eq!(run.step(10), Step::Fetch { generation: 2 });
    assert_eq!(run.demand(11, A), awaits(2, true));
    assert_eq!(run.demand(11, B), awaits(2, false), "begun for another key, before this one was asked for");
}

#[test]
fn f25_who_is_overtaken_by_the_keys_looks_again_and_spends_nothing() {
    let mut run = Run::loaded();
    let late = |run: &mut Run| run.engine.demand(MissKind::UnknownKey, A, 1, run.start);
    assert_eq!(run.demand(0, A), awaits(2, true));
    run.step(0);
    assert_eq!(late(&mut run), awaits(2, true), "while the fetch is under way");
    run.ended(0, 2, KEYS);
    for _ in 0..10 {
        assert_eq!(late(&mut run), Answer::AlreadyThere);
    }
    assert_eq!(run.demand(0, B), awaits(3, true), "the second of the burst is left");
    run.step(0);
    run.ended(0, 3, FAILED);
    assert_eq!(
        run.engine.demand(MissKind::UnknownKey, A, 2, run.start),
        Answer::Spent { retry_after: Duration::from_secs(480) }
    );
}

#[test]
fn f26_a_flood_of_unknown_keys_gets_a_burst_of_two_then_one_per_cooldown() {
    let mut run = Run::loaded();
    let mut fetches = 0;
    for second in 0..100 {
        for request in 0..100 {
            if let Answer::Await { generation, .. } = run.demand(second, Wanted(second * 100 + request)) {
                assert_eq!(run.step(second), Step::Fetch { generation });
                run.ended(second, generation, KEYS);
                fetches += 1;
            }
        }
    }
    assert_eq!(fetches, 2 + 9);
}

#[test]
fn f27_demand_neither_starves_nor_hurries_the_schedule() {
    let mut run = Run::loaded();
    for second in [10, 10, 20, 30] {
        assert!(matches!(run.demand(second, A), Answer::Await { .. }));
        let Step::Fetch { generation } = run.step(second) else { panic!("no fetch at {second}") };
        run.ended(second, generation, FAILED);
    }
    assert_eq!(run.due_in(30), 450, "failures that requests caused leave the schedule alone");
    assert!(matches!(run.step(480), Step::Fetch { .. }), "whatever the budget of requests");
}

#[test]
fn failures_that_requests_caused_do_not_slow_the_schedule_down() {
    let mut run = Run::loaded();
    for second in [10, 10, 20, 30] {
        run.demand(second, A);
        let Step::Fetch { generation } = run.step(second) else { panic!("no fetch at {second}") };
        run.engine.ended(generation, FAILED, run.at(second), 1.0);
    }
    let Step::Fetch { generation } = run.step(480) else { panic!("no scheduled fetch") };
    run.engine.ended(generation, FAILED, run.at(480), 1.0);
    assert_eq!(run.due_in(480), 2, "the first failure of the schedule");
}

#[test]
fn a_request_before_the_first_fetch_does_not_spend_the_budget() {
    let mut run = Run::new();
    assert_eq!(run.demand(0, A), awaits(1, true));
    assert_eq!(run.step(0), Step::Fetch { generation: 1 });
    assert!(run.ended(0, 1, KEYS).is_some());
    for generation in [2, 3] {
        assert_eq!(run.demand(1, Wanted(generation)), awaits(generation, true));
        run.step(1);
        run.ended(1, generation, KEYS);
    }
    assert!(matches!(run.demand(1, B), Answer::Spent { .. }));
}

#[test]
fn bad_signatures_have_a_budget_of_their_own() {
    let mut run = Run::loaded();
    let now = run.at(10);
    assert_eq!(run.engine.demand(MissKind::BadSignature, A, 1, now), awaits(2, true));
    run.step(10);
    run.ended(10, 2, KEYS);
    assert!(matches!(run.engine.demand(MissKind::BadSignature, A, 2, now), Answer::Spent { .. }));
    assert_eq!(run.demand(10, A), awaits(3, true));
}

#[test]
fn f07_failures_back_off_from_one_second_to_sixty() {
    for (chance, expected) in [(0.0, [1; 8]), (1.0, [2, 4, 8, 16, 32, 60, 60, 60])] {
        let mut run = Run::new();
        let mut second = 0;
        for (generation, expected) in (1..).zip(expected) {
            assert_eq!(run.step(second), Step::Fetch { generation });
            run.engine.ended(generation, FAILED, run.at(second), chance);
            assert_eq!(run.due_in(second), expected, "after failure {generation}");
            second += expected;
        }
    }
}

#[test]
fn f22_retry_after_holds_requests_too() {
    let mut run = Run::new();
    run.step(0);
    run.ended(0, 1, Outcome::Failed { retry_after: Some(Duration::from_secs(30)) });
    assert_eq!(run.demand(29, A), Answer::Refused { retry_after: Duration::from_secs(1) });
    assert_eq!(run.step(29), Step::Sleep(Duration::from_secs(1)));
    assert_eq!(run.step(30), Step::Fetch { generation: 2 });
    run.ended(30, 2, Outcome::Failed { retry_after: Some(Duration::from_secs(86_400)) });
    assert_eq!(run.due_in(30), 600, "no longer than the interval");
}

#[test]
fn f31_a_late_answer_changes_nothing() {
    let mut run = Run::loaded();
    assert_eq!(run.demand(10, A), awaits(2, true));
    run.step(10);
    assert_eq!(run.ended(11, 1, KEYS), None);
    assert!(run.ended(11, 2, KEYS).is_some());
    assert_eq!(run.ended(12, 2, KEYS), None, "twice");
}

#[test]
fn f37_a_suspended_machine_refreshes_by_the_wall_clock() {
    let start = Moment::new(Duration::from_secs(1_000_000), Instant::now());
    let mut engine = Engine::new(&FetchSettings::default(), Duration::ZERO, start);
    engine.step(start);
    engine.ended(1, KEYS, start, 0.0);
    let woken = Moment::new(Duration::from_secs(1_040_000), Instant::now());
    assert_eq!(engine.step(woken), Step::Fetch { generation: 2 });
}

#[test]
fn a_refresh_that_is_asked_for_begins_afterwards_and_costs_no_budget() {
    let mut run = Run::loaded();
    assert_eq!(run.engine.refresh_now(), Some(2));
    assert_eq!(run.step(1), Step::Fetch { generation: 2 });
    assert_eq!(run.engine.refresh_now(), Some(3), "the one in flight may have its answer from before");
    assert!(matches!(run.step(1), Step::Sleep(_)), "and one at a time");
    assert!(run.ended(2, 2, KEYS).is_some());
    assert_eq!(run.step(2), Step::Fetch { generation: 3 });
    assert!(run.ended(3, 3, FAILED).is_none());
    assert_eq!(run.demand(4, A), awaits(4, true), "the budget is whole");
    assert_eq!(run.engine.refresh_now(), Some(4), "nobody has taken it up yet");
}

#[test]
fn while_a_set_is_pinned_nothing_is_fetched_and_what_was_in_flight_is_dropped() {
    let mut run = Run::loaded();
    assert_eq!(run.demand(1, A), awaits(2, true));
    assert_eq!(run.step(1), Step::Fetch { generation: 2 });
    assert_eq!(run.engine.pin(), 3);
    assert!(run.ended(2, 2, KEYS).is_none(), "dropped");
    assert_eq!(run.step(1_000), Step::Sleep(LOOK_AGAIN), "though one is due");
    assert_eq!(run.demand(1_000, A), Answer::Refused { retry_after: LOOK_AGAIN });
    assert_eq!(run.engine.refresh_now(), None);
    assert_eq!(run.engine.next_attempt(run.at(1_000)), None);
    run.engine.unpin(run.at(1_000));
    assert_eq!(run.step(1_000), Step::Fetch { generation: 4 });
    assert!(run.ended(1_001, 4, KEYS).is_some());
}
