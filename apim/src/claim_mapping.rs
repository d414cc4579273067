//! The claims of a token under the names that the services behind the gateway know.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

/// What is done with the claims of one issuer before a service sees them.
#[derive(Clone, Debug, Default)]
pub struct ClaimMapping {
    /// Remote names and the local ones, in the order of the configuration.
    renames: Vec<(String, String)>,
    transformer: Option<Arc<dyn ClaimTransformer>>,
}

/// Changes claims in ways that renaming cannot. One is made for an issuer and asked about each of its tokens, after renaming; it
/// gets claims of a token that was verified.
pub trait ClaimTransformer: fmt::Debug + Send + Sync + 'static {
    /// Changes `claims`.
    ///
    /// # Errors
    ///
    /// [`TransformError::Token`] for a token whose claims do not allow it, which is refused as a bad credential;
    /// [`TransformError::Failed`] where the fault is not the token's.
    fn transform(&self, claims: &mut Map<String, Value>) -> Result<(), TransformError>;
}

/// Why claims could not be transformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransformError {
    /// The token lacks what is needed, or has it in another form: 401.
    Token,
    /// Something else failed: 503, or 500 in the compatible profiles.
    Failed,
}

impl ClaimMapping {
    /// Gives each claim through as it is.
    pub fn new() -> Self {
        ClaimMapping::default()
    }

    /// Renames the claim `remote` to `local`, with its value as it is. The remote name is gone then. Where a token has a claim that
    /// is named `local` already, the renamed one takes its place.
    pub fn rename(mut self, remote: impl Into<String>, local: impl Into<String>) -> Self {
        self.renames.push((remote.into(), local.into()));
        self
    }

    /// Has `transformer` change the claims after they were renamed.
    pub fn transformer(self, transformer: impl ClaimTransformer) -> Self {
        ClaimMapping { transformer: Some(Arc::new(transformer)), ..self }
    }

    /// This mapping, and where it renames nothing or transforms nothing what `described` does.
    pub(crate) fn over(self, described: ClaimMapping) -> Self {
        ClaimMapping {
            renames: if self.renames.is_empty() { described.renames } else { self.renames },
            transformer: self.transformer.or(described.transformer),
        }
    }

    /// Whether what it makes of claims may be an error, so that it has to be known before a request goes on.
    pub(crate) fn may_fail(&self) -> bool {
        self.transformer.is_some()
    }

    /// `claims` as services see them.
    pub(crate) fn apply(&self, claims: &Map<String, Value>) -> Result<Map<String, Value>, TransformError> {
        let mut mapped = claims.clone();
        // Taken out first and put in afterwards: two that change places must not meet.
        let taken: Vec<_> = self
            .renames
            .iter()
            .filter_map(|(remote, local)| Some((local.clone(), mapped.remove(remote)?)))
            .collect();
        mapped.extend(taken);
        if let Some(transformer) = &self.transformer {
            transformer.transform(&mut mapped)?;
        }
        Ok(mapped)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn renames_with_the_value_as_it_is() {
        let mapping =
            ClaimMapping::new().rename("email", "http://wso2.org/claims/emailaddress").rename("x", "y");
        let mapped = mapping.apply(&claims(&json!({"email": ["a", 1], "sub": "s", "y": 2}))).unwrap();
        assert_eq!(
            Value::from(mapped),
            json!({"http://wso2.org/claims/emailaddress": ["a", 1], "sub": "s", "y": 2})
        );
    }

    #[test]
    fn two_claims_can_change_places_and_the_renamed_one_wins() {
        let mapping = ClaimMapping::new().rename("a", "b").rename("b", "a").rename("c", "d");
        let mapped = mapping.apply(&claims(&json!({"a": 1, "b": 2, "c": 3, "d": 4}))).unwrap();
        assert_eq!(Value::from(mapped), json!({"a": 2, "b": 1, "d": 3}));
    }

    #[test]
    fn a_transformer_sees_the_local_names() {
        #[derive(Debug)]
        struct Joined;
        impl ClaimTransformer for Joined {
            fn transform(&self, claims: &mut Map<String, Value>) -> Result<(), TransformError> {
                let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
                let (first, last) = text("first").zip(text("last")).ok_or(TransformError::Token)?;
                claims.insert("name".to_owned(), format!("{first} {last}").into());
                Ok(())
            }
        }
        let mapping = ClaimMapping::new().rename("given", "first").transformer(Joined);
        let mapped = mapping.apply(&claims(&json!({"given": "A", "last": "B"}))).unwrap();
        assert_eq!(Value::from(mapped), json!({"first": "A", "last": "B", "name": "A B"}));
        assert_eq!(mapping.apply(&claims(&json!({"given": "A"}))), Err(TransformError::Token));
    }
}
