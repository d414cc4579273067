//! ECDSA signatures, from the form of JWS to the form that the library checks.

/// As long as one of P-521 can be: two integers of 67 bytes with their headers, and the header of the sequence.
pub(crate) const LONGEST: usize = 3 + 2 * (2 + 67);

/// Writes `R || S`, each as long as a coordinate of the curve (RFC 7518, section 3.4), as the `Ecdsa-Sig-Value` of RFC 3279,
/// section 2.2.3. The library would do the same at each check, by way of big numbers on the heap: a hundredth of the whole check.
///
/// None for a signature that is not exactly so long.
pub(crate) fn der<'b>(
    signature: &[u8],
    coordinate: usize,
    buffer: &'b mut [u8; LONGEST],
) -> Option<&'b [u8]> {
    if signature.len() != 2 * coordinate {
        return None;
    }
    let (r, s) = signature.split_at_checked(coordinate)?;
    let (r, s) = (Integer::of(r), Integer::of(s));
    let inside = r.length() + s.length();
    let mut end = 0;
    let mut write = |bytes: &[u8]| {
        let place = buffer.get_mut(end..end + bytes.len())?;
        place.copy_from_slice(bytes);
        end += bytes.len();
        Some(())
    };
    let short = u8::try_from(inside).ok()?;
    // "If the length is at most 127 bytes, the short form is used" (X.690, sections 8.1.3 and 10.1).
    if short >= 0x80 {
        write(&[SEQUENCE, 0x81, short])?;
    } else {
        write(&[SEQUENCE, short])?;
    }
    for integer in [r, s] {
        write(&[INTEGER, u8::try_from(integer.length() - 2).ok()?])?;
        if integer.needs_sign {
            write(&[0])?;
        }
        write(integer.bytes)?;
    }
    buffer.get(..end)
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;

/// A number that is not negative, in as few bytes as tell it.
struct Integer<'a> {
    bytes: &'a [u8],
    /// The first bit would else be taken for the sign.
    needs_sign: bool,
}

impl<'a> Integer<'a> {
    fn of(number: &'a [u8]) -> Self {
        // Zero has one byte too; the library refuses it as an integer of a signature.
        let zeros = number.iter().take(number.len().saturating_sub(1)).take_while(|byte| **byte == 0).count();
        let bytes = number.get(zeros..).unwrap_or_default();
        Integer { bytes, needs_sign: bytes.first().is_some_and(|first| *first >= 0x80) }
    }

    /// With its header.
    fn length(&self) -> usize {
        2 + usize::from(self.needs_sign) + self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der_of(r: &[u8], s: &[u8]) -> Option<Vec<u8>> {
        let mut buffer = [0; LONGEST];
        der(&[r, s].concat(), r.len(), &mut buffer).map(<[u8]>::to_vec)
    }

    #[test]
    fn writes_the_shortest_integers_that_are_not_negative() {
        for (r, s, expected) in [
            ([0, 0, 1], [0x7f, 0, 0], &[0x30, 8, 2, 1, 1, 2, 3, 0x7f, 0, 0][..]),
            ([0x80, 0, 0], [0, 0x80, 0], &[0x30, 11, 2, 4, 0, 0x80, 0, 0, 2, 3, 0, 0x80, 0]),
            ([0, 0, 0], [0xff; 3], &[0x30, 9, 2, 1, 0, 2, 4, 0, 0xff, 0xff, 0xff]),
        ] {
            assert_eq!(der_of(&r, &s).as_deref(), Some(expected));
        }
    }

    #[test]
    fn writes_long_sequences_in_the_long_form() {
        let longest = der_of(&[0xff; 66], &[0xff; 66]).unwrap();
        assert_eq!(longest.len(), LONGEST);
        assert_eq!(longest[..6], [0x30, 0x81, 138, 2, 67, 0]);
        assert_eq!(der_of(&[0x7f; 61], &[0x7f; 62 - 1]).unwrap()[..3], [0x30, 126, 2]);
        assert_eq!(der_of(&[0x7f; 62], &[0x7f; 62]).unwrap()[..3], [0x30, 0x81, 128]);
    }

    #[test]
    fn refuses_other_lengths() {
        for length in [0, 1, 63, 65, 96, 132] {
            assert!(der(&vec![1; length], 32, &mut [0; LONGEST]).is_none(), "{length}");
        }
    }
}
