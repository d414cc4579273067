//! Every case of the refusal table that reaches a host, once, on every host.
//!
//! A case is a line of a [table](tables): a name that begins with its row, how its request is made, and what comes of it.
//! A test function runs the cases of one row on every host of [`HOSTS`] and prints host and case where one fails. What is
//! no line (keys that change, floods, sockets) is a function of its own here, and also takes its host as a parameter.

mod case;
mod host;
mod hosts;
mod live_keys;
mod log;
mod mutations;
mod report;
mod run;
mod secrets;
mod tables;
mod wire;
mod world;

pub(crate) use host::Host;
pub(crate) use log::Log;

/// Where claimgate can be mounted. A new host is one file in `hosts` and its name here.
pub(crate) const HOSTS: &[&dyn Host] = &[&hosts::Axum, &hosts::Tower, &hosts::Tonic, &hosts::Actix];
