//! What to try, as the terminal shows it.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use claimgate_testkit::{TestIssuer, TokenBuilder};

/// The text for a gateway at `address`. Its last line says so in the form that all our servers share.
pub(crate) fn text(issuer: &TestIssuer, address: SocketAddr, deployment: &Path) -> String {
    let ann = token(issuer, "ann", "pizza-app").mint();
    let ordering = token(issuer, "ann", "pizza-app").scope("order").mint();
    let bob = token(issuer, "bob", "pizza-app").mint();
    let stranger = token(issuer, "eve", "another-app").mint();
    let base = format!("http://{address}/pizzashack");
    let (menu, order) = (format!("{base}/1.0.0/menu"), format!("-X POST {base}/1.0.0/order"));
    let lines = [
        ("200: the menu, and who asks for it", format!("{} {menu}", bearer(&ann))),
        ("401: without a token (900902)", format!("curl -i {menu}")),
        ("403: ordering without the scope `order` (900910)", format!("{} {order}", bearer(&ann))),
        ("200: ordering with it", format!("{} {order}", bearer(&ordering))),
        ("403: an application without a subscription (900908)", format!("{} {menu}", bearer(&stranger))),
        (
            "403: a version that the application has not subscribed to (900908)",
            format!("{} {base}/2.0.0/menu", bearer(&ann)),
        ),
        ("403: what no API has (900906)", format!("{} {base}/1.0.0/kitchen", bearer(&ann))),
        ("200: open to everybody", format!("curl -i {base}/1.0.0/health")),
        (
            "429: the eleventh call in a minute (900803)",
            format!(
                "for n in 1 2 3 4 5 6 7 8 9 10; do {0} -so /dev/null {menu}; done; {0} {menu}",
                bearer(&bob)
            ),
        ),
    ];

    let mut text = format!(
        "The pizza shack is open, behind the rules of an API manager. They are in\n{}\n\
         which may be changed while it runs, and in resources.toml and subscriptions.toml beside the source.\n",
        deployment.display()
    );
    for (title, line) in lines {
        // Writing to a string does not fail.
        _ = write!(text, "\n# {title}\n{line}\n");
    }
    _ = write!(text, "\nlistening on {address}\n");
    text
}

fn token(issuer: &TestIssuer, user: &str, application: &str) -> TokenBuilder {
    let token = issuer.token().subject(user).claim("azp", application);
    token.claim("email", format!("{user}@example.com")).expires_in(Duration::from_secs(3_600))
}

fn bearer(token: &str) -> String {
    format!("curl -i -H 'Authorization: Bearer {token}'")
}
