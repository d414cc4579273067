//! What threads share a published value by.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use arc_swap::{ArcSwap, Guard};

/// Atomics and a cell that is swapped. [`Machine`] has them of the standard library and of arc-swap; the models of the order in
/// which they are written and read have them of loom, and run the same lines.
pub(crate) trait Memory {
    type Number: Atomic<u64>;
    type Time: Atomic<i64>;
    type Cell<E>: Cell<E>;
}

pub(crate) trait Atomic<V> {
    fn new(value: V) -> Self;
    fn load(&self, order: Ordering) -> V;
    fn store(&self, value: V, order: Ordering);
}

/// Who loads an entry sees what was written before it was swapped in.
pub(crate) trait Cell<E> {
    type Guard: Deref<Target = Arc<E>>;

    fn new(entry: E) -> Self;
    fn load(&self) -> Self::Guard;
    fn swap(&self, entry: Arc<E>) -> Arc<E>;
}

#[derive(Debug)]
pub(crate) struct Machine;

impl Memory for Machine {
    type Number = AtomicU64;
    type Time = AtomicI64;
    type Cell<E> = ArcSwap<E>;
}

impl<E> Cell<E> for ArcSwap<E> {
    type Guard = Guard<Arc<E>>;

    fn new(entry: E) -> Self {
        ArcSwap::from_pointee(entry)
    }

    fn load(&self) -> Guard<Arc<E>> {
        ArcSwap::load(self)
    }

    fn swap(&self, entry: Arc<E>) -> Arc<E> {
        ArcSwap::swap(self, entry)
    }
}

macro_rules! atomic {
    ($($atomic:ty: $value:ty),*) => {$(
        impl Atomic<$value> for $atomic {
            #[inline]
            fn new(value: $value) -> Self {
                Self::new(value)
            }

            #[inline]
            fn load(&self, order: Ordering) -> $value {
                self.load(order)
            }

            #[inline]
            fn store(&self, value: $value, order: Ordering) {
                self.store(value, order);
            }
        }
    )*};
}

atomic!(AtomicU64: u64, AtomicI64: i64);
