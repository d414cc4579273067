//! One pass over a JSON text (RFC 8259) that refuses whatever two readers could read differently.

use std::borrow::Cow;

use crate::json::names::Names;
use crate::json::places::Span;

/// Reads a text from front to back. `None` from any of its steps ends the reading: the text is refused.
pub(super) struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

/// A member of the outermost object.
pub(super) struct Member {
    /// Without the quotes.
    pub(super) name: Span,
    pub(super) is_name_escaped: bool,
    pub(super) value: Span,
}

/// How deep arrays and objects may stand in the outermost: as deep as `serde_json` reads, which reads the claims later.
const DEEPEST: usize = 126;

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Scanner { text, at: 0 }
    }

    /// The whole text: one object, around it nothing but white space.
    pub(super) fn document(mut self, member: impl FnMut(Member) -> Option<()>) -> Option<()> {
        self.skip_white_space();
        self.object(0, member)?;
        self.skip_white_space();
        (self.at == self.text.len()).then_some(())
    }

    fn object(&mut self, depth: usize, mut member: impl FnMut(Member) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        self.skip_white_space();
        if self.take(b'}') {
            return Some(());
        }
        let mut names = Names::new();
        loop {
            let name = self.string()?;
            let raw = self.text.get(name.clone())?;
            let meaning = unescaped(raw)?;
            let is_name_escaped = matches!(meaning, Cow::Owned(_));
            names.add(meaning).then_some(())?;
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

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => {
                let string = self.string()?;
                unescaped(self.text.get(string)?).map(drop)
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

    /// A string, of which what stands between the quotes is given. That its escapes mean something is not looked at.
    fn string(&mut self) -> Option<Span> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            self.at += plain_bytes(self.text.as_bytes().get(self.at..)?);
            match self.peek()? {
                b'"' => break,
                // Whatever is escaped, it does not end the string.
                b'\\' => self.at += 2,
                // "control characters (U+0000 through U+001F)" "MUST be escaped".
                _ => return None,
            }
        }
        let end = self.at;
        self.at += 1;
        Some(start..end)
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
        (is_surely_finite || number.parse().is_ok_and(f64::is_finite)).then_some(())
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
    if !raw.as_bytes().contains(&b'\\') {
        return Some(Cow::Borrowed(raw));
    }
    serde_json::from_str(&format!("\"{raw}\"")).ok().map(Cow::Owned)
}

/// How many bytes come before the first quote, backslash or control character, looked for eight at a time.
fn plain_bytes(text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = ONES << 7;
    // The lowest bit set is that of the first zero byte; borrows disturb none before it.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let mut words = text.chunks_exact(8);
    let mut plain = 0;
    for word in &mut words {
        let word = word.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        let quotes = zeros(word ^ (ONES * u64::from(b'"')));
        let backslashes = zeros(word ^ (ONES * u64::from(b'\\')));
        let controls = word.wrapping_sub(ONES * 0x20) & !word;
        let stops = (quotes | backslashes | controls) & TOPS;
        if stops != 0 {
            return plain + stops.trailing_zeros() as usize / 8;
        }
        plain += 8;
    }
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
    plain + words.remainder().iter().take_while(is_plain).count()
}
