//! `[apim.jwt]`: the JWT that tells the service behind the gateway who calls.

use std::time::Duration;

use toml::Table;

use crate::deployment::findings::Findings;
use crate::deployment::section::Section;

/// The settings of the backend JWT, with the defaults of the original.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the original")]
pub struct BackendJwtConfig {
    /// Whether requests get one. Default false.
    pub enable: bool,
    /// The header field that it comes in. Default `X-JWT-Assertion`.
    pub header: String,
    /// How its parts are written. Default [`Encoding::Base64`].
    pub encoding: Encoding,
    /// What the names of claims begin with. Default `http://wso2.org/claims`.
    pub claim_dialect: String,
    /// Whether claims of `OpenID` Connect are renamed into the dialect. Default false.
    pub convert_dialect: bool,
    /// How it is signed. Default [`Signing::Sha256WithRsa`].
    pub signing: Signing,
    /// Whether claims of the user are added for opaque tokens. Default false.
    pub enable_user_claims: bool,
    /// The Java class that finds the claims of users, where it is not the original's own.
    pub claims_extractor: Option<String>,
    /// The Java class that makes the JWT for opaque tokens, where it is not the original's own.
    pub generator: Option<String>,
    /// The Java class that makes the JWT for JWTs, where it is not the original's own.
    pub gateway_generator: Option<String>,
    /// Claims of the access token that are left out. Default none.
    pub excluded_claims: Vec<String>,
    /// Whether claims of the user are added for JWTs. Default false.
    pub enable_claim_retrieval: bool,
    /// Whether its header has `kid`. Default true.
    pub use_kid: bool,
    /// Whether its header has `x5t#S256` in place of `x5t`. Default false.
    pub use_sha256_hash: bool,
    /// Whether the thumbprint goes without `=`. Default false.
    pub encode_x5t_without_padding: bool,
    /// Whether its header has `x5c`. Default false.
    pub x5c: bool,
    /// Whether the parts keep their `=`. Default false.
    pub base64_padding: bool,
    /// Whether tenants sign with keys of their own. Default false.
    pub tenant_based_signing: bool,
    /// Whether claims of users of other identity providers are added. Default true.
    pub binding_federated_user_claims: bool,
    /// The same for opaque tokens. Default false.
    pub binding_federated_user_claims_for_opaque: bool,
    /// How long it is good where the gateway caches no tokens. Default 900 s.
    pub expiry: Duration,
    /// Whether the gateway publishes its keys. Default true.
    pub enable_jwks_api: bool,
}

/// How the parts of a JWT are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// With the alphabet of RFC 4648, section 4, in which no JWS may be written.
    #[default]
    Base64,
    /// With that of section 5, as RFC 7515 has it.
    Base64Url,
}

/// How a JWT is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signing {
    /// RS256.
    #[default]
    Sha256WithRsa,
    /// Not at all: whoever can reach the service can make one.
    None,
}

impl Default for BackendJwtConfig {
    fn default() -> Self {
        BackendJwtConfig {
            enable: false,
            header: "X-JWT-Assertion".to_owned(),
            encoding: Encoding::default(),
            claim_dialect: "http://wso2.org/claims".to_owned(),
            convert_dialect: false,
            signing: Signing::default(),
            enable_user_claims: false,
            claims_extractor: None,
            generator: None,
            gateway_generator: None,
            excluded_claims: Vec::new(),
            enable_claim_retrieval: false,
            use_kid: true,
            use_sha256_hash: false,
            encode_x5t_without_padding: false,
            x5c: false,
            base64_padding: false,
            tenant_based_signing: false,
            binding_federated_user_claims: true,
            binding_federated_user_claims_for_opaque: false,
            expiry: Duration::from_secs(900),
            enable_jwks_api: true,
        }
    }
}

impl Signing {
    /// What the configuration calls `name`.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "SHA256withRSA" => Some(Signing::Sha256WithRsa),
            "NONE" => Some(Signing::None),
            _ => None,
        }
    }
}

/// What a Java class stands for.
pub(super) enum Class {
    /// What is done without any.
    Own,
    /// The same, in base64url.
    OwnUrlSafe,
    /// Somebody else's.
    Foreign,
}

impl Class {
    pub(super) fn of(name: &str) -> Self {
        // The packages moved between the versions; the names stayed.
        let own = name.strip_prefix("org.wso2.carbon.apimgt.").and_then(|rest| rest.rsplit('.').next());
        match own {
            Some(
                "JWTGenerator"
                | "APIMgtGatewayJWTGeneratorImpl"
                | "DefaultClaimsRetriever"
                | "ExtendedDefaultClaimsRetriever",
            ) => Class::Own,
            Some("URLSafeJWTGenerator" | "APIMgtGatewayUrlSafeJWTGeneratorImpl") => Class::OwnUrlSafe,
            _ => Class::Foreign,
        }
    }
}

/// Reads `[apim.jwt]`, without its issuers.
pub(super) fn read(config: &mut BackendJwtConfig, section: &mut Section<'_>) -> Option<Table> {
    set(&mut config.enable, section.boolean("enable"));
    set(&mut config.header, section.header_name("header"));
    set(&mut config.claim_dialect, section.string("claim_dialect"));
    set(&mut config.convert_dialect, section.boolean("convert_dialect"));
    let signing = |value: &toml::Value| Signing::named(value.as_str()?);
    set(&mut config.signing, section.typed("signing_algorithm", "\"SHA256withRSA\" or \"NONE\"", signing));
    set(&mut config.enable_user_claims, section.boolean("enable_user_claims"));
    config.claims_extractor = class(config, "claims_extractor_impl", section);
    config.generator = class(config, "generator_impl", section);
    let encoding = |value: &toml::Value| match value.as_str()? {
        "base64" => Some(Encoding::Base64),
        "base64url" => Some(Encoding::Base64Url),
        _ => None,
    };
    set(&mut config.encoding, section.typed("encoding", "\"base64\" or \"base64url\"", encoding));
    set(&mut config.use_kid, section.boolean("use_kid_property"));
    set(&mut config.use_sha256_hash, section.boolean("use_sha256_hash"));
    set(&mut config.encode_x5t_without_padding, section.boolean("encode_x5t_without_padding"));
    // Of the original, only the XML of version 2 has it.
    set(&mut config.x5c, section.boolean("x5c"));
    set(&mut config.base64_padding, section.boolean("enable_base64_padding"));
    set(&mut config.tenant_based_signing, section.boolean("enable_tenant_based_signing"));
    set(&mut config.binding_federated_user_claims, section.boolean("binding_federated_user_claims"));
    set(
        &mut config.binding_federated_user_claims_for_opaque,
        section.boolean("binding_federated_user_claims_for_opaque"),
    );
    set(&mut config.expiry, section.duration("expiry_time"));
    set(&mut config.enable_jwks_api, section.boolean("enable_jwks_api"));
    section.table("gateway_generator")
}

/// Reads `[apim.jwt.gateway_generator]`.
pub(super) fn read_gateway_generator(config: &mut BackendJwtConfig, table: Table, findings: &mut Findings) {
    let mut section = Section::new("apim.jwt.gateway_generator", table, findings);
    config.gateway_generator = class(config, "impl", &mut section);
    set(&mut config.excluded_claims, section.string_list("excluded_claims"));
    set(&mut config.enable_claim_retrieval, section.boolean("enable_claim_retrieval"));
    section.end();
}

/// The class at `key`, where it is somebody else's.
fn class(config: &mut BackendJwtConfig, key: &'static str, section: &mut Section<'_>) -> Option<String> {
    let class = section.name(key)?;
    match Class::of(&class) {
        Class::Own => None,
        Class::OwnUrlSafe => {
            config.encoding = Encoding::Base64Url;
            None
        }
        Class::Foreign => Some(section.needs_plugin(key, class)),
    }
}

pub(super) fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
