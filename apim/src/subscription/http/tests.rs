mod log;

use std::sync::Mutex;
use std::time::Duration;

use claimgate_testkit::TestClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::*;
use crate::api::Api;
use crate::subscription::SubscriptionState;

/// A service on loopback that answers what the test says, and keeps what it was asked.
struct Service {
    url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    reply: Mutex<Reply>,
    asked: Mutex<Vec<String>>,
    arrived: Notify,
    go: Notify,
}

#[derive(Clone, Default)]
enum Reply {
    /// The whole answer.
    Now(String),
    /// The same, once the test says so.
    Held(String),
    /// Takes the request and says nothing.
    #[default]
    Silence,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/subscriptions", listener.local_addr().unwrap());
        let state = Arc::<State>::default();
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Service { url, state }
    }

    fn replies(&self, reply: Reply) {
        *self.state.reply.lock().unwrap() = reply;
    }

    fn asked(&self) -> Vec<String> {
        self.state.asked.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    state.asked.lock().unwrap().push(String::from_utf8(head).unwrap());
    state.arrived.notify_one();
    let reply = state.reply.lock().unwrap().clone();
    let answer = match reply {
        Reply::Now(answer) => answer,
        Reply::Held(answer) => {
            state.go.notified().await;
            answer
        }
        Reply::Silence => std::future::pending().await,
    };
    _ = stream.write_all(answer.as_bytes()).await;
}

fn with_status(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn now(body: &str) -> Reply {
    Reply::Now(with_status("200 OK", body))
}

const SUBSCRIBED: &str =
    r#"{"application":{"name":"TestApp"},"subscription":{"state":"UNBLOCKED","tier":"Gold"}}"#;
const BLOCKED: &str = r#"{"subscription":{"state":"BLOCKED"}}"#;

fn api() -> Api {
    Api { context: "/pizzashack/1.0.0".to_owned(), version: "1.0.0".to_owned(), ..Api::default() }
}

/// What the tests set, with a clock that stands still.
fn settings(service: &Service) -> (HttpSubscriptionsBuilder, TestClock) {
    let clock = TestClock::at(1_700_000_000);
    let builder = HttpSubscriptions::builder(&service.url)
        .clock(clock.clone())
        .keep_for(seconds(60))
        .deny_for(seconds(10))
        .stale_for(seconds(100))
        .retry_after(seconds(1));
    (builder, clock)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const ISSUER: &str = "https://a.example";

async fn find(store: &HttpSubscriptions, key: &str) -> Answer {
    find_of(store, ISSUER, key).await
}

async fn find_of(store: &HttpSubscriptions, issuer: &str, key: &str) -> Answer {
    store.find(SubscriptionQuery::new(&api(), issuer, key)).wait().await
}

fn state(answer: &Answer) -> Option<SubscriptionState> {
    answer.as_ref().unwrap().as_deref().map(|subscribed: &Subscribed| subscribed.state)
}

#[tokio::test]
async fn an_answer_is_asked_for_once_and_kept_for_its_time() {
    let service = Service::start().await;
    let (settings, clock) = settings(&service);
    let store = settings.bearer_token("s3cret").build().unwrap();
    service.replies(now(SUBSCRIBED));
    for _ in 0..3 {
        let answer = find(&store, "Yj_U").await;
        assert_eq!(answer.unwrap().unwrap().subscription.tier.as_deref(), Some("Gold"));
    }
    let asked = service.asked();
    assert_eq!(asked.len(), 1);
    let query = "context=%2Fpizzashack%2F1%2E0%2E0&version=1%2E0%2E0&consumerKey=Yj%5FU&issuer=https%3A%2F%2Fa%2Eexample";
    assert!(asked[0].starts_with(&format!("GET /subscriptions?{query} HTTP/1.1\r\n")), "{}", asked[0]);
    assert!(asked[0].contains("accept: application/json\r\n"), "{}", asked[0]);
    assert!(asked[0].contains("authorization: Bearer s3cret\r\n"), "{}", asked[0]);

    service.replies(now(BLOCKED));
    clock.advance(seconds(59));
    let api = api();
    assert!(matches!(store.find(SubscriptionQuery::new(&api, ISSUER, "Yj_U")), Found::Known(_)));
    assert_eq!(state(&find(&store, "Yj_U").await), Some(SubscriptionState::Unblocked));
    clock.advance(seconds(1));
    assert!(matches!(store.find(SubscriptionQuery::new(&api, ISSUER, "Yj_U")), Found::Later(_)));
    assert_eq!(state(&find(&store, "Yj_U").await), Some(SubscriptionState::Blocked));
    assert_eq!(service.asked().len(), 2);
}

#[tokio::test]
async fn that_there_is_no_subscription_is_kept_for_a_shorter_time() {
    let service = Service::start().await;
    for none in [now("null"), Reply::Now(with_status("204 No Content", ""))] {
        let (settings, clock) = settings(&service);
        let store = settings.build().unwrap();
        let before = service.asked().len();
        service.replies(none);
        assert!(find(&store, "k").await.unwrap().is_none());
        service.replies(now(SUBSCRIBED));
        clock.advance(seconds(9));
        assert!(find(&store, "k").await.unwrap().is_none());
        clock.advance(seconds(1));
        assert!(find(&store, "k").await.unwrap().is_some());
        assert_eq!(service.asked().len(), before + 2);
    }
}

#[tokio::test]
async fn clients_and_apis_have_answers_of_their_own() {
    let service = Service::start().await;
    let store = settings(&service).0.build().unwrap();
    service.replies(now(SUBSCRIBED));
    assert!(find(&store, "a").await.unwrap().is_some());
    service.replies(now("null"));
    assert!(find(&store, "b").await.unwrap().is_none());
    let other = Api { version: "2.0.0".to_owned(), ..api() };
    assert!(store.find(SubscriptionQuery::new(&other, ISSUER, "a")).wait().await.unwrap().is_none());
    assert!(find(&store, "a").await.unwrap().is_some());
}

#[tokio::test]
async fn clients_of_one_name_have_the_answers_of_their_issuers() {
    let service = Service::start().await;
    let store = settings(&service).0.build().unwrap();
    service.replies(now(SUBSCRIBED));
    assert!(find_of(&store, "https://a.example", "k").await.unwrap().is_some());
    service.replies(now("null"));
    assert!(find_of(&store, "https://b.example", "k").await.unwrap().is_none());
    assert!(find_of(&store, "https://a.example", "k").await.unwrap().is_some());
    let asked = service.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[1].contains("&consumerKey=k&issuer=https%3A%2F%2Fb%2Eexample HTTP"), "{}", asked[1]);
}

/// A question of the one on its way is no seat for the other.
#[tokio::test]
async fn clients_of_one_name_are_asked_about_at_once() {
    let service = Service::start().await;
    let store = settings(&service).0.build().unwrap();
    service.replies(Reply::Held(with_status("200 OK", SUBSCRIBED)));
    let find = |issuer: &'static str| {
        let store = store.clone();
        tokio::spawn(async move { find_of(&store, issuer, "k").await })
    };
    let first = find("https://a.example");
    service.state.arrived.notified().await;
    service.replies(now("null"));
    let second = find("https://b.example");
    assert!(second.await.unwrap().unwrap().is_none());
    service.state.go.notify_one();
    assert!(first.await.unwrap().unwrap().is_some());
    assert_eq!(service.asked().len(), 2);
}

#[tokio::test]
async fn keys_that_are_nobodys_are_not_asked_about() {
    let service = Service::start().await;
    let store = settings(&service).0.build().unwrap();
    service.replies(now(SUBSCRIBED));
    assert!(find(&store, "").await.unwrap().is_none());
    assert!(find(&store, &"k".repeat(513)).await.unwrap().is_none());
    assert!(service.asked().is_empty());
    assert!(find(&store, &"k".repeat(512)).await.unwrap().is_some());
    assert_eq!(service.asked().len(), 1);
}

#[tokio::test]
async fn whatever_else_the_service_says_is_an_error_that_quotes_nothing() {
    let service = Service::start().await;
    let huge = format!("{{\"secret\":\"{}\"}}", "x".repeat(1_000));
    let undeclared = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{huge}");
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\nconnection: close\r\n\r\nnull".to_owned();
    let elsewhere = service.url.replace("subscriptions", "secret");
    let moved = format!(
        "HTTP/1.1 302 Found\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    for (name, reply, told) in [
        ("garbage", with_status("200 OK", "<html>secret</html>"), "line 1, column 1"),
        ("another document", with_status("200 OK", r#"{"secret":1}"#), "no subscription"),
        (
            "a state that nobody knows",
            with_status("200 OK", r#"{"subscription":{"state":"secret"}}"#),
            "state",
        ),
        ("too much, and says so", with_status("200 OK", &huge), "more than 500 bytes"),
        ("too much", undeclared, "more than 500 bytes"),
        ("cut short", cut, "cannot be reached"),
        ("404", with_status("404 Not Found", "null"), "status 404"),
        ("401", with_status("401 Unauthorized", "secret"), "status 401"),
        ("500", with_status("500 Internal Server Error", SUBSCRIBED), "status 500"),
        ("a redirect", moved, "status 302"),
        ("no HTTP", "secret\r\n\r\n".to_owned(), "cannot be reached"),
        ("nothing", String::new(), "cannot be reached"),
    ] {
        let store = settings(&service).0.max_bytes(500).build().unwrap();
        let before = service.asked().len();
        service.replies(Reply::Now(reply));
        let error = find(&store, "secret").await.unwrap_err();
        assert!(error.to_string().contains(told), "{name}: {error}");
        assert!(!error.to_string().contains("secret"), "{name}: {error}");
        assert_eq!(error.fault().code(), crate::FaultCode::Unclassified, "{name}");
        assert_eq!(service.asked().len(), before + 1, "{name}");
    }
}

#[tokio::test]
async fn a_service_that_nobody_listens_for_is_an_error_without_the_consumer_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let store = HttpSubscriptions::builder(url).build().unwrap();
    let error = find(&store, "secret").await.unwrap_err().to_string();
    assert!(error.contains("cannot be reached") && !error.contains("secret"), "{error}");
}

/// The clock of the runtime goes on by itself when nothing else can happen.
#[tokio::test(start_paused = true)]
async fn a_service_that_says_nothing_is_given_its_time_and_no_more() {
    let service = Service::start().await;
    let store = settings(&service).0.timeout(seconds(2)).build().unwrap();
    let start = tokio::time::Instant::now();
    let error = find(&store, "secret").await.unwrap_err().to_string();
    assert!(error.contains("not answered within 2s"), "{error}");
    assert!((seconds(2)..seconds(3)).contains(&start.elapsed()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn requests_at_once_cause_one_question() {
    let service = Service::start().await;
    let store = settings(&service).0.build().unwrap();
    service.replies(Reply::Held(with_status("200 OK", SUBSCRIBED)));
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { find(&store, "k").await })
        })
        .collect();
    service.state.arrived.notified().await;
    service.state.go.notify_one();
    for caller in callers {
        assert_eq!(state(&caller.await.unwrap()), Some(SubscriptionState::Unblocked));
    }
    assert_eq!(service.asked().len(), 1);
    assert!(store.0.in_the_air.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_at_once_cause_one_question() {
    let service = Service::start().await;
    let store = settings(&service).0.build().unwrap();
    service.replies(now(SUBSCRIBED));
    for round in 0..20 {
        let key = format!("k{round}");
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let (store, key) = (store.clone(), key.clone());
                tokio::spawn(async move { find(&store, &key).await })
            })
            .collect();
        for caller in callers {
            assert!(caller.await.unwrap().unwrap().is_some());
        }
        assert_eq!(service.asked().len(), round + 1);
    }
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_stop_the_question() {
    let service = Service::start().await;
    let store = settings(&service).0.build().unwrap();
    service.replies(Reply::Held(with_status("200 OK", SUBSCRIBED)));
    let first = tokio::spawn({
        let store = store.clone();
        async move { find(&store, "k").await }
    });
    service.state.arrived.notified().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    service.state.go.notify_one();
    assert!(find(&store, "k").await.unwrap().is_some());
    assert_eq!(service.asked().len(), 1);
}

#[tokio::test]
async fn more_questions_than_may_be_on_their_way_are_refused_at_once() {
    let service = Service::start().await;
    let store = settings(&service).0.max_in_flight(1).build().unwrap();
    service.replies(Reply::Held(with_status("200 OK", SUBSCRIBED)));
    let (first, second) = (api(), api());
    let Found::Later(first) = store.find(SubscriptionQuery::new(&first, ISSUER, "a")) else {
        panic!("it is asked about")
    };
    let Found::Known(refused) = store.find(SubscriptionQuery::new(&second, ISSUER, "b")) else {
        panic!("there is no room")
    };
    assert!(refused.unwrap_err().to_string().contains("too many"));
    service.state.arrived.notified().await;
    service.state.go.notify_one();
    assert!(first.await.unwrap().is_some());
    service.replies(now(SUBSCRIBED));
    assert!(find(&store, "b").await.unwrap().is_some());
}

#[tokio::test]
async fn the_last_answer_serves_while_the_service_is_down() {
    let service = Service::start().await;
    let (settings, clock) = settings(&service);
    let store = settings.build().unwrap();
    service.replies(now(SUBSCRIBED));
    assert!(find(&store, "k").await.unwrap().is_some());
    service.replies(Reply::Now(with_status("503 Service Unavailable", "")));

    clock.advance(seconds(60));
    assert!(find(&store, "k").await.unwrap().is_some(), "60 s old");
    assert_eq!(service.asked().len(), 2);
    assert!(find(&store, "k").await.unwrap().is_some());
    assert_eq!(service.asked().len(), 2, "it is not asked again at once");
    clock.advance(seconds(1));
    assert!(find(&store, "k").await.unwrap().is_some());
    assert_eq!(service.asked().len(), 3);
    assert!(find(&store, "new").await.is_err(), "nothing is known of that one");

    clock.advance(seconds(98));
    assert!(find(&store, "k").await.unwrap().is_some(), "159 s old");
    clock.advance(seconds(1));
    assert!(find(&store, "k").await.is_err(), "160 s old");

    service.replies(now(BLOCKED));
    clock.advance(seconds(1));
    assert_eq!(state(&find(&store, "k").await), Some(SubscriptionState::Blocked), "it is back");
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let service = Service::start().await;
    let store = settings(&service).0.max_entries(8).build().unwrap();
    service.replies(now(SUBSCRIBED));
    for number in 0..200 {
        assert!(find(&store, &number.to_string()).await.unwrap().is_some());
    }
    // The cache rounds up to whole shards.
    assert!(store.0.cache.len() <= 64, "{}", store.0.cache.len());
}

#[test]
fn nobody_waits_for_a_runtime_that_is_gone() {
    let gone = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store =
        HttpSubscriptions::builder("http://127.0.0.1:1/").runtime(gone.handle().clone()).build().unwrap();
    drop(gone);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(find(&store, "k")).unwrap_err().to_string();
    assert!(error.contains("runtime"), "{error}");
    assert!(store.0.in_the_air.lock().unwrap().is_empty());
}
