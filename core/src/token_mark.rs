//! By what a token that is kept is known again.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// What is kept of the text of a token. It has no `Debug`: a text is a credential, and tags have to stay secret.
pub(crate) enum Mark {
    Text(Box<[u8]>),
    Tag { length: usize, tag: Tag },
}

/// The system gave no random bytes.
#[derive(Debug)]
pub(crate) struct NoRandomness;

/// 128 bits.
type Tag = [u64; 2];

/// Makes marks, all of one kind.
pub(crate) enum Marker {
    Text,
    /// GMAC (NIST SP 800-38D) under a key of this process alone. All tags have the nonce zero, so two that somebody sees with
    /// their texts would give the key away: no tag leaves the table. The whole token goes in, so a meeting by chance has a
    /// probability of 2^-121 for tokens of a kilobyte.
    Tag(Box<LessSafeKey>),
}

/// One text, held against marks. The tag is made when the first mark needs it.
pub(crate) struct Question<'t> {
    token: &'t [u8],
    marker: &'t Marker,
    tag: Option<Tag>,
}

impl Marker {
    pub(crate) fn tag() -> Result<Self, NoRandomness> {
        let key = UnboundKey::new(&AES_256_GCM, &random::<32>()?).map_err(|_| NoRandomness)?;
        Ok(Marker::Tag(Box::new(LessSafeKey::new(key))))
    }

    /// None where no tag could be made, which no text is known to cause.
    pub(crate) fn mark(&self, token: &[u8]) -> Option<Mark> {
        match self {
            Marker::Text => Some(Mark::Text(token.into())),
            Marker::Tag(key) => Some(Mark::Tag { length: token.len(), tag: gmac(key, token)? }),
        }
    }

    pub(crate) fn question<'t>(&'t self, token: &'t [u8]) -> Question<'t> {
        Question { token, marker: self, tag: None }
    }
}

impl Question<'_> {
    /// Whether `mark` was made of this text.
    pub(crate) fn is(&mut self, mark: &Mark) -> bool {
        match (mark, self.marker) {
            (Mark::Text(text), _) => **text == *self.token,
            (Mark::Tag { length, tag }, Marker::Tag(key)) if *length == self.token.len() => {
                if self.tag.is_none() {
                    self.tag = gmac(key, self.token);
                }
                // Both halves are compared, whatever the first says: how long it takes tells nothing of the tag.
                self.tag.is_some_and(|[a, b]| (a ^ tag[0]) | (b ^ tag[1]) == 0)
            }
            (Mark::Tag { .. }, _) => false,
        }
    }
}

impl Mark {
    /// The bytes that it has besides its own.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Mark::Text(text) => text.len(),
            Mark::Tag { .. } => 0,
        }
    }
}

/// Bytes that nobody else knows.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

fn gmac(key: &LessSafeKey, token: &[u8]) -> Option<Tag> {
    let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(token), &mut []).ok()?;
    let (halves, []) = tag.as_ref().as_chunks() else { return None };
    halves.try_into().ok().map(|halves: [_; 2]| halves.map(u64::from_ne_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_one_text_and_one_process() {
        let (own, other) = (Marker::tag().unwrap(), Marker::tag().unwrap());
        for marker in [&own, &Marker::Text] {
            let mark = marker.mark(b"header.payload.signature").unwrap();
            assert!(marker.question(b"header.payload.signature").is(&mark));
            for text in
                ["header.payload.signaturf", "Header.payload.signature", "header.payload.signature.", ""]
            {
                assert!(!marker.question(text.as_bytes()).is(&mark), "{text}");
            }
        }
        let mark = own.mark(b"header.payload.signature").unwrap();
        assert!(!other.question(b"header.payload.signature").is(&mark));
        assert!(!Marker::Text.question(b"header.payload.signature").is(&mark));
    }

    #[test]
    fn a_tag_is_over_the_whole_text() {
        let marker = Marker::tag().unwrap();
        let token = [b'a'; 300];
        let mark = marker.mark(&token).unwrap();
        for at in 0..token.len() {
            let mut other = token;
            other[at] = b'b';
            assert!(!marker.question(&other).is(&mark), "{at}");
        }
    }
}
