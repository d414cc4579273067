//! The elements of an XML text, one after the other. No document type is read, so that no entity but those of XML itself stands
//! for anything.

use std::fmt::Display;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use quick_xml::reader::Reader;

/// An element that stands in another.
pub(super) struct Element {
    pub(super) parent: String,
    pub(super) name: String,
    /// Its text, without that of elements in it.
    pub(super) text: String,
}

/// The elements, each where it ends. The error names the line.
pub(super) fn elements(text: &str) -> Result<Vec<Element>, String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<(String, String)> = Vec::new();
    let mut elements = Vec::new();
    let mut has_root = false;
    loop {
        let start = reader.buffer_position();
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return Err(at(text, reader.error_position(), error)),
        };
        let fail = |problem: &str| at(text, start, problem);
        match event {
            Event::Start(tag) => {
                if open.is_empty() && has_root {
                    return Err(fail("a second element outside of all others"));
                }
                if open.len() == DEEPEST {
                    return Err(fail(&format!("elements in more than {DEEPEST} others")));
                }
                has_root = true;
                open.push((tag.local_name().as_ref().to_owned(), String::new()));
            }
            Event::Empty(tag) => {
                let parent = open.last().map(|(name, _)| name.clone());
                let name = tag.local_name().as_ref().to_owned();
                elements.extend(parent.map(|parent| Element { parent, name, text: String::new() }));
                has_root = true;
            }
            Event::End(_) => {
                let ended = open.pop();
                let parent = open.last().map(|(name, _)| name.clone());
                let ended = parent.zip(ended);
                elements.extend(ended.map(|(parent, (name, text))| Element { parent, name, text }));
            }
            Event::Text(words) => add(&mut open, &words).map_err(fail)?,
            Event::CData(words) => add(&mut open, &words).map_err(fail)?,
            Event::GeneralRef(entity) => match meant(&entity) {
                Some(words) => add(&mut open, &words).map_err(fail)?,
                None => return Err(fail("an entity that is none of XML's own")),
            },
            // It is where entities are defined that grow without bounds, or that are other files.
            Event::DocType(_) => return Err(fail("a document type (<!DOCTYPE) is not read")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof if !open.is_empty() => return Err(fail("the file ends within an element")),
            Event::Eof if !has_root => return Err("no XML element in it".to_owned()),
            Event::Eof => return Ok(elements),
        }
    }
}

fn add(open: &mut [(String, String)], words: &str) -> Result<(), &'static str> {
    match open.last_mut() {
        Some((_, text)) => text.push_str(words),
        None if words.trim().is_empty() => {}
        None => return Err("text outside of all elements"),
    }
    Ok(())
}

fn meant(entity: &BytesRef<'_>) -> Option<String> {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => Some(character.to_string()),
        Ok(None) => resolve_predefined_entity(entity).map(str::to_owned),
        Err(_) => None,
    }
}

fn at(text: &str, position: u64, problem: impl Display) -> String {
    let end = usize::try_from(position).unwrap_or(usize::MAX);
    let line = text.match_indices('\n').take_while(|(at, _)| *at < end).count() + 1;
    format!("line {line}: {problem}")
}

/// Ten times what such a file has.
const DEEPEST: usize = 64;
