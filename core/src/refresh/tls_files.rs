//! The files that the TLS of a fetch is made of.

use std::path::Path;

use reqwest::{Certificate, Identity};

/// The root certificates of `ca_file`.
pub(crate) fn roots(path: &Path, pem: &[u8]) -> Result<Vec<Certificate>, String> {
    let roots = Certificate::from_pem_bundle(pem).map_err(|_| format!("ca_file {path:?} is not PEM"))?;
    if roots.is_empty() {
        return Err(format!("ca_file {path:?} holds no certificate"));
    }
    Ok(roots)
}

/// The certificate chain and the private key of `client_identity_file`. The cause is left out of the error: it might
/// quote the file.
pub(crate) fn identity(path: &Path, pem: &[u8]) -> Result<Identity, String> {
    let told =
        |_| format!("client_identity_file {path:?} is not a certificate chain and its private key in PEM");
    Identity::from_pem(pem).map_err(told)
}
