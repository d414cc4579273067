//! What to try, as the terminal shows it.

use std::fmt::Write;
use std::net::SocketAddr;

use humantime::format_duration;

use crate::issuer::ShackIssuer;
use crate::routes::{MENU_PATH, ORDER_PATH};

/// The text for a shack at `address`. Its last line says so in the form that all our servers share.
///
/// The status stands above each line, not behind it: some shells would hand a comment at the end to curl.
pub(crate) fn text(issuer: &ShackIssuer, address: SocketAddr) -> String {
    let good = issuer.token().mint();
    let ordering = issuer.token().scope("order").mint();
    let expired = issuer.token().expired().mint();
    let forged = issuer.token().forged().mint();
    let base = format!("http://{address}");
    let menu = format!("{base}{MENU_PATH}");
    let fresh = format!("'{base}/token?scope=order'");
    let order = format!("{JSON} {base}{ORDER_PATH}");
    let lines = [
        ("200: the menu, for any good token", format!("{} {menu}", bearer(&good))),
        ("401: without a token", format!("curl -i {menu}")),
        ("401: with an expired token", format!("{} {menu}", bearer(&expired))),
        ("401: with a forged token", format!("{} {menu}", bearer(&forged))),
        ("403: ordering without the scope `order`", format!("{} {order}", bearer(&good))),
        ("201: ordering with it", format!("{} {order}", bearer(&ordering))),
        ("200: a fresh token, signed with the key of the moment", format!("curl -i {fresh}")),
        (
            "201: ordering with one",
            format!("curl -i -H \"Authorization: Bearer $(curl -s {fresh})\" {order}"),
        ),
    ];

    let mut text = format!(
        "The pizza shack is open, and claimgate guards it. The issuer inside signs with a new key\n\
         every {}, and no request fails for that. Tokens live {}.\n\n\
         # a token\n{good}\n",
        format_duration(issuer.rotate_every()),
        format_duration(issuer.token_life()),
    );
    for (title, line) in lines {
        // Writing to a string does not fail.
        _ = write!(text, "\n# {title}\n{line}\n");
    }
    _ = write!(text, "\nlistening on {address}\n");
    text
}

fn bearer(token: &str) -> String {
    format!("curl -i -H 'Authorization: Bearer {token}'")
}

const JSON: &str = r#"-H 'Content-Type: application/json' -d '{"pizza":"Garden Fresh"}'"#;
