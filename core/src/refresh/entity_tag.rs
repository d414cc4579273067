//! The name that a server gives to one state of a document.

use reqwest::header::{ETAG, HeaderMap, HeaderValue};

/// An entity tag (RFC 9110, section 8.8.3), kept as it came and sent back as it is: `If-None-Match` compares weakly, so
/// that `W/` needs no care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntityTag(HeaderValue);

impl EntityTag {
    /// The tag of an answer, if it has one that can be sent back.
    ///
    /// What is no tag is left alone: `*` in `If-None-Match` would mean any document there is, and a list of tags others
    /// than this one's.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(ETAG)?;
        let quoted = value.as_bytes().strip_prefix(b"W/").unwrap_or(value.as_bytes());
        let inner = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        let is_sound =
            value.len() <= LONGEST && inner.iter().all(|byte| matches!(byte, 0x21 | 0x23..=0x7e | 0x80..));
        is_sound.then(|| EntityTag(value.clone()))
    }

    pub(crate) fn as_header(&self) -> &HeaderValue {
        &self.0
    }
}

/// A digest in hex is 128 characters at most; what is much longer would be sent with every fetch for nothing.
const LONGEST: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_can_be_sent_back() {
        let longest = format!("\"{}\"", "x".repeat(LONGEST - 2));
        for (name, value, is_kept) in [
            ("strong", "\"xyzzy\"", true),
            ("weak", "W/\"xyzzy\"", true),
            ("empty", "\"\"", true),
            ("as long as may be", &longest, true),
            ("longer", &format!("{longest}x"), false),
            ("any", "*", false),
            ("bare", "xyzzy", false),
            ("open", "\"xyzzy", false),
            ("one quote", "\"", false),
            ("weak in lower case", "w/\"xyzzy\"", false),
            ("a list", "\"a\", \"b\"", false),
            ("a blank", "\"a b\"", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ETAG, value.parse().unwrap());
            assert_eq!(EntityTag::of(&headers).is_some(), is_kept, "{name}");
        }
        assert_eq!(EntityTag::of(&HeaderMap::new()), None);
    }
}
