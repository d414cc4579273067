//! Where the members of an object stand in its text.

use std::ops::Range;

pub(super) type Span = Range<usize>;

/// The places of names and values. Those of an object of everyday size need no memory of their own: an allocation less for
/// each token.
pub(super) enum Places {
    Few { count: u8, places: [[u16; 4]; FEW] },
    Many(Vec<[u32; 4]>),
}

/// Access tokens have 10 to 20 claims mostly; one with more costs an allocation.
pub(super) const FEW: usize = 20;

impl Places {
    /// None when the text is longer than places can tell. Nothing of a member stands behind the end of its value.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the end of the value is the largest of them and fits"
    )]
    #[inline(always)]
    pub(super) fn push(&mut self, name: Span, value: Span) -> Option<()> {
        let place = [name.start, name.end, value.start, value.end];
        if let Places::Few { count, places } = self {
            if let Some(free) = places.get_mut(usize::from(*count))
                && u16::try_from(value.end).is_ok()
            {
                *free = place.map(|at| at as u16);
                *count += 1;
                return Some(());
            }
            let few = places.iter().take(usize::from(*count)).map(|place| place.map(u32::from));
            *self = Places::Many(few.collect());
        }
        if let Places::Many(places) = self {
            u32::try_from(value.end).ok()?;
            places.push(place.map(|at| at as u32));
        }
        Some(())
    }

    /// The place of the value whose name stands in `text` as `name`.
    pub(super) fn find(&self, text: &[u8], name: &[u8]) -> Option<Span> {
        // Lengths and first letters first: most names are another by those alone.
        match self {
            Places::Few { count, places } => {
                for [start, end, value, value_end] in places.get(..usize::from(*count))? {
                    let (start, end) = (usize::from(*start), usize::from(*end));
                    if end.wrapping_sub(start) == name.len()
                        && (name.is_empty() || text.get(start) == name.first())
                        && text.get(start..end) == Some(name)
                    {
                        return Some(usize::from(*value)..usize::from(*value_end));
                    }
                }
                None
            }
            Places::Many(_) => {
                self.iter().find(|(own, _)| text.get(own.clone()) == Some(name)).map(|(_, value)| value)
            }
        }
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
            Places::Few { count, places } => (places.get(..usize::from(*count)).unwrap_or_default(), &[]),
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
