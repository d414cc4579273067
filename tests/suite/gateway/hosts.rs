//! A service behind the gateway, on both hosts.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, test, web};
use claimgate_actix::apim::ApiMiddleware;
use claimgate_tower::apim::{ApiLayer, ApiManager, RequestContext};
use claimgate_tower::{ClientAddress, ClientCertificate, VerifiedToken};
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::task::LocalSet;
use tower::{Layer, ServiceExt, service_fn};

/// A request of a test.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: &'static str,
    target: String,
    headers: Vec<(String, String)>,
    certificate: Option<ClientCertificate>,
    peer: Option<IpAddr>,
}

/// What came back, and what the service was given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    /// Sorted by name.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// Nothing when the service was not called.
    pub(crate) service: Option<Value>,
}

impl Call {
    pub(crate) fn get(target: impl Into<String>) -> Self {
        Call { method: "GET", target: target.into(), headers: Vec::new(), certificate: None, peer: None }
    }

    pub(crate) fn post(target: impl Into<String>) -> Self {
        Call { method: "POST", ..Call::get(target) }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Over a connection whose client has shown this certificate.
    pub(crate) fn certificate(mut self, der: &[u8]) -> Self {
        self.certificate = Some(ClientCertificate::from_der(der));
        self
    }

    /// Over a connection from there.
    pub(crate) fn peer(mut self, address: &str) -> Self {
        self.peer = Some(address.parse().unwrap());
        self
    }

    /// Sends it through both hosts, each with a gateway of its own from `manager`: what one counts is nothing to the other.
    pub(crate) async fn to(&self, manager: impl Fn() -> ApiManager) -> Seen {
        Both::new(manager(), manager()).send(self).await
    }
}

/// A gateway on each host.
pub(crate) struct Both {
    tower: ApiManager,
    actix: ApiManager,
}

impl Both {
    pub(crate) fn new(tower: ApiManager, actix: ApiManager) -> Self {
        Both { tower, actix }
    }

    /// Sends `call` through both, which have to answer alike.
    pub(crate) async fn send(&self, call: &Call) -> Seen {
        let tower = through_tower(&self.tower, call).await;
        let actix = LocalSet::new().run_until(through_actix(&self.actix, call)).await;
        assert_eq!(tower, actix, "{call:?}");
        tower
    }

    /// Sends `call` through both at once, while something changes that the one may meet before the other.
    pub(crate) async fn send_at_once(&self, call: &Call) -> [Seen; 2] {
        let local = LocalSet::new();
        let actix = local.run_until(through_actix(&self.actix, call));
        let (tower, actix) = tokio::join!(through_tower(&self.tower, call), actix);
        [tower, actix]
    }
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(own, _)| own == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} stands twice");
        value
    }

    /// The status and the code in a body of JSON, as `401/900901`; the status alone where there is no such body.
    pub(crate) fn told(&self) -> String {
        let body: Option<Value> = serde_json::from_str(&self.body).ok();
        let code = body.as_ref().and_then(|body| body.get("code")?.as_str());
        match code.filter(|_| self.service.is_none()) {
            Some(code) => format!("{}/{code}", self.status),
            None => self.status.to_string(),
        }
    }

    /// What the service was given, at this JSON pointer.
    pub(crate) fn given(&self, pointer: &str) -> &Value {
        let service = self.service.as_ref().unwrap_or_else(|| panic!("refused: {self:?}"));
        service.pointer(pointer).unwrap_or(&Value::Null)
    }
}

/// What a service tells of a request.
fn told(
    headers: impl Iterator<Item = (String, String)>,
    token: Option<&VerifiedToken>,
    context: Option<&RequestContext>,
) -> Value {
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    let subscription = context.and_then(|context| context.subscription.as_ref());
    json!({
        "headers": headers,
        "subject": token.and_then(VerifiedToken::subject),
        "scopes": token.zip(context).map(|(token, context)| context.scopes(token)),
        "context": context.map(|context| json!({
            "api": context.resource.api.name,
            "version": context.resource.api.version,
            "resource": context.resource.template,
            "end_user": context.end_user,
            "consumer_key": context.consumer_key,
            "key_type": format!("{:?}", context.key_type),
            "application": {
                "id": context.application.id,
                "name": context.application.name,
                "tier": context.application.tier,
                "owner": context.application.owner,
                "uuid": context.application.uuid,
            },
            "subscription": subscription.map(|subscription| json!({
                "subscriber": subscription.subscriber,
                "tenant": subscription.tenant,
                "tier": subscription.tier,
                "publisher": subscription.publisher,
            })),
            "claims": context.claims(),
        })),
    })
}

async fn through_tower(manager: &ApiManager, call: &Call) -> Seen {
    let service = service_fn(async |request: Request<Vec<u8>>| {
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let extensions = request.extensions();
        let told = told(headers, extensions.get(), extensions.get());
        Ok::<_, Infallible>(Response::new(told.to_string().into_bytes()))
    });
    let mut request = Request::builder().method(call.method.parse::<Method>().unwrap()).uri(&call.target);
    for (name, value) in &call.headers {
        request = request.header(name, value);
    }
    let service = ApiLayer::new(manager.clone()).layer(service);
    let mut request = request.body(Vec::new()).unwrap();
    if let Some(certificate) = &call.certificate {
        request.extensions_mut().insert(certificate.clone());
    }
    if let Some(peer) = call.peer {
        request.extensions_mut().insert(ClientAddress(peer));
    }
    let response = service.oneshot(request).await.unwrap();
    let headers = response.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    seen(response.status(), headers, response.into_body())
}

async fn through_actix(manager: &ApiManager, call: &Call) -> Seen {
    async fn handler(request: HttpRequest) -> HttpResponse {
        let headers = request.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let extensions = request.extensions();
        HttpResponse::Ok().body(told(headers, extensions.get(), extensions.get()).to_string())
    }
    let app = App::new().wrap(ApiMiddleware::new(manager.clone())).default_service(web::to(handler));
    let app = test::init_service(app).await;
    let method = actix_web::http::Method::from_bytes(call.method.as_bytes()).unwrap();
    let mut request = test::TestRequest::with_uri("/").method(method);
    if let Some(peer) = call.peer {
        request = request.peer_addr(SocketAddr::new(peer, 4_711));
    }
    let mut request = request.to_request();
    if let Some(certificate) = &call.certificate {
        request.extensions_mut().insert(certificate.clone());
    }
    request.head_mut().uri = call.target.parse().unwrap();
    request.headers_mut().clear();
    for (name, value) in &call.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
    }
    let response = test::call_service(&app, request).await;
    let headers = response.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let status = StatusCode::from_u16(response.status().as_u16()).unwrap();
    seen(status, headers, test::read_body(response).await.to_vec())
}

fn seen(status: StatusCode, mut headers: Vec<(String, String)>, body: Vec<u8>) -> Seen {
    headers.sort();
    let body = String::from_utf8(body).unwrap();
    let service = (status == StatusCode::OK).then(|| serde_json::from_str(&body).unwrap());
    let body = if service.is_some() { String::new() } else { body };
    if service.is_some() {
        headers.clear();
    }
    Seen { status: status.as_u16(), headers, body, service }
}
