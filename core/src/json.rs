//! JSON objects as a token may hold them: no duplicate member at any depth, nothing after the end, numbers that are numbers.
//!
//! `serde_json` reads the syntax. What it leaves open is closed here: RFC 7515, section 4 ("the Header Parameter names
//! within the JOSE Header MUST be unique") and RFC 7519, section 4 ("The Claim Names within a JWT Claims Set MUST be
//! unique") let a reader take the last of two equal names, and two readers that differ are an attack. We refuse.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// An object read strictly, as its text and the places of its members in it.
pub(crate) struct JsonObject {
    text: Box<str>,
    members: Vec<Member>,
}

struct Member {
    name: Name,
    value: Span,
}

enum Name {
    Plain(Span),
    /// Written with escapes, such as `"\u0061lg"`: kept unescaped, so that it is found and compared by what it means.
    Escaped(Box<str>),
}

type Span = Range<usize>;

/// Why a text is no object that we read.
#[derive(Debug)]
pub(crate) struct NotAnObject;

impl JsonObject {
    /// Reads `text`, which has to be one JSON object and nothing else.
    pub(crate) fn parse(text: impl Into<Box<str>>) -> Result<Self, NotAnObject> {
        let text = text.into();
        let Members(borrowed) = serde_json::from_str(&text).map_err(|_| NotAnObject)?;
        let members = borrowed
            .into_iter()
            .map(|(name, value)| {
                is_strict(value).then_some(())?;
                let name = match name {
                    Cow::Borrowed(plain) => Name::Plain(span_in(&text, plain)?),
                    Cow::Owned(unescaped) => Name::Escaped(unescaped.into()),
                };
                Some(Member { name, value: span_in(&text, value)? })
            })
            .collect::<Option<Vec<_>>>()
            .ok_or(NotAnObject)?;
        Ok(JsonObject { text, members })
    }

    /// The value of the member `name`.
    pub(crate) fn get(&self, name: &str) -> Option<JsonValue<'_>> {
        self.members().find(|(member, _)| *member == name).map(|(_, value)| value)
    }

    /// All members in their order.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, JsonValue<'_>)> {
        self.members.iter().map(|member| {
            let name = match &member.name {
                Name::Plain(span) => self.text.get(span.clone()).unwrap_or_default(),
                Name::Escaped(name) => name,
            };
            (name, JsonValue(self.text.get(member.value.clone()).unwrap_or("null")))
        })
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// A value inside a [`JsonObject`], as its text; it is known to be valid.
#[derive(Clone, Copy)]
pub(crate) struct JsonValue<'a>(&'a str);

impl<'a> JsonValue<'a> {
    /// The JSON text of the value.
    pub(crate) fn text(self) -> &'a str {
        self.0
    }

    /// The string that the value is, unescaped.
    pub(crate) fn as_str(self) -> Option<Cow<'a, str>> {
        let quoted = self.0.strip_prefix('"')?;
        if quoted.contains('\\') {
            return serde_json::from_str(self.0).ok().map(Cow::Owned);
        }
        quoted.strip_suffix('"').map(Cow::Borrowed)
    }

    /// The elements of the array that the value is.
    pub(crate) fn elements(self) -> Option<Vec<JsonValue<'a>>> {
        if !self.0.starts_with('[') {
            return None;
        }
        let elements: Vec<&'a RawValue> = serde_json::from_str(self.0).ok()?;
        Some(elements.into_iter().map(|element| JsonValue(element.get())).collect())
    }

    /// The object that the value is.
    pub(crate) fn object(self) -> Option<JsonObject> {
        self.0.starts_with('{').then(|| JsonObject::parse(self.0).ok())?
    }

    /// The number that the value is, as its text.
    pub(crate) fn as_number(self) -> Option<&'a str> {
        self.0.starts_with(|first: char| first == '-' || first.is_ascii_digit()).then_some(self.0)
    }
}

/// Where `part`, a piece of `whole`, lies in it.
fn span_in(whole: &str, part: &str) -> Option<Span> {
    let start = (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize)?;
    let span = start..start.checked_add(part.len())?;
    // A key that serde_json had to copy would not lie inside; `get` makes that a refusal instead of a wrong place.
    (whole.get(span.clone())? == part).then_some(span)
}

/// Whether a value that `serde_json` has only skipped over holds to our rules. Strings without escapes and the three
/// literals are complete after the skip; the rest is read.
fn is_strict(value: &str) -> bool {
    match value.as_bytes().first() {
        Some(b'"') if !value.contains('\\') => true,
        Some(b't' | b'f' | b'n') => true,
        _ => serde_json::from_str::<Strict>(value).is_ok(),
    }
}

/// The members of an object, borrowed; two equal names are an error.
struct Members<'a>(Vec<(Cow<'a, str>, &'a str)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ReadMembers;
        impl<'de> Visitor<'de> for ReadMembers {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(16);
                let mut names = Names::default();
                while let Some(Key(name)) = map.next_key()? {
                    names.add(&name, || members.iter().map(|(name, _): &(Cow<'_, str>, _)| &**name))?;
                    let value: &'de RawValue = map.next_value()?;
                    members.push((name, value.get()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(ReadMembers)
    }
}

/// Any value, read to its end for the sake of its faults: duplicate names, numbers out of range, lone surrogates.
/// The depth is bounded by `serde_json` itself, at 128.
struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Strict)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Strict;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Strict, A::Error> {
        while let Some(Strict) = elements.next_element()? {}
        Ok(Strict)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strict, A::Error> {
        let mut seen: Vec<Cow<'de, str>> = Vec::new();
        let mut names = Names::default();
        while let Some(Key(name)) = map.next_key()? {
            names.add(&name, || seen.iter().map(|name| &**name))?;
            seen.push(name);
            let Strict = map.next_value()?;
        }
        Ok(Strict)
    }
}

/// Tells a name that came before. Few names are compared one by one; many go to a hash set, so that an object that is
/// nothing but names costs no square.
#[derive(Default)]
struct Names {
    count: usize,
    many: HashSet<String>,
}

const FEW: usize = 32;

impl Names {
    fn add<'n, E: Error, I: Iterator<Item = &'n str>>(
        &mut self,
        name: &str,
        earlier: impl Fn() -> I,
    ) -> Result<(), E> {
        self.count += 1;
        if self.count == FEW {
            self.many = earlier().map(str::to_owned).collect();
        }
        let is_new = if self.count < FEW {
            !earlier().any(|other| other == name)
        } else {
            self.many.insert(name.to_owned())
        };
        if is_new { Ok(()) } else { Err(E::custom("duplicate member")) }
    }
}

/// A member name, borrowed where it is written without escapes. (serde's own `Cow` always copies.)
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ReadKey;
        impl<'de> Visitor<'de> for ReadKey {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(ReadKey)
    }
}

#[cfg(test)]
mod tests;
