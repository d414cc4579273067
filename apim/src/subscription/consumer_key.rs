//! The client that a token was issued to.

use serde_json::Value;

use crate::fault::{Fault, FaultCode};
use crate::token_facts::TokenFacts;

/// The client that a token was issued to: the claim `configured` and no other where there is one, else `consumerKey`, else `azp`.
///
/// A configured claim is a string or an array of strings, of which the first counts: some issuers write it so. The two others are
/// strings.
///
/// # Errors
///
/// [`InvalidCredentials`](FaultCode::InvalidCredentials) where the claim is of another type, `null` included.
pub fn consumer_key<'a>(facts: &'a TokenFacts, configured: Option<&str>) -> Result<Option<&'a str>, Fault> {
    let key = match configured {
        Some(name) => facts.claims.get(name).map(string_or_first),
        None => facts.claims.get("consumerKey").or_else(|| facts.claims.get("azp")).map(Value::as_str),
    };
    key.map(|key| key.ok_or_else(|| Fault::new(FaultCode::InvalidCredentials))).transpose()
}

fn string_or_first(value: &Value) -> Option<&str> {
    match value {
        Value::Array(values) if values.iter().all(Value::is_string) => values.first()?.as_str(),
        value => value.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts(claims: Value) -> TokenFacts {
        serde_json::from_value(claims).unwrap()
    }

    #[test]
    fn the_configured_claim_comes_alone_and_consumer_key_before_azp() {
        for (name, claims, configured, expected) in [
            ("both", json!({"consumerKey": "k", "azp": "a"}), None, Ok(Some("k"))),
            ("azp alone", json!({"azp": "a"}), None, Ok(Some("a"))),
            ("neither", json!({"client_id": "c"}), None, Ok(None)),
            ("configured", json!({"consumerKey": "k", "azp": "a", "cid": "c"}), Some("cid"), Ok(Some("c"))),
            ("configured and absent", json!({"consumerKey": "k", "azp": "a"}), Some("cid"), Ok(None)),
            ("array of one", json!({"cid": ["k1"]}), Some("cid"), Ok(Some("k1"))),
            ("array of two", json!({"cid": ["k1", "k2"]}), Some("cid"), Ok(Some("k1"))),
            ("azp is not looked at", json!({"consumerKey": "k", "azp": 1}), None, Ok(Some("k"))),
            ("azp configured", json!({"consumerKey": "k", "azp": "a"}), Some("azp"), Ok(Some("a"))),
            ("empty array", json!({"cid": []}), Some("cid"), Err(())),
            ("mixed array", json!({"cid": ["k1", 2]}), Some("cid"), Err(())),
            ("array of arrays", json!({"cid": [["k1"]]}), Some("cid"), Err(())),
            ("number", json!({"cid": 1}), Some("cid"), Err(())),
            ("null", json!({"cid": null}), Some("cid"), Err(())),
            ("object", json!({"cid": {"k": "1"}}), Some("cid"), Err(())),
            ("consumerKey array", json!({"consumerKey": ["k"], "azp": "a"}), None, Err(())),
            ("consumerKey null", json!({"consumerKey": null, "azp": "a"}), None, Err(())),
            ("azp true", json!({"azp": true}), None, Err(())),
        ] {
            let facts = facts(claims);
            let expected = expected.map_err(|()| Fault::new(FaultCode::InvalidCredentials));
            assert_eq!(consumer_key(&facts, configured), expected, "{name}");
        }
    }
}
