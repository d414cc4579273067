//! The scopes that a token grants (RFC 6749, section 3.3).

/// The scopes of a token.
#[derive(Default)]
pub(crate) enum TokenScopes {
    #[default]
    None,
    /// "a list of space-delimited, case-sensitive strings"; no other character separates.
    SeparatedBySpaces(Box<str>),
    Listed(Box<[Box<str>]>),
}

impl TokenScopes {
    pub(crate) fn separated_by_spaces(text: &str) -> Self {
        TokenScopes::SeparatedBySpaces(text.into())
    }

    pub(crate) fn listed<'a>(scopes: impl Iterator<Item = &'a str>) -> Self {
        TokenScopes::Listed(scopes.map(Into::into).collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let (text, list): (&str, &[Box<str>]) = match self {
            TokenScopes::None => ("", &[]),
            TokenScopes::SeparatedBySpaces(text) => (text, &[]),
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
        let read =
            |text: &str| TokenScopes::separated_by_spaces(text).iter().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(read("read write"), ["read", "write"]);
        assert_eq!(read("  read  "), ["read"]);
        assert_eq!(read("read\u{a0}admin\tx,y"), ["read\u{a0}admin\tx,y"]);
        assert_eq!(read(""), Vec::<String>::new());
        let listed = TokenScopes::listed(["read write", "", "admin"].into_iter());
        assert_eq!(listed.iter().collect::<Vec<_>>(), ["read write", "admin"]);
    }
}
