//! The cases, grouped as the refusal table groups them.

use super::case::Case;

mod audience;
mod compact;
mod credentials;
mod handlers;
mod header;
mod issuer;
mod json;
mod keys;
mod rules;
mod scopes;
mod signature;
mod sources;
mod times;
mod token_type;

/// Every table, by the name it has in the report.
pub(crate) const GROUPS: &[(&str, &[Case])] = &[
    ("credentials", credentials::CASES),
    ("sources", sources::CASES),
    ("compact", compact::CASES),
    ("json", json::CASES),
    ("header", header::CASES),
    ("keys", keys::CASES),
    ("signature", signature::CASES),
    ("times", times::CASES),
    ("issuer", issuer::CASES),
    ("audience", audience::CASES),
    ("token type", token_type::CASES),
    ("scopes", scopes::CASES),
    ("handlers", handlers::CASES),
    ("rules", rules::CASES),
];

/// A test for each row of `CASES`, by name; and one that no case is left without.
macro_rules! rows {
    ($($name:ident)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                $crate::conformance::run::row(stringify!($name), CASES).await;
            }
        )*

        #[test]
        fn every_case_belongs_to_a_test() {
            let rows = [$(stringify!($name)),*].map(|name| name.split('_').next().unwrap());
            for case in CASES {
                assert!(rows.contains(&case.row()), "{}", case.name);
            }
        }
    };
}
use rows;
