use base64_simd::URL_SAFE_NO_PAD;

/// The base64url text of `bytes` without padding, as JOSE writes everything.
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// The bytes of a base64url text without padding; none when it is not one.
pub fn base64url_decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode_to_vec(text).ok()
}

/// A name that no earlier call has given.
pub(crate) fn random_id() -> String {
    let mut bytes = [0; 16];
    #[expect(clippy::expect_used, reason = "the system's random source fails only where no test could run")]
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random bytes");
    base64url(bytes)
}

#[cfg(test)]
mod tests {
    use super::{base64url, base64url_decode};

    /// RFC 7515, appendix C.
    #[test]
    fn writes_the_example_of_the_rfc() {
        assert_eq!(base64url([3, 236, 255, 224, 193]), "A-z_4ME");
        assert_eq!(base64url_decode("A-z_4ME").as_deref(), Some([3, 236, 255, 224, 193].as_slice()));
        assert_eq!(base64url_decode("A-z_4ME="), None);
    }
}
