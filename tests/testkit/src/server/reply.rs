use std::future::pending;
use std::io;

use aws_lc_rs::digest::{SHA256, digest};
use hyper::HeaderMap;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use hyper::http::response::Builder;
use hyper::{Method, Request, Response};
use tokio::time::{Instant, interval_at};

use super::Behaviour;
use super::body::ReplyBody;
use super::route::Site;
use crate::base64url;

/// Answers a request, or fails: then the connection is to be reset.
pub(super) async fn reply(site: &Site, request: &Request<Incoming>) -> io::Result<Response<ReplyBody>> {
    let Some(route) = site.find(request.uri().path()) else {
        return whole(Response::builder().status(404), Bytes::new());
    };
    if request.method() != Method::GET {
        return whole(Response::builder().status(405), Bytes::new());
    }
    let mut arrival = site.arrive(route, request.headers());
    let document = arrival.document;
    match arrival.behaviour {
        // A sequence is taken apart when it is set.
        Behaviour::Normal | Behaviour::Sequence(_) => whole(json(), document),
        Behaviour::Headers(headers) => whole(with(json(), headers), document),
        Behaviour::Conditional => {
            let tag = tag(&document);
            if names(request.headers(), &tag) {
                whole(Response::builder().status(304).header(ETAG, tag), Bytes::new())
            } else {
                whole(json().header(ETAG, tag), document)
            }
        }
        Behaviour::Status(code, headers) => {
            whole(with(Response::builder().status(code), headers), Bytes::new())
        }
        Behaviour::Body(bytes, None) => whole(Response::builder(), bytes.into()),
        Behaviour::Body(bytes, Some(kind)) => {
            whole(Response::builder().header(CONTENT_TYPE, kind), bytes.into())
        }
        Behaviour::Redirect(to) => whole(Response::builder().status(302).header(LOCATION, to), Bytes::new()),
        Behaviour::Hang => pending().await,
        Behaviour::HangAfterHeaders => finish(json(), ReplyBody::Stalled { promised: document.len() as u64 }),
        Behaviour::Trickle(interval) => {
            let ticks = interval_at(Instant::now() + interval, interval);
            finish(json(), ReplyBody::Trickle { rest: document, ticks })
        }
        Behaviour::Huge(total) => finish(json(), ReplyBody::padded(document, total, false)),
        Behaviour::HugeDeclared(total) => finish(json(), ReplyBody::padded(document, total, true)),
        Behaviour::Close => Err(io::ErrorKind::ConnectionReset.into()),
        Behaviour::Hold => {
            // An error means that the server is gone, and with it this task.
            _ = arrival.release.changed().await;
            whole(json(), document)
        }
    }
}

/// A strong tag: the digest of the document.
fn tag(document: &[u8]) -> String {
    format!("\"{}\"", base64url(digest(&SHA256, document)))
}

/// Whether `If-None-Match` names the tag, compared weakly (RFC 9110, section 13.1.2). No tag of ours has a comma in it.
fn names(headers: &HeaderMap, tag: &str) -> bool {
    let fields = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut named = fields.flat_map(|value| value.split(',')).map(str::trim);
    named.any(|name| name == "*" || name.strip_prefix("W/").unwrap_or(name) == tag)
}

fn json() -> Builder {
    Response::builder().header(CONTENT_TYPE, "application/json")
}

fn with(reply: Builder, headers: Vec<(String, String)>) -> Builder {
    headers.into_iter().fold(reply, |reply, (name, value)| reply.header(name, value))
}

fn whole(reply: Builder, bytes: Bytes) -> io::Result<Response<ReplyBody>> {
    finish(reply, ReplyBody::Whole(bytes))
}

fn finish(reply: Builder, body: ReplyBody) -> io::Result<Response<ReplyBody>> {
    reply.body(body).map_err(io::Error::other)
}
