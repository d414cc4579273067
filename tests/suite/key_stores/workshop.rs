//! Keys, certificates, tokens and stores, all made by the programs that users have.

use std::fs;
use std::path::PathBuf;

use base64_simd::URL_SAFE_NO_PAD;
use claimgate_tests::{KEYTOOL, OPENSSL};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{AUDIENCE, ISSUER, NOW};

pub(crate) const PASSWORD: &str = "corre<t-h0rse";

/// A directory that ends with the test.
pub(crate) struct Workshop(TempDir);

impl Workshop {
    pub(crate) fn new() -> Self {
        Workshop(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs openssl with these words.
    pub(crate) fn openssl(&self, line: &str) -> Vec<u8> {
        OPENSSL.run(self.0.path(), line.split_whitespace()).unwrap()
    }

    /// Runs keytool with these words, in a Java that starts quickly.
    pub(crate) fn keytool(&self, line: &str) {
        let quick = ["-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC"];
        KEYTOOL.run(self.0.path(), line.split_whitespace().chain(quick)).unwrap();
    }

    /// A new key `name.key` and a certificate for it, `name.pem` and `name.der`.
    pub(crate) fn certified(&self, name: &str) {
        self.openssl(&format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out {name}.key"));
        self.certify(name, name);
    }

    /// A certificate `certificate.pem` and `.der` for the key `key.key`.
    pub(crate) fn certify(&self, key: &str, certificate: &str) {
        self.openssl(&format!(
            "req -x509 -new -key {key}.key -subj /CN={certificate} -days 30 -out {certificate}.pem"
        ));
        self.openssl(&format!("x509 -in {certificate}.pem -outform DER -out {certificate}.der"));
    }

    /// The digest of a certificate in base64url, as `x5t` and `x5t#S256` have it.
    pub(crate) fn thumbprint(&self, certificate: &str, digest: &str) -> String {
        let digest = self.openssl(&format!("dgst -{digest} -binary {certificate}.der"));
        URL_SAFE_NO_PAD.encode_to_string(digest)
    }

    /// A token with these header members, signed with `key.key`.
    pub(crate) fn token(&self, key: &str, members: &Value) -> String {
        self.signed(key, members, &json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": key, "exp": NOW + 300 }))
    }

    /// A token with these header members and claims, signed with `key.key`.
    pub(crate) fn signed(&self, key: &str, members: &Value, claims: &Value) -> String {
        let mut header = json!({ "alg": "RS256" });
        header.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let part = |part: &Value| URL_SAFE_NO_PAD.encode_to_string(part.to_string());
        let signing_input = format!("{}.{}", part(&header), part(claims));
        fs::write(self.path("signing-input"), &signing_input).unwrap();
        let signature = self.openssl(&format!("dgst -sha256 -sign {key}.key signing-input"));
        format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode_to_string(signature))
    }

    /// Adds a trusted certificate to a store of keytool's.
    pub(crate) fn import(&self, store: &str, kind: &str, alias: &str, certificate: &str) {
        self.keytool(&format!(
            "-importcert -noprompt -alias {alias} -file {certificate}.pem -keystore {store} -storetype {kind} \
             -storepass {PASSWORD}"
        ));
    }

    /// Writes the certificates `a` and `b` into one file, `both.pem`.
    pub(crate) fn join(&self, a: &str, b: &str) {
        let read = |name: &str| fs::read_to_string(self.path(&format!("{name}.pem"))).unwrap();
        fs::write(self.path("both.pem"), read(a) + &read(b)).unwrap();
    }

    /// A store of the certificates in `both.pem` as openssl makes it.
    pub(crate) fn export(&self, store: &str, options: &str) {
        self.openssl(&format!(
            "pkcs12 -export -nokeys -in both.pem -passout pass:{PASSWORD} -out {store} {options}"
        ));
    }

    /// Whether this openssl can set the mark by which Java knows trusted certificates (3.2 and later).
    pub(crate) fn openssl_knows_the_mark_of_java(&self) -> bool {
        // It prints its help to either stream; asking it to do the thing is the plainer question.
        let line =
            "pkcs12 -export -nokeys -in both.pem -passout pass:x -out mark.p12 -jdktrust anyExtendedKeyUsage";
        OPENSSL.run(self.0.path(), line.split_whitespace()).is_ok()
    }
}
