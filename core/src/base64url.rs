//! The strict base64url of RFC 7515, section 2: no padding, no white space, no other alphabet, one text for each value.

use base64_simd::URL_SAFE_NO_PAD;

/// The bytes that `text` stands for, or `None` if it is not the canonical encoding of any.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode_to_vec(text).ok()
}

/// Whether [`decode`] would give bytes, without making them.
pub(crate) fn is_canonical(text: &[u8]) -> bool {
    URL_SAFE_NO_PAD.check(text).is_ok()
}

/// [`decode`] into a caller's buffer, where the result has a known bound; `None` also when it does not fit.
pub(crate) fn decode_into<'b>(text: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    // Without padding the length is exact; the library panics when the buffer is too small.
    if text.len() / 4 * 3 + text.len() % 4 * 3 / 4 > buffer.len() {
        return None;
    }
    URL_SAFE_NO_PAD.decode(text, base64_simd::Out::from_slice(buffer)).ok().map(|bytes| &*bytes)
}

/// The encoding of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_one_text_for_each_value_only() {
        // RFC 4648, section 10, without padding.
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(bytes.as_bytes()), "{text}");
            assert!(is_canonical(text.as_bytes()), "{text}");
            assert_eq!(encode(bytes.as_bytes()), text);
        }
        assert_eq!(decode(b"-_8").as_deref(), Some(&[0xfb, 0xff][..]));
        for (name, text) in [
            ("padding", "Zg=="),
            ("non-canonical trailing bits, one byte", "Zh"),
            ("non-canonical trailing bits, two bytes", "Zm9"),
            ("a single character", "Z"),
            ("length 4n+1", "Zm9vY"),
            ("standard alphabet", "+/8"),
            ("space", "Zm 9v"),
            ("newline", "Zm9v\n"),
            ("null", "Zm9\0"),
            ("not ASCII", "Zm9\u{e9}"),
        ] {
            assert_eq!(decode(text.as_bytes()), None, "{name}");
            assert_eq!(decode_into(text.as_bytes(), &mut [0; 64]), None, "{name}");
            assert!(!is_canonical(text.as_bytes()), "{name}");
        }
    }

    #[test]
    fn refuses_what_does_not_fit_the_buffer() {
        assert_eq!(decode_into(b"Zm9vYg", &mut [0; 4]), Some(&b"foob"[..]));
        assert_eq!(decode_into(b"Zm9vYg", &mut [0; 3]), None);
    }

    #[test]
    fn every_long_text_with_stray_trailing_bits_is_refused() {
        // Long enough to reach the vector code, at every offset of the last group.
        for length in 1..200_usize {
            let good = encode(&vec![0xa5; length]);
            assert_eq!(decode(good.as_bytes()).map(|bytes| bytes.len()), Some(length));
            let mut bad = good.into_bytes();
            if length % 3 != 0 {
                let last = bad.last_mut().expect("not empty");
                *last = match *last {
                    b'A'..=b'Y' | b'a'..=b'y' | b'0'..=b'8' => *last + 1,
                    _ => b'B',
                };
                assert_eq!(decode(&bad), None, "{length}");
                assert!(!is_canonical(&bad), "{length}");
            }
        }
    }
}
