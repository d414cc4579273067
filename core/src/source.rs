//! From what the configuration says about keys to the keys, or to the place they are fetched from.

use std::fs;
use std::path::Path;
#[cfg(feature = "refresh")]
use std::sync::Arc;

use crate::algorithm::Algorithm;
use crate::issuer::{Issuer, Source};
use crate::key_selection::MOST_TRIED;
use crate::key_set::KeySet;
#[cfg(feature = "refresh")]
use crate::key_source::KeySource;
use crate::{key_directory, key_file};

/// Where keys come from, checked.
pub(crate) enum KeyOrigin {
    /// They are here.
    Fixed(KeySet),
    /// They are fetched, from the URL of the key set or by discovery.
    Remote {
        #[cfg_attr(not(feature = "jwks-client"), expect(dead_code, reason = "only the key client fetches"))]
        jwks_uri: Option<String>,
    },
    /// The application loads them.
    #[cfg(feature = "refresh")]
    Custom(Arc<dyn KeySource>),
}

impl KeyOrigin {
    /// Reads the keys that are configured. The errors quote what was configured.
    pub(crate) fn of(issuer: &Issuer) -> Result<Self, String> {
        let keys = match &issuer.source {
            Source::Discovery => return Ok(KeyOrigin::Remote { jwks_uri: None }),
            Source::JwksUri(url) => return Ok(KeyOrigin::Remote { jwks_uri: Some(url.clone()) }),
            #[cfg(feature = "refresh")]
            Source::Custom(source) => return Ok(KeyOrigin::Custom(source.clone())),
            Source::Keys(keys) => keys.clone(),
            Source::JwksText(text) => jwks("jwks", text)?,
            Source::JwksFile(path) => jwks(&format!("jwks_file {path:?}"), &read(path)?)?,
            Source::Pem { text, key_id } => {
                KeySet::from_pem(text, key_id.as_deref()).map_err(|error| format!("pem: {error}"))?
            }
            Source::Certificates(paths) => {
                let mut all = KeySet::default();
                for path in paths {
                    let set = key_file::read(path, None);
                    let set = set.map_err(|error| format!("certificates {path:?}: {error}"))?;
                    set.keys().iter().for_each(|key| all.add(key.clone()));
                }
                all
            }
            Source::KeyDirectory(path) => key_directory::read(path)?,
            #[cfg(feature = "keystore")]
            Source::KeyStore(store) => store.read()?,
            // No key is an answer too: no token without a name is good then.
            #[cfg(feature = "keystore")]
            Source::DefaultKey(store) => {
                return Ok(KeyOrigin::Fixed(KeySet::of_default(store.read_default()?)));
            }
        };
        if keys.is_empty() {
            return Err(format!("no usable key in the {}", described(&issuer.source)));
        }
        if let Some(algorithm) = Algorithm::ALL.into_iter().find(|algorithm| keys.is_ambiguous(*algorithm)) {
            return Err(format!(
                "{}: more than {MOST_TRIED} keys without a kid fit {algorithm}, and no more are tried: give them as a \
                 JWK Set with kids",
                described(&issuer.source)
            ));
        }
        Ok(KeyOrigin::Fixed(keys))
    }
}

fn jwks(place: &str, text: &str) -> Result<KeySet, String> {
    let keys = KeySet::from_jwks(text).map_err(|error| format!("{place}: {error}"))?;
    let reason = keys.skipped().next();
    match reason {
        Some(reason) if keys.is_empty() => return Err(format!("{place}: no usable key: {reason}")),
        _ => {}
    }
    Ok(keys)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path:?} cannot be read: {error}"))
}

fn described(source: &Source) -> String {
    match source {
        Source::JwksFile(path) => format!("jwks_file {path:?}"),
        Source::Certificates(paths) => format!("certificates {paths:?}"),
        Source::Pem { .. } => "PEM text".to_owned(),
        // What is read from directories and stores is never empty, and has names.
        Source::JwksText(_)
        | Source::Keys(_)
        | Source::KeyDirectory(_)
        | Source::Discovery
        | Source::JwksUri(_) => "key set".to_owned(),
        #[cfg(feature = "keystore")]
        Source::KeyStore(_) | Source::DefaultKey(_) => "key set".to_owned(),
        #[cfg(feature = "refresh")]
        Source::Custom(_) => "key set".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use claimgate_testkit::{Alg, SigningKey};

    use super::*;

    #[test]
    fn more_keys_without_a_kid_than_are_tried_are_a_mistake() {
        let pem = |count| {
            let keys = (0..count).map(|_| SigningKey::generate(Alg::ES256, "-").public_key_pem());
            keys.collect::<String>()
        };
        let origin = |text: String| KeyOrigin::of(&Issuer::new("a").any_audience().pem(text)).map(drop);
        assert_eq!(origin(pem(MOST_TRIED)), Ok(()));
        let message = origin(pem(MOST_TRIED + 1)).unwrap_err();
        assert!(message.contains("more than 4 keys without a kid fit ES256"), "{message}");
    }
}
