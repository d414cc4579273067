//! Which API and which resource a request is for.
//!
//! What matches nothing is refused: nothing is open because nobody has thought of it. A path that two servers could read in two
//! ways matches nothing, or what asks for more, so that no spelling gets a request past the rules of the resource that the service
//! behind serves:
//!
//! 1. The target is in origin form, or in absolute form with `http` or `https` and no user information. The query is not
//!    looked at. A `#` in the path matches nothing: no request target has one (RFC 9112, section 3.2).
//! 2. Escapes of unreserved characters are decoded, as RFC 3986, section 6.2.2.2, has it: `%6Frder` is `order`. The digits of
//!    other escapes count the same in upper and in lower case.
//! 3. Dot segments match nothing, `%2e` and `.%2E` among them. Some servers remove them (RFC 3986, section 5.2.4) and some,
//!    axum and actix-web among them, take `..` for the value of a parameter.
//! 4. Empty segments match nothing: some servers take `//` for `/`, others do not.
//! 5. One slash at the end is tolerated, as in the original. Where both `/files` and `/files/*` could be meant by `/files/`,
//!    rule 11 decides.
//! 6. Backslashes, and escapes of `/`, `\`, `?`, `#` and control characters, NUL among them, match nothing: servers that decode
//!    before they route split or cut there.
//! 7. `;` and its escape match nothing: some servers drop what follows it in the segment.
//! 8. Escapes that are cut short or have no hexadecimal digits match nothing, and neither does `%25`, which is how another escape is
//!    hidden from a server that decodes once.
//! 9. Characters outside ASCII have to be escaped, in UTF-8 without detours: `%C0%AF` and `%FF` match nothing. They are compared octet
//!    by octet. So are blanks, quotes, brackets and others that no URI has; unescaped, they match nothing.
//! 10. Case counts, and so does whether `:` or `@` or one of `!$&'()*+,=` is escaped. The original compares the template with
//!     that of its definition without regard to case, but elects the template with regard to it.
//! 11. Because servers differ there, the path is also read as one that ignores case, decodes what rule 10 names, and takes a slash
//!     at the end for a segment. Where a reading elects another resource than the path as it is, that resource governs which asks for
//!     the same or more than all others: the same API, a token where the other needs none, fewer scopes to choose from. Where
//!     there is none such, nothing matches. A path that elects nothing as it is matches nothing, whatever other readings find.
//!
//! A resource is found thus:
//!
//! 1. The longest context that the path begins with, on whole segments, decides which API is meant: `/pizza` is not the beginning of
//!    `/pizzashack`. Where that API has nothing that fits, no shorter context is tried.
//! 2. The method equals that of the resource, letter by letter. `HEAD` is not `GET`, as in the original: list it where it is wanted.
//!    Services that let `X-HTTP-Method-Override` or the like change the method serve another than the one that was matched.
//! 3. Of the templates that fit, the most specific one is taken: segment by segment from the left, text before text with parameters
//!    (`{id}.json`) before a parameter before `/*`. A parameter is one segment and not empty. `/*` stands at the end and fits any
//!    number of segments, none too.

mod file;
#[cfg(feature = "openapi")]
mod openapi;
mod path;
mod template;
mod tree;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use claimgate_core::{ConfigError, Problems};

use crate::api::{AuthType, Resource};
use crate::resource::template::Template;
use crate::resource::tree::Tree;

#[cfg(feature = "openapi")]
pub use openapi::OpenApiSettings;

/// The resources of all APIs. It never changes once it is made: share it in an [`Arc`], and swap that.
///
/// The default has no resource, so that it refuses everything.
#[derive(Default)]
pub struct ResourceTable {
    resources: Vec<Arc<Resource>>,
    /// For paths in normal form.
    exact: Tree,
    /// For paths that were loosened after that.
    loose: Tree,
    /// Whether the text of a context or a template is not the same when it is loosened.
    has_loose_text: bool,
}

/// Documents above it are refused, in bytes.
const MAX_DOCUMENT_BYTES: usize = 10_000_000;

impl ResourceTable {
    /// Reads TOML:
    ///
    /// ```toml
    /// [[api]]
    /// name = "PizzaShackAPI"
    /// context = "/pizzashack/1.0.0"       # with the version; {version} stands for it
    /// version = "1.0.0"
    /// publisher = "admin"                 # optional
    /// audiences = []                      # a token has to be for one of them; empty or "all": any
    /// auth_header = "X-Auth"              # optional: where tokens stand, if not where they do for all APIs
    /// endpoints = ["production"]          # and "sandbox": the keys that there are endpoints for
    /// subscription = true                 # whether a token needs a subscription
    ///
    /// [[api.resource]]
    /// path = "/order/{orderId}"           # or "/order/*" for everything below
    /// methods = ["GET", "PUT"]
    /// auth = "token"                      # or "none": everybody may call it
    /// scopes = ["order"]                  # a token has to grant one of them; empty: none is needed
    /// ```
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong. Documents of more than 10 MB are refused.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        check_size(text)?;
        let mut problems = Problems::default();
        let resources = file::read(text, &mut problems)?;
        Self::collect(resources.into_iter().map(Arc::new), problems)
    }

    /// The table of these resources.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong: contexts, templates and methods that no request could have, two resources for
    /// the same requests or whose templates differ only in case, and scopes where no token is looked at.
    pub fn from_resources<I: IntoIterator<Item = Resource>>(resources: I) -> Result<Self, ConfigError> {
        Self::collect(resources.into_iter().map(Arc::new), Problems::default())
    }

    /// The resources of both.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] where both have a resource for the same requests.
    pub fn and(self, other: ResourceTable) -> Result<Self, ConfigError> {
        Self::collect(self.resources.into_iter().chain(other.resources), Problems::default())
    }

    /// The resource that is meant by `method` and `target`, both as they are in the request line. Nothing where none fits: the request is
    /// to be refused then.
    pub fn find(&self, method: &str, target: &str) -> Option<&Arc<Resource>> {
        let path = path::normal(target)?;
        let bare = Some(path.strip_suffix('/').unwrap_or(&path)).filter(|path| !path.is_empty());
        let chosen = self.exact.elect(method, bare)?;

        let slashed = Some(&*path).filter(|path| path.ends_with('/'));
        let mut readings = [None; 3];
        if slashed.is_some() {
            readings = [self.exact.elect(method, slashed), None, None];
        }
        let loose = path::loosen(&path);
        if self.has_loose_text || *loose != *path {
            let bare = Some(loose.strip_suffix('/').unwrap_or(&loose)).filter(|path| !path.is_empty());
            let slashed = Some(&*loose).filter(|path| path.ends_with('/'));
            let [with_slash, ..] = readings;
            readings = [
                with_slash,
                // Nothing, where the looser reading is in another context: a service that reads so would answer what is not ours to
                // open.
                Some(self.loose.elect(method, bare)?),
                slashed.and_then(|slashed| self.loose.elect(method, Some(slashed))),
            ];
        }
        if readings.iter().flatten().all(|other| *other == chosen) {
            return self.resources.get(chosen);
        }
        let mut candidates = std::iter::once(chosen).chain(readings.into_iter().flatten());
        let all = candidates.clone().map(|index| self.resources.get(index)).collect::<Option<Vec<_>>>()?;
        let index = candidates.find(|index| {
            self.resources.get(*index).is_some_and(|own| all.iter().all(|other| asks_no_less(own, other)))
        })?;
        self.resources.get(index)
    }

    /// All resources, in the order in which they were read.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.iter()
    }

    fn collect(
        resources: impl Iterator<Item = Arc<Resource>>,
        mut problems: Problems,
    ) -> Result<Self, ConfigError> {
        let mut table = ResourceTable::default();
        let mut contexts = HashMap::new();
        for resource in resources {
            if let Err(message) = table.add(&resource, &mut contexts) {
                let Resource { api, verb, template, .. } = &*resource;
                problems.add(format!("api {:?}: {verb} {template:?}", api.name), message);
            }
        }
        problems.or(table)
    }

    /// Adds `resource`. `contexts` are those that are known, by what they are when they are loosened.
    fn add(
        &mut self,
        resource: &Arc<Resource>,
        contexts: &mut HashMap<String, String>,
    ) -> Result<(), String> {
        let Resource { api, template, verb, auth, scopes } = &**resource;
        let context = context(&api.context)?;
        let loose_context = path::loosen(&context).into_owned();
        let known = contexts.entry(loose_context.clone()).or_insert_with(|| context.clone());
        if *known != context {
            return Err(format!(
                "the context {:?} differs from another only in case or escapes",
                api.context
            ));
        }
        let is_method = |byte: u8| byte.is_ascii_uppercase() || byte == b'-';
        if verb.is_empty() || !verb.bytes().all(is_method) {
            return Err(format!("{verb:?} is no method in upper case"));
        }
        let blank = |scope: &&String| scope.is_empty() || scope.contains(char::is_whitespace);
        if let Some(scope) = scopes.iter().find(blank) {
            return Err(format!("scopes: {scope:?} is empty or has blanks, no token could grant it"));
        }
        if *auth == AuthType::None && !scopes.is_empty() {
            return Err(format!("scopes = {scopes:?}, but no token is looked at"));
        }

        let template = Template::parse(template).map_err(str::to_owned)?;
        let loose = template.loosened();
        let index = self.resources.len();
        let other = |index: usize| self.resources.get(index).map_or("", |other| &other.template);
        if let Err(known) = self.exact.insert(&context, verb, &template, index) {
            return Err(format!("{:?} is for the same requests", other(known)));
        }
        if let Err(known) = self.loose.insert(&loose_context, verb, &loose, index) {
            return Err(format!("{:?} differs from it only in case or escapes", other(known)));
        }
        self.has_loose_text |= loose_context != context || !template.is_same_text(&loose);
        self.resources.push(Arc::clone(resource));
        Ok(())
    }
}

/// A context in normal form: without the slashes at its ends.
fn context(text: &str) -> Result<String, String> {
    let wrong = || format!("context = {text:?}: expected a path such as \"/pizzashack/1.0.0\"");
    if !text.starts_with('/') || text.contains(['?', '*']) {
        return Err(wrong());
    }
    let path = path::normal(text).ok_or_else(wrong)?;
    Ok(path.strip_suffix('/').unwrap_or(&path).to_owned())
}

/// Whether a request that may have `own` may have `other` too.
fn asks_no_less(own: &Arc<Resource>, other: &Arc<Resource>) -> bool {
    if Arc::ptr_eq(own, other) {
        return true;
    }
    if !Arc::ptr_eq(&own.api, &other.api) && own.api != other.api {
        return false;
    }
    match (own.auth, other.auth) {
        (_, AuthType::None) => true,
        (AuthType::None, AuthType::Token) => false,
        (AuthType::Token, AuthType::Token) => {
            other.scopes.is_empty()
                || !own.scopes.is_empty() && own.scopes.iter().all(|scope| other.scopes.contains(scope))
        }
    }
}

fn check_size(text: &str) -> Result<(), ConfigError> {
    let mut problems = Problems::default();
    if text.len() > MAX_DOCUMENT_BYTES {
        problems
            .add("", format!("{} bytes are more than the {MAX_DOCUMENT_BYTES} that are read", text.len()));
    }
    problems.or(())
}

impl fmt::Debug for ResourceTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name =
            |resource: &Resource| format!("{} {}{}", resource.verb, resource.api.context, resource.template);
        formatter.debug_set().entries(self.resources.iter().map(|resource| name(resource))).finish()
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
