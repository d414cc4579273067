//! Contexts and templates, segment by segment.

use std::collections::{BTreeMap, HashMap};

use crate::resource::path;
use crate::resource::template::{Mixed, Segment, Template};

/// All contexts, and under each its templates by verb. What it finds is the number of a resource.
#[derive(Default)]
pub(super) struct Tree {
    root: Context,
}

#[derive(Default)]
struct Context {
    inner: HashMap<Box<str>, Context>,
    /// Not empty where an API begins.
    verbs: Vec<(Box<str>, Node)>,
}

/// Where a template has come to. Never deeper than the templates are, so that recursion is bounded by the configuration.
#[derive(Default)]
struct Node {
    texts: HashMap<Box<str>, Node>,
    /// Those with more text first.
    mixed: BTreeMap<Mixed, Node>,
    parameter: Option<Box<Node>>,
    /// The resource whose template ends here, and whether it ends with a slash.
    here: Option<(usize, bool)>,
    /// The resource whose template ends here with `/*`.
    below: Option<usize>,
}

impl Tree {
    /// Adds a resource. `context` is a path in normal form. Where another one has this place, the error is its number.
    pub(super) fn insert(
        &mut self,
        context: &str,
        verb: &str,
        template: &Template,
        resource: usize,
    ) -> Result<(), usize> {
        let mut place = &mut self.root;
        for segment in context.split('/').filter(|segment| !segment.is_empty()) {
            place = place.inner.entry(segment.into()).or_default();
        }
        let known = place.verbs.iter().position(|(known, _)| **known == *verb);
        let index = known.unwrap_or(place.verbs.len());
        if known.is_none() {
            place.verbs.push((verb.into(), Node::default()));
        }
        match place.verbs.get_mut(index) {
            Some((_, node)) => node.insert(template, resource),
            None => Ok(()),
        }
    }

    /// The resource for `path` in normal form. The empty last segment that a slash at the end makes is taken for one: only
    /// `/*` has it, and templates that end with a slash too.
    pub(super) fn elect(&self, verb: &str, path: Option<&str>) -> Option<usize> {
        let (mut place, mut rest, mut longest) = (&self.root, path, None);
        loop {
            if !place.verbs.is_empty() {
                longest = Some((&place.verbs, rest));
            }
            let Some((segment, after)) = rest.map(path::split) else { break };
            let Some(inner) = place.inner.get(segment) else { break };
            (place, rest) = (inner, after);
        }
        let (verbs, rest) = longest?;
        let (_, node) = verbs.iter().find(|(known, _)| **known == *verb)?;
        node.elect(rest)
    }
}

impl Node {
    fn insert(&mut self, template: &Template, resource: usize) -> Result<(), usize> {
        let mut node = self;
        for segment in &template.segments {
            node = match segment {
                Segment::Text(text) => node.texts.entry(text.as_str().into()).or_default(),
                Segment::Parameter => node.parameter.get_or_insert_default(),
                Segment::Mixed(mixed) => node.mixed.entry(mixed.clone()).or_default(),
            };
        }
        let known = if template.is_open { node.below } else { node.here.map(|(resource, _)| resource) };
        match known {
            Some(known) => return Err(known),
            None if template.is_open => node.below = Some(resource),
            None => node.here = Some((resource, template.has_slash)),
        }
        Ok(())
    }

    /// The most specific template: compared from the left, text before text with parameters before parameters before `/*`.
    /// Each node is visited once at most, as only one path leads to it.
    fn elect(&self, rest: Option<&str>) -> Option<usize> {
        let below = |found: Option<usize>| found.or(self.below);
        let Some(rest) = rest else { return below(self.here.map(|(resource, _)| resource)) };
        if rest.is_empty() {
            return below(self.here.filter(|(_, has_slash)| *has_slash).map(|(resource, _)| resource));
        }
        let (segment, after) = path::split(rest);
        let text = self.texts.get(segment).and_then(|node| node.elect(after));
        let mixed = || {
            self.mixed
                .iter()
                .filter(|(mixed, _)| mixed.matches(segment))
                .find_map(|(_, node)| node.elect(after))
        };
        let parameter = || self.parameter.as_ref().and_then(|node| node.elect(after));
        below(text.or_else(mixed).or_else(parameter))
    }
}
