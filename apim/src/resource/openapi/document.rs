//! What is read of a document.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::api::AuthType;

#[derive(Deserialize)]
pub(super) struct Document {
    pub(super) openapi: String,
    pub(super) info: Info,
    #[serde(default)]
    pub(super) paths: Members<PathItem, true>,
    #[serde(default)]
    components: Components,
    pub(super) security: Option<Vec<Members<Vec<String>>>>,
    #[serde(rename = "x-wso2-basePath")]
    pub(super) base_path: Option<String>,
    #[serde(rename = "x-wso2-auth-header")]
    pub(super) auth_header: Option<String>,
    #[serde(rename = "x-wso2-production-endpoints")]
    pub(super) production: Option<IgnoredAny>,
    #[serde(rename = "x-wso2-sandbox-endpoints")]
    pub(super) sandbox: Option<IgnoredAny>,
}

#[derive(Deserialize)]
pub(super) struct Info {
    pub(super) title: String,
    pub(super) version: String,
}

#[derive(Default, Deserialize)]
struct Components {
    #[serde(default, rename = "pathItems")]
    path_items: Members<PathItem>,
}

#[derive(Deserialize)]
pub(super) struct PathItem {
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
pub(super) struct Operation {
    pub(super) security: Option<Vec<Members<Vec<String>>>>,
    #[serde(rename = "x-auth-type")]
    pub(super) auth_type: Option<String>,
    #[serde(rename = "x-scope")]
    scope: Option<String>,
}

/// An object whose members have names of the author's choosing. None may be there twice: which of two counted would be chance.
/// Where it may be `EXTENDED`, members that begin with `x-` are none of them.
pub(super) struct Members<T, const EXTENDED: bool = false>(pub(super) Vec<(String, T)>);

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

impl Document {
    /// Reads JSON where `text` begins with `{`, else YAML.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
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

    /// The item that `item` is or refers to.
    pub(super) fn resolve<'d>(&'d self, mut item: &'d PathItem) -> Result<&'d PathItem, String> {
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
    pub(super) fn operations(&self) -> impl Iterator<Item = (&'static str, &Operation)> {
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
    pub(super) fn scopes(&self, of_document: Option<&[Members<Vec<String>>]>, auth: AuthType) -> Vec<String> {
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

/// Deeper than documents nest; the parser of JSON passes over what is not read without recursion.
const MAX_DEPTH: usize = 128;
/// Longer than any chain that somebody has meant.
const MAX_REFERENCES: usize = 16;
