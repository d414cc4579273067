//! The configuration file of a server, as TOML.
//!
//! Every problem is told at once, with the value that causes it; an unknown key names the nearest known one.
//!
//! ```toml
//! listen = "127.0.0.1:8080"
//! realm = "pizza"                           # optional, in challenges
//!
//! [[issuer]]
//! issuer = "https://idp.example.com"        # compared byte for byte with `iss`
//! audiences = ["https://api.example.com"]   # required; any_audience = true is the loud opt-out
//! jwks_uri = "https://idp.example.com/jwks" # or one of these; none of them: discovery from `issuer`
//! # jwks_file = "keys.json"
//! # certificates = ["idp.pem", "idp.der"]   # for any `kid`
//! # key_directory = "keys"                  # certificates and public keys; the `kid` is the name of the file
//! # keystore = { path = "store.p12", password_env = "STORE_PASSWORD", default_alias = "gateway" }
//! #                                         # JKS or PKCS#12; or password_file, password; the `kid` is the alias
//! certificate_validity = "ignore"           # or check: the dates of certificates count
//! certificate_warning = "30d"               # with check: how long before one ends the log says so
//! algorithms = ["RS256", "ES256", "EdDSA"]  # default: every asymmetric algorithm the keys allow
//! token_types = ["at+jwt", "JWT"]           # accepted `typ`; absent `typ` counts as "JWT"
//! required_claims = ["sub", "exp", "iat"]   # default []; `exp` and `iss` are always required
//! claims = { client_id = ["web", "cli"] }   # each must equal one of the values
//! leeway = "60s"                            # 0s to 5m
//! max_lifetime = "24h"                      # optional: refuse tokens whose exp − iat is longer
//! scopes_claim = "scope"                    # a name, or a path ["realm_access", "roles"]
//! start = "serve"                           # serve (503 until keys are there), { wait = "10s" }, or fail
//! refresh_interval = "10m"                  # from 1s
//! refresh_burst = 2                         # fetches that unknown kids may cause at once, 1 to 10
//! refresh_cooldown = "10s"                  # after that, one in this time
//! stale_for = "1h"                          # how long keys serve while the issuer is down, once they are not fresh
//! fetch_timeout = "5s"                      # the whole of it
//! max_jwks_bytes = 1048576
//! max_keys = 256                            # of a fetched set
//! jwks_hosts = []                           # besides the issuer's own, for discovery; empty: any https host
//! allow_insecure_http = false               # plain http is for loopback unless set
//! ca_file = "private-ca.pem"                # extra root for the fetch; enough alone where the system has none
//! client_identity_file = "client.pem"       # certificate chain and private key, for servers that ask for them
//! proxy = "http://proxy.example.com:3128"   # for the fetch; those of the environment are never used
//! guard_addresses = false                   # refuse link-local and metadata addresses; not with a proxy
//! watch_files = true                        # files of keys are read again when they change
//!
//! [token]
//! max_bytes = 16384
//! sources = ["header"]                      # also { header = "X-Auth", scheme = "Token" }, { cookie = "jwt" },
//!                                           # { query = "access_token" }, { websocket = "bearer" }
//!
//! [cache]                                   # verified tokens
//! enabled = true
//! capacity = 10000                          # tokens
//! max_bytes = 33554432
//! # time_to_live = "15m"                    # after which a signature is checked again; default: never while the token is good
//! keep_token_text = false                   # true is faster; whoever reads the memory finds tokens that work
//! ```
//!
//! Durations are strings such as `"30s"`. Relative paths start at the file.

mod cache_section;
mod issuer_section;
mod key_store_section;
mod section;
mod watched;

use std::fs;
use std::path::Path;

use toml::Value;

use crate::authenticator::Authenticator;
use crate::builder::AuthenticatorBuilder;
use crate::config_error::{ConfigError, Problems};
use crate::token_source::TokenSource;

#[doc(hidden)]
pub use section::Section;
pub use watched::ConfigWatch;

/// A configuration that was read and checked.
#[derive(Clone, Debug)]
pub struct Config {
    listen: Option<String>,
    builder: AuthenticatorBuilder,
}

impl Config {
    /// Reads the file at `path`, and the key files it names.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::single(format!("{path:?} cannot be read: {error}")))?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads `text`; relative paths in it start at `base`.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong.
    pub fn parse(text: &str, base: &Path) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        let mut file = Section::parse(text, &mut problems)?;
        let listen = file.string("listen");
        let mut builder = Authenticator::builder();
        if let Some(realm) = file.string("realm") {
            builder = builder.realm(realm);
        }
        let cache = file.table("cache");
        let issuers = file.tables("issuer");
        let token = file.table("token");
        file.end();

        if let Some(token) = token {
            let mut token = Section::new("token", token, &mut problems);
            if let Some(bytes) = token.size("max_bytes") {
                builder = builder.max_token_bytes(bytes);
            }
            if let Some(sources) = token.typed("sources", SOURCES, sources) {
                builder = builder.token_sources(sources);
            }
            token.end();
        }
        if let Some(cache) = cache {
            builder = builder.token_cache(cache_section::read(cache, &mut problems));
        }
        for (index, table) in issuers.into_iter().enumerate() {
            builder = builder.issuer(issuer_section::read(index, table, base, &mut problems));
        }
        if let Err(error) = builder.check() {
            problems.extend(error);
        }
        problems.or(Config { listen, builder })
    }

    /// The address to listen on, as the file has it.
    pub fn listen(&self) -> Option<&str> {
        self.listen.as_deref()
    }

    /// The builder of the authenticator that the file describes.
    pub fn into_builder(self) -> AuthenticatorBuilder {
        self.builder
    }
}

const SOURCES: &str = "a list of \"header\", { header = \"X-Auth\", scheme = \"Token\" }, { cookie = \"jwt\" }, \
                       { query = \"access_token\" }, { websocket = \"bearer\" }";

fn sources(value: &Value) -> Option<Vec<TokenSource>> {
    value.as_array()?.iter().map(source).collect()
}

fn source(value: &Value) -> Option<TokenSource> {
    if value.as_str() == Some("header") {
        return Some(TokenSource::Authorization);
    }
    let table = value.as_table()?;
    let text = |key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut keys: Vec<_> = table.keys().map(String::as_str).collect();
    keys.sort_unstable();
    match *keys {
        ["header"] => Some(TokenSource::Header { name: text("header")?, scheme: None }),
        ["header", "scheme"] => {
            Some(TokenSource::Header { name: text("header")?, scheme: Some(text("scheme")?) })
        }
        ["cookie"] => Some(TokenSource::Cookie { name: text("cookie")? }),
        ["query"] => Some(TokenSource::Query { name: text("query")? }),
        ["websocket"] => Some(TokenSource::WebSocketProtocol { marker: text("websocket")? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
