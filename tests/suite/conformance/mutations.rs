//! What becomes of a good token when anything in it is changed: a refusal, the same on every host.

use std::ops::Range;

use claimgate_testkit::base64url_decode;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::{Builder, Runtime};

use super::HOSTS;
use super::case::{Case, Outcome, token};
use super::host::{Reply, Request, Setup};
use super::world::{SUBJECT, World};

const GOOD: Case = token("n094 a good token", |w| w.token().mint(), Outcome::Accepted(SUBJECT));

/// A small change of a text.
#[derive(Clone, Debug)]
enum Edit {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Swap(Index, Index),
    Repeat(Index, usize),
    CutOff(Index),
}

#[tokio::test]
async fn n094_no_bit_of_a_token_can_be_turned() {
    let world = World::new();
    let (setup, good) = (GOOD.setup(&world), world.token().mint());
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut changed = good.clone().into_bytes();
            changed[at] ^= 1 << bit;
            if can_be_sent(&changed) {
                let request = Request::get().authorization([b"Bearer ", changed.as_slice()].concat());
                let reply = same_everywhere(&setup, &request).await;
                assert!([400, 401].contains(&reply.status), "bit {bit} of byte {at}: {reply:?}");
            }
        }
    }
}

#[test]
fn n094_no_change_of_a_field_lets_other_claims_in() {
    let (world, runtime) = (World::new(), runtime());
    let (setup, good) = (GOOD.setup(&world), format!("Bearer {}", world.token().mint()));
    let mut runner = TestRunner::new(config(4_000));
    let result = runner.run(&vec(edit(), 1..5), |edits| {
        let value = edited(good.as_bytes(), &edits);
        if can_be_sent(&value) {
            let request = Request::get().authorization(value);
            let reply = runtime.block_on(same_everywhere(&setup, &request));
            assert!([200, 400, 401].contains(&reply.status), "{reply:?}");
        }
        Ok(())
    });
    result.unwrap();
}

/// Whatever an issuer signs, no token's content causes a 500.
#[test]
fn n094_no_signed_nonsense_is_an_error_of_ours() {
    let (world, runtime) = (World::new(), runtime());
    let (setup, good) = (GOOD.setup(&world), world.token().mint());
    let part = |at: usize| base64url_decode(good.split('.').nth(at).unwrap()).unwrap();
    let (header, payload) = (part(0), part(1));
    let mut runner = TestRunner::new(config(2_000));
    let result = runner.run(&(any::<bool>(), vec(edit(), 1..5)), |(in_header, edits)| {
        let token = if in_header {
            world.token().raw_header(edited(&header, &edits))
        } else {
            world.token().raw_payload(edited(&payload, &edits))
        };
        let reply = runtime.block_on(answered_everywhere(&setup, &Request::bearer(&token.mint())));
        assert!([200, 401].contains(&reply.status), "{reply:?}");
        Ok(())
    });
    result.unwrap();
}

/// Sends the request to every host and gives the one answer that all of them had. A handler that was called saw the
/// subject of the good token.
async fn same_everywhere(setup: &Setup, request: &Request) -> Reply {
    let reply = answered_everywhere(setup, request).await;
    assert!(reply.status != 200 || reply.body == SUBJECT.as_bytes(), "{reply:?}");
    reply
}

async fn answered_everywhere(setup: &Setup, request: &Request) -> Reply {
    let mut answer: Option<Reply> = None;
    for host in HOSTS {
        let reply = host.send(setup, request).await;
        assert_eq!(setup.ledger.take().len(), usize::from(reply.status == 200), "{}: {reply:?}", host.name());
        let same = answer.as_ref().is_none_or(|other| same(other, &reply));
        assert!(same, "{}: {reply:?}, another host: {answer:?}", host.name());
        answer = Some(reply);
    }
    answer.unwrap()
}

/// The type of a good answer's body is the handler's affair.
fn same(one: &Reply, other: &Reply) -> bool {
    let kind = |reply: &Reply| reply.error.as_ref().map(claimgate_tower::AuthError::kind);
    let head = |reply: &Reply| (reply.status != 200).then(|| reply.headers.clone());
    (one.status, kind(one), head(one), &one.body) == (other.status, kind(other), head(other), &other.body)
}

/// What a field value may hold (RFC 9110, section 5.5); the rest no server lets through.
fn can_be_sent(value: &[u8]) -> bool {
    value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 0x80..))
}

fn edit() -> impl Strategy<Value = Edit> {
    // Most changes are to characters that a reader knows; others it refuses at once.
    let byte = prop_oneof![4 => Just(b"AZaz09-_.=+/ ,\"{}[]:\\".to_vec()), 1 => Just((0..=255).collect())]
        .prop_flat_map(|bytes: Vec<u8>| proptest::sample::select(bytes));
    prop_oneof![
        (any::<Index>(), byte.clone()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (any::<Index>(), byte).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        any::<Index>().prop_map(Edit::Remove),
        any::<(Index, Index)>().prop_map(|(one, other)| Edit::Swap(one, other)),
        (any::<Index>(), REPEATED).prop_map(|(at, count)| Edit::Repeat(at, count)),
        any::<Index>().prop_map(Edit::CutOff),
    ]
}

const REPEATED: Range<usize> = 1..40;

fn edited(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut text = text.to_vec();
    for edit in edits {
        let length = text.len();
        match edit {
            Edit::Insert(at, byte) => text.insert(at.index(length + 1), *byte),
            _ if text.is_empty() => {}
            Edit::Replace(at, byte) => text[at.index(length)] = *byte,
            Edit::Remove(at) => {
                text.remove(at.index(length));
            }
            Edit::Swap(one, other) => text.swap(one.index(length), other.index(length)),
            Edit::Repeat(at, count) => {
                let at = at.index(length);
                let piece = text[at..(at + count).min(length)].to_vec();
                text.splice(at..at, piece);
            }
            Edit::CutOff(at) => text.truncate(at.index(length)),
        }
    }
    text
}

/// Nothing is written beside the test when it fails: the failing edits are in the message.
fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
