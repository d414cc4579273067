//! Where the quotes of a text are, found a block at a time.

use wide::u8x16;

/// The places of all quotes, in their order, as long as nothing comes before them that strings have to be looked through for: a
/// backslash or a control character. Everyday tokens have none. Half of what is read of a token is strings, each of them short: to
/// go from quote to quote takes a quarter of the instructions of a search for each.
pub(super) struct Quotes<'t> {
    rest: &'t [u8],
    /// The place of the block that was looked at last.
    base: usize,
    /// A bit for each byte of it that is a quote and was not given out yet, the lowest for the first.
    found: u64,
    is_odd: bool,
}

const BLOCK: usize = 64;

/// The quotes in a block, unless there is anything in it that is not everyday.
#[inline(always)]
fn quotes_in(block: &[u8; BLOCK]) -> Option<u64> {
    let (mut quotes, mut odd) = (0, u8x16::ZERO);
    for (nth, part) in block.as_chunks().0.iter().enumerate() {
        let part = u8x16::new(*part);
        let last_control = u8x16::splat(0x1f);
        odd |= part.simd_eq(u8x16::splat(b'\\')) | part.max(last_control).simd_eq(last_control);
        quotes |= u64::from(part.simd_eq(u8x16::splat(b'"')).to_bitmask()) << (16 * nth);
    }
    (!odd.any()).then_some(quotes)
}

impl<'t> Quotes<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        // The first block that is looked at is at 0.
        Quotes { rest: text.as_bytes(), base: 0_usize.wrapping_sub(BLOCK), found: 0, is_odd: false }
    }

    /// Whether they ended before the text, at something that is not everyday.
    pub(super) fn are_at_odds(&self) -> bool {
        self.is_odd
    }

    /// Looks at blocks until one has a quote. None where there is none any more, or none that can be given out.
    fn look_on(&mut self) -> Option<()> {
        while self.found == 0 {
            let mut padded = [b' '; BLOCK];
            let block = match self.rest.split_first_chunk() {
                Some((block, rest)) => {
                    self.rest = rest;
                    block
                }
                None if self.rest.is_empty() => return None,
                None => {
                    padded.get_mut(..self.rest.len())?.copy_from_slice(self.rest);
                    self.rest = &[];
                    &padded
                }
            };
            self.base = self.base.wrapping_add(BLOCK);
            let Some(quotes) = quotes_in(block) else {
                // Nothing is found any more.
                (self.rest, self.is_odd) = (&[], true);
                return None;
            };
            self.found = quotes;
        }
        Some(())
    }
}

impl Iterator for Quotes<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.found == 0 {
            self.look_on()?;
        }
        let place = self.base.wrapping_add(self.found.trailing_zeros() as usize);
        self.found &= self.found - 1;
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_quote_and_nothing_else() {
        for text in [
            "",
            "\"",
            "\"\"",
            "1234567\"",
            "12345678\"",
            "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"",
            "a\"#\"!\"\u{a2}\"é\"\u{7f}\"\u{80}\" \"]\"[\"\u{1f600}\"",
            r#"{"iss":"https://idp.test","aud":["x",""],"exp":1571915441}"#,
        ] {
            for shift in 0..BLOCK + 2 {
                let text = format!("{}{text}{}", "!".repeat(shift), "#".repeat(BLOCK + 2 - shift));
                let expected: Vec<_> = text.match_indices('"').map(|(place, _)| place).collect();
                let mut quotes = Quotes::of(&text);
                assert_eq!(quotes.by_ref().collect::<Vec<_>>(), expected, "{text:?}");
                assert!(!quotes.are_at_odds());
            }
        }
    }

    #[test]
    fn ends_before_what_is_not_everyday() {
        for odd in ['\\', '\n', '\t', '\0', '\u{1f}'] {
            for place in 0..3 * BLOCK {
                let text = format!("{}{odd}{}", "\"".repeat(place), "\"".repeat(3 * BLOCK - place));
                let mut quotes = Quotes::of(&text);
                assert!(quotes.by_ref().all(|quote| quote < place), "{odd:?} at {place}");
                assert!(quotes.are_at_odds());
            }
        }
    }
}
