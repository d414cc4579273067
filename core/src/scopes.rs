//! The scopes that a token grants (RFC 6749, section 3.3).

use crate::json::{JsonObject, KeptText};

/// The scopes of a token.
#[derive(Default)]
pub(crate) enum TokenScopes {
    #[default]
    None,
    /// "a list of space-delimited, case-sensitive strings"; no other character separates.
    SeparatedBySpaces(KeptText),
    Listed(Box<[Box<str>]>),
}

impl TokenScopes {
    pub(crate) fn listed<'a>(scopes: impl Iterator<Item = &'a str>) -> Self {
        TokenScopes::Listed(scopes.map(Into::into).collect())
    }

    /// The bytes that they have besides their own.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            TokenScopes::None => 0,
            TokenScopes::SeparatedBySpaces(text) => text.bytes(),
            TokenScopes::Listed(list) => list.iter().map(|scope| size_of::<Box<str>>() + scope.len()).sum(),
        }
    }

    /// The scopes, of the token whose claims `payload` is.
    pub(crate) fn iter<'a>(&'a self, payload: &'a JsonObject) -> impl Iterator<Item = &'a str> {
        let (text, list): (&str, &[Box<str>]) = match self {
            TokenScopes::None => ("", &[]),
            TokenScopes::SeparatedBySpaces(text) => (payload.kept(text), &[]),
            TokenScopes::Listed(list) => ("", list),
        };
        text.split(' ').chain(list.iter().map(|scope| &**scope)).filter(|scope| !scope.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_space_separates() {
        let read = |text: &str| {
            let payload = JsonObject::parse(serde_json::json!({ "scope": text }).to_string()).unwrap();
            let scopes = TokenScopes::SeparatedBySpaces(payload.keep(payload.get("scope").unwrap()).unwrap());
            scopes.iter(&payload).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(read("read write"), ["read", "write"]);
        assert_eq!(read("  read  "), ["read"]);
        assert_eq!(read("read\u{a0}admin\tx,y"), ["read\u{a0}admin\tx,y"]);
        assert_eq!(read(""), Vec::<String>::new());
        let listed = TokenScopes::listed(["read write", "", "admin"].into_iter());
        let none = JsonObject::parse("{}").unwrap();
        assert_eq!(listed.iter(&none).collect::<Vec<_>>(), ["read write", "admin"]);
    }
}
