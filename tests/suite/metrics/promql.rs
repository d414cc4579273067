//! What a query of the dashboard asks for. Not the language: as much of it as the dashboard speaks.

/// One metric, as a query names it.
#[derive(Debug, PartialEq)]
pub(crate) struct Selector {
    pub(crate) metric: String,
    /// The labels that it is selected and grouped by.
    pub(crate) labels: Vec<String>,
    /// The values that these have to have, or must not have.
    pub(crate) values: Vec<(String, String)>,
}

pub(crate) fn selectors(query: &str) -> Vec<Selector> {
    let mut selectors = Vec::new();
    for (at, _) in query.match_indices("claimgate_") {
        let rest = &query[at..];
        let end = rest.find(|character: char| !is_of_a_name(character)).unwrap_or(rest.len());
        let (metric, rest) = rest.split_at(end);
        let matchers =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(inside, _)| inside);
        let mut labels = groups(query);
        let mut values = Vec::new();
        for matcher in matchers.split(',').filter(|matcher| !matcher.is_empty()) {
            let end = matcher.find(|character| !is_of_a_name(character)).unwrap();
            let (label, condition) = matcher.split_at(end);
            labels.push(label.to_owned());
            let value = condition.trim_start_matches(['=', '!', '~']).trim_matches('"');
            values.extend(value.split('|').map(|value| (label.to_owned(), value.to_owned())));
        }
        selectors.push(Selector { metric: metric.to_owned(), labels, values });
    }
    selectors
}

/// The labels that a legend shows.
pub(crate) fn in_legend(legend: &str) -> Vec<String> {
    let shown = legend.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    shown.map(|(label, _)| label.trim().to_owned()).collect()
}

fn groups(query: &str) -> Vec<String> {
    let groups = query.split("by (").skip(1).filter_map(|rest| rest.split_once(')'));
    groups.flat_map(|(labels, _)| labels.split(", ")).map(str::to_owned).collect()
}

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[test]
fn a_query_is_read_with_its_labels_and_their_values() {
    let query = r#"sum by (issuer, decision) (rate(claimgate_decisions_total{decision!~"accepted|anonymous"}[5m])) > 0"#;
    let expected = Selector {
        metric: "claimgate_decisions_total".to_owned(),
        labels: ["issuer", "decision", "decision"].map(str::to_owned).to_vec(),
        values: ["accepted", "anonymous"].map(|value| ("decision".to_owned(), value.to_owned())).to_vec(),
    };
    assert_eq!(selectors(query), [expected]);
    assert_eq!(in_legend("{{issuer}} of {{ budget }}"), ["issuer", "budget"]);
}
