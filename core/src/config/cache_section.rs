//! The table `[cache]`.

use toml::Table;

use crate::config::section::Section;
use crate::config_error::Problems;
use crate::token_cache::TokenCache;

pub(super) fn read(table: Table, problems: &mut Problems) -> TokenCache {
    let mut section = Section::new("cache", table, problems);
    let mut cache = TokenCache::new();
    if let Some(enabled) = section.boolean("enabled") {
        cache.enabled = enabled;
    }
    if let Some(tokens) = section.size("capacity") {
        cache = cache.capacity(tokens);
    }
    if let Some(bytes) = section.size("max_bytes") {
        cache = cache.max_bytes(bytes);
    }
    if let Some(time) = section.duration("time_to_live") {
        cache = cache.time_to_live(time);
    }
    if section.boolean("keep_token_text") == Some(true) {
        cache = cache.keep_token_text();
    }
    section.end();
    cache
}
