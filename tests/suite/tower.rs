//! The layers among the other layers of Tower, and around services that insist on its contract.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Duration;

use claimgate_testkit::{Alg, Behaviour, ServedIssuer, TestIssuer};
use claimgate_tower::{AuthLayer, Authenticator, Claims, Issuer, RequireScopes, VerifiedToken};
use http::{Request, Response, StatusCode};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower::limit::ConcurrencyLimitLayer;
use tower::util::BoxCloneService;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};

const ISSUER: &str = "https://idp.example.com";
const AUDIENCE: &str = "https://api.example.com";
/// More than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

type Body = String;
type Boxed = BoxCloneService<Request<Body>, Response<Body>, BoxError>;

/// Panics when it is called without having been asked whether it is ready. A clone has not been asked.
#[derive(Debug, Default)]
struct Insistent {
    is_ready: bool,
}

impl Clone for Insistent {
    fn clone(&self) -> Self {
        Insistent { is_ready: false }
    }
}

impl Service<Request<Body>> for Insistent {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called before it was ready");
        ready(Ok(Response::new("in".to_owned())))
    }
}

fn issuer() -> (TestIssuer, AuthLayer) {
    let issuer = TestIssuer::new(ISSUER);
    let trusted = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks());
    let gate = Authenticator::builder().issuer(trusted).build().unwrap();
    (issuer, AuthLayer::new(gate))
}

/// A gate whose keys are fetched, so that a request may have to wait for one.
async fn served() -> (ServedIssuer, AuthLayer) {
    let served = TestIssuer::new(ISSUER).serve().await.unwrap();
    let trusted = Issuer::new(ISSUER).audience(AUDIENCE).jwks_uri(served.jwks_uri());
    let gate = Authenticator::builder().issuer(trusted).build().unwrap();
    (served, AuthLayer::new(gate))
}

fn request(token: &str) -> Request<Body> {
    Request::get("/").header("authorization", format!("Bearer {token}")).body(String::new()).unwrap()
}

fn good(issuer: &TestIssuer) -> Request<Body> {
    request(&issuer.token().audience(AUDIENCE).scope("menu").mint())
}

fn bad(issuer: &TestIssuer) -> Request<Body> {
    request(&issuer.token().audience(AUDIENCE).forged().mint())
}

/// Both orders of each layer and of all of them. Each stack holds [`Insistent`] at its core.
fn stacks(auth: &AuthLayer) -> Vec<(&'static str, Boxed)> {
    let (auth, patience) = (auth.clone(), PATIENCE);
    let build = ServiceBuilder::new;
    let boxed = |name: &'static str, service: Boxed| (name, service);
    vec![
        boxed(
            "auth, limit",
            own(build().layer(auth.clone()).concurrency_limit(1).service(Insistent::default())),
        ),
        boxed(
            "limit, auth",
            own(build().concurrency_limit(1).layer(auth.clone()).service(Insistent::default())),
        ),
        boxed(
            "auth, timeout",
            own(build().layer(auth.clone()).timeout(patience).service(Insistent::default())),
        ),
        boxed(
            "timeout, auth",
            own(build().timeout(patience).layer(auth.clone()).service(Insistent::default())),
        ),
        boxed("auth, buffer", own(build().layer(auth.clone()).buffer(4).service(Insistent::default()))),
        boxed("buffer, auth", own(build().buffer(4).layer(auth.clone()).service(Insistent::default()))),
        boxed("auth, shed", own(build().layer(auth.clone()).load_shed().service(Insistent::default()))),
        boxed("shed, auth", own(build().load_shed().layer(auth.clone()).service(Insistent::default()))),
        boxed(
            "auth, all",
            own(build()
                .layer(auth.clone())
                .buffer(64)
                .load_shed()
                .concurrency_limit(64)
                .timeout(patience)
                .service(Insistent::default())),
        ),
        boxed(
            "all, auth",
            own(build()
                .buffer(64)
                .load_shed()
                .concurrency_limit(64)
                .timeout(patience)
                .layer(auth)
                .service(Insistent::default())),
        ),
    ]
}

fn own<S>(service: S) -> Boxed
where
    S: Service<Request<Body>, Response = Response<Body>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
{
    BoxCloneService::new(service.map_err(Into::into))
}

#[tokio::test]
async fn works_among_other_layers_in_either_order() {
    let (issuer, auth) = issuer();
    for (name, mut service) in stacks(&auth) {
        for _ in 0..3 {
            for (request, status) in [(bad(&issuer), 401), (good(&issuer), 200), (Request::default(), 401)] {
                let response = service.ready().await.unwrap().call(request).await.unwrap();
                assert_eq!(response.status(), status, "{name}");
            }
        }
        let mut answers = JoinSet::new();
        for n in 0..32 {
            let request = if n % 2 == 0 { good(&issuer) } else { bad(&issuer) };
            answers.spawn(service.clone().oneshot(request));
        }
        // A permit that is not given back would have them wait for ever.
        let answers = timeout(PATIENCE, answers.join_all()).await.unwrap_or_else(|_| panic!("{name} hangs"));
        let statuses = answers.into_iter().map(|answer| answer.unwrap().status());
        assert_eq!(statuses.filter(|status| *status == StatusCode::OK).count(), 16, "{name}");
    }
}

#[tokio::test]
async fn works_among_other_layers_while_it_waits_for_a_key() {
    let (served, auth) = served().await;
    for (name, mut service) in stacks(&auth).into_iter().take(2) {
        served.issuer().rotate();
        let response = service.ready().await.unwrap().call(good(served.issuer())).await.unwrap();
        assert_eq!(response.status(), 200, "{name}");
    }
    assert_eq!(served.jwks_requests(), 2);
}

#[tokio::test]
async fn a_request_that_waited_goes_to_a_service_that_was_made_ready() {
    let (served, auth) = served().await;
    served.set_jwks(Behaviour::Hold);
    let mut service = auth.layer(Insistent::default());
    let waiting = service.ready().await.unwrap().call(good(served.issuer()));
    // Another request on the same service meanwhile, with a readiness of its own.
    let other = service.ready().await.unwrap().call(Request::default()).await.unwrap();
    assert_eq!(other.status(), 401);
    served.wait_for_jwks_requests(1).await;
    served.set_jwks(Behaviour::Normal);
    served.release();
    assert_eq!(waiting.await.unwrap().status(), 200);
}

/// Whether another clone could be called now.
fn is_ready<S: Service<Request<Body>>>(service: &mut S) -> bool {
    service.poll_ready(&mut Context::from_waker(std::task::Waker::noop())).is_ready()
}

#[tokio::test]
async fn a_refusal_gives_the_permit_back() {
    let (issuer, auth) = issuer();
    let mut one = auth.layer(ConcurrencyLimitLayer::new(1).layer(Insistent::default()));
    let mut two = one.clone();
    let refused = one.ready().await.unwrap().call(bad(&issuer));
    // Not even polled: the permit came back when the token was refused.
    assert!(is_ready(&mut two));
    assert_eq!(refused.await.unwrap().status(), 401);

    let (mut one, mut two) = (two.clone(), two);
    let served = two.ready().await.unwrap().call(good(&issuer));
    assert!(!is_ready(&mut one), "a request that goes on keeps its permit");
    assert_eq!(served.await.unwrap().status(), 200);
    assert!(is_ready(&mut one));
}

#[tokio::test]
async fn a_missing_scope_gives_the_permit_back() {
    let (issuer, auth) = issuer();
    let limited =
        RequireScopes::all_of(["order"]).layer(ConcurrencyLimitLayer::new(1).layer(Insistent::default()));
    let mut one = auth.layer(limited);
    let mut two = one.clone();
    let refused = one.ready().await.unwrap().call(good(&issuer));
    assert!(is_ready(&mut two));
    assert_eq!(refused.await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_request_that_waits_for_a_key_holds_no_permit() {
    let (served, auth) = served().await;
    served.set_jwks(Behaviour::Hold);
    let mut one = auth.layer(ConcurrencyLimitLayer::new(1).layer(Insistent::default()));
    let mut two = one.clone();
    let token = served.issuer().token().audience(AUDIENCE).kid("unknown").mint();
    let waiting = one.ready().await.unwrap().call(request(&token));
    assert!(is_ready(&mut two), "or tokens that nobody signed would lock out those that are good");
    served.wait_for_jwks_requests(1).await;
    served.set_jwks(Behaviour::Normal);
    served.release();
    assert_eq!(waiting.await.unwrap().status(), 401);
    assert_eq!(two.call(good(served.issuer())).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_waiting_request_that_is_dropped_gives_the_permit_back() {
    let (served, auth) = served().await;
    served.set_jwks(Behaviour::Hold);
    let mut one = auth.layer(ConcurrencyLimitLayer::new(1).layer(Insistent::default()));
    let mut two = one.clone();
    let waiting = one.ready().await.unwrap().call(good(served.issuer()));
    served.wait_for_jwks_requests(1).await;
    drop(waiting);
    assert!(is_ready(&mut two));
    // The fetch that it began is everybody's.
    served.release();
    assert_eq!(two.call(good(served.issuer())).await.unwrap().status(), 200);
}

/// What an outer guard found is not what the inner one decides by: something between them may have changed the request.
#[tokio::test]
async fn the_guard_next_to_the_handler_decides_who_it_is() {
    let (issuer, auth) = issuer();
    let handler = service_fn(async |request: Request<Body>| {
        let token = request.extensions().get::<VerifiedToken>();
        let claims = request.extensions().get::<Claims<serde_json::Value>>();
        Ok::<_, Infallible>(Response::new(Body::from(format!("{} {}", token.is_some(), claims.is_some()))))
    });
    let strip = tower::util::MapRequestLayer::new(|mut request: Request<Body>| {
        request.headers_mut().remove("authorization");
        request
    });
    let inner = auth.clone().optional().insert_claims::<serde_json::Value>();
    let outer = auth.insert_claims::<serde_json::Value>();
    let service = outer.layer(strip.layer(inner.layer(handler)));
    let response = service.oneshot(good(&issuer)).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert_eq!(body, "false false");
}

/// What stands between the layer and a rule has its say: its headers stay, and an answer that it changed is its own.
#[tokio::test]
async fn rendering_keeps_what_layers_between_have_added() {
    let (issuer, auth) = issuer();
    let rule = RequireScopes::all_of(["order"]);
    for (status, expected) in [(403, "Forbidden"), (404, "")] {
        let between = tower::util::MapResponseLayer::new(move |mut response: Response<Vec<u8>>| {
            response.headers_mut().append("x-between", "kept".parse().unwrap());
            response.headers_mut().append("x-between", "too".parse().unwrap());
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            response
        });
        let handler = service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Vec::new())));
        let layer = auth.clone().refuse_with(claimgate_tower::ProblemDetails);
        let service = layer.layer(between.layer(rule.layer(handler)));
        let response = service.oneshot(good(&issuer)).await.unwrap();
        let between: Vec<_> =
            response.headers().get_all("x-between").iter().map(|v| v.to_str().unwrap()).collect();
        assert_eq!((response.status().as_u16(), between), (status, vec!["kept", "too"]));
        let body = String::from_utf8(response.into_body()).unwrap();
        assert!(body.contains(expected), "{body}");
        assert_eq!(body.is_empty(), expected.is_empty());
    }
}

#[tokio::test]
async fn signs_in_every_algorithm_pass() {
    let issuer = TestIssuer::new(ISSUER);
    let tokens = Alg::ALL.map(|alg| issuer.token().audience(AUDIENCE).algorithm(alg).mint());
    let trusted = Issuer::new(ISSUER).audience(AUDIENCE).jwks(issuer.jwks());
    let gate = Authenticator::builder().issuer(trusted).build().unwrap();
    let service = AuthLayer::new(gate).layer(Insistent::default());
    for (alg, token) in Alg::ALL.into_iter().zip(tokens) {
        assert_eq!(service.clone().oneshot(request(&token)).await.unwrap().status(), 200, "{alg}");
    }
}
