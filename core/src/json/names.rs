//! The names of one object, to tell one that came before.

use std::borrow::Cow;
use std::collections::HashSet;

/// Few names are compared one by one; many go to a hash set under random keys, so that an object that is nothing but names
/// costs no square.
pub(super) struct Names<'t> {
    few: [&'t str; FEW],
    count: usize,
    /// A bit for each name so far, by what is quick to tell of it. Most names are new by this alone.
    marks: u64,
    many: HashSet<Cow<'t, str>>,
}

pub(super) const FEW: usize = 24;

impl<'t> Names<'t> {
    pub(super) fn new() -> Self {
        Names { few: [""; FEW], count: 0, marks: 0, many: HashSet::new() }
    }

    /// Whether `name` is new. It counts as one of them from now on.
    pub(super) fn add(&mut self, name: Cow<'t, str>) -> bool {
        if let (Cow::Borrowed(plain), true) = (&name, self.many.is_empty()) {
            let mark = mark(plain);
            let seen = self.few.iter().take(self.count);
            if self.marks & mark != 0 && seen.into_iter().any(|earlier| earlier == plain) {
                return false;
            }
            self.marks |= mark;
            if let Some(free) = self.few.get_mut(self.count) {
                *free = plain;
                self.count += 1;
                return true;
            }
        }
        if self.many.is_empty() {
            self.many = self.few.iter().take(self.count).map(|name| Cow::Borrowed(*name)).collect();
        }
        self.many.insert(name)
    }
}

fn mark(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let ends = [bytes.first(), bytes.last()].map(|byte| byte.copied().map_or(0, usize::from));
    let [first, last] = ends;
    1 << ((first + 5 * last + 11 * bytes.len()) % 64)
}
