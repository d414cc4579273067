//! All orders in which threads may see a replacement, up to a number of preemptions.
//!
//! The code is that of production; loom watches the numbers, and a swap stands in for arc-swap, which is assumed to do what it
//! says: who loads a value sees all that was written before it was swapped in.

use std::sync::Mutex;

use loom::model::Builder;
use loom::sync::Arc as Shared;
use loom::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize};
use loom::thread;

use super::*;
use crate::standing::Standing;

/// Memory that loom watches.
pub(crate) struct Watched;

impl Memory for Watched {
    type Number = Turns<AtomicU64>;
    type Time = Turns<AtomicI64>;
    type Cell<E> = Slots<E>;
}

/// An atomic, and one beside it that whoever comes here takes a turn of.
///
/// Loom remembers the last access alone: a writer that loads before it stores makes it forget that others have loaded before,
/// and so that the store might have come first. Turns are never loads alone. They are relaxed, so nobody learns anything by them.
pub(crate) struct Turns<A> {
    atomic: A,
    turn: AtomicUsize,
}

impl<A> Turns<A> {
    fn of(atomic: A) -> Self {
        Turns { atomic, turn: AtomicUsize::new(0) }
    }

    fn take(&self) -> &A {
        self.turn.fetch_add(1, Ordering::Relaxed);
        &self.atomic
    }
}

macro_rules! atomic {
    ($($atomic:ty: $value:ty),*) => {$(
        impl Atomic<$value> for Turns<$atomic> {
            fn new(value: $value) -> Self {
                Turns::of(<$atomic>::new(value))
            }

            fn load(&self, order: Ordering) -> $value {
                self.take().load(order)
            }

            fn store(&self, value: $value, order: Ordering) {
                self.take().store(value, order);
            }
        }
    )*};
}

atomic!(AtomicU64: u64, AtomicI64: i64);

/// All that was ever swapped in, and the place of the last. The mutex is none that loom knows, so it orders nothing.
pub(crate) struct Slots<E> {
    all: Mutex<Vec<Arc<E>>>,
    at: Turns<AtomicUsize>,
}

impl<E> Cell<E> for Slots<E> {
    type Guard = Box<Arc<E>>;

    fn new(entry: E) -> Self {
        Slots { all: vec![Arc::new(entry)].into(), at: Turns::of(AtomicUsize::new(0)) }
    }

    fn load(&self) -> Box<Arc<E>> {
        let at = self.at.take().load(Ordering::Acquire);
        Box::new(self.all.lock().unwrap()[at].clone())
    }

    fn swap(&self, entry: Arc<E>) -> Arc<E> {
        let at = {
            let mut all = self.all.lock().unwrap();
            all.push(entry);
            all.len() - 1
        };
        let before = self.at.take().swap(at, Ordering::AcqRel);
        self.all.lock().unwrap()[before].clone()
    }
}

pub(crate) fn in_every_order(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(run);
}

/// A set of keys, of which is known whether the one key is in it.
type Keys = Published<bool, Watched>;

/// A token that was found good under the first edition, where its key was.
struct Token {
    standing: Standing<Watched>,
}

impl Token {
    fn new() -> Self {
        let standing = Standing::new(FIRST);
        standing.note_trust(FIRST);
        Token { standing }
    }

    fn is_hit(&self, trust: &Published<(), Watched>, keys: &Keys) -> bool {
        self.standing.is_as_before(trust, |number| keys.is_current(number))
    }
}

const FIRST: u64 = NEVER + 1;

struct World {
    trust: Published<(), Watched>,
    keys: Keys,
    token: Token,
    is_told: AtomicBool,
}

impl World {
    fn new() -> Shared<Self> {
        Shared::new(World {
            trust: Published::new(()),
            keys: Published::new(true),
            token: Token::new(),
            is_told: AtomicBool::new(false),
        })
    }

    fn tell(&self) {
        self.is_told.store(true, Ordering::Release);
    }

    fn is_told(&self) -> bool {
        self.is_told.load(Ordering::Acquire)
    }

    fn is_hit(&self) -> bool {
        self.token.is_hit(&self.trust, &self.keys)
    }
}

fn spawn(world: &Shared<World>, run: impl FnOnce(&World) + 'static) -> thread::JoinHandle<()> {
    let world = world.clone();
    thread::spawn(move || run(&world))
}

#[test]
fn no_hit_follows_the_return_of_a_removal() {
    in_every_order(|| {
        let world = World::new();
        let writer = spawn(&world, |world| {
            world.keys.replace(false);
            world.tell();
        });
        let is_told = world.is_told();
        assert!(!(is_told && world.is_hit()));
        writer.join().unwrap();
        assert!(!world.is_hit());
    });
}

/// Whoever has met the keys without the key never again takes the token for good, nor does anybody who heard of it.
fn no_hit_follows_an_answer_without_the_key(remove: fn(&Keys)) {
    in_every_order(move || {
        let world = World::new();
        let writer = spawn(&world, move |world| remove(&world.keys));
        let other = spawn(&world, |world| {
            if !***world.keys.load() {
                assert!(!world.is_hit());
                world.tell();
            }
        });
        if world.is_told() {
            assert!(!world.is_hit());
        }
        writer.join().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn no_hit_follows_an_answer_under_the_new_keys() {
    no_hit_follows_an_answer_without_the_key(|keys| {
        keys.replace(false);
    });
}

#[test]
#[should_panic(expected = "is_hit")]
fn a_number_that_is_stored_after_the_swap_would_let_hits_follow() {
    no_hit_follows_an_answer_without_the_key(|keys| {
        let number = keys.number.load(Ordering::Relaxed) + 1;
        keys.edition.swap(Arc::new(Edition { number, value: false }));
        keys.number.store(number, Ordering::Release);
    });
}

#[test]
#[should_panic(expected = "is_hit")]
fn a_removal_that_was_taken_for_a_renewal_would_let_hits_follow() {
    no_hit_follows_an_answer_without_the_key(|keys| {
        keys.renew(false);
    });
}

/// A slow thread looks for the key, finds it, and notes so when the key is long gone and others have taken notes.
fn no_late_note_brings_a_hit(note: fn(&World, &Edition<bool>)) {
    in_every_order(move || {
        let world = World::new();
        let slow = spawn(&world, move |world| {
            let keys = world.keys.load();
            if ***keys {
                note(world, &keys);
            }
        });
        let writer = spawn(&world, |world| {
            world.keys.replace(false);
            world.tell();
        });
        let is_told = world.is_told();
        assert!(!(is_told && world.is_hit()));
        slow.join().unwrap();
        writer.join().unwrap();
        assert!(!world.is_hit());
    });
}

#[test]
fn no_hit_follows_from_what_a_slow_thread_has_noted() {
    no_late_note_brings_a_hit(|world, keys| world.token.standing.note_keys(keys.number()));
}

#[test]
#[should_panic(expected = "is_hit")]
fn a_note_of_the_number_in_place_would_let_hits_follow() {
    no_late_note_brings_a_hit(|world, _| {
        world.token.standing.note_keys(world.keys.number.load(Ordering::Acquire));
    });
}

#[test]
fn no_hit_under_what_was_trusted_before_follows_a_reload() {
    in_every_order(|| {
        let world = World::new();
        let slow = spawn(&world, |world| {
            let (trust, keys) = (world.trust.load(), world.keys.load());
            world.token.standing.note_keys(keys.number());
            world.token.standing.note_trust(if trust.number() == FIRST { FIRST } else { NEVER });
        });
        let writer = spawn(&world, |world| {
            world.trust.replace(());
            world.tell();
        });
        let is_told = world.is_told();
        assert!(!(is_told && world.is_hit()));
        slow.join().unwrap();
        writer.join().unwrap();
        assert!(!world.is_hit());
    });
}

#[test]
fn a_key_that_is_back_has_to_be_found_again() {
    in_every_order(|| {
        let world = World::new();
        let writer = spawn(&world, |world| {
            world.keys.replace(false);
            world.keys.replace(true);
            world.tell();
        });
        assert!(!(world.is_told() && world.is_hit()));
        writer.join().unwrap();
        let keys = world.keys.load();
        assert!(***keys && !world.is_hit());
        world.token.standing.note_keys(keys.number());
        assert!(world.is_hit());
    });
}
