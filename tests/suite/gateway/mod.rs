//! The rules of API managers, through the Tower layer and the actix middleware alike: every request of a test goes to both, and both
//! have to give the same answer and hand the same to the service.

mod bound_tokens;
mod cached;
mod certificates;
mod claims;
mod credentials;
mod default_key;
mod demo_keys;
mod faults;
mod hosts;
mod keys;
mod quotas;
mod reload;
mod resources;
mod samples;
mod subscriptions;
mod times;
mod watched;
mod world;
