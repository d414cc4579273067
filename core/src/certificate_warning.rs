//! A word to operators before the certificates of keys end.

use std::time::Duration;

use tracing::{field, warn};

use crate::certificate::CertificateValidity;
use crate::error::LoggedCertificate;
use crate::issuer::Issuer;
use crate::key::VerificationKey;
use crate::key_set::KeySet;
use crate::log::Date;
use crate::moment::Moment;

/// Says of the keys of one issuer whose certificates end soon. It is asked whenever keys are put in place, the same ones too, and
/// says the same at most once a day.
#[derive(Debug)]
pub(crate) struct CertificateWarning {
    /// How long before the end; none where the dates do not count.
    ahead: Option<Duration>,
    told: Option<(Moment, Ending)>,
}

/// The certificates of a set that end soon or have ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ending {
    first: LoggedCertificate,
    count: usize,
}

impl CertificateWarning {
    /// Nothing is said yet.
    pub(crate) fn of(issuer: &Issuer) -> Self {
        let counts = issuer.certificate_validity == CertificateValidity::Check;
        CertificateWarning { ahead: counts.then_some(issuer.certificate_warning), told: None }
    }

    /// Says of `keys`, which are those of `issuer` from `now` on, what there is to say.
    pub(crate) fn tell(&mut self, issuer: &str, keys: &KeySet, now: Moment) {
        if let Some(Ending { first, count }) = self.due(keys, now) {
            let key = first.key_id().map(field::display);
            let not_after = field::display(Date(first.not_after()));
            warn!(target: "claimgate", issuer, ending = count, key, not_after, "certificates of keys end soon or have ended");
        }
    }

    fn due(&mut self, keys: &KeySet, now: Moment) -> Option<&Ending> {
        let ending = self.ahead.and_then(|ahead| Ending::of(keys, ahead, now));
        let is_told = self.told.as_ref().zip(ending.as_ref());
        if is_told.is_some_and(|((at, told), ending)| told == ending && now.since(*at) < DAY) {
            return None;
        }
        self.told = ending.map(|ending| (now, ending));
        self.told.as_ref().map(|(_, ending)| ending)
    }
}

impl Ending {
    fn of(keys: &KeySet, ahead: Duration, now: Moment) -> Option<Self> {
        let until = now.later(ahead).unix_seconds();
        let ending = keys.keys().iter().filter(|key| key.not_after().is_some_and(|end| end <= until));
        let count = ending.clone().count();
        let first = ending.min_by_key(|key| key.not_after()).and_then(VerificationKey::logged_certificate)?;
        Some(Ending { first, count })
    }
}

const DAY: Duration = Duration::from_secs(86_400);

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// Until 2022-01-25T07:30:43Z.
    const OLD: &str = include_str!("../../tests/data/wso2/seed004-demo-2019b-expired.pem");
    const OLD_ENDS: u64 = 1_643_095_843;
    /// Until 2027, and of another key.
    const OTHER: &str = include_str!("../../tests/data/wso2/seed003-demo-2017.pem");

    fn keys(pems: &[(&str, &str)]) -> KeySet {
        let mut all = KeySet::default();
        for (key_id, pem) in pems {
            let keys = KeySet::from_pem(pem, Some(key_id)).unwrap();
            keys.keys().iter().for_each(|key| all.add(key.clone()));
        }
        all
    }

    fn warning(change: impl Fn(Issuer) -> Issuer) -> CertificateWarning {
        let issuer = Issuer::new("a").any_audience().certificate_validity(CertificateValidity::Check);
        CertificateWarning::of(&change(issuer))
    }

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds), Instant::now())
    }

    fn named(ending: Option<&Ending>) -> Option<(String, usize)> {
        ending.map(|ending| (ending.first.key_id().unwrap().to_string(), ending.count))
    }

    #[test]
    fn what_ends_soon_is_told_from_its_day_on() {
        let days = |days: u64| days * 86_400;
        let old = keys(&[("other", OTHER), ("old", OLD)]);
        let check = |validity| warning(|issuer| issuer.certificate_validity(validity));
        let ahead = |time| warning(|issuer| issuer.certificate_warning(Duration::from_secs(time)));
        let told = || Some(("old".to_owned(), 1));
        for (name, mut warning, second, expected) in [
            ("a second too early", warning(|issuer| issuer), OLD_ENDS - days(30) - 1, None),
            ("thirty days ahead", warning(|issuer| issuer), OLD_ENDS - days(30), told()),
            ("over", warning(|issuer| issuer), OLD_ENDS + days(30), told()),
            ("both", warning(|issuer| issuer), OLD_ENDS + days(3_650), Some(("old".to_owned(), 2))),
            ("dates do not count", check(CertificateValidity::Ignore), OLD_ENDS, None),
            ("a day ahead, too early", ahead(86_400), OLD_ENDS - days(1) - 1, None),
            ("a day ahead", ahead(86_400), OLD_ENDS - days(1), told()),
            ("at the end only", ahead(0), OLD_ENDS - 1, None),
            ("at the end", ahead(0), OLD_ENDS, told()),
            ("always", ahead(u64::MAX), 0, Some(("old".to_owned(), 2))),
        ] {
            assert_eq!(named(warning.due(&old, at(second))), expected, "{name}");
        }
        assert_eq!(warning(|issuer| issuer).due(&KeySet::default(), at(OLD_ENDS)), None);
    }

    #[test]
    fn the_same_is_told_once_a_day_and_another_at_once() {
        let mut warning = warning(|issuer| issuer);
        let start = at(OLD_ENDS);
        let later = |seconds| start.later(Duration::from_secs(seconds));
        let (old, renamed, good) = (keys(&[("old", OLD)]), keys(&[("new", OLD)]), keys(&[("other", OTHER)]));
        for (name, set, now, expected) in [
            ("first", &old, later(0), Some("old")),
            ("again", &old, later(600), None),
            ("a second less than a day", &old, later(86_399), None),
            ("a day", &old, later(86_400), Some("old")),
            ("again a day", &old, later(86_401), None),
            ("another", &renamed, later(86_402), Some("new")),
            ("good", &good, later(86_403), None),
            ("back", &renamed, later(86_404), Some("new")),
        ] {
            let told = warning.due(set, now).map(|ending| ending.first.key_id().unwrap().to_string());
            assert_eq!(told.as_deref(), expected, "{name}");
        }
    }
}
