//! From an object that was read to a type of the application's.
//!
//! The result is that of `serde_json::from_str` on the text. For structs it comes sooner: where the members are is known, so
//! those that the type does not ask for are not read again.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Error;

use crate::json::{JsonObject, JsonValue};

impl JsonObject {
    /// The object as a `T`.
    pub(crate) fn deserialize<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(Reader { text: self.text(), object: Some(self) })
    }
}

/// A value, and where its members are if that is known.
struct Reader<'a> {
    text: &'a str,
    object: Option<&'a JsonObject>,
}

/// Hands everything on to `serde_json`.
macro_rules! read_the_text {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self $(, $argument: $type)*, visitor: V) -> Result<V::Value, Error> {
            serde_json::Deserializer::from_str(self.text).$method($($argument,)* visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Error;

    /// `serde_json` has names of its own, for types that are more than their fields.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.object.filter(|_| !name.starts_with('$')) {
            Some(object) => visitor.visit_map(Members { rest: object.members(), value: None }),
            None => serde_json::Deserializer::from_str(self.text).deserialize_struct(name, fields, visitor),
        }
    }

    /// The text is known to be valid, so what nobody wants need not be looked at.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    read_the_text! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(length: usize);
        deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
    }
}

struct Members<'a, I> {
    rest: I,
    value: Option<JsonValue<'a>>,
}

impl<'de, I: Iterator<Item = (&'de str, JsonValue<'de>)>> MapAccess<'de> for Members<'de, I> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let text = self.value.take().map_or("null", JsonValue::text);
        seed.deserialize(Reader { text, object: None })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    use serde::Deserialize;
    use serde_json::value::RawValue;
    use serde_json::{Map, Value};

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Plain {
        a: u8,
        b: Option<String>,
        #[serde(default)]
        c: Vec<i64>,
        o: Option<Box<Plain>>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "UPPERCASE")]
    struct Strict {
        a: Value,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Flat {
        a: f64,
        #[serde(flatten)]
        rest: Map<String, Value>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Newtype(Plain);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Plain(Plain),
        Other { b: Value },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    enum Tagged {
        #[serde(rename = "a")]
        A(u8),
        #[serde(rename = "o")]
        O { a: u8 },
    }

    #[derive(Debug, Deserialize)]
    struct Raw {
        #[expect(dead_code, reason = "shown by Debug")]
        a: Box<RawValue>,
    }

    const TEXTS: [&str; 14] = [
        "{}",
        r#"{"a":1}"#,
        r#"{"a":256}"#,
        r#"{"A":{"b":[1,2]}}"#,
        r#"{"A":1,"a":1}"#,
        r#"{"\u0061":7,"b":"\u00e9\n","c":[1,-2],"x":{"y":[{}]}}"#,
        r#"{"a":1,"b":null,"c":null}"#,
        r#"{"a":1,"o":{"a":2,"b":"x","unknown":1e3}}"#,
        r#"{"b":[true]}"#,
        r#"{"a":1.5,"z":{"a":1}}"#,
        r#"{"o":{"a":3}}"#,
        r#"{"1":2,"3":4}"#,
        r#"{"a":"1"}"#,
        r#"{ "a" : 1 , "c" : [ ] }"#,
    ];

    fn reads_as_serde_json_does<T: DeserializeOwned + Debug>() {
        for text in TEXTS {
            let own: Result<T, _> = JsonObject::parse(text).unwrap().deserialize();
            let other: Result<T, _> = serde_json::from_str(text);
            let [own, other] = [own, other].map(|read| read.map(|read| format!("{read:?}")).ok());
            assert_eq!(own, other, "{text}");
        }
    }

    #[test]
    fn reads_every_type_as_serde_json_does() {
        reads_as_serde_json_does::<Plain>();
        reads_as_serde_json_does::<Strict>();
        reads_as_serde_json_does::<Flat>();
        reads_as_serde_json_does::<Newtype>();
        reads_as_serde_json_does::<Either>();
        reads_as_serde_json_does::<Tagged>();
        reads_as_serde_json_does::<Raw>();
        reads_as_serde_json_does::<Box<RawValue>>();
        reads_as_serde_json_does::<Value>();
        reads_as_serde_json_does::<Option<Plain>>();
        reads_as_serde_json_does::<BTreeMap<u8, u8>>();
        reads_as_serde_json_does::<Vec<Value>>();
        reads_as_serde_json_does::<String>();
        reads_as_serde_json_does::<()>();
    }
}
