//! What a report tells of the machine: as much as numbers can be judged by, and nothing that names it.

pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let build = if cfg!(debug_assertions) { "a build without optimisation" } else { "a release build" };
    format!("{cores} cores ({}), {build}", std::env::consts::ARCH)
}
