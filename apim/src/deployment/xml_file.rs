//! `api-manager.xml` of version 2, as far as it is about the backend JWT and the caches.

use std::time::Duration;

use claimgate_core::ConfigError;

use crate::deployment::backend_jwt::{Class, Encoding, Signing, set};
use crate::deployment::duration::{SECONDS, seconds_of};
use crate::deployment::findings::{Findings, single};
use crate::deployment::notice::Notice;
use crate::deployment::section::{is_header_name, nearest};
use crate::deployment::xml_elements::{Element, elements};
use crate::deployment::{Deployment, MOST_BYTES};

pub(super) fn read(text: &str) -> Result<(Deployment, Vec<Notice>), ConfigError> {
    if text.len() > MOST_BYTES {
        return Err(single(format!("{} bytes: more than the {MOST_BYTES} that are read", text.len())));
    }
    let elements = elements(text).map_err(single)?;
    let mut findings = Findings::default();
    let mut file = File { elements, known: Vec::new(), findings: &mut findings };
    let mut deployment = Deployment::default();
    read_jwt(&mut deployment, &mut file);
    set(&mut deployment.backend_jwt.expiry, file.duration(Some("APIKeyValidator"), "JWTExpiryTime"));
    set(
        &mut deployment.claim_cache.expiry,
        file.duration(Some("CacheConfigurations"), "JWTClaimCacheExpiry"),
    );
    // Where these two stand has changed between the versions.
    set(&mut deployment.token_cache.enabled, file.boolean(None, "EnableGatewayTokenCache"));
    set(&mut deployment.key_manager_cache.enabled, file.boolean(None, "EnableKeyManagerTokenCache"));
    file.end();
    findings.or(deployment)
}

fn read_jwt(deployment: &mut Deployment, file: &mut File<'_>) {
    let jwt = &mut deployment.backend_jwt;
    set(&mut jwt.enable, file.boolean(JWT, "EnableJWTGeneration"));
    let header = |text: &str| is_header_name(text).then(|| text.to_owned());
    set(&mut jwt.header, file.typed(JWT, "JWTHeader", "the name of a header field", header));
    set(&mut jwt.claim_dialect, file.text(JWT, "ConsumerDialectURI"));
    set(&mut jwt.convert_dialect, file.boolean(JWT, "ConvertClaimsToConsumerDialect"));
    let expected = "\"SHA256withRSA\" or \"NONE\"";
    set(&mut jwt.signing, file.typed(JWT, "SignatureAlgorithm", expected, Signing::named));
    set(&mut jwt.x5c, file.boolean(JWT, "EnableX5C"));
    jwt.claims_extractor = file.class("ClaimsRetrieverImplClass").and_then(|class| match Class::of(&class) {
        Class::Own | Class::OwnUrlSafe => None,
        Class::Foreign => Some(file.needs_plugin("ClaimsRetrieverImplClass", class)),
    });
    let mut generators = Vec::new();
    for name in ["JWTGeneratorImpl", "TokenGeneratorImpl"] {
        generators.extend(file.class(name).map(|class| (name, class)));
    }
    if let [(_, one), (_, other)] = &*generators
        && one != other
    {
        file.findings.problem(
            "JWTConfiguration",
            format!("JWTGeneratorImpl = {one:?} and TokenGeneratorImpl = {other:?}: say one"),
        );
    }
    if let Some((name, class)) = generators.into_iter().next() {
        match Class::of(&class) {
            Class::Own => {}
            Class::OwnUrlSafe => jwt.encoding = Encoding::Base64Url,
            Class::Foreign => jwt.generator = Some(file.needs_plugin(name, class)),
        }
    }
}

const JWT: Option<&str> = Some("JWTConfiguration");

/// The elements of a file, taken one by one.
struct File<'f> {
    elements: Vec<Element>,
    /// Those of `JWTConfiguration` that were asked for.
    known: Vec<&'static str>,
    findings: &'f mut Findings,
}

impl File<'_> {
    /// The text of the element `name`, in `parent` or wherever it stands.
    fn text(&mut self, parent: Option<&str>, name: &'static str) -> Option<String> {
        self.typed(parent, name, "", |text| Some(text.to_owned()))
    }

    fn boolean(&mut self, parent: Option<&str>, name: &'static str) -> Option<bool> {
        self.typed(parent, name, "true or false", |text| text.parse().ok())
    }

    fn duration(&mut self, parent: Option<&str>, name: &'static str) -> Option<Duration> {
        self.typed(parent, name, SECONDS, seconds_of)
    }

    fn class(&mut self, name: &'static str) -> Option<String> {
        self.typed(JWT, name, "a Java class", |text| (!text.is_empty()).then(|| text.to_owned()))
    }

    fn needs_plugin(&mut self, name: &str, class: String) -> String {
        let key = format!("JWTConfiguration/{name}");
        self.findings.notice(Notice::NeedsPlugin { key, class: class.clone() });
        class
    }

    fn typed<T>(
        &mut self,
        parent: Option<&str>,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if parent == JWT {
            self.known.push(name);
        }
        let is_meant = |element: &mut Element| {
            element.name == name && parent.is_none_or(|parent| element.parent == parent)
        };
        let found: Vec<_> = self.elements.extract_if(.., is_meant).collect();
        let [element] = &*found else {
            if let Some(element) = found.first() {
                self.findings
                    .problem(element.parent.clone(), format!("{name} is there {} times", found.len()));
            }
            return None;
        };
        let text = element.text.trim();
        let typed = read(text);
        if typed.is_none() {
            self.findings.problem(element.parent.clone(), format!("{name} = {text:?}: expected {expected}"));
        }
        typed
    }

    fn end(self) {
        for element in self.elements {
            if Some(&*element.parent) == JWT {
                let nearest = nearest(&element.name, &self.known, |length| 1 + length / 4);
                let nearest = nearest.map(|known| format!("JWTConfiguration/{known}"));
                let key = format!("JWTConfiguration/{}", element.name);
                self.findings.notice(Notice::UnknownKey { key, nearest });
            }
        }
    }
}
