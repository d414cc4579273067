//! One pass over a JSON text (RFC 8259) that refuses whatever two readers could read differently.

use std::borrow::Cow;

use memchr::memchr;

use crate::json::names::Names;
use crate::json::places::Span;
use crate::json::quotes::Quotes;

/// Reads a text from front to back. `None` from any of its steps ends the reading: the text is refused.
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// The quotes ahead, of which a string goes from one to the next while nothing is odd.
    quotes: Quotes<'t>,
}

/// A member of the outermost object.
pub(super) struct Member {
    /// Without the quotes.
    pub(super) name: Span,
    pub(super) is_name_escaped: bool,
    pub(super) value: Span,
}

/// A string as it stands between its quotes.
struct Quoted {
    inside: Span,
    is_escaped: bool,
}

/// How deep arrays and objects may stand in the outermost: as deep as `serde_json` reads, which reads the claims later.
const DEEPEST: usize = 126;

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Scanner { text, at: 0, quotes: Quotes::of(text) }
    }

    /// The whole text: one object, around it nothing but white space. Whether no string in it is written with escapes.
    pub(super) fn document(mut self, member: impl FnMut(Member) -> Option<()>) -> Option<bool> {
        self.skip_white_space();
        self.object(0, member)?;
        self.skip_white_space();
        (self.at == self.text.len()).then_some(!self.quotes.are_at_odds())
    }

    /// The elements of the array that the text is, which is known to be valid.
    pub(super) fn elements(mut self) -> Option<impl Iterator<Item = &'t str>> {
        self.expect(b'[')?;
        Some(std::iter::from_fn(move || {
            self.skip_white_space();
            self.take(b',');
            self.skip_white_space();
            let start = self.at;
            // The end of the array is no value.
            self.value(0)?;
            self.text.get(start..self.at)
        }))
    }

    fn object(&mut self, depth: usize, mut member: impl FnMut(Member) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        self.skip_white_space();
        if self.take(b'}') {
            return Some(());
        }
        let mut names = Names::new();
        loop {
            let Quoted { inside: name, is_escaped: is_name_escaped } = self.string()?;
            let is_new = if is_name_escaped {
                names.add(as_bytes(unescaped(self.text.get(name.clone())?)?))
            } else {
                names.add_plain(self.text.as_bytes().get(name.clone())?)
            };
            is_new.then_some(())?;
            self.skip_white_space();
            self.expect(b':')?;
            self.skip_white_space();
            let start = self.at;
            self.value(depth)?;
            member(Member { name, is_name_escaped, value: start..self.at })?;
            self.skip_white_space();
            if self.take(b'}') {
                return Some(());
            }
            self.expect(b',')?;
            self.skip_white_space();
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.expect(b'[')?;
        self.skip_white_space();
        if self.take(b']') {
            return Some(());
        }
        loop {
            self.value(depth)?;
            self.skip_white_space();
            if self.take(b']') {
                return Some(());
            }
            self.expect(b',')?;
            self.skip_white_space();
        }
    }

    #[inline(always)]
    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => {
                let Quoted { inside, is_escaped } = self.string()?;
                if is_escaped { unescaped(self.text.get(inside)?).map(drop) } else { Some(()) }
            }
            b'{' if depth < DEEPEST => self.object(depth + 1, |_| Some(())),
            b'[' if depth < DEEPEST => self.array(depth + 1),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    /// A string. That its escapes mean something is not looked at.
    #[inline(always)]
    fn string(&mut self) -> Option<Quoted> {
        if let (Some(open), Some(close)) = (self.quotes.next(), self.quotes.next()) {
            // All quotes before this place belong to strings that were read, so the next one is here, if one is.
            (open == self.at).then_some(())?;
            self.at = close + 1;
            return Some(Quoted { inside: open + 1..close, is_escaped: false });
        }
        self.quotes.are_at_odds().then(|| self.string_with_escapes())?
    }

    #[cold]
    fn string_with_escapes(&mut self) -> Option<Quoted> {
        self.expect(b'"')?;
        let (start, mut is_escaped) = (self.at, false);
        loop {
            self.at += plain_bytes(self.text.as_bytes().get(self.at..)?);
            match self.peek()? {
                b'"' => break,
                b'\\' => {
                    is_escaped = true;
                    // Whatever is escaped, it does not end the string.
                    self.at += 2;
                }
                // "control characters (U+0000 through U+001F)" "MUST be escaped".
                _ => return None,
            }
        }
        let inside = start..self.at;
        self.at += 1;
        Some(Quoted { inside, is_escaped })
    }

    /// `number = [ minus ] int [ frac ] [ exp ]`, of which an `f64` tells the size at least.
    fn number(&mut self) -> Option<()> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        let mut is_whole = true;
        if self.take(b'.') {
            is_whole = false;
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            is_whole = false;
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let number = self.text.get(start..self.at)?;
        let is_surely_finite = is_whole && number.len() <= 300;
        // What `serde_json` finds too large at the edge, it will find too large in the claims.
        (is_surely_finite || serde_json::from_str::<f64>(number).is_ok()).then_some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn literal(&mut self, literal: &str) -> Option<()> {
        self.text.get(self.at..)?.starts_with(literal).then_some(())?;
        self.at += literal.len();
        Some(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn skip_white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }
}

/// What the inside of a string means. `None` for escapes that mean nothing, such as half of a surrogate pair.
pub(super) fn unescaped(raw: &str) -> Option<Cow<'_, str>> {
    if memchr(b'\\', raw.as_bytes()).is_none() {
        return Some(Cow::Borrowed(raw));
    }
    serde_json::from_str(&format!("\"{raw}\"")).ok().map(Cow::Owned)
}

fn as_bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// How many bytes come before the first quote, backslash or control character, looked for eight at a time.
fn plain_bytes(mut text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = ONES << 7;
    // The lowest bit set is that of the first zero byte; borrows disturb none before it.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let mut plain = 0;
    while let Some((word, rest)) = text.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        let quotes = zeros(word ^ (ONES * u64::from(b'"')));
        let backslashes = zeros(word ^ (ONES * u64::from(b'\\')));
        let controls = word.wrapping_sub(ONES * 0x20) & !word;
        let stops = (quotes | backslashes | controls) & TOPS;
        if stops != 0 {
            return plain + stops.trailing_zeros() as usize / 8;
        }
        plain += 8;
        text = rest;
    }
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
    plain + text.iter().take_while(is_plain).count()
}
