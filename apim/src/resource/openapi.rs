//! The table of an `OpenAPI` 3 document, with the extensions of the original.
//!
//! Only what decides about requests is read: paths, operations, their security. Schemas, parameters and examples are passed over, and so
//! are the references in them. That is why no library for whole documents is used: they refuse a document for a schema that
//! they do not know, and know only one of 3.0 and 3.1.

mod document;

use std::sync::Arc;

use claimgate_core::{ConfigError, Problems};

use crate::api::{Api, AuthType, Resource};
use crate::resource::openapi::document::{Document, PathItem};
use crate::resource::{ResourceTable, check_size, file};

/// What an `OpenAPI` document does not say of its API.
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
    /// Reads an `OpenAPI` 3 document: JSON where its first character is `{`, else YAML.
    ///
    /// 1. `x-wso2-basePath` is the context, `info` names API and version, unless `settings` do; `x-wso2-auth-header` is the header
    ///    field of tokens; `x-wso2-production-endpoints` and `x-wso2-sandbox-endpoints` say which endpoints there are, production
    ///    alone where neither is there.
    /// 2. An operation needs a token unless its `x-auth-type` is `None`. As in the original, `security: []` opens nothing. The types of
    ///    tokens that other values name (`Application`, `Application User`) are not told apart.
    /// 3. Its scopes are all that its `security` lists, of whatever scheme, of which a token has to grant one. (`OpenAPI` would
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
        let document = match Document::parse(text.strip_prefix('\u{feff}').unwrap_or(text)) {
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

#[cfg(test)]
mod tests;
