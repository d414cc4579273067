use std::future::pending;
use std::io;

use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, LOCATION};
use hyper::http::response::Builder;
use hyper::{Method, Request, Response};
use tokio::time::{Instant, interval_at};

use super::Behaviour;
use super::body::ReplyBody;
use super::route::Site;

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
