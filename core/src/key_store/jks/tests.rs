use super::*;

/// Writes JKS as Java does.
pub(in crate::key_store) struct Writer {
    content: Vec<u8>,
    count: u32,
}

impl Writer {
    pub(in crate::key_store) fn new() -> Self {
        Writer { content: Vec::new(), count: 0 }
    }

    fn text(&mut self, text: &[u8]) {
        self.content.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        self.content.extend(text);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.content.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
        self.content.extend(bytes);
    }

    fn entry(&mut self, tag: u32, alias: &[u8]) {
        self.count += 1;
        self.content.extend(tag.to_be_bytes());
        self.text(alias);
        self.content.extend([0xff; 8]);
    }

    fn certificate(&mut self, kind: &str, der: &[u8]) {
        self.text(kind.as_bytes());
        self.bytes(der);
    }

    pub(in crate::key_store) fn trusted(mut self, alias: impl AsRef<[u8]>, der: &[u8]) -> Self {
        self.entry(TRUSTED_CERTIFICATE, alias.as_ref());
        self.certificate("X.509", der);
        self
    }

    pub(in crate::key_store) fn private(mut self, alias: &str, chain: &[&[u8]]) -> Self {
        self.entry(PRIVATE_KEY, alias.as_bytes());
        self.bytes(b"encrypted");
        self.content.extend(u32::try_from(chain.len()).unwrap().to_be_bytes());
        for der in chain {
            self.certificate("X.509", der);
        }
        self
    }

    pub(in crate::key_store) fn sealed(self, password: &str) -> Vec<u8> {
        let head = [0xfeed_feed, 2, self.count].map(u32::to_be_bytes).concat();
        sealed(&[head, self.content].concat(), password)
    }
}

fn sealed(content: &[u8], password: &str) -> Vec<u8> {
    [content, &seal_of(content, password)].concat()
}

fn aliases(file: &[u8], password: &str) -> Result<Vec<String>, StoreError> {
    Ok(read(file, password)?.into_iter().filter_map(|entry| entry.alias).collect())
}

#[test]
fn trusted_certificates_count_and_those_of_private_keys_do_not() {
    let file = Writer::new()
        .trusted("a", b"one")
        .private("k", &[b"leaf", b"root"])
        .trusted("b", b"two")
        .sealed("secret");
    let entries = read(&file, "secret").unwrap();
    let entries: Vec<_> = entries.iter().map(|entry| (entry.alias.as_deref(), &*entry.certificate)).collect();
    assert_eq!(entries, [(Some("a"), &b"one"[..]), (Some("b"), b"two")]);
    assert_eq!(aliases(&Writer::new().sealed(""), ""), Ok(Vec::new()));
}

#[test]
fn the_seal_tells_a_wrong_password_and_a_changed_file() {
    let file = Writer::new().trusted("a", b"one").sealed("pässwört");
    assert!(read(&file, "pässwört").is_ok());
    for password in ["", "passwort", "pässwört "] {
        assert_eq!(aliases(&file, password), Err(StoreError::WrongPassword), "{password}");
    }
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut bad = file.clone();
            bad[at] ^= 1 << bit;
            assert!(read(&bad, "pässwört").is_err(), "{at} {bit}");
        }
        assert_eq!(aliases(&file[..at], "pässwört"), Err(StoreError::Damaged), "{at}");
    }
}

#[test]
fn a_length_that_is_not_there_is_not_believed() {
    let head = |count: u32| [0xfeed_feed, 2, count].map(u32::to_be_bytes).concat();
    let entry = |tag: u8| [&head(1)[..], &[0, 0, 0, tag, 0, 1, b'a'], &[0; 8]].concat();
    for (name, content, expected) in [
        ("no entry of four thousand million", head(u32::MAX), StoreError::Damaged),
        ("an alias", [&head(1)[..], &[0, 0, 0, 2, 0xff, 0xff]].concat(), StoreError::Damaged),
        ("a certificate", [&entry(2)[..], &[0, 5], b"X.509", &[0xff; 4]].concat(), StoreError::Damaged),
        ("a private key", [&entry(1)[..], &[0xff; 4]].concat(), StoreError::Damaged),
        ("a chain", [&entry(1)[..], &[0; 4], &[0xff; 4]].concat(), StoreError::Damaged),
        ("another tag", entry(3), StoreError::Damaged),
        ("more than is counted", [&head(0)[..], &[0]].concat(), StoreError::Damaged),
        ("another version", [0xfeed_feed_u32, 3, 0].map(u32::to_be_bytes).concat(), StoreError::Unsupported),
        ("another kind", [&entry(2)[..], &[0, 3], b"PGP", &[0; 4]].concat(), StoreError::Unsupported),
    ] {
        assert_eq!(aliases(&sealed(&content, ""), ""), Err(expected), "{name}");
    }
    let first_version =
        [&[0xfeed_feed_u32, 1, 1].map(u32::to_be_bytes).concat()[..], &entry(2)[12..], &[0; 4]];
    assert_eq!(aliases(&sealed(&first_version.concat(), ""), ""), Ok(vec!["a".to_owned()]));
}

#[test]
fn names_are_in_the_encoding_of_java() {
    for (bytes, expected) in [
        (&b"gateway"[..], Some("gateway")),
        (b"", Some("")),
        ("grün".as_bytes(), Some("grün")),
        ("鍵".as_bytes(), Some("鍵")),
        (b"a\xc0\x80b", Some("a\0b")),
        // U+1F511 as two surrogates.
        (b"\xed\xa0\xbd\xed\xb4\x91", Some("\u{1f511}")),
        (b"\xed\xa0\xbd", None),
        ("\u{1f511}".as_bytes(), None),
        (b"\xc3", None),
        (b"\xe9\x8d", None),
        (b"\xc3a", None),
        (b"\x80", None),
    ] {
        assert_eq!(modified_utf8(bytes).as_deref(), expected, "{bytes:?}");
    }
}
