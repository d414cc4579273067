//! One document over HTTP, within its limits.

use std::error::Error;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, IF_NONE_MATCH};
use reqwest::{Client, ClientBuilder, Proxy, Response, Url};

use crate::fetch_settings::{FetchSettings, ProxyUrl};
use crate::refresh::address_guard::{AddressGuard, ForbiddenAddress, GuardedResolver, Lookup, SystemLookup};
use crate::refresh::client_pool::{ClientPool, Connecting, Tls};
use crate::refresh::entity_tag::EntityTag;
use crate::refresh::fetch_error::FetchError;
use crate::refresh::freshness::{lasting, retry_after};
use crate::refresh::tls_files;

/// A client that follows no redirect, uses no proxy of the environment, and reads no more than it may.
#[derive(Clone, Debug)]
pub(crate) struct JwksClient {
    client: Client,
    guard: Option<AddressGuard>,
    max_bytes: usize,
    files: Option<[u8; 32]>,
}

/// A body and what its headers say about coming again.
pub(crate) struct Document {
    pub(crate) body: Vec<u8>,
    pub(crate) tag: Option<EntityTag>,
    pub(crate) max_age: Option<Duration>,
}

/// The answer to a question for a document that is known by its tag.
pub(crate) enum Answer {
    Document(Document),
    /// It is the known one, whose freshness counts anew.
    NotModified {
        max_age: Option<Duration>,
    },
}

impl JwksClient {
    /// A client for the keys of `issuer`. The error quotes what was configured.
    pub(crate) fn new(
        issuer: &str,
        settings: &FetchSettings,
        tls: Tls,
        pool: &ClientPool,
    ) -> Result<Self, String> {
        let max_bytes = settings.max_jwks_bytes;
        if let Some(custom) = &settings.http_client {
            return Ok(JwksClient { client: custom.client().clone(), guard: None, max_bytes, files: None });
        }
        let guard = settings.guard.then(|| AddressGuard::of(issuer));
        let connecting = Connecting::of(settings, tls, guard)?;
        let files = connecting.files();
        let client = pool.client(connecting, |connecting| connect(settings, connecting, || SystemLookup))?;
        Ok(JwksClient { client, guard, max_bytes, files })
    }

    /// A client of its own, with names looked up by what `lookup` makes, if they are guarded.
    #[cfg(test)]
    pub(crate) fn with_lookup<L: Lookup>(
        issuer: &str,
        settings: &FetchSettings,
        tls: Tls,
        lookup: impl Fn() -> L,
    ) -> Result<Self, String> {
        let guard = settings.guard.then(|| AddressGuard::of(issuer));
        let client = connect(settings, &Connecting::of(settings, tls, guard)?, lookup)?;
        Ok(JwksClient { client, guard, max_bytes: settings.max_jwks_bytes, files: None })
    }

    /// What was in the files that it was made of, as a digest.
    pub(crate) fn files(&self) -> Option<[u8; 32]> {
        self.files
    }

    /// Checks what can be said about `url` without asking anybody.
    pub(crate) fn check(&self, url: &Url) -> Result<(), ForbiddenAddress> {
        self.guard.map_or(Ok(()), |guard| guard.check(url))
    }

    /// Fetches one document. The caller bounds the time.
    pub(crate) async fn get(&self, url: &Url) -> Result<Document, FetchError> {
        let response = self.ask(url, None).await?;
        self.read(response).await
    }

    /// Fetches one document unless it is still the one that `known` names. The caller bounds the time.
    pub(crate) async fn get_unless(&self, url: &Url, known: &EntityTag) -> Result<Answer, FetchError> {
        let response = self.ask(url, Some(known)).await?;
        if response.status().as_u16() == NOT_MODIFIED {
            return Ok(Answer::NotModified { max_age: lasting(response.headers(), SystemTime::now()) });
        }
        Ok(Answer::Document(self.read(response).await?))
    }

    /// A response with status 200, or 304 if it was asked for by the tag that is `known`.
    async fn ask(&self, url: &Url, known: Option<&EntityTag>) -> Result<Response, FetchError> {
        self.check(url).map_err(FetchError::ForbiddenAddress)?;
        let mut request =
            self.client.get(url.clone()).header(ACCEPT, "application/jwk-set+json, application/json");
        if let Some(tag) = known {
            request = request.header(IF_NONE_MATCH, tag.as_header());
        }
        let response = request.send().await.map_err(broken)?;
        // A client of the application's own may follow redirects; where they lead is no place that was configured.
        if !is_same_document(response.url(), url) {
            return Err(FetchError::RedirectFollowed);
        }
        match response.status().as_u16() {
            200 => Ok(response),
            NOT_MODIFIED if known.is_some() => Ok(response),
            // One that nobody asked for says nothing, and there is nothing that it could be about.
            status @ 300..=399 if status != NOT_MODIFIED => Err(FetchError::Redirected(status)),
            status => {
                let retry_after = retry_after(response.headers(), SystemTime::now());
                Err(FetchError::Status { status, retry_after })
            }
        }
    }

    /// Reads the body, counting the bytes that are kept. Where a client decodes a content encoding, those are the decoded
    /// ones: a body that is short on the wire may be a thousand times longer.
    async fn read(&self, mut response: Response) -> Result<Document, FetchError> {
        // The declared length first: a hard error before the first byte. A body that is cut to size would be another set.
        let most = u64::try_from(self.max_bytes).unwrap_or(u64::MAX);
        if response.content_length().is_some_and(|length| length > most) {
            return Err(FetchError::TooLarge(self.max_bytes));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > self.max_bytes {
                return Err(FetchError::TooLarge(self.max_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        let headers = response.headers();
        Ok(Document { body, tag: EntityTag::of(headers), max_age: lasting(headers, SystemTime::now()) })
    }
}

/// A client that connects as `settings` say, with names looked up by what `lookup` makes, if they are guarded.
fn connect<L: Lookup>(
    settings: &FetchSettings,
    connecting: &Connecting,
    lookup: impl Fn() -> L,
) -> Result<Client, String> {
    let Connecting { tls, guard, roots, identity, .. } = connecting;
    let roots = settings.ca_file.as_deref().zip(roots.as_deref());
    let roots = roots.map_or(Ok(Vec::new()), |(path, pem)| tls_files::roots(path, pem))?;
    let identity = settings.client_identity.as_deref().zip(identity.as_deref());
    let identity = identity.map(|(path, pem)| tls_files::identity(path, pem)).transpose()?;
    let proxy = settings.proxy.as_ref().map(proxy).transpose()?;
    let builder = || {
        let mut builder = plain();
        if let Some(guard) = *guard {
            builder = builder.dns_resolver(GuardedResolver::new(guard, lookup()));
        }
        if let Some(identity) = &identity {
            builder = builder.identity(identity.clone());
        }
        match &proxy {
            // After `no_proxy`, which forgets those that were named before.
            Some(proxy) => builder.proxy(proxy.clone()),
            None => builder,
        }
    };
    let own_roots = || builder().tls_certs_only(roots.clone()).build();
    let all_roots = || builder().tls_certs_merge(roots.clone()).build();
    let client = match tls {
        // The roots of the system would be read for nothing.
        Tls::Never => own_roots(),
        Tls::Needed if roots.is_empty() => all_roots(),
        // A machine may have no roots, or none that others can be added to. One's own are enough then, and so are none
        // for an issuer that stays with plain http.
        Tls::Needed | Tls::Possible => all_roots().or_else(|_| own_roots()),
    };
    client.map_err(|error| format!("the key client cannot be set up: {}", causes(&error)))
}

/// What holds for every client of ours, whatever features of reqwest other crates of the program turn on: rustls alone
/// reads our PEM files, and no answer is decoded.
fn plain() -> ClientBuilder {
    Client::builder()
        .tls_backend_rustls()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .user_agent(concat!("claimgate/", env!("CARGO_PKG_VERSION")))
}

/// reqwest takes a proxy without a scheme, and kinds that depend on its features; what is meant is to be said.
fn proxy(url: &ProxyUrl) -> Result<Proxy, String> {
    let is_known = Url::parse(url.as_str()).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    let proxy = Proxy::all(url.as_str()).ok().filter(|_| is_known);
    proxy.ok_or_else(|| format!("proxy {url} is not an http or https URL"))
}

/// Whether an answer from `seen` is one from `asked`. The client takes the fragment and the user off what it sends.
fn is_same_document(seen: &Url, asked: &Url) -> bool {
    seen.origin() == asked.origin() && seen.path() == asked.path() && seen.query() == asked.query()
}

fn broken(error: reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(forbidden) = error.downcast_ref() {
            return FetchError::ForbiddenAddress(*forbidden);
        }
        cause = error.source();
    }
    FetchError::Unreachable(causes(&error.without_url()))
}

/// The innermost cause is the one that tells: "connection refused" stands below three sentences that say "error".
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string does not fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

const NOT_MODIFIED: u16 = 304;

#[cfg(test)]
mod tests;
