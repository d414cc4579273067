//! Clients that issuers share.

use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use reqwest::Client;

use crate::fetch_settings::{FetchSettings, ProxyUrl};
use crate::refresh::address_guard::AddressGuard;

/// Clients by how they connect. A client reads the roots of the system and keeps them, 140 KiB and 3 ms: for thousands of
/// tenants that is more than everything else together.
#[derive(Default)]
pub(crate) struct ClientPool(Mutex<Vec<(Connecting, Client)>>);

/// All that tells how a client of ours connects. Files count by what is in them: one that has changed makes another client.
#[derive(Clone, PartialEq)]
pub(crate) struct Connecting {
    pub(crate) tls: Tls,
    pub(crate) guard: Option<AddressGuard>,
    proxy: Option<ProxyUrl>,
    /// What is in the files that are named, read once for whatever is made of them.
    pub(crate) roots: Option<Vec<u8>>,
    pub(crate) identity: Option<Vec<u8>>,
}

/// What the URLs that a client is for may need of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    /// They are https.
    Needed,
    /// They begin with http and may lead to https.
    Possible,
    /// They are http and lead nowhere, since nothing redirects them.
    Never,
}

impl Connecting {
    /// How `settings` say. The error names the file that cannot be read.
    pub(crate) fn of(
        settings: &FetchSettings,
        tls: Tls,
        guard: Option<AddressGuard>,
    ) -> Result<Self, String> {
        let read = |name: &str, path: &Option<PathBuf>| {
            let Some(path) = path else { return Ok(None) };
            fs::read(path).map(Some).map_err(|error| format!("{name} {path:?} cannot be read: {error}"))
        };
        Ok(Connecting {
            tls,
            guard,
            proxy: settings.proxy.clone(),
            roots: read("ca_file", &settings.ca_file)?,
            identity: read("client_identity_file", &settings.client_identity)?,
        })
    }
}

impl Connecting {
    /// What is in the files, as a digest; none where none is named. A reload asks whether they have changed, and a private
    /// key is not kept for that.
    pub(crate) fn files(&self) -> Option<[u8; 32]> {
        if self.roots.is_none() && self.identity.is_none() {
            return None;
        }
        let mut context = Context::new(&SHA256);
        for file in [&self.roots, &self.identity] {
            let bytes = file.as_deref().unwrap_or_default();
            context.update(&bytes.len().to_be_bytes());
            context.update(bytes);
        }
        context.finish().as_ref().try_into().ok()
    }
}

impl ClientPool {
    /// The client that connects so, made by `make` if there is none yet.
    pub(crate) fn client(
        &self,
        connecting: Connecting,
        make: impl FnOnce(&Connecting) -> Result<Client, String>,
    ) -> Result<Client, String> {
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = pool.iter().find(|(known, _)| *known == connecting) {
            return Ok(client.clone());
        }
        let client = make(&connecting)?;
        // Files that change over the years leave clients behind that nobody asks for again.
        if pool.len() >= MOST_CLIENTS {
            pool.remove(0);
        }
        pool.push((connecting, client.clone()));
        Ok(client)
    }
}

/// How many, not how they connect: there are passwords and keys in that.
impl fmt::Debug for ClientPool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.lock().unwrap_or_else(PoisonError::into_inner).len();
        formatter.debug_struct("ClientPool").field("clients", &count).finish()
    }
}

const MOST_CLIENTS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_connect_alike_share_a_client() {
        let pool = ClientPool::default();
        let mut made = 0;
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut ask = |settings: &FetchSettings, tls| {
            let client = |_: &Connecting| {
                made += 1;
                Client::builder().tls_certs_only([]).build().map_err(|error| error.to_string())
            };
            pool.client(Connecting::of(settings, tls, None).unwrap(), client).unwrap();
            made
        };
        let plain = FetchSettings::default();
        let own = FetchSettings { ca_file: Some(file.path().into()), ..FetchSettings::default() };
        assert_eq!(ask(&plain, Tls::Needed), 1);
        assert_eq!(ask(&FetchSettings { max_keys: 1, ..plain.clone() }, Tls::Needed), 1);
        assert_eq!(ask(&plain, Tls::Never), 2);
        assert_eq!(ask(&own, Tls::Needed), 3);
        assert_eq!(ask(&own, Tls::Needed), 3);
        fs::write(file.path(), "another").unwrap();
        assert_eq!(ask(&own, Tls::Needed), 4, "the file has changed");
    }
}
