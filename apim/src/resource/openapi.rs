//! The table of an OpenAPI 3 document, with the extensions of the original.
//!
//! Only what decides about requests is read: paths, operations, their security. Schemas, parameters and examples are passed over, and so
//! are the references in them. That is why no library for whole documents is used: they refuse a document for a schema that
//! they do not know, and know only one of 3.0 and 3.1.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use claimgate_core::{ConfigError, Problems};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::api::{Api, AuthType, Resource};
use crate::resource::{ResourceTable, check_size, file};

/// What an OpenAPI document does not say of its API.
#[derive(Clone, Debug, Default)]
pub struct OpenApiSettings {
    name: Option<String>,
    context: Option<String>,
    version: Option<String>,
    publisher: Option<String>,
    audiences: Vec<String>,
    is_without_subscription: bool,
}

impl OpenApiSettings {
    /// Nothing: the document says it all.
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of the API, in place of `info.title`.
    pub fn name(self, name: impl Into<String>) -> Self {
        OpenApiSettings { name: Some(name.into()), ..self }
    }

    /// The context, version included, in place of `x-wso2-basePath`.
    pub fn context(self, context: impl Into<String>) -> Self {
        OpenApiSettings { context: Some(context.into()), ..self }
    }

    /// The version, in place of `info.version`.
    pub fn version(self, version: impl Into<String>) -> Self {
        OpenApiSettings { version: Some(version.into()), ..self }
    }

    /// Who has published it.
    pub fn publisher(self, publisher: impl Into<String>) -> Self {
        OpenApiSettings { publisher: Some(publisher.into()), ..self }
    }

    /// A token has to be for one of these. The default is any.
    pub fn audiences<I: IntoIterator<Item: Into<String>>>(self, audiences: I) -> Self {
        OpenApiSettings { audiences: audiences.into_iter().map(Into::into).collect(), ..self }
    }

    /// Every application may call it, without a subscription.
    pub fn without_subscription(self) -> Self {
        OpenApiSettings { is_without_subscription: true, ..self }
    }
}

impl ResourceTable {
    /// Reads an OpenAPI 3 document: JSON where its first character is `{`, else YAML.
    ///
    /// 1. `x-wso2-basePath` is the context, `info` names API and version, unless `settings` do; `x-wso2-auth-header` is the header
    ///    field of tokens; `x-wso2-production-endpoints` and `x-wso2-sandbox-endpoints` say which endpoints there are, production
    ///    alone where neither is there.
    /// 2. An operation needs a token unless its `x-auth-type` is `None`. As in the original, `security: []` opens nothing. The types of
    ///    tokens that other values name (`Application`, `Application User`) are not told apart.
    /// 3. Its scopes are all that its `security` lists, of whatever scheme, of which a token has to grant one. (OpenAPI would
    ///    ask for all of one scheme; the original asks for one, and so do the tables of this crate.) Where it lists none, they are those of
    ///    `x-scope`, a list in commas; where it has no `security` either, those of the `security` of the document.
    /// 4. A path item may refer to another one of the same document; other references are not followed.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] with everything that is wrong. Documents of more than 10 MB are refused, as are those with a member twice, and
    /// YAML that aliases blow up.
    pub fn from_openapi(text: &str, settings: &OpenApiSettings) -> Result<Self, ConfigError> {
        check_size(text)?;
        let mut problems = Problems::default();
        let document = match parse(text.strip_prefix('\u{feff}').unwrap_or(text)) {
            Ok(document) => document,
            Err(message) => {
                problems.add("", message);
                return problems.or(ResourceTable::default());
            }
        };
        let api = Arc::new(api(&document, settings, &mut problems));
        let mut resources = Vec::new();
        for (path, item) in &document.paths.0 {
            match document.resolve(item) {
                Ok(item) => operations(&api, path, item, &document, &mut problems, &mut resources),
                Err(message) => problems.add(format!("paths: {path:?}"), message),
            }
        }
        if resources.is_empty() {
            problems.add("paths", "no operation: without one, every request is refused");
        }
        Self::collect(resources.into_iter().map(Arc::new), problems)
    }
}

#[derive(Deserialize)]
struct Document {
    openapi: String,
    info: Info,
    #[serde(default)]
    paths: Members<PathItem, true>,
    #[serde(default)]
    components: Components,
    security: Option<Vec<Members<Vec<String>>>>,
    #[serde(rename = "x-wso2-basePath")]
    base_path: Option<String>,
    #[serde(rename = "x-wso2-auth-header")]
    auth_header: Option<String>,
    #[serde(rename = "x-wso2-production-endpoints")]
    production: Option<IgnoredAny>,
    #[serde(rename = "x-wso2-sandbox-endpoints")]
    sandbox: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Info {
    title: String,
    version: String,
}

#[derive(Default, Deserialize)]
struct Components {
    #[serde(default, rename = "pathItems")]
    path_items: Members<PathItem>,
}

#[derive(Deserialize)]
struct PathItem {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    get: Option<Operation>,
    put: Option<Operation>,
    post: Option<Operation>,
    delete: Option<Operation>,
    options: Option<Operation>,
    head: Option<Operation>,
    patch: Option<Operation>,
    trace: Option<Operation>,
}

#[derive(Deserialize)]
struct Operation {
    security: Option<Vec<Members<Vec<String>>>>,
    #[serde(rename = "x-auth-type")]
    auth_type: Option<String>,
    #[serde(rename = "x-scope")]
    scope: Option<String>,
}

/// An object whose members have names of the author's choosing. None may be there twice: which of two counted would be chance.
/// Where it may be `EXTENDED`, members that begin with `x-` are none of them.
struct Members<T, const EXTENDED: bool = false>(Vec<(String, T)>);

impl<T, const EXTENDED: bool> Members<T, EXTENDED> {
    fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl<T, const EXTENDED: bool> Default for Members<T, EXTENDED> {
    fn default() -> Self {
        Members(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const EXTENDED: bool> Deserialize<'de> for Members<T, EXTENDED> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T, const EXTENDED: bool>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const EXTENDED: bool> Visitor<'de> for Reader<T, EXTENDED> {
            type Value = Members<T, EXTENDED>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                let mut names = std::collections::HashSet::new();
                while let Some(name) = map.next_key::<String>()? {
                    if !names.insert(name.clone()) {
                        return Err(serde::de::Error::custom(format!("{name:?} is there twice")));
                    }
                    if EXTENDED && name.starts_with("x-") {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        members.push((name, map.next_value()?));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

/// Deeper than documents nest; the parser of JSON passes over what is not read without recursion.
const MAX_DEPTH: usize = 128;
/// Longer than any chain that somebody has meant.
const MAX_REFERENCES: usize = 16;

fn parse(text: &str) -> Result<Document, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_documents: 1,
            // What 10 MB of real documents have; the defaults are for smaller ones.
            max_events: 5_000_000,
            max_nodes: 2_500_000,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000 },
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())
}

fn api(document: &Document, settings: &OpenApiSettings, problems: &mut Problems) -> Api {
    if !document.openapi.starts_with("3.") {
        problems.add("openapi", format!("{:?} is not read, only version 3 is", document.openapi));
    }
    let choose = |given: &Option<String>, own: &String| given.clone().unwrap_or_else(|| own.clone());
    let version = choose(&settings.version, &document.info.version);
    let context = settings.context.as_ref().or(document.base_path.as_ref());
    if context.is_none() {
        problems.add("x-wso2-basePath", "it is missing, and no context is given");
    }
    if let Some(header) = document.auth_header.as_deref().filter(|header| !file::is_header(header)) {
        problems.add("x-wso2-auth-header", format!("{header:?} is no name of a header field"));
    }
    Api {
        name: choose(&settings.name, &document.info.title),
        context: context.map_or_else(|| "/".to_owned(), |context| context.replace("{version}", &version)),
        version,
        publisher: settings.publisher.clone(),
        audiences: settings.audiences.clone(),
        auth_header: document.auth_header.clone(),
        has_production: document.production.is_some() || document.sandbox.is_none(),
        has_sandbox: document.sandbox.is_some(),
        needs_subscription: !settings.is_without_subscription,
    }
}

fn operations(
    api: &Arc<Api>,
    path: &str,
    item: &PathItem,
    document: &Document,
    problems: &mut Problems,
    resources: &mut Vec<Resource>,
) {
    for (verb, operation) in item.operations() {
        let auth = match operation.auth_type.as_deref() {
            Some("None") => AuthType::None,
            None
            | Some(
                "Any"
                | "Application"
                | "Application User"
                | "Application_User"
                | "Application & Application User",
            ) => AuthType::Token,
            Some(other) => {
                let message = format!(
                    "x-auth-type = {other:?}: expected \"None\", \"Application\", \"Application User\", \
                                       \"Application & Application User\" or \"Any\""
                );
                problems.add(format!("paths: {path:?}: {verb}"), message);
                AuthType::Token
            }
        };
        resources.push(Resource {
            api: Arc::clone(api),
            template: path.to_owned(),
            verb: verb.to_owned(),
            auth,
            scopes: operation.scopes(document.security.as_deref(), auth),
        });
    }
}

impl Document {
    /// The item that `item` is or refers to.
    fn resolve<'d>(&'d self, mut item: &'d PathItem) -> Result<&'d PathItem, String> {
        for _ in 0..MAX_REFERENCES {
            let Some(reference) = &item.reference else { return Ok(item) };
            if item.operations().next().is_some() {
                return Err(format!("$ref = {reference:?} and operations beside it: say one"));
            }
            item = self
                .referred(reference)
                .ok_or_else(|| format!("$ref = {reference:?} is no path item of this document"))?;
        }
        Err(format!("$ref = {:?} leads on and on", item.reference.as_deref().unwrap_or_default()))
    }

    fn referred(&self, reference: &str) -> Option<&PathItem> {
        // RFC 6901, section 4. A slash would lead further down, where there is no path item.
        let unescape = |name: &str| name.replace("~1", "/").replace("~0", "~");
        match reference.strip_prefix("#/paths/") {
            Some(name) => self.paths.get(&unescape(name)).filter(|_| !name.contains('/')),
            None => {
                self.components.path_items.get(&unescape(reference.strip_prefix("#/components/pathItems/")?))
            }
        }
    }
}

impl PathItem {
    fn operations(&self) -> impl Iterator<Item = (&'static str, &Operation)> {
        [
            ("GET", &self.get),
            ("PUT", &self.put),
            ("POST", &self.post),
            ("DELETE", &self.delete),
            ("OPTIONS", &self.options),
            ("HEAD", &self.head),
            ("PATCH", &self.patch),
            ("TRACE", &self.trace),
        ]
        .into_iter()
        .filter_map(|(verb, operation)| Some((verb, operation.as_ref()?)))
    }
}

impl Operation {
    fn scopes(&self, of_document: Option<&[Members<Vec<String>>]>, auth: AuthType) -> Vec<String> {
        let own = listed(self.security.as_deref());
        if !own.is_empty() {
            return own;
        }
        let extension = self.scope.as_deref().unwrap_or_default();
        let extension = unique(extension.split(',').map(str::trim).filter(|scope| !scope.is_empty()));
        if !extension.is_empty() {
            return extension;
        }
        // What the whole document asks for is not meant for an operation that says that it needs no token.
        match (&self.security, auth) {
            (None, AuthType::Token) => listed(of_document),
            _ => Vec::new(),
        }
    }
}

fn listed(security: Option<&[Members<Vec<String>>]>) -> Vec<String> {
    let schemes = security.unwrap_or_default().iter().flat_map(|requirement| &requirement.0);
    unique(schemes.flat_map(|(_, scopes)| scopes).map(String::as_str))
}

fn unique<'s>(scopes: impl Iterator<Item = &'s str>) -> Vec<String> {
    let mut unique = Vec::new();
    for scope in scopes {
        if !unique.iter().any(|known| known == scope) {
            unique.push(scope.to_owned());
        }
    }
    unique
}

#[cfg(test)]
mod tests;
