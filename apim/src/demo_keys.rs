//! Keys that the original comes with for trying it out. Their private parts are public.

use claimgate_core::VerificationKey;

/// The certificate that `key` is known from, if it is one of these: the beginning of its SHA-1 thumbprint.
pub(crate) fn certificate_of(key: &VerificationKey) -> Option<&'static str> {
    let thumbprint = key.thumbprint();
    DEMO_KEYS.iter().find(|demo| demo.thumbprint == thumbprint).map(|demo| demo.certificate)
}

/// The thumbprints of these keys (RFC 7638).
pub(crate) fn thumbprints() -> impl Iterator<Item = [u8; 32]> {
    DEMO_KEYS.iter().map(|demo| demo.thumbprint)
}

struct DemoKey {
    certificate: &'static str,
    /// Of the key and not of the certificate: that was renewed, with the same key in it.
    thumbprint: [u8; 32],
}

/// Those whose certificates are at hand. Not here, for want of more than the beginnings of their thumbprints: 6bf8e136 (RSA of 1024
/// bits, which no key may have here), 7bc23b3a, 817cfa10, 33df57bf, d80af2e2 and 2d74f095.
const DEMO_KEYS: [DemoKey; 3] = [
    // Valid from 2019, alias `wso2carbon`.
    DemoKey {
        certificate: "f4fa3052",
        thumbprint: [
            0xfc, 0x94, 0xd9, 0xab, 0xc4, 0xb2, 0x1e, 0x08, 0xe5, 0x4f, 0x30, 0x86, 0xa3, 0x02, 0xf7, 0x47,
            0xce, 0xe1, 0x55, 0x75, 0x63, 0x0f, 0x5b, 0xe1, 0x0b, 0xcf, 0x4f, 0x07, 0x2c, 0x1f, 0xe1, 0xcc,
        ],
    },
    // Valid from 2017.
    DemoKey {
        certificate: "501fc143",
        thumbprint: [
            0x59, 0x78, 0x1a, 0x22, 0x3f, 0x1e, 0x8d, 0x1a, 0x4b, 0x03, 0xaa, 0xa4, 0x6d, 0x35, 0xd7, 0x01,
            0xd3, 0xbf, 0x09, 0x0c, 0x9c, 0xa6, 0xd6, 0x71, 0x20, 0xa9, 0xb2, 0x5b, 0x3d, 0x25, 0x45, 0x73,
        ],
    },
    // Valid from 2019 to 2022, and its renewal ee725608.
    DemoKey {
        certificate: "57ff38d9",
        thumbprint: [
            0x23, 0x50, 0xa0, 0x4b, 0x29, 0x3d, 0x1a, 0x89, 0x23, 0xa9, 0xb1, 0x17, 0xab, 0xd3, 0xe6, 0x6f,
            0x4b, 0x4d, 0x2b, 0xa0, 0xb9, 0x39, 0x69, 0xd6, 0x5b, 0x55, 0xb9, 0xd4, 0x56, 0x2d, 0xf1, 0x51,
        ],
    },
];

#[cfg(test)]
mod tests {
    use claimgate_core::KeySet;
    use claimgate_testkit::{Alg, SigningKey};

    use super::*;

    #[test]
    fn a_renewed_certificate_is_known_by_its_key() {
        for (pem, expected) in [
            (include_str!("../../tests/data/wso2/seed000-demo-2019.pem"), "f4fa3052"),
            (include_str!("../../tests/data/wso2/seed003-demo-2017.pem"), "501fc143"),
            (include_str!("../../tests/data/wso2/seed004-demo-2019b-expired.pem"), "57ff38d9"),
            (include_str!("../../tests/data/wso2/seed004-demo-2022-renewed-same-key.pem"), "57ff38d9"),
        ] {
            let keys = KeySet::from_pem(pem, None).unwrap();
            assert_eq!(certificate_of(&keys.keys()[0]), Some(expected));
        }
        let own = SigningKey::generate(Alg::RS256, "").public_key_pem();
        let keys = KeySet::from_pem(&own, None).unwrap();
        assert_eq!(certificate_of(&keys.keys()[0]), None);
    }
}
