//! The answer to a request that does not go on.

use crate::fault::body::{self, Told};
use crate::fault::{Asked, Fault, challenge, date};
use crate::profile::Profile;

/// An answer, for a host to write in its own types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status code of HTTP.
    pub status: u16,
    /// The header fields: lower-case names, each once, and values of printable ASCII.
    pub headers: Vec<(&'static str, String)>,
    /// The body, in the type that `content-type` says.
    pub body: String,
}

impl Fault {
    /// How the client is told, in the manners of `profile`.
    pub fn answer(&self, profile: Profile, asked: &Asked<'_>) -> Answer {
        let status = self.code.status(profile);
        let next_access = self.next_access.filter(|_| self.code.is_throttling()).map(date::access_time);
        let description = self.told(profile, asked);
        let told = Told { code: self.code, description: &description, next_access: next_access.as_deref() };
        let (content_type, body) = body::body(&told, profile, asked);
        let mut headers = vec![("content-type", content_type.to_owned())];
        if let Some(challenge) = challenge::challenge(self.code, profile, asked) {
            headers.push(("www-authenticate", challenge));
        }
        if let Some(when) = self.when_again(status) {
            headers.push(("retry-after", when));
        }
        Answer { status, headers, body }
    }

    /// "Retry-After … can be either an HTTP-date or a number of seconds" (RFC 9110, section 10.2.3): a date where the end of a
    /// quota's time is known, seconds where it is guessed when a dependency answers again. A 503 always has it.
    fn when_again(&self, status: u16) -> Option<String> {
        if let Some(seconds) = self.next_access {
            return Some(date::http_date(seconds));
        }
        let wait = self.retry_after.unwrap_or_default();
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
        (status == 503).then(|| seconds.max(1).to_string())
    }
}
