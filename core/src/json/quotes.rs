//! Where the quotes of a text are, found eight bytes at a time.

/// The places of all quotes, in their order, as long as nothing comes before them that strings have to be looked through for: a
/// backslash or a control character. Everyday tokens have none. Half of what is read of a token is strings, each of them short: to
/// go from quote to quote takes about half of the instructions of a search for each.
pub(super) struct Quotes<'t> {
    rest: &'t [u8],
    /// The place of the eight bytes that were looked at last.
    base: usize,
    /// The top bit of each of them that is a quote and was not given out yet.
    found: u64,
    is_odd: bool,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const SEVENS: u64 = ONES * 0x7f;
const TOPS: u64 = ONES << 7;

/// The top bit of each byte that is zero, and no other: no carry leaves a byte.
fn zeros(word: u64) -> u64 {
    !(((word & SEVENS) + SEVENS) | word | SEVENS)
}

impl<'t> Quotes<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        // The first word that is looked at is at 0.
        Quotes { rest: text.as_bytes(), base: 0_usize.wrapping_sub(8), found: 0, is_odd: false }
    }

    /// Whether they ended before the text, at something that is not everyday.
    pub(super) fn are_at_odds(&self) -> bool {
        self.is_odd
    }
}

impl Iterator for Quotes<'_> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            let word = match self.rest.split_first_chunk() {
                Some((word, rest)) => {
                    self.rest = rest;
                    *word
                }
                None if self.rest.is_empty() => return None,
                None => {
                    let mut word = [b' '; 8];
                    for (to, from) in word.iter_mut().zip(self.rest) {
                        *to = *from;
                    }
                    self.rest = &[];
                    word
                }
            };
            self.base = self.base.wrapping_add(8);
            let word = u64::from_le_bytes(word);
            // Whether there is any is told by what borrows: only above the first may it be wrong.
            let controls = word.wrapping_sub(ONES * 0x20) & !word;
            let backslashes = word ^ (ONES * u64::from(b'\\'));
            let backslashes = backslashes.wrapping_sub(ONES) & !backslashes;
            if (controls | backslashes) & TOPS != 0 {
                // Nothing is found any more.
                (self.rest, self.is_odd) = (&[], true);
                return None;
            }
            self.found = zeros(word ^ (ONES * u64::from(b'"')));
        }
        let place = self.base.wrapping_add(self.found.trailing_zeros() as usize / 8);
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
            for shift in 0..9 {
                let text = format!("{}{text}{}", "!".repeat(shift), "#".repeat(8 - shift));
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
            for place in 0..20 {
                let text = format!("{}{odd}{}", "\"".repeat(place), "\"".repeat(20 - place));
                let mut quotes = Quotes::of(&text);
                assert!(quotes.by_ref().all(|quote| quote < place), "{odd:?} at {place}");
                assert!(quotes.are_at_odds());
            }
        }
    }
}
