//! The path of a request, in the one spelling that templates are compared with.

use std::borrow::Cow;

/// The path that `target` names, without the slash that it begins with. Nothing where servers could differ about what it names:
/// the rules are those of [`ResourceTable`](super::ResourceTable).
pub(super) fn normal(target: &str) -> Option<Cow<'_, str>> {
    let path = unescape(of_target(target)?)?;
    let segments = path.strip_suffix('/').unwrap_or(&path);
    let is_plain = path.is_empty() || segments.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    is_plain.then_some(path)
}

/// Text as it stands in the normal form. It may be part of a segment, or several of them.
pub(super) fn unescape(text: &str) -> Option<Cow<'_, str>> {
    if text.bytes().all(is_literal) {
        return Some(Cow::Borrowed(text));
    }
    let mut normal = String::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'%' {
            rest = push_escaped(&mut normal, rest)?;
        } else {
            normal.push(is_literal(*first).then_some(char::from(*first))?);
            rest = after;
        }
    }
    Some(Cow::Owned(normal))
}

/// The normal form `path` as a server would read it that ignores case and decodes every escape before it routes.
pub(super) fn loosen(path: &str) -> Cow<'_, str> {
    if !path.bytes().any(|byte| byte == b'%' || byte.is_ascii_uppercase()) {
        return Cow::Borrowed(path);
    }
    let mut loose = String::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, after @ ..] = rest {
        match escape(rest) {
            Some((octet, after)) if is_literal(octet) => {
                loose.push(char::from(octet).to_ascii_lowercase());
                rest = after;
            }
            _ => {
                loose.push(char::from(*first).to_ascii_lowercase());
                rest = after;
            }
        }
    }
    Cow::Owned(loose)
}

/// The first segment, and what comes after its slash.
pub(super) fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('/') {
        Some((segment, rest)) => (segment, Some(rest)),
        None => (path, None),
    }
}

/// The path of a request target in origin or absolute form (RFC 9112, section 3.2), without its first slash.
fn of_target(target: &str) -> Option<&str> {
    let target = target.split_once('?').map_or(target, |(target, _)| target);
    if let Some(path) = target.strip_prefix('/') {
        return Some(path);
    }
    let (scheme, rest) = target.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]".contains(&byte);
    (!authority.is_empty() && authority.bytes().all(is_host)).then_some(path)
}

/// `pchar` of RFC 3986, section 3.3, less escapes and `;`, and the slash between segments.
fn is_literal(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'/' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@'
        )
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Reads the escapes of one character from `text`; gives what comes after them.
fn push_escaped<'t>(normal: &mut String, text: &'t [u8]) -> Option<&'t [u8]> {
    let (first, mut rest) = escape(text)?;
    // RFC 3629, section 4. What else is wrong with the octets is found below.
    let length = match first {
        0x00..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut octets = [first, 0, 0, 0];
    let octets = octets.get_mut(..length)?;
    for octet in octets.iter_mut().skip(1) {
        (*octet, rest) = escape(rest)?;
    }
    let character = str::from_utf8(octets).ok()?.chars().next()?;
    if character.is_control() || matches!(character, '/' | '\\' | ';' | '%' | '?' | '#') {
        return None;
    }
    if is_unreserved(first) {
        normal.push(character);
        return Some(rest);
    }
    for octet in octets {
        normal.push('%');
        for digit in [*octet >> 4, *octet & 15] {
            normal.push(char::from_digit(u32::from(digit), 16)?.to_ascii_uppercase());
        }
    }
    Some(rest)
}

/// The octet that `text` begins with as an escape, and what comes after it.
fn escape(text: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, rest @ ..] = text else { return None };
    let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((hex(*high)? << 4 | hex(*low)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_normal(target: &str, expected: Option<&str>) {
        assert_eq!(normal(target).as_deref(), expected, "{target:?}");
    }

    #[test]
    fn reads_the_path_of_every_form_of_target() {
        for (target, expected) in [
            ("/", Some("")),
            ("/a/b", Some("a/b")),
            ("/a/b/", Some("a/b/")),
            ("/a?x=/../b", Some("a")),
            ("/a?", Some("a")),
            ("/a?x#y", Some("a")),
            ("http://a.example/b?x", Some("b")),
            ("HTTPS://a.example:8443/b/", Some("b/")),
            ("http://[::1]/b", Some("b")),
            ("http://a.example", Some("")),
            ("http://a.example?x", Some("")),
            ("", None),
            ("*", None),
            ("a/b", None),
            ("?/a", None),
            ("a.example:443", None),
            ("http://", None),
            ("http:///b", None),
            ("http:/b", None),
            ("ftp://a.example/b", None),
            ("http://user@a.example/b", None),
            ("http://a.example\\@b/c", None),
            ("/http://a.example/b", None),
        ] {
            assert_normal(target, expected);
        }
    }

    #[test]
    fn decodes_unreserved_characters_and_no_others() {
        for (target, expected) in [
            ("/%61%7a%41%5A%30%39%2d%2E%5f%7e", Some("azAZ09-._~")),
            ("/a%2eb", Some("a.b")),
            ("/%3a%40%21", Some("%3A%40%21")),
            ("/:@!", Some(":@!")),
            ("/a%20b%22%3C%3e%7B%7c%7D%5b%5D%5E%60", Some("a%20b%22%3C%3E%7B%7C%7D%5B%5D%5E%60")),
            ("/a b", None),
            ("/a\"b", None),
            ("/a<b", None),
            ("/a{b}", None),
            ("/a|b", None),
            ("/a[b]", None),
            ("/a^b", None),
            ("/a`b", None),
        ] {
            assert_normal(target, expected);
        }
    }

    #[test]
    fn refuses_dot_segments_however_they_are_spelt() {
        for target in [
            "/.",
            "/..",
            "/a/.",
            "/a/..",
            "/a/../b",
            "/a/./b",
            "/../a",
            "/a/%2e",
            "/a/%2E%2e/b",
            "/a/.%2e/",
            "/%2e/",
        ] {
            assert_normal(target, None);
        }
        assert_normal("/a/...", Some("a/..."));
        assert_normal("/a/..b/.c/d.", Some("a/..b/.c/d."));
        assert_normal("/.well-known/x", Some(".well-known/x"));
    }

    #[test]
    fn refuses_empty_segments() {
        for target in ["//", "//a", "/a//b", "/a//", "///", "http://a.example//"] {
            assert_normal(target, None);
        }
        assert_normal("/a/", Some("a/"));
    }

    #[test]
    fn refuses_what_servers_cut_or_split_at() {
        for target in [
            "/a%2fb",
            "/a%2Fb",
            "/a\\b",
            "/a%5cb",
            "/a%5C..%5Cb",
            "/a;b",
            "/a;x=1/b",
            "/a%3bb",
            "/a/..;/b",
            "/a%3fb",
            "/a%23b",
            "/a#b",
            "/#",
            "/a%00",
            "/a%00b",
            "/a\0",
            "/a%0d%0ab",
            "/a%7f",
            "/a\r\nb",
            "/a%1f",
            "/a\tb",
            "/a\x7f",
        ] {
            assert_normal(target, None);
        }
    }

    #[test]
    fn refuses_escapes_that_are_none_or_hide_another() {
        for target in [
            "/%",
            "/a%",
            "/a%2",
            "/a%zz",
            "/a%2g",
            "/%+1",
            "/a%u0041",
            "/a%25",
            "/a%252e",
            "/a%25%32%65",
            "/%2525",
        ] {
            assert_normal(target, None);
        }
    }

    #[test]
    fn takes_other_alphabets_escaped_and_in_utf8_only() {
        assert_normal("/caf%c3%a9", Some("caf%C3%A9"));
        assert_normal("/%e2%82%ac%F0%9F%8D%95", Some("%E2%82%AC%F0%9F%8D%95"));
        for target in [
            "/café",
            "/%c3",
            "/%c3a",
            "/%c3%",
            "/%a9",
            "/%c3%28",
            "/%ff",
            "/%fe",
            // A slash and a dot in more octets than they need, a surrogate, and what is above U+10FFFF.
            "/a%c0%afb",
            "/%c0%ae",
            "/%e0%80%af",
            "/%f0%80%80%af",
            "/%ed%a0%80",
            "/%f4%90%80%80",
            // Control characters of the second set.
            "/%c2%85",
            "/%c2%9f",
        ] {
            assert_normal(target, None);
        }
        assert_normal("/%c2%a0", Some("%C2%A0"));
    }

    #[test]
    fn loosens_case_and_escapes() {
        for (path, expected) in [
            ("a/b", "a/b"),
            ("Order/X", "order/x"),
            ("a%3Ab%40", "a:b@"),
            ("a%20B", "a%20b"),
            ("%C3%A9", "%c3%a9"),
        ] {
            assert_eq!(loosen(path), expected);
            assert_eq!(loosen(&loosen(path)), expected);
        }
    }
}
