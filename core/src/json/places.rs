//! Where the members of an object stand in its text.

use std::ops::Range;

pub(super) type Span = Range<usize>;

/// The places of names and values. Those of an object of everyday size need no memory of their own: an allocation less for
/// each token.
pub(super) enum Places {
    Few { count: usize, places: [[u16; 4]; FEW] },
    Many(Vec<[u32; 4]>),
}

/// Access tokens of the common products have 10 to 22 claims.
pub(super) const FEW: usize = 24;

impl Places {
    /// None when the text is longer than places can tell.
    pub(super) fn push(&mut self, name: Span, value: Span) -> Option<()> {
        let place = [name.start, name.end, value.start, value.end];
        if let Places::Few { count, places } = self {
            if let (Some(free), Some(place)) = (places.get_mut(*count), narrowed::<u16>(place)) {
                *free = place;
                *count += 1;
                return Some(());
            }
            let few = places.iter().take(*count).map(|place| place.map(u32::from));
            *self = Places::Many(few.collect());
        }
        if let Places::Many(places) = self {
            places.push(narrowed(place)?);
        }
        Some(())
    }

    /// The bytes that they have besides their own.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Places::Few { .. } => 0,
            Places::Many(places) => places.capacity() * size_of::<[u32; 4]>(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Span, Span)> {
        let (few, many): (&[_], &[_]) = match self {
            Places::Few { count, places } => (places.get(..*count).unwrap_or_default(), &[]),
            Places::Many(places) => (&[], places),
        };
        let few = few.iter().map(|place| place.map(usize::from));
        let many = many.iter().map(|place| place.map(|at| at as usize));
        few.chain(many).map(|[name, name_end, value, value_end]| (name..name_end, value..value_end))
    }
}

impl Default for Places {
    fn default() -> Self {
        Places::Few { count: 0, places: [[0; 4]; FEW] }
    }
}

fn narrowed<N: TryFrom<usize> + Copy + Default>(place: [usize; 4]) -> Option<[N; 4]> {
    let mut narrow = [N::default(); 4];
    for (narrow, wide) in narrow.iter_mut().zip(place) {
        *narrow = N::try_from(wide).ok()?;
    }
    Some(narrow)
}
