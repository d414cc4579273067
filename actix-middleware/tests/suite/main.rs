//! The middleware and the extractors in applications of actix-web, called without a socket where none is needed.

mod claims;
mod middleware;
mod outside;
mod places;
mod rules;
mod served;
mod support;
