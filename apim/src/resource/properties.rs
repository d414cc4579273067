//! Properties of the table over random templates and paths, against a search that knows no tree.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::api::Api;

/// Few words, so that paths and templates meet.
const WORDS: [&str; 6] = ["a", "b", "A", "a:b", "a%3Ab", "x.json"];

#[derive(Clone, Debug)]
struct Entry {
    context: usize,
    template: String,
    verb: &'static str,
    auth: AuthType,
    scopes: Vec<String>,
}

const CONTEXTS: [&str; 4] = ["/p", "/p/q", "/pq", "/r/1.0.0"];

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        2 => Just("{one}".to_owned()),
        1 => prop_oneof![Just("{two}.json"), Just("a{three}"), Just("{four}b{five}")].prop_map(str::to_owned),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let template =
        (prop::collection::vec(segment(), 0..4), prop_oneof![4 => Just(""), 1 => Just("/"), 2 => Just("/*")])
            .prop_map(|(segments, end)| {
                let path = segments.iter().flat_map(|segment| ["/", segment]).collect::<String>() + end;
                if path.is_empty() { "/".to_owned() } else { path }
            });
    let needs = prop_oneof![
        Just((AuthType::None, Vec::new())),
        prop::sample::subsequence(vec!["r", "s"], 0..=2)
            .prop_map(|scopes| (AuthType::Token, scopes.into_iter().map(str::to_owned).collect())),
    ];
    (0..CONTEXTS.len(), template, prop::sample::select(vec!["GET", "PUT"]), needs)
        .prop_map(|(context, template, verb, (auth, scopes))| Entry { context, template, verb, auth, scopes })
}

/// A table of those entries that are not for the same requests as one before.
fn table(entries: &[Entry]) -> (ResourceTable, Vec<Entry>) {
    let apis = CONTEXTS.map(|context| {
        Arc::new(Api { name: context.to_owned(), context: context.to_owned(), ..Api::default() })
    });
    let mut table = ResourceTable::default();
    let mut contexts = HashMap::new();
    let mut kept = Vec::new();
    for entry in entries {
        let resource = Arc::new(Resource {
            api: Arc::clone(&apis[entry.context]),
            template: entry.template.clone(),
            verb: entry.verb.to_owned(),
            auth: entry.auth,
            scopes: entry.scopes.clone(),
        });
        if ResourceTable::collect(
            table.resources.iter().cloned().chain([resource.clone()]),
            Problems::default(),
        )
        .is_ok()
        {
            table.add(&resource, &mut contexts).unwrap();
            kept.push(entry.clone());
        }
    }
    (table, kept)
}

/// Paths that begin with a context mostly, with one spelling or another.
fn target() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        6 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        1 => Just("ab".to_owned()),
        1 => Just("aB%40".to_owned()),
        1 => prop::sample::select(vec!["", ".", "..", "%2e", "a;b", "%2f", "%25", "%c3%a9", "é", "%", "\\", "X.JSON"])
            .prop_map(str::to_owned),
    ];
    let context = prop_oneof![6 => prop::sample::select(&CONTEXTS[..]), 1 => Just(""), 1 => Just("/s"), 1 => Just("/P")];
    (context, prop::collection::vec(word, 0..5), prop::sample::select(vec!["", "", "/", "?x=/.."])).prop_map(
        |(context, words, end)| {
            context.to_owned() + &words.iter().flat_map(|word| ["/", word]).collect::<String>() + end
        },
    )
}

/// The same path with some characters escaped that need not be, or with other digits.
fn respelt(target: &str, choices: &[u8]) -> String {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let mut choices = choices.iter().cycle();
    let mut out = String::new();
    let mut escaped = 0;
    for character in path.chars() {
        let choice = choices.next().copied().unwrap_or_default();
        match character {
            '%' => {
                escaped = 2;
                out.push('%');
            }
            digit if escaped > 0 => {
                escaped -= 1;
                out.push(if choice % 2 == 0 {
                    digit.to_ascii_lowercase()
                } else {
                    digit.to_ascii_uppercase()
                });
            }
            letter if (letter.is_ascii_alphanumeric() || letter == '.') && choice % 3 == 0 => {
                write!(out, "%{:02x}", u32::from(letter)).unwrap();
            }
            other => out.push(other),
        }
    }
    match query {
        Some(query) => format!("{out}?{query}"),
        None => out,
    }
}

/// Whether `template` fits `segments`, by trying every way.
fn fits(template: &str, segments: &[&str], fold: fn(&str) -> String) -> bool {
    let (template, is_open) =
        template.strip_suffix("/*").map_or((template, false), |template| (template, true));
    let parts = template.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let is_long_enough = if is_open { segments.len() >= parts.len() } else { segments.len() == parts.len() };
    let fits_one = |(part, segment): (&&str, &&str)| match *part {
        "{one}" => !segment.is_empty(),
        "{two}.json" => segment.strip_suffix(".json").is_some_and(|before| !before.is_empty()),
        "a{three}" => segment.len() > 1 && segment.starts_with('a'),
        "{four}b{five}" => {
            let inner = segment.len().checked_sub(1).and_then(|end| segment.get(1..end)).unwrap_or_default();
            // Escapes whose digits have a b: those of the words have none.
            inner.contains('b')
        }
        text => fold(text) == **segment,
    };
    is_long_enough && parts.iter().zip(segments).all(fits_one)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn spellings_that_normalise_alike_match_alike(
        entries in prop::collection::vec(entry(), 1..12), target in target(), choices in prop::collection::vec(any::<u8>(), 8),
    ) {
        let (table, _) = table(&entries);
        let other = respelt(&target, &choices);
        prop_assert_eq!(path::normal(&target), path::normal(&other));
        for method in ["GET", "PUT"] {
            let template = |target: &str| table.find(method, target).cloned();
            prop_assert_eq!(template(&target), template(&other), "{} and {}", target, other);
            let absolute = format!("https://a.example{target}");
            if target.starts_with('/') {
                prop_assert_eq!(template(&target), template(&absolute));
            }
        }
    }

    #[test]
    fn what_is_found_fits_and_is_under_the_longest_context(
        entries in prop::collection::vec(entry(), 1..12), target in target(),
    ) {
        let (table, kept) = table(&entries);
        let normal = path::normal(&target);
        for method in ["GET", "PUT"] {
            let found = table.find(method, &target);
            let Some(path) = normal.as_deref() else {
                prop_assert!(found.is_none());
                continue;
            };
            let path = format!("/{}", path.strip_suffix('/').unwrap_or(path));
            let begins = |context: &str| path == context || path.starts_with(&format!("{context}/"));
            let is_used = |context: &usize| kept.iter().any(|entry| entry.context == *context);
            let longest = (0..CONTEXTS.len()).filter(|index| is_used(index) && begins(CONTEXTS[*index]))
                .max_by_key(|index| CONTEXTS[*index].len());
            let Some(longest) = longest else {
                prop_assert!(found.is_none());
                continue;
            };
            let rest = &path[CONTEXTS[longest].len()..];
            let segments = rest.split('/').filter(|segment| !segment.is_empty()).collect::<Vec<_>>();
            let fitting = kept.iter().filter(|entry| {
                entry.context == longest && entry.verb == method && fits(&entry.template, &segments, str::to_owned)
            }).collect::<Vec<_>>();
            if fitting.is_empty() {
                prop_assert!(found.is_none(), "{} found {:?}", target, found);
            }
            // No way out of a context, and nothing weaker than the weakest that fits.
            if let Some(found) = found {
                prop_assert_eq!(&found.api.context, CONTEXTS[longest]);
                prop_assert_eq!(&found.verb, method);
                let loose = segments.iter().map(|segment| path::loosen(segment).into_owned()).collect::<Vec<_>>();
                let loose = loose.iter().map(String::as_str).collect::<Vec<_>>();
                prop_assert!(fits(&found.template, &loose, |text| path::loosen(text).into_owned())
                    || fits(&found.template, &segments, str::to_owned), "{} found {:?}", target, found);
                if fitting.iter().all(|entry| entry.auth == AuthType::Token) {
                    prop_assert_eq!(found.auth, AuthType::Token);
                }
            }
        }
    }

    #[test]
    fn another_case_or_escape_never_gets_past_what_the_text_asks_for(
        entries in prop::collection::vec(entry(), 1..12), target in target(), flip in any::<u64>(),
    ) {
        let (table, _) = table(&entries);
        let flipped = target.char_indices().map(|(at, letter)| {
            if flip >> (at % 64) & 1 == 0 { letter } else if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
        }).collect::<String>();
        // What a server that ignores case serves for the flipped path asks for no more than what was found for it.
        let Some(found) = table.find("GET", &flipped) else { return Ok(()) };
        if let Some(served) = table.find("GET", &target) {
            let exact = table.exact.elect("GET", path::normal(&target).as_deref().map(|path| path.strip_suffix('/').unwrap_or(path)));
            let loose = path::normal(&target).and_then(|path| {
                table.loose.elect("GET", Some(path::loosen(&path).trim_end_matches('/')))
            });
            // Where the text itself is what a loose server would elect.
            if exact == loose && !target.contains("/?") && !target.ends_with('/') {
                prop_assert!(asks_no_less(found, served), "{} found {:?}, {} is served {:?}", flipped, found, target, served);
            }
        }
    }

    #[test]
    fn what_one_resource_asks_for_never_changes_which_scopes_another_has(
        entries in prop::collection::vec(entry(), 2..12), at in any::<prop::sample::Index>(), target in target(), is_open in any::<bool>(),
    ) {
        let (before, kept) = table(&entries);
        let changed = at.index(kept.len());
        let mut other = kept.clone();
        (other[changed].auth, other[changed].scopes) =
            if is_open { (AuthType::None, Vec::new()) } else { (AuthType::Token, vec!["t".to_owned()]) };
        let (after, kept_after) = table(&other);
        prop_assert_eq!(kept.len(), kept_after.len());
        for method in ["GET", "PUT"] {
            let index = |table: &ResourceTable| {
                let found = table.find(method, &target)?;
                table.resources().position(|resource| Arc::ptr_eq(resource, found))
            };
            let (one, two) = (index(&before), index(&after));
            // Only where readings differ may the choice change, and then the changed one is among them.
            if one != two {
                prop_assert!([one, two].contains(&Some(changed)) || one.is_none() || two.is_none());
                let path = path::normal(&target).unwrap_or_default();
                prop_assert!(before.has_loose_text || path.ends_with('/') || *path::loosen(&path) != *path);
            }
            if let (Some(one), Some(two)) = (one, two) && one == two && one != changed {
                prop_assert_eq!(&before.resources[one], &after.resources[two]);
            }
        }
    }

    #[test]
    fn no_target_is_too_odd(target in "\\PC*", bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let table = api_for_everything();
        table.find("GET", &target);
        table.find("GET", &format!("/{}", String::from_utf8_lossy(&bytes)));
        table.find(&target, "/p");
    }
}

fn api_for_everything() -> ResourceTable {
    let entry = |template: &str| Entry {
        context: 0,
        template: template.to_owned(),
        verb: "GET",
        auth: AuthType::Token,
        scopes: Vec::new(),
    };
    table(&[entry("/*"), entry("/{one}"), entry("/{two}.json"), entry("/{four}b{five}/x")]).0
}

#[test]
fn a_path_of_many_segments_takes_no_longer_than_it_is_long() {
    let table = api_for_everything();
    let target = "/p".to_owned() + &"/a".repeat(200_000);
    assert!(table.find("GET", &target).is_some());
    let target = "/p/".to_owned() + &"b".repeat(200_000) + "/y";
    assert!(table.find("GET", &target).is_some());
}
