//! From when to when a token is good.

use std::time::Duration;

use claimgate_tower::apim::Profile;
use serde_json::json;

use super::hosts::{Both, Call};
use super::world::{MENU, NOW, PROFILES, World};

#[tokio::test]
async fn s19_a_token_is_good_until_it_expires() {
    for profile in PROFILES {
        for (skew, after, good) in [(0, 299, true), (0, 300, false), (60, 359, true), (60, 360, false)] {
            let world = World::new(profile);
            let trust = || world.trust(|issuer| issuer.leeway(Duration::from_secs(skew)));
            let both = Both::new(
                world.manager_of(trust(), |builder| builder),
                world.manager_of(trust(), |builder| builder),
            );
            let call = Call::get(MENU).bearer(&world.token().mint()).header("accept", "application/json");
            // Cached by the first two, and judged anew by the last.
            assert_eq!(both.send(&call).await.status, 200);
            assert_eq!(both.send(&call).await.status, 200);
            world.clock.advance(Duration::from_secs(after));
            let seen = both.send(&call).await;
            if good {
                assert_eq!(seen.status, 200, "{profile:?} {skew} {after}");
                continue;
            }
            let code = if profile == Profile::Version4 { "900901" } else { "900903" };
            assert!(seen.status == 401 && seen.body.contains(code), "{profile:?} {skew} {after} {seen:?}");
        }
    }
}

#[tokio::test]
async fn s19_an_expiry_that_is_none_is_refused() {
    for profile in PROFILES {
        let world = World::new(profile);
        for expiry in [json!(null), json!(1e300), json!(-1), json!("1700000300"), json!([NOW + 300])] {
            let token = world.token().claim("exp", expiry.clone()).mint();
            let seen = Call::get(MENU).bearer(&token).to(|| world.manager(|builder| builder)).await;
            assert_eq!(seen.status, 401, "{profile:?} {expiry}");
        }
    }
}

#[tokio::test]
async fn s20_a_token_from_the_future_is_refused_by_the_strict_profile() {
    for (profile, not_before, issued_at) in
        [(Profile::Strict, 401, 401), (Profile::Version4, 200, 200), (Profile::Version3, 200, 200)]
    {
        let world = World::new(profile);
        let manager = || world.manager(|builder| builder);
        let early = world.token().not_before(NOW + 61).mint();
        assert_eq!(Call::get(MENU).bearer(&early).to(manager).await.status, not_before, "{profile:?} nbf");
        let future = world.token().issued_at(NOW + 61).expires_at(NOW + 300).mint();
        let seen = Call::get(MENU).bearer(&future).to(manager).await.status;
        assert!(seen == issued_at || profile != Profile::Strict, "{profile:?} iat {seen}");
        let wrong = world.token().claim("nbf", "soon").mint();
        assert_eq!(Call::get(MENU).bearer(&wrong).to(manager).await.status, 401);
    }
}
