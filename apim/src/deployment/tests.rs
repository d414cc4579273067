use super::*;

mod bad_input;
mod keys;
mod snippets;
#[cfg(feature = "xml")]
mod xml;

fn toml(text: &str) -> (Deployment, Vec<Notice>) {
    Deployment::from_toml(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn told(notices: &[Notice]) -> Vec<String> {
    notices.iter().map(ToString::to_string).collect()
}
