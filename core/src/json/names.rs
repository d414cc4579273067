//! The names of one object, to tell one that came before.

use std::borrow::Cow;
use std::collections::HashSet;

/// Few names are compared one by one; many go to a hash set under random keys, so that an object that is nothing but names
/// costs no square.
pub(super) struct Names<'t> {
    few: [&'t [u8]; FEW],
    count: usize,
    /// A bit for each name so far, by what is quick to tell of it. Most names are new by this alone.
    marks: u64,
    many: Option<HashSet<Cow<'t, [u8]>>>,
}

pub(super) const FEW: usize = 24;

impl<'t> Names<'t> {
    pub(super) fn new() -> Self {
        Names { few: [&[]; FEW], count: 0, marks: 0, many: None }
    }

    /// Whether `name`, which is written without escapes, is new. It counts as one of them from now on.
    #[inline(always)]
    pub(super) fn add_plain(&mut self, name: &'t [u8]) -> bool {
        let mark = mark(name);
        if self.marks & mark == 0
            && self.many.is_none()
            && let Some(free) = self.few.get_mut(self.count)
        {
            *free = name;
            self.count += 1;
            self.marks |= mark;
            return true;
        }
        self.compare(name)
    }

    /// [`add_plain`](Self::add_plain) for any name, as what it means.
    pub(super) fn add(&mut self, name: Cow<'t, [u8]>) -> bool {
        let (few, count) = (&self.few, self.count);
        let many = self
            .many
            .get_or_insert_with(|| few.iter().take(count).map(|name| Cow::Borrowed(*name)).collect());
        many.insert(name)
    }

    #[cold]
    fn compare(&mut self, name: &'t [u8]) -> bool {
        if self.many.is_some() || self.count == FEW {
            return self.add(Cow::Borrowed(name));
        }
        if self.few.iter().take(self.count).any(|earlier| *earlier == name) {
            return false;
        }
        if let Some(free) = self.few.get_mut(self.count) {
            *free = name;
            self.count += 1;
            self.marks |= mark(name);
        }
        true
    }
}

fn mark(name: &[u8]) -> u64 {
    let end = |byte: Option<&u8>| byte.copied().map_or(0, usize::from);
    let [first, last] = [name.first(), name.last()].map(end);
    1 << (first.wrapping_add(last.wrapping_mul(5)).wrapping_add(name.len().wrapping_mul(11)) % 64)
}
