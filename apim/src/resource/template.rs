//! The template of a resource's path.

use std::cmp::{Ordering, Reverse};

use crate::resource::path;

/// What the paths of a resource look like behind the context.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) segments: Vec<Segment>,
    /// `/*` at the end: any number of segments may follow, none too.
    pub(super) is_open: bool,
    /// Whether it was written with a slash at the end.
    pub(super) has_slash: bool,
}

/// One segment of a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// `order`: this text.
    Text(String),
    /// `{id}`: any text but none.
    Parameter,
    /// `{id}.json`: text with parameters in it.
    Mixed(Mixed),
}

/// Text with parameters in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mixed {
    /// What stands before, between and behind the parameters. The first and the last may be empty.
    texts: Vec<String>,
}

/// Deeper than any API is; it bounds how deep a search goes.
const MAX_SEGMENTS: usize = 100;

impl Template {
    /// Reads a template. The error says what is wrong, without quoting it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let inner = text.strip_prefix('/').ok_or("a path begins with a slash")?;
        let before_star = inner.strip_suffix('*');
        let (segments, has_slash) = match (before_star, inner) {
            (None | Some(""), "" | "*") => (None, true),
            (Some(before), _) => (Some(before.strip_suffix('/').ok_or("* stands alone at the end")?), false),
            (None, inner) => match inner.strip_suffix('/') {
                Some(before) => (Some(before), true),
                None => (Some(inner), false),
            },
        };
        let is_open = before_star.is_some();
        let segments = segments.into_iter().flat_map(|segments| segments.split('/'));
        let segments = segments.map(Segment::parse).collect::<Result<Vec<_>, _>>()?;
        match segments.len() {
            0..=MAX_SEGMENTS => Ok(Template { segments, is_open, has_slash }),
            _ => Err("more than 100 segments"),
        }
    }

    /// The template for paths that were [loosened](path::loosen).
    pub(super) fn loosened(&self) -> Template {
        let segments = self.segments.iter().map(|segment| match segment {
            Segment::Text(text) => Segment::Text(path::loosen(text).into_owned()),
            Segment::Parameter => Segment::Parameter,
            Segment::Mixed(mixed) => Segment::Mixed(Mixed {
                texts: mixed.texts.iter().map(|text| path::loosen(text).into_owned()).collect(),
            }),
        });
        Template { segments: segments.collect(), ..*self }
    }

    /// Whether `other` is made of the same text.
    pub(super) fn is_same_text(&self, other: &Template) -> bool {
        self.segments == other.segments
    }
}

impl Segment {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.contains(['{', '}']) {
            let text = literal(text)?;
            return match text.as_str() {
                "" => Err("a segment is empty"),
                "." | ".." => Err("no request can have a dot segment"),
                _ => Ok(Segment::Text(text)),
            };
        }
        let mut pieces = text.split('{');
        let mut texts = vec![literal(pieces.next().unwrap_or_default())?];
        for piece in pieces {
            let (name, after) = piece.split_once('}').ok_or("{ without }")?;
            // In other notations these stand for more than one segment, or for a pattern.
            if name.is_empty()
                || name.starts_with('.')
                || name.contains(['*', '+', ':', '?', '#', '/', ';', '&', ','])
            {
                return Err("a parameter has a plain name and is part of one segment");
            }
            texts.push(literal(after)?);
        }
        match texts.as_slice() {
            [before, after] if before.is_empty() && after.is_empty() => Ok(Segment::Parameter),
            [_, between @ .., _] if between.iter().any(String::is_empty) => {
                Err("nothing tells where a parameter ends and the next begins")
            }
            _ => Ok(Segment::Mixed(Mixed { texts })),
        }
    }
}

fn literal(text: &str) -> Result<String, &'static str> {
    if text.contains('}') {
        return Err("} without {");
    }
    if text.contains('*') {
        return Err("* stands alone at the end");
    }
    let literal =
        path::unescape(text).ok_or("no request can have these characters, or they have to be escaped")?;
    Ok(literal.into_owned())
}

impl Mixed {
    /// Whether `segment` is the texts with something in each gap.
    pub(super) fn matches(&self, segment: &str) -> bool {
        let [first, between @ .., last] = self.texts.as_slice() else { return false };
        let Some(mut start) = segment.starts_with(first.as_str()).then_some(first.len()) else {
            return false;
        };
        for text in between {
            let found = (start + 1..segment.len())
                .find(|at| is_between_characters(segment, *at) && starts_with_at(segment, *at, text));
            let Some(at) = found else { return false };
            start = at + text.len();
        }
        let Some(end) = segment.len().checked_sub(last.len()) else { return false };
        end > start && is_between_characters(segment, end) && segment.ends_with(last.as_str())
    }

    fn rank(&self) -> (Reverse<usize>, usize, &[String]) {
        (Reverse(self.texts.iter().map(String::len).sum()), self.texts.len(), &self.texts)
    }
}

/// Of two that both match, that with more text comes first, then that with fewer parameters.
impl Ord for Mixed {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Mixed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn starts_with_at(segment: &str, at: usize, text: &str) -> bool {
    segment.get(at..).is_some_and(|rest| rest.starts_with(text))
}

/// Whether `at` is not inside an escape: `0` must not be found in `%40`.
fn is_between_characters(segment: &str, at: usize) -> bool {
    let before = |distance: usize| at.checked_sub(distance).and_then(|at| segment.as_bytes().get(at));
    before(1) != Some(&b'%') && before(2) != Some(&b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_templates_that_no_request_could_have() {
        for (template, expected) in [
            ("", "a path begins with a slash"),
            ("order", "a path begins with a slash"),
            ("*", "a path begins with a slash"),
            ("//", "a segment is empty"),
            ("/a//b", "a segment is empty"),
            ("//a", "a segment is empty"),
            ("/a//*", "a segment is empty"),
            ("/a/../b", "no request can have a dot segment"),
            ("/%2e%2E", "no request can have a dot segment"),
            ("/a*", "* stands alone at the end"),
            ("/*/a", "* stands alone at the end"),
            ("/a/**", "* stands alone at the end"),
            ("/{a", "{ without }"),
            ("/a}", "} without {"),
            ("/{a}}", "} without {"),
            ("/{}", "a parameter has a plain name and is part of one segment"),
            ("/{a/b}", "{ without }"),
            ("/{*rest}", "a parameter has a plain name and is part of one segment"),
            ("/{path+}", "a parameter has a plain name and is part of one segment"),
            ("/{id:[0-9]}", "a parameter has a plain name and is part of one segment"),
            ("/{a}{b}", "nothing tells where a parameter ends and the next begins"),
            ("/a;b", "no request can have these characters, or they have to be escaped"),
            ("/a?b={c}", "no request can have these characters, or they have to be escaped"),
            ("/a%2fb", "no request can have these characters, or they have to be escaped"),
            ("/café", "no request can have these characters, or they have to be escaped"),
            ("/a b", "no request can have these characters, or they have to be escaped"),
        ] {
            assert_eq!(Template::parse(template).unwrap_err(), expected, "{template:?}");
        }
        assert!(Template::parse(&"/a".repeat(100)).is_ok());
        assert!(Template::parse(&"/a".repeat(101)).is_err());
        for template in [
            "/",
            "/*",
            "/a",
            "/a/",
            "/a/*",
            "/{a}",
            "/a/{b}.json",
            "/caf%C3%A9",
            "/.well-known",
            "/x/{a}...{b}",
        ] {
            assert!(Template::parse(template).is_ok(), "{template:?}");
        }
    }

    #[test]
    fn mixed_segments_have_something_in_each_gap() {
        for (template, segment, expected) in [
            ("/{id}.json", "1.json", true),
            ("/{id}.json", "a.json.json", true),
            ("/{id}.json", ".json", false),
            ("/{id}.json", "1.jsonx", false),
            ("/{id}.json", "1.xml", false),
            ("/v{n}", "v1", true),
            ("/v{n}", "v", false),
            ("/v{n}", "w1", false),
            ("/{a}...{b}", "x...y", true),
            ("/{a}...{b}", "....y", true),
            ("/{a}...{b}", "...y", false),
            ("/{a}...{b}", "x...", false),
            ("/{a}-{b}-{c}", "1-2-3", true),
            ("/{a}-{b}-{c}", "1-2", false),
            ("/{a}-{b}-{c}", "--x--", true),
            // The text of a template is not found within an escape.
            ("/{a}0", "x%40", false),
            ("/{a}0", "x%400", true),
            ("/{a}4{b}", "x%40y", false),
            ("/{a}4{b}", "x%404y", true),
        ] {
            let parsed = Template::parse(template).unwrap();
            let [Segment::Mixed(mixed)] = parsed.segments.as_slice() else { panic!("{template}") };
            assert_eq!(mixed.matches(segment), expected, "{template} and {segment}");
        }
    }
}
