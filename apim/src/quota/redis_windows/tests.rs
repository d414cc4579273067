//! Against a real server. The time of its windows is its own, so these wait where it has to pass.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};

use server::RedisServer;
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::quota::tests::TEST_APP;
use crate::quota::{QuotaPolicies, QuotaPolicy, Quotas, Usage};

mod server;

fn quotas(url: &str, on_outage: OnOutage) -> Quotas {
    let redis = RedisQuotas::new(url).unwrap().on_outage(on_outage);
    let policies = QuotaPolicies::new()
        .add("Short", QuotaPolicy::new(2, Duration::from_millis(500)))
        .add("Hundred", QuotaPolicy::new(100, Duration::from_secs(600)));
    Quotas::builder().policies(policies).redis(redis).build()
}

/// Where the time that an answer takes is not what the test is about, a busy machine must not fail it.
fn patient(url: &str) -> Quotas {
    let redis = RedisQuotas { patience: Duration::from_secs(5), ..RedisQuotas::new(url).unwrap() };
    Quotas { counts: crate::quota::Counts::Redis(RedisWindows::new(redis)), ..quotas(url, OnOutage::Deny) }
}

fn now() -> Moment {
    Moment::new(Duration::from_secs(1_000), Instant::now())
}

/// The answer and how long it took.
async fn timed(quotas: &Quotas, usage: &Usage<'_>, now: Moment) -> (Result<(), Fault>, Duration) {
    let began = Instant::now();
    let answer = match quotas.take(usage, now) {
        Taken::Allowed => Ok(()),
        Taken::Denied(fault) => Err(fault),
        Taken::Later(answer) => answer.await,
    };
    (answer, began.elapsed())
}

async fn take(quotas: &Quotas, usage: &Usage<'_>) -> Result<(), Fault> {
    timed(quotas, usage, now()).await.0
}

async fn pass(quotas: &Quotas, usage: &Usage<'_>, tries: usize) -> (usize, Option<FaultCode>) {
    let (mut passed, mut last) = (0, None);
    for _ in 0..tries {
        match take(quotas, usage).await {
            Ok(()) => passed += 1,
            Err(fault) => last = Some(fault.code()),
        }
    }
    (passed, last)
}

/// Lines of the log that this thread writes.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn of_redis(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&bytes);
        text.lines().filter(|line| line.contains("redis")).map(str::to_owned).collect()
    }

    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_target(false).with_writer(self.clone()).finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What 50 ms may become on a machine with other things to do.
const SLACK: Duration = Duration::from_millis(450);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_get_exactly_the_limit_through() {
    let server = RedisServer::start();
    let both = [patient(&server.url()), patient(&server.url())].map(Arc::new);
    let usage = Usage { application_tier: Some("Hundred"), ..TEST_APP };
    let mut takes = tokio::task::JoinSet::new();
    for round in 0..20 {
        let quotas = Arc::clone(&both[round % 2]);
        takes.spawn(async move { pass(&quotas, &usage, 10).await });
    }
    let passed = takes.join_all().await;
    assert_eq!(passed.iter().map(|(passed, _)| passed).sum::<usize>(), 100, "{passed:?}");
    assert!(passed.iter().all(|(_, last)| last.is_none_or(|code| code == FaultCode::ApplicationQuota)));
}

#[tokio::test]
async fn denies_the_eleventh_with_the_time_of_the_server_and_other_users_not() {
    let server = RedisServer::start();
    let quotas = patient(&server.url());
    assert_eq!(pass(&quotas, &TEST_APP, 10).await, (10, None));
    let eleventh = take(&quotas, &TEST_APP).await.unwrap_err();
    let told = (1_059..=1_061).map(|end| Fault::new(FaultCode::ApplicationQuota).next_access(end));
    assert!(told.into_iter().any(|fault| fault == eleventh), "{eleventh:?}");
    assert_eq!(pass(&quotas, &Usage { user: "johndoe", ..TEST_APP }, 11).await.0, 10);
    let unlimited = Usage { application_tier: Some("Unlimited"), ..TEST_APP };
    assert!(matches!(quotas.take(&unlimited, now()), Taken::Allowed));
}

#[tokio::test]
async fn what_one_quota_denies_uses_up_no_other_in_redis() {
    let server = RedisServer::start();
    let quotas = patient(&server.url());
    let spike = Usage { spike_arrest: Some((2, 600)), subscription_tier: Some("5PerHour"), ..TEST_APP };
    let spike = Usage { application_tier: Some("4PerHour"), ..spike };
    assert_eq!(pass(&quotas, &spike, 5).await, (2, Some(FaultCode::SpikeArrest)));
    let calm = Usage { spike_arrest: None, ..spike };
    assert_eq!(pass(&quotas, &calm, 4).await, (2, Some(FaultCode::ApplicationQuota)));
    let other = Usage { user: "johndoe", ..calm };
    assert_eq!(pass(&quotas, &other, 3).await, (1, Some(FaultCode::SubscriptionQuota)));
    let unstopped = Usage { stop_on_quota_reach: false, ..other };
    assert_eq!(pass(&quotas, &unstopped, 4).await, (3, Some(FaultCode::ApplicationQuota)));
}

#[tokio::test]
async fn a_window_ends_and_its_key_with_it() {
    let server = RedisServer::start();
    let quotas = patient(&server.url());
    let usage = Usage { application_tier: Some("Short"), ..TEST_APP };
    assert_eq!(pass(&quotas, &usage, 3).await.0, 2);
    assert_eq!(server.ask("DBSIZE"), ":1\r\n");
    let began = Instant::now();
    while server.ask("DBSIZE") != ":0\r\n" {
        assert!(began.elapsed() < Duration::from_secs(5), "the key has no end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(pass(&quotas, &usage, 3).await.0, 2);
    // Everything that it writes has an end, also after a window went on.
    let all = Usage { spike_arrest: Some((9, 60)), subscription_tier: Some("Gold"), ..TEST_APP };
    assert_eq!(pass(&quotas, &all, 2).await.0, 2);
    let keyspace = server.ask("INFO keyspace");
    assert!(keyspace.contains("keys=4,expires=4"), "{keyspace}");
}

#[tokio::test]
async fn when_redis_is_killed_requests_are_decided_as_configured_and_in_time() {
    for on_outage in [OnOutage::Deny, OnOutage::Allow] {
        let expected = match on_outage {
            OnOutage::Allow => Ok(()),
            OnOutage::Deny => Err(Fault::new(FaultCode::Unclassified)),
        };
        let lines = Lines::default();
        let _guard = lines.listen();
        let server = RedisServer::start();
        let quotas = quotas(&server.url(), on_outage);
        let other = Usage { application: "that makes the connection", ..TEST_APP };
        assert_eq!(take(&quotas, &other).await, Ok(()));
        assert_eq!(pass(&quotas, &TEST_APP, 11).await, (10, Some(FaultCode::ApplicationQuota)));
        let port = server.kill();
        let mut asked = 0;
        for _ in 0..100 {
            let now = now();
            asked += usize::from(matches!(quotas.take(&TEST_APP, now), Taken::Later(_)));
            let (answer, took) = timed(&quotas, &TEST_APP, now).await;
            assert_eq!(answer, expected, "{on_outage:?}");
            assert!(took < PATIENCE + SLACK, "{took:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert!(asked < 10, "{asked} requests have asked in 0.2 s");
        assert_eq!(lines.of_redis().len(), 1, "{:?}", lines.of_redis());

        let _server = RedisServer::start_on(port);
        let began = Instant::now();
        // The server has forgotten the window, so a quota that counts again lets ten through.
        while take(&quotas, &TEST_APP).await.is_err() || lines.of_redis().len() < 2 {
            assert!(began.elapsed() < Duration::from_secs(5), "{:?}", lines.of_redis());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(pass(&quotas, &TEST_APP, 11).await.1, Some(FaultCode::ApplicationQuota));
        let lines = lines.of_redis();
        assert!(lines.len() == 2 && lines.iter().all(|line| line.contains("WARN")), "{lines:?}");
    }
}

#[tokio::test]
async fn no_request_waits_longer_for_a_server_that_says_nothing_and_a_dead_connection_is_given_up() {
    let lines = Lines::default();
    let _guard = lines.listen();
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let accepted = std::thread::spawn(move || silent.accept().unwrap().0);
    let quotas = quotas(&format!("redis://127.0.0.1:{port}/"), OnOutage::Deny);
    let (answer, took) = timed(&quotas, &TEST_APP, now()).await;
    assert_eq!(answer, Err(Fault::new(FaultCode::Unclassified)));
    assert!(took >= PATIENCE && took < PATIENCE + SLACK, "{took:?}");
    let (answer, took) = timed(&quotas, &TEST_APP, now()).await;
    assert!(answer.is_err() && took < PATIENCE, "the others do not wait: {took:?}");

    // The listener has gone; the connection stays open and dead.
    let dead: TcpStream = accepted.join().unwrap();
    let _server = RedisServer::start_on(port);
    let began = Instant::now();
    while take(&quotas, &TEST_APP).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", lines.of_redis());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(dead);
    assert_eq!(lines.of_redis().len(), 2, "{:?}", lines.of_redis());
}

#[test]
fn without_a_runtime_it_is_an_outage_and_no_panic() {
    let quotas = quotas("redis://127.0.0.1:1/", OnOutage::Allow);
    let Taken::Later(mut answer) = quotas.take(&TEST_APP, now()) else { panic!("it asks first") };
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert_eq!(answer.as_mut().poll(&mut context), std::task::Poll::Ready(Ok(())));
}

#[test]
fn keys_are_short_and_apart_whatever_the_names_are() {
    let bound = QuotaPolicy::new(10, Duration::from_secs(60)).bound().unwrap();
    let named = |level, application, other| key("ns", &Demand { level, application, other, bound });
    let long = "x".repeat(100_000);
    let keys = [
        named(Level::Application, "a", "bc"),
        named(Level::Application, "ab", "c"),
        named(Level::Application, "a:b", "c"),
        named(Level::Application, "a", "b:c"),
        named(Level::Application, "", "abc"),
        named(Level::Application, "abc", ""),
        named(Level::Application, "}{\r\n", "\0"),
        named(Level::Application, &long, &long),
        named(Level::Subscription, "a", "bc"),
        named(Level::Spike, "a", "bc"),
    ];
    for (index, key) in keys.iter().enumerate() {
        assert!(key.len() < 120 && key.bytes().all(|byte| byte.is_ascii_graphic()), "{key}");
        assert!(!keys.iter().skip(index + 1).any(|other| other == key), "{key}");
    }
    let tag = |key: &str| key.split(['{', '}']).nth(1).unwrap().to_owned();
    assert_eq!(tag(&keys[0]), tag(&keys[9]), "one application is on one node");
    // SHA-256 of the eight bytes of the length 1 and `a`, by `printf '\0\0\0\0\0\0\0\1a' | sha256sum`.
    assert_eq!(tag(&keys[0]), TAG_OF_A);
}

const TAG_OF_A: &str = "3b196fd4907bedf5";

#[test]
fn the_url_appears_nowhere() {
    let redis = RedisQuotas::new("redis://:secret@127.0.0.1:6379/").unwrap();
    let quotas = Quotas::builder().redis(redis.clone());
    let text = format!("{redis:?} {quotas:?}") + &format!("{:?}", quotas.build());
    assert!(!text.contains("secret") && !text.contains("6379"), "{text}");
    for url in ["", "secret", "http://:secret@127.0.0.1/", "rediss://:secret@127.0.0.1/"] {
        let error = RedisQuotas::new(url).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
