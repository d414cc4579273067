//! JSON objects as a token may hold them: no duplicate member at any depth, nothing after the end, numbers that are numbers.
//!
//! RFC 7515, section 4 ("the Header Parameter names within the JOSE Header MUST be unique") and RFC 7519, section 4 ("The
//! Claim Names within a JWT Claims Set MUST be unique") let a reader take the last of two equal names, and two readers that
//! differ are an attack. We refuse.
#![allow(clippy::inline_always, reason = "with its place in a register, the scanner takes a fifth less")]

mod deserialize;
mod names;
mod places;
mod quotes;
mod scan;

use std::borrow::Cow;

use crate::json::places::Places;
use crate::json::scan::Scanner;

/// An object read strictly, as its text and the places of its members in it.
pub(crate) struct JsonObject {
    text: Box<str>,
    members: Places,
    /// Nothing where no string is written with escapes. What the names mean where one of them is, such as `"\u0061lg"`: it is found
    /// and compared by that. Boxed twice, since it hardly ever is there.
    #[expect(clippy::box_collection, reason = "a third of the size for every object that has none")]
    escaped: Option<Box<Vec<Box<str>>>>,
}

/// A string of an object: where it stands, or what it means where it is written with escapes.
pub(crate) enum KeptText {
    Place(places::Span),
    Unescaped(Box<str>),
}

impl KeptText {
    /// The bytes that it has besides its own.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            KeptText::Place(_) => 0,
            KeptText::Unescaped(text) => text.len(),
        }
    }
}

/// Why a text is no object that we read.
#[derive(Debug)]
pub(crate) struct NotAnObject;

impl JsonObject {
    /// Reads `text`, which has to be one JSON object and nothing else.
    pub(crate) fn parse(text: impl Into<Box<str>>) -> Result<Self, NotAnObject> {
        let text = text.into();
        let (mut members, mut has_escaped_names) = (Places::default(), false);
        let is_plain = Scanner::new(&text)
            .document(|member| {
                has_escaped_names |= member.is_name_escaped;
                members.push(member.name, member.value)
            })
            .ok_or(NotAnObject)?;
        let meaning = |(name, _)| Some(scan::unescaped(text.get(name)?)?.into());
        let names = if has_escaped_names { members.iter().map(meaning).collect() } else { Some(Vec::new()) };
        let names = names.ok_or(NotAnObject)?;
        Ok(JsonObject { escaped: (!is_plain).then(|| Box::new(names)), text, members })
    }

    /// The value of the member `name`.
    pub(crate) fn get(&self, name: &str) -> Option<JsonValue<'_>> {
        if self.names().is_some() {
            return self.members().find(|(member, _)| *member == name).map(|(_, value)| value);
        }
        self.members.find(self.text.as_bytes(), name.as_bytes()).map(|value| self.value(value))
    }

    /// The values of those members whose names `number` gives a number, by that number.
    #[inline]
    pub(crate) fn pick<const N: usize>(
        &self,
        number: impl Fn(&[u8]) -> Option<usize>,
    ) -> [Option<JsonValue<'_>>; N] {
        let mut picked = [None; N];
        if self.names().is_some() {
            for (name, value) in self.members() {
                if let Some(place) = number(name.as_bytes()).and_then(|number| picked.get_mut(number)) {
                    *place = Some(value);
                }
            }
            return picked;
        }
        self.members.iter().for_each(|(name, value)| {
            let name = self.text.as_bytes().get(name).unwrap_or_default();
            if let Some(place) = number(name).and_then(|number| picked.get_mut(number)) {
                *place = Some(self.value(value));
            }
        });
        picked
    }

    /// All members in their order.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, JsonValue<'_>)> {
        self.members.iter().enumerate().map(|(at, (name, value))| {
            let meaning = self.names().map(|names| names.get(at).map_or("", |name| name));
            (meaning.unwrap_or_else(|| self.text.get(name).unwrap_or_default()), self.value(value))
        })
    }

    /// `value`, which is one of its members, if it is a string: to be kept beside the object.
    pub(crate) fn keep(&self, value: JsonValue<'_>) -> Option<KeptText> {
        match value.as_str()? {
            Cow::Borrowed(plain) => {
                // It is a piece of the text, so the difference of the addresses is its place.
                let start = (plain.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
                Some(KeptText::Place(start..start.checked_add(plain.len())?))
            }
            Cow::Owned(unescaped) => Some(KeptText::Unescaped(unescaped.into())),
        }
    }

    /// What [`keep`](Self::keep) has kept.
    pub(crate) fn kept<'a>(&'a self, text: &'a KeptText) -> &'a str {
        match text {
            KeptText::Place(place) => self.text.get(place.clone()).unwrap_or_default(),
            KeptText::Unescaped(text) => text,
        }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The bytes that it has besides its own.
    pub(crate) fn bytes(&self) -> usize {
        let names = |names: &Vec<Box<str>>| {
            let each = names.iter().map(|name| size_of::<Box<str>>() + name.len());
            size_of::<Vec<Box<str>>>() + each.sum::<usize>()
        };
        self.text.len() + self.members.bytes() + self.escaped.as_deref().map_or(0, names)
    }

    fn value(&self, place: places::Span) -> JsonValue<'_> {
        JsonValue { text: self.text.get(place).unwrap_or("null"), is_plain: self.escaped.is_none() }
    }

    /// What the names mean, where one of them is written with escapes.
    fn names(&self) -> Option<&[Box<str>]> {
        self.escaped.as_deref().map(Vec::as_slice).filter(|names| !names.is_empty())
    }
}

/// A value inside a [`JsonObject`], as its text; it is known to be valid.
#[derive(Clone, Copy)]
pub(crate) struct JsonValue<'a> {
    text: &'a str,
    /// No string in it is written with escapes.
    is_plain: bool,
}

impl<'a> JsonValue<'a> {
    /// The JSON text of the value.
    pub(crate) fn text(self) -> &'a str {
        self.text
    }

    /// The string that the value is, unescaped.
    pub(crate) fn as_str(self) -> Option<Cow<'a, str>> {
        let inside = self.text.strip_prefix('"')?.strip_suffix('"')?;
        if self.is_plain { Some(Cow::Borrowed(inside)) } else { scan::unescaped(inside) }
    }

    /// The elements of the array that the value is.
    pub(crate) fn elements(self) -> Option<impl Iterator<Item = JsonValue<'a>>> {
        let elements = Scanner::new(self.text).elements()?;
        Some(elements.map(move |text| JsonValue { text, ..self }))
    }

    /// The object that the value is.
    pub(crate) fn object(self) -> Option<JsonObject> {
        self.text.starts_with('{').then(|| JsonObject::parse(self.text).ok())?
    }

    /// The number that the value is, as its text.
    pub(crate) fn as_number(self) -> Option<&'a str> {
        matches!(self.text.as_bytes().first(), Some(b'-' | b'0'..=b'9')).then_some(self.text)
    }
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
