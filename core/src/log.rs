//! One line for operators about each refusal.

use std::fmt;

use tracing::field::display;
use tracing::{debug, error, info, warn};
use x509_parser::time::ASN1Time;

use crate::error::{AuthError, AuthErrorKind, LoggedCertificate};
use crate::key_set::KeySet;
use crate::refusal::RefusalClass;

/// Logs the refusal, if it is one, and gives it back. The lack of a credential is none yet: where authentication is
/// optional the request goes on, so the [`Gate`](crate::Gate) logs it.
pub(crate) fn logged<T>(result: Result<T, AuthError>) -> Result<T, AuthError> {
    result.inspect_err(|error| {
        if error.kind() != AuthErrorKind::MissingCredentials {
            error.log();
        }
    })
}

/// Tells what is odd about a key set that is put in place: keys that cannot be used, and keys that are no secret any more.
pub(crate) fn log_odd_keys(issuer: &str, keys: &KeySet) {
    let skipped = keys.skipped();
    let count = skipped.len();
    for reason in skipped.take(1) {
        warn!(target: "claimgate", issuer, skipped = count, "keys left out, the first because {reason}");
    }
    let private = keys.private_keys();
    if private > 0 {
        warn!(target: "claimgate", issuer, private, "the key set holds private keys");
    }
}

impl AuthError {
    /// Writes the one log line about this refusal. An [`Authenticator`](crate::Authenticator) logs its own; rules that
    /// refuse behind it call this.
    ///
    /// The level says whose affair it is: requests without a credential are everyday (`DEBUG`), refused credentials are
    /// worth a look (`INFO`), missing keys want somebody (`WARN`), wrong wiring is a fault of the application (`ERROR`).
    pub fn log(&self) {
        let certificate = self.certificate();
        let key = certificate.and_then(LoggedCertificate::key_id).map(display);
        let not_before = certificate.map(|certificate| display(Date(certificate.not_before())));
        let not_after = certificate.map(|certificate| display(Date(certificate.not_after())));
        // The macro fixes the level at compile time, hence one call for each.
        macro_rules! refused {
            ($level:ident) => {
                $level!(
                    target: "claimgate",
                    kind = ?self.kind(),
                    issuer = self.issuer(),
                    kid = self.key_id().map(display),
                    key,
                    not_before,
                    not_after,
                    "request refused: {self}"
                )
            };
        }
        match RefusalClass::of(self.kind()) {
            RefusalClass::Unauthenticated => refused!(debug),
            // Any stranger can name an issuer; what is wrong with the resolver is told by itself.
            RefusalClass::Unavailable if self.kind() == AuthErrorKind::IssuerUnavailable => refused!(info),
            RefusalClass::Unavailable => refused!(warn),
            RefusalClass::Internal => refused!(error),
            RefusalClass::InvalidRequest | RefusalClass::InvalidToken | RefusalClass::InsufficientScope => {
                refused!(info);
            }
        }
    }
}

/// A second since 1970-01-01T00:00:00Z, shown as a date of RFC 3339 in UTC.
pub(crate) struct Date(pub(crate) i64);

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No certificate has a date beyond those that can be shown.
        let Ok(date) = ASN1Time::from_timestamp(self.0) else { return self.0.fmt(formatter) };
        let date = date.to_datetime();
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        let (hour, minute, second) = (date.hour(), date.minute(), date.second());
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_with_its_name_and_the_dates_that_openssl_prints() {
        let pem = include_str!("../../tests/data/wso2/seed004-demo-2019b-expired.pem");
        for (key_id, expected) in [(Some("a\nb"), Some("a\\nb".to_owned())), (None, None)] {
            let keys = KeySet::from_pem(pem, key_id).unwrap();
            let certificate = keys.keys()[0].logged_certificate().unwrap();
            assert_eq!(certificate.key_id().map(ToString::to_string), expected);
            let dates =
                [certificate.not_before(), certificate.not_after()].map(|date| Date(date).to_string());
            assert_eq!(dates, ["2019-10-23T07:30:43Z", "2022-01-25T07:30:43Z"]);
        }
    }

    #[test]
    fn a_second_without_a_date_stays_a_number() {
        // The last one that RFC 5280, section 4.1.2.5, has.
        assert_eq!(Date(253_402_300_799).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Date(-1).to_string(), "1969-12-31T23:59:59Z");
        assert_eq!(Date(i64::MAX).to_string(), i64::MAX.to_string());
    }
}
