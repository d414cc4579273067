//! How the keys of an issuer are fetched, as it is described.

use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "jwks-client")]
use crate::fetch_settings::HttpClient;
use crate::fetch_settings::Start;
use crate::issuer::{Issuer, strings};

/// Fetching.
impl Issuer {
    /// What [`Authenticator::ready`](crate::Authenticator::ready) does while the keys are not there. Default:
    /// [`Start::Serve`].
    pub fn start(mut self, start: Start) -> Self {
        self.fetch.start = start;
        self
    }

    /// How often keys are fetched: from 1 s, default 10 min. The fetch begins at about 80 % of it; a shorter `max-age` of
    /// the answer shortens it, though not below the smaller of one minute and this.
    pub fn refresh_interval(mut self, interval: Duration) -> Self {
        self.fetch.refresh_interval = interval;
        self
    }

    /// How many fetches unknown `kid`s may cause at once, from 1 to 10, default 2; after that it is one in each
    /// [`refresh_cooldown`](Self::refresh_cooldown).
    ///
    /// With 1, requests whose `kid` is first seen while a fetch for another is under way get no fetch of their own: one flood, one
    /// fetch, but also one mistyped token at the moment of a rotation can make tokens under the new key wait for the cooldown.
    pub fn refresh_burst(mut self, fetches: u32) -> Self {
        self.fetch.refresh_burst = fetches;
        self
    }

    /// How often unknown `kid`s may cause a fetch after the [burst](Self::refresh_burst): one in this time. Default 10 s.
    pub fn refresh_cooldown(mut self, cooldown: Duration) -> Self {
        self.fetch.refresh_cooldown = cooldown;
        self
    }

    /// How long keys serve, while the issuer is down, after they have stopped being fresh: after `refresh_interval`, or a
    /// shorter `max-age`. Default 1 h.
    pub fn stale_for(mut self, stale_for: Duration) -> Self {
        self.fetch.stale_for = stale_for;
        self
    }

    /// How long a fetch may take as a whole, discovery and bodies included. Default 5 s.
    pub fn fetch_timeout(mut self, timeout: Duration) -> Self {
        self.fetch.timeout = timeout;
        self
    }

    /// How many bytes a fetched document may have. Default 1 MiB.
    pub fn max_jwks_bytes(mut self, bytes: usize) -> Self {
        self.fetch.max_jwks_bytes = bytes;
        self
    }

    /// How many keys a fetched set may have. Default 256. Sets of the configuration have no limit.
    pub fn max_keys(mut self, keys: usize) -> Self {
        self.fetch.max_keys = keys;
        self
    }

    /// Hosts besides the issuer's own that discovery may name for the key set. Default: any https host.
    pub fn jwks_hosts<I: IntoIterator<Item: Into<String>>>(mut self, hosts: I) -> Self {
        self.fetch.jwks_hosts = strings(hosts);
        self
    }

    /// Trusts the certificates of this PEM file for the fetch, besides the system's. They are enough where the system has
    /// none. The file is read when the authenticator is built.
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.fetch.ca_file = Some(path.into());
        self
    }

    /// Shows the certificate of this PEM file, its chain after it and its private key beside it, to servers that ask for
    /// one during the fetch. The file is read when the authenticator is built. Default: none.
    ///
    /// Whichever server the fetch reaches may ask, also one that discovery names: see [`jwks_hosts`](Self::jwks_hosts).
    pub fn client_identity(mut self, path: impl Into<PathBuf>) -> Self {
        self.fetch.client_identity = Some(path.into());
        self
    }

    /// Fetches keys through this http or https proxy, `http://proxy.example:3128` or with a user and password in it.
    /// Default: none. Proxies that the environment names are never used.
    ///
    /// Not together with [`guard_addresses`](Self::guard_addresses).
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.fetch.proxy = Some(url.into().into());
        self
    }

    /// Refuses to fetch keys from link-local addresses (which most clouds have their metadata service at), the metadata
    /// services elsewhere that are known, unspecified, multicast and broadcast addresses; and from loopback, unless this
    /// issuer and the URL both say loopback. Addresses are checked as connections are made, so a name cannot lead there
    /// either. Default: off.
    ///
    /// # Security
    ///
    /// Addresses of private networks are not refused, since issuers live there. To keep discovery from naming other hosts
    /// there is [`jwks_hosts`](Self::jwks_hosts).
    pub fn guard_addresses(mut self) -> Self {
        self.fetch.guard = true;
        self
    }

    /// Fetches keys with this client. Default: one of claimgate's own, which follows no redirect and decodes no content
    /// encoding. The limits of the fetch hold all the same: its time, its bytes (those that the client has decoded), its
    /// status, and that an answer from where a redirect led does not count.
    ///
    /// How it connects is its own affair: [`guard_addresses`](Self::guard_addresses), [`proxy`](Self::proxy),
    /// [`ca_file`](Self::ca_file) and [`client_identity`](Self::client_identity) cannot be said beside it.
    ///
    /// # Security
    ///
    /// A client that follows redirects asks whomever an issuer sends it to, before the answer is refused. Build yours with
    /// `redirect::Policy::none()`, and with `no_proxy()` unless the environment may say where keys come from.
    #[cfg(feature = "jwks-client")]
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.fetch.http_client = Some(HttpClient::new(client));
        self
    }

    /// Fetches keys over plain http from hosts other than loopback.
    ///
    /// # Security
    ///
    /// Whoever sits on the way can then hand out keys of their own and let anybody in.
    pub fn danger_allow_insecure_http(mut self) -> Self {
        self.fetch.allow_insecure_http = true;
        self
    }
}
