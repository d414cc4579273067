//! Tokens that are bound to a certificate of the client (RFC 8705).

use std::fs;

use claimgate_testkit::base64url;
use claimgate_tower::apim::{ForwardedCertificate, Profile};
use serde_json::json;

use super::hosts::{Both, Call};
use super::keys::{Deployed, STRICT_AND_4, row, served, token, told};
use super::reload::on_both;
use super::world::MENU;
use crate::key_stores::workshop::Workshop;

#[tokio::test]
async fn s56_a_bound_token_is_good_over_the_connection_of_its_certificate() {
    const FIELD: &str = "X-WSO2-CLIENT-CERTIFICATE";
    let workshop = Workshop::new();
    let [own, another] = ["own", "another"].map(|name| {
        workshop.certified(name);
        fs::read(workshop.path(&format!("{name}.der"))).unwrap()
    });
    let thumbprint = workshop.thumbprint("own", "sha256");
    let encoded = |der: &[u8]| base64_simd::STANDARD.encode_to_string(der);
    for profile in STRICT_AND_4 {
        let served = served().await;
        let text = row(&served) + "[apim.oauth_config]\nenable_certificate_bound_access_token = true\n";
        let bound = token(served.issuer()).claim("cnf", json!({ "x5t#S256": thumbprint })).mint();
        let bearer = token(served.issuer()).mint();
        let call = |token: &str| Call::get(MENU).bearer(token);
        let direct = on_both(&Deployed::new(profile, &text).manager());
        let proxied = ForwardedCertificate::from_peers(["127.0.0.1".parse().unwrap()]);
        let behind_proxy =
            Deployed::new(profile, &text).manager_that(|builder| builder.forwarded_certificate(proxied));
        let behind_proxy = on_both(&behind_proxy);
        for both in [&direct, &behind_proxy] {
            assert_eq!(both.send(&call(&bearer)).await.told(), "200", "{profile:?}");
            // Remembered or not, and whoever came before.
            for _ in 0..2 {
                for (certificate, expected) in
                    [(Some(&own), "200"), (Some(&another), "401/900901"), (None, "401/900901")]
                {
                    let call = certificate.iter().fold(call(&bound), |call, der| call.certificate(der));
                    assert_eq!(both.send(&call).await.told(), expected, "{profile:?} {certificate:?}");
                }
                assert_eq!(
                    both.send(&call(&bearer).certificate(&another)).await.told(),
                    "200",
                    "{profile:?}"
                );
            }
        }
        for (peer, told, shown, expected) in [
            ("127.0.0.1", &own, None, "200"),
            ("::ffff:127.0.0.1", &own, None, "200"),
            ("127.0.0.1", &another, None, "401/900901"),
            ("127.0.0.2", &own, None, "401/900901"),
            ("::1", &own, None, "401/900901"),
            ("127.0.0.1", &own, Some(&another), "200"),
            ("127.0.0.1", &another, Some(&own), "401/900901"),
        ] {
            let call = shown.iter().fold(call(&bound), |call, der| call.certificate(der));
            let call = call.peer(peer).header(FIELD, encoded(told));
            let seen = behind_proxy.send(&call).await;
            assert_eq!(seen.told(), expected, "{profile:?} {peer}");
            if expected == "200" {
                assert!(!seen.given("/headers").to_string().contains("client-certificate"), "{seen:?}");
            }
            let by_host = if shown == Some(&own) { "200" } else { "401/900901" };
            assert_eq!(direct.send(&call).await.told(), by_host, "{profile:?} {peer}: nobody is believed");
        }
        let twice = call(&bound).peer("127.0.0.1").header(FIELD, encoded(&own)).header(FIELD, encoded(&own));
        assert_eq!(behind_proxy.send(&twice).await.told(), "401/900901", "{profile:?}");
        let proxys = call(&bound).peer("127.0.0.1").certificate(&own);
        assert_eq!(behind_proxy.send(&proxys).await.told(), "401/900901", "{profile:?}: the proxy's own");
        let unknown = call(&bound).header(FIELD, encoded(&own));
        assert_eq!(behind_proxy.send(&unknown).await.told(), "401/900901", "{profile:?}: from nowhere");
    }
}

#[tokio::test]
async fn s56_a_bound_token_needs_its_certificate_where_that_is_wanted() {
    for (profile, without) in [(Profile::Strict, "401/900901"), (Profile::Version4, "200")] {
        let served = served().await;
        let switch =
            |on: bool| format!("[apim.oauth_config]\nenable_certificate_bound_access_token = {on}\n");
        let bound = token(served.issuer()).claim("cnf", json!({ "x5t#S256": base64url([1; 32]) })).mint();
        let bearer = token(served.issuer()).mint();
        for (text, expected) in [
            (row(&served) + &switch(true), "401/900901"),
            (row(&served) + &switch(false), without),
            (row(&served), without),
        ] {
            let deployed = Deployed::new(profile, &text);
            let both = Both::new(deployed.manager(), deployed.manager());
            // Keys first: a token that cannot be good fetches none.
            assert_eq!(told(&both, &bearer).await, "200", "{profile:?} {text}");
            for _ in 0..2 {
                assert_eq!(told(&both, &bound).await, expected, "{profile:?} {text}");
                assert_eq!(told(&both, &bearer).await, "200", "{profile:?} {text}");
            }
            // Whatever a client says of itself.
            let call = Call::get(MENU).bearer(&bound).header("X-WSO2-CLIENT-CERTIFICATE", "MIIB");
            assert_eq!(both.send(&call).await.told(), expected, "{profile:?} {text}");
        }
    }
}
