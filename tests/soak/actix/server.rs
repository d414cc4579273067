//! The server that is measured, with an issuer beside it.

use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use claimgate_actix::{AuthMiddleware, Authenticator, Claims, Issuer};
use claimgate_testkit::{Alg, TestIssuer};
use serde::Deserialize;

use crate::client::Visit;
use crate::program::end_with_parent;

#[derive(Deserialize)]
struct User {
    sub: String,
}

async fn hello(user: Claims<User>) -> String {
    format!("hello {}\n", user.sub)
}

#[actix_web::main]
pub(crate) async fn serve() -> Result<(), Box<dyn Error>> {
    end_with_parent();
    let served = TestIssuer::serve_new(Alg::ES256).await?;
    let gate = Authenticator::builder().issuer(Issuer::new(served.url()).audience("api")).build()?;
    gate.ready().await?;
    let auth = AuthMiddleware::new(gate);
    let server = HttpServer::new(move || App::new().wrap(auth.clone()).route("/", web::get().to(hello)))
        .workers(2)
        .keep_alive(Duration::from_secs(600))
        .bind("127.0.0.1:0")?;

    let token = || served.issuer().token().audience("api").expires_in(Duration::from_secs(86_400));
    let mut stdout = io::stdout();
    for (statuses, token) in [
        ("200", token().mint()),
        ("401", String::new()),
        ("200", token().subject("another").mint()),
        ("401", token().expired().mint()),
        ("200", token().claim("groups", "x".repeat(1_000)).mint()),
        ("401", token().forged().mint()),
        ("401", token().claim("sub", "").mint()),
        // While a fetch is under way or none may be made, the answer says which.
        ("401|503", token().kid("unknown").mint()),
        ("400", "a b".to_owned()),
    ] {
        writeln!(stdout, "{}", Visit::line(statuses, &token))?;
    }
    let address = server.addrs().first().copied().ok_or("bound to nothing")?;
    let server = server.run();
    writeln!(stdout, "listening on {address}")?;
    stdout.flush()?;
    Ok(server.await?)
}
