//! The way around verification that tests have: feature `inject` of claimgate-testkit.
//!
//! Nothing that people deploy may turn it on, neither by itself nor through another crate's
//! feature. Development dependencies count too: cargo unifies features within one build.

use crate::failure::{Failure, Outcome};
use crate::metadata::{Dependency, Metadata, Package};

const TESTKIT: &str = "claimgate-testkit";
const FEATURE: &str = "inject";

pub(crate) fn check(metadata: &Metadata) -> Outcome<()> {
    let ours = metadata.members().map(|package| package.name.as_str()).collect::<Vec<_>>();
    let found = metadata
        .members()
        .flat_map(|package| {
            let deployed = package.is_published() || metadata.is_example(package);
            problems(package, deployed, &ours)
        })
        .collect::<Vec<_>>();
    if found.is_empty() { Ok(()) } else { Err(Failure::check(found.join(", "))) }
}

fn problems(package: &Package, deployed: bool, ours: &[&str]) -> Vec<String> {
    let in_manifest = package
        .dependencies
        .iter()
        .filter(|dependency| {
            dependency.features.iter().any(|name| opens(name)) && is_refused(dependency, deployed, ours)
        })
        .map(|dependency| format!("{} turns on {FEATURE} of {}", package.name, dependency.name));
    let in_features = package.features.iter().flat_map(|(feature, enabled)| {
        enabled
            .iter()
            .filter(|text| is_refused_feature(package, feature, text, deployed, ours))
            .map(move |text| format!("feature {feature} of {} turns on {text}", package.name))
    });
    in_manifest.chain(in_features).collect()
}

/// A private crate of tests may use the kit's feature; the hook below the kit is for the kit alone.
fn is_refused(dependency: &Dependency, deployed: bool, ours: &[&str]) -> bool {
    if dependency.name == TESTKIT { deployed } else { ours.contains(&dependency.name.as_str()) }
}

fn is_refused_feature(package: &Package, feature: &str, text: &str, deployed: bool, ours: &[&str]) -> bool {
    let Some((key, name)) = text.split_once('/') else {
        // A feature that enables the hook under a second name hides it from this check.
        return opens(text) && feature != text && !opens(feature);
    };
    let key = key.trim_end_matches('?');
    if !opens(name) || (package.name == TESTKIT && feature == FEATURE) {
        return false;
    }
    let target = package
        .dependencies
        .iter()
        .find(|dependency| dependency.rename.as_deref().unwrap_or(&dependency.name) == key);
    target.is_some_and(|dependency| is_refused(dependency, deployed, ours))
}

/// The hook of a lower crate may carry marks around the word, as in `__inject`.
fn opens(feature: &str) -> bool {
    feature.trim_matches('_') == FEATURE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, &[&str])], features: &[(&str, &[&str])]) -> Package {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        Package {
            name: name.into(),
            id: name.into(),
            version: "0.1.0".into(),
            rust_version: None,
            manifest_path: "Cargo.toml".into(),
            publish: None,
            dependencies: dependencies
                .iter()
                .map(|(name, enabled)| Dependency {
                    name: (*name).into(),
                    rename: None,
                    features: words(enabled),
                })
                .collect(),
            features: features.iter().map(|(name, enabled)| ((*name).to_owned(), words(enabled))).collect(),
        }
    }

    const OURS: &[&str] = &["claimgate-core", "claimgate-tower", TESTKIT, "axum-api"];

    #[test]
    fn nothing_deployed_turns_it_on() {
        for package in [
            package("claimgate-tower", &[(TESTKIT, &["inject"])], &[]),
            package("claimgate-tower", &[(TESTKIT, &[])], &[("testing", &["claimgate-testkit/inject"])]),
            package("claimgate-tower", &[(TESTKIT, &[])], &[("testing", &["claimgate-testkit?/inject"])]),
            package("axum-api", &[("claimgate-core", &["__inject"])], &[]),
            package(TESTKIT, &[("claimgate-core", &["inject"])], &[]),
            package(TESTKIT, &[("claimgate-core", &[])], &[("default", &["claimgate-core/inject"])]),
            package(TESTKIT, &[], &[("default", &["inject"]), ("inject", &[])]),
        ] {
            assert_eq!(problems(&package, true, OURS).len(), 1, "{package:?}");
        }
    }

    #[test]
    fn the_kit_and_private_tests_may() {
        let kit = package(TESTKIT, &[("claimgate-core", &[])], &[("inject", &["claimgate-core/inject"])]);
        assert_eq!(problems(&kit, true, OURS), [""; 0]);
        let tests = package("claimgate-tests", &[(TESTKIT, &["inject"])], &[]);
        assert_eq!(problems(&tests, false, OURS), [""; 0]);
    }

    #[test]
    fn a_private_crate_may_not_reach_below_the_kit() {
        let tests = package("claimgate-tests", &[("claimgate-core", &["inject"])], &[]);
        assert_eq!(problems(&tests, false, OURS).len(), 1);
    }
}
