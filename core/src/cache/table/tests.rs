use std::sync::Barrier;
use std::sync::atomic::AtomicBool;
use std::thread;

use super::*;
use crate::cache::place::Hasher;

struct Thing {
    number: usize,
    bytes: usize,
}

impl Entry for Thing {
    fn bytes(&self) -> usize {
        self.bytes
    }
}

/// A table, and numbers that are its tokens.
struct Numbers {
    table: Table<Thing>,
    hasher: Hasher,
}

impl Numbers {
    fn new(most_entries: usize, most_bytes: usize) -> Self {
        let hasher = Hasher::new().unwrap();
        Numbers { table: Table::new(most_entries, most_bytes), hasher }
    }

    fn place(&self, number: usize) -> Place {
        let mut text = [b'x'; 32];
        text[..8].copy_from_slice(&number.to_le_bytes());
        self.hasher.place(&text, self.table.sets()).unwrap()
    }

    fn keep_of_size(&self, number: usize, bytes: usize) -> Arc<Thing> {
        let thing = Arc::new(Thing { number, bytes });
        self.table.keep(self.place(number), &thing, |kept| kept.number == number, |_| false);
        thing
    }

    fn keep(&self, number: usize) -> Arc<Thing> {
        self.keep_of_size(number, 1)
    }

    fn find(&self, number: usize) -> Option<Arc<Thing>> {
        self.table.find(self.place(number), |kept| kept.number == number)
    }

    /// As a request does: a token that is not found is verified and kept. Whether it was found.
    fn present(&self, number: usize) -> bool {
        let is_found = self.find(number).is_some();
        if !is_found {
            self.keep(number);
        }
        is_found
    }

    /// What is taken of the room: entries and bytes.
    fn taken(&self) -> (usize, usize) {
        let Room { entries, bytes, .. } = &self.table.room;
        (entries.load(Ordering::Acquire), bytes.load(Ordering::Acquire))
    }

    fn entries(&self) -> usize {
        self.table.sets.iter().map(Set::used_ways).sum()
    }

    fn remove(&self, thing: &Arc<Thing>) {
        self.table.remove(self.place(thing.number), thing);
    }
}

/// Numbers in an order that looks like chance and is the same each time.
fn shuffled(seed: usize) -> impl Iterator<Item = usize> {
    let mut state = (seed as u64).wrapping_mul(2).wrapping_add(1);
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 40).unwrap()
    })
}

#[test]
fn as_many_as_were_asked_for_fit() {
    let numbers = Numbers::new(10_000, usize::MAX);
    for number in 0..10_000 {
        numbers.keep(number);
    }
    let kept = (0..10_000).filter(|number| numbers.find(*number).is_some()).count();
    assert!(kept >= 9_990, "{kept} of 10,000");
    assert_eq!(numbers.taken(), (kept, kept));
}

#[test]
fn gives_what_was_asked_for_and_nothing_else() {
    let numbers = Numbers::new(100, usize::MAX);
    for number in 0..50 {
        numbers.keep(number);
    }
    for number in 0..100 {
        assert_eq!(numbers.find(number).map(|thing| thing.number), (number < 50).then_some(number));
    }
}

#[test]
fn the_same_once_more_takes_the_place_of_what_was_there() {
    let numbers = Numbers::new(100, 1_000);
    let first = numbers.keep_of_size(7, 600);
    let second = numbers.keep_of_size(7, 900);
    assert!(Arc::ptr_eq(&numbers.find(7).unwrap(), &second));
    assert_eq!((numbers.taken(), numbers.entries()), ((1, 900), 1));
    assert_eq!(Arc::strong_count(&first), 1, "nobody holds it any more");
    numbers.remove(&first);
    assert!(numbers.find(7).is_some(), "who is gone is not removed a second time");
}

#[test]
fn what_is_larger_than_everything_stays_outside_and_puts_nobody_out() {
    let numbers = Numbers::new(100, 1_000);
    for number in 0..10 {
        numbers.keep_of_size(number, 100);
    }
    let huge = numbers.keep_of_size(10, 1_001);
    assert!(numbers.find(10).is_none());
    assert_eq!(Arc::strong_count(&huge), 1);
    assert!((0..10).all(|number| numbers.find(number).is_some()));
    numbers.keep_of_size(11, 1_001);
    assert_eq!(numbers.taken(), (10, 1_000));
}

#[test]
fn a_table_for_nothing_keeps_nothing() {
    for numbers in [Numbers::new(0, usize::MAX), Numbers::new(100, 0)] {
        assert!(!numbers.present(1) && !numbers.present(1));
        assert_eq!((numbers.taken(), numbers.entries()), ((0, 0), 0));
    }
}

#[test]
fn neither_bound_is_ever_passed() {
    for (most_entries, most_bytes) in [(100, 2_000), (1_000, 2_000), (1, 50), (9, usize::MAX)] {
        let numbers = Numbers::new(most_entries, most_bytes);
        let (mut known, mut fullest) = (Vec::new(), 0);
        for chance in shuffled(1).take(5_000) {
            known.push(numbers.keep_of_size(chance % 500, 1 + chance % 90));
            if chance % 7 == 0 {
                let thing = known.swap_remove(chance % known.len());
                numbers.remove(&thing);
            }
            known.retain(|thing| Arc::strong_count(thing) > 1);
            let bytes = known.iter().map(|thing| thing.bytes).sum();
            assert_eq!(numbers.taken(), (known.len(), bytes), "what is counted is what is there");
            assert!(known.len() <= most_entries && bytes <= most_bytes);
            fullest = known.len().max(fullest);
        }
        assert!(fullest >= most_entries.min(most_bytes / 90), "{fullest}");
    }
}

#[test]
fn neither_bound_is_passed_by_many_threads_and_the_count_ends_exact() {
    const THREADS: usize = 4;
    let numbers = Numbers::new(100, 3_000);
    let (barrier, is_over) = (Barrier::new(THREADS + 1), AtomicBool::new(false));
    let rush = |thread| {
        let mut known = Vec::new();
        barrier.wait();
        for chance in shuffled(thread).take(10_000) {
            let number = chance % 400;
            match numbers.find(number) {
                Some(found) => assert_eq!(found.number, number),
                None => known.push(numbers.keep_of_size(number, 1 + chance % 90)),
            }
            if chance % 7 == 0 && !known.is_empty() {
                numbers.remove(&known.swap_remove(chance % known.len()));
            }
        }
        known
    };
    let known: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || rush(thread))).collect();
        scope.spawn(|| {
            barrier.wait();
            while !is_over.load(Ordering::Acquire) {
                let (entries, bytes) = numbers.taken();
                assert!(entries <= 100 && bytes <= 3_000, "{entries} entries of {bytes} bytes");
                assert!(numbers.entries() <= 100 + THREADS, "counted one by one, while they move");
            }
        });
        let known = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        is_over.store(true, Ordering::Release);
        known
    });
    assert_eq!(numbers.taken().0, numbers.entries());
    for thing in &known {
        numbers.remove(thing);
    }
    assert_eq!((numbers.taken(), numbers.entries()), ((0, 0), 0));
}

/// Room for 2,000 entries by number and for 100 by bytes: most sets are empty when it is full.
#[test]
fn a_table_that_is_full_of_bytes_goes_on_taking_newcomers() {
    let numbers = Numbers::new(2_000, 100 * 10);
    for number in 0..2_000 {
        numbers.keep_of_size(number, 10);
    }
    let late = (1_000..2_000).filter(|number| numbers.find(*number).is_some()).count();
    assert!(late > 95, "{late} of 100 that are kept");
    assert_eq!(numbers.taken(), (100, 1_000));
}

/// Of a table of 1,000 entries, 500 are in use while many times its size come once, three for each use.
#[test]
fn a_flood_does_not_put_out_what_is_in_use() {
    // Without optimisation a million take a quarter of a minute, and the hundredth turnover is as the thousandth.
    const FLOOD: usize = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    let numbers = Numbers::new(1_000, usize::MAX);
    let flood = 1_000..;
    let (mut uses, mut hits) = (0, 0);
    for (at, number) in flood.take(FLOOD).enumerate() {
        numbers.keep(number);
        if at % 3 == 0 {
            let is_found = numbers.present(at / 3 % 500);
            // Whoever has come a few times has been noticed.
            if at / 3 >= 5_000 {
                uses += 1;
                hits += usize::from(is_found);
            }
        }
    }
    assert!(hits * 100 >= uses * 97, "{hits} of {uses}");
    assert!(numbers.taken().0 <= 1_000);
}

#[test]
fn who_keeps_coming_gets_in_during_a_flood() {
    let numbers = Numbers::new(1_000, usize::MAX);
    let mut flood = 10_000..;
    let mut flood_of = |count| {
        for number in flood.by_ref().take(count) {
            numbers.keep(number);
        }
    };
    flood_of(5_000);
    for _ in 0..10 {
        for old in 0..300 {
            numbers.present(old);
        }
        flood_of(500);
    }
    let mut hits = 0;
    for round in 0..40 {
        flood_of(500);
        // Those of old are still used, so the newcomers have to earn their places.
        for old in 0..300 {
            numbers.present(old);
        }
        let found = (1_000..1_100).filter(|number| numbers.present(*number)).count();
        if round >= 5 {
            hits += found;
        }
    }
    assert!(hits * 100 >= 3_500 * 95, "{hits} of 3500");
}

#[test]
fn what_is_over_goes_first_however_much_it_was_used() {
    let numbers = Numbers::new(8, usize::MAX);
    let place = |number: usize| Place { sets: [0, 1], fingerprint: u32::try_from(number).unwrap() + 1 };
    let keep = |number: usize, over: usize| {
        let thing = Arc::new(Thing { number, bytes: 1 });
        numbers.table.keep(place(number), &thing, |kept| kept.number == number, |kept| kept.number == over);
    };
    let find = |number: usize| numbers.table.find(place(number), |kept| kept.number == number).is_some();
    for number in 0..8 {
        keep(number, 99);
    }
    for _ in 0..10 {
        assert!(find(3));
    }
    keep(8, 3);
    assert!(find(8) && !find(3));
    assert!((0..8).filter(|number| *number != 3).all(find), "and nobody else");
}
