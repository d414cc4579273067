//! What the Tower layer adds to a request, without a network.

use std::hint::black_box;

use claimgate_benches::{Bar, Row};
use claimgate_testkit::Alg;
use claimgate_tower::{AuthLayer, RequestView, TokenCache, VerifiedToken};
use http::{Extensions, Request};
use tower_layer::Layer;

use crate::Failure;
use crate::echo::{Echo, answer, round};
use crate::gates::{accepts, gate, kept};
use crate::mint::Mint;
use crate::request;
use crate::timing::Comparison;

/// A request of the crate `http`, as the Tower layer looks at it.
struct HttpView<'a>(&'a Request<()>);

/// What stands for a verified token: as large, and put into extensions as it is.
#[derive(Clone)]
struct Pointer(#[expect(dead_code, reason = "it is there to be moved")] usize);

pub(crate) fn measure(runs: usize) -> Result<Vec<Row>, Failure> {
    let mint = Mint::new(Alg::RS256);
    let gate = gate(&mint, TokenCache::new())?;
    let token = mint.token();
    let request = http(&request::Request::new(&token))?;
    let hits = kept(&gate, [&token]);
    let now = gate.now();
    let mut behind = AuthLayer::new(gate.clone()).layer(Echo);
    let verified = answer(&mut behind, request.clone());
    if verified.is_none_or(|request| request.extensions().get::<VerifiedToken>().is_none()) {
        return Err("the layer did not let a good token through".into());
    }

    let (mut bare_turn, mut turn) = (Some(request.clone()), Some(request.clone()));
    let (mut bare, mut comparison) = (Echo, Comparison::default());
    let inner = comparison.arm(move || round(&mut bare, &mut bare_turn));
    let through = comparison.arm(move || round(&mut behind, &mut turn));
    let decided = comparison.arm(|| accepts(&gate, &HttpView(&request), now));
    let inserted = comparison.arm(|| {
        let mut extensions = Extensions::new();
        extensions.insert(black_box(Pointer(0)));
        !black_box(extensions).is_empty()
    });
    let clock = comparison.arm(|| black_box(gate.now()).unix_seconds() > 0);
    let times = comparison.run(runs)?;

    let cached = if hits == 1 { "the token was in the cache" } else { "the token was not in the cache" };
    let detail = format!(
        "{cached}; {} through the layer, {} without; cached authenticate {}, extensions.insert {}, the clock {}",
        times.told(through),
        times.told(inner),
        times.told(decided),
        times.told(inserted),
        times.told(clock),
    );
    let added = |times: Vec<f64>| if hits == 1 { times } else { Vec::new() };
    let beyond = times.each(|time| time(through) - time(inner) - time(decided) - time(inserted));
    let what = "layer: cached, added beyond authenticate and one insert, ns";
    Ok(vec![
        Row::of(what, Bar::AtMost(60.0), added(beyond), detail.as_str()),
        Row::of(
            "layer: cached, added, ns",
            Bar::Told,
            added(times.each(|time| time(through) - time(inner))),
            detail,
        ),
    ])
}

/// The same request, of the crate `http`.
fn http(request: &request::Request) -> http::Result<Request<()>> {
    let start = Request::get(request.target());
    request.headers().fold(start, |request, (name, value)| request.header(name, value)).body(())
}

impl RequestView for HttpView<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn target(&self) -> &str {
        self.0.uri().path_and_query().map_or("/", |target| target.as_str())
    }

    fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }
}
