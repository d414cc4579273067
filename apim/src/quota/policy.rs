//! How many requests in which time, by name.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// So many requests in a time, or any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaPolicy {
    /// Nothing for any number.
    bound: Option<Bound>,
}

/// So many requests in a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    /// The first that is denied is the one after these.
    pub(super) limit: u64,
    /// How long a window is.
    pub(super) per: Duration,
}

/// The policies by their names, which are compared byte for byte.
///
/// They begin with those of the original: for applications `10PerMin`, `20PerMin` and `50PerMin`; for subscriptions `Bronze`
/// (1000 a minute), `Silver` (2000) and `Gold` (5000); `Unauthenticated` (500 a minute), `DefaultSubscriptionless` (100,000 a
/// minute), and `Unlimited`. Any other name that reads as a policy by itself, such as `5PerHour`, is that policy.
///
/// # A name that nobody has configured
///
/// It comes from a token whose signature was good, so somebody has made that tier and has not told this service of it. It
/// counts as `10PerMin`, the smallest that the original comes with: to take it for `Unlimited` would give away what was
/// limited on purpose, and to deny every request would make of a new tier an outage. [`unknown`](Self::unknown) changes that.
/// The log has a line on it at most once a minute; it does not name the tier, since that is a claim.
#[derive(Clone, Debug)]
pub struct QuotaPolicies {
    named: HashMap<String, QuotaPolicy>,
    unknown: QuotaPolicy,
}

/// A text that is not of the form `10PerMin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAQuotaPolicy(String);

impl QuotaPolicy {
    /// Any number of requests. It costs no counter.
    pub const UNLIMITED: QuotaPolicy = QuotaPolicy { bound: None };

    /// `limit` requests in each `per`; a `limit` of 0 denies all. `per` is kept between a millisecond, the smallest time that
    /// Redis knows, and 1000 years of 365 days.
    pub const fn new(limit: u64, per: Duration) -> Self {
        let per = match per.as_millis() {
            0 => SHORTEST,
            millis if millis > LONGEST.as_millis() => LONGEST,
            _ => per,
        };
        QuotaPolicy { bound: Some(Bound { limit, per }) }
    }

    /// How many requests; nothing for any number.
    pub fn limit(&self) -> Option<u64> {
        self.bound.map(|bound| bound.limit)
    }

    /// In which time; nothing where any number is allowed.
    pub fn per(&self) -> Option<Duration> {
        self.bound.map(|bound| bound.per)
    }

    pub(super) fn bound(self) -> Option<Bound> {
        self.bound
    }
}

impl FromStr for QuotaPolicy {
    type Err = NotAQuotaPolicy;

    /// Reads `Unlimited` or `<number>Per<unit>`, such as `10PerMin` and `50KPerMin` (fifty thousand). Units are `Sec`, `Min`,
    /// `Hour`, `Day`, `Week`, `Month` (30 days) and `Year` (365 days).
    ///
    /// # Errors
    ///
    /// [`NotAQuotaPolicy`] for anything else, and for a number of 0 or beyond 64 bits.
    fn from_str(name: &str) -> Result<Self, NotAQuotaPolicy> {
        parsed(name).ok_or_else(|| NotAQuotaPolicy(name.to_owned()))
    }
}

impl QuotaPolicies {
    /// Those of the original.
    pub fn new() -> Self {
        let minute = |limit| QuotaPolicy::new(limit, Duration::from_secs(60));
        let named = [
            ("10PerMin", minute(10)),
            ("20PerMin", minute(20)),
            ("50PerMin", minute(50)),
            ("Bronze", minute(1_000)),
            ("Silver", minute(2_000)),
            ("Gold", minute(5_000)),
            ("Unlimited", QuotaPolicy::UNLIMITED),
            ("Unauthenticated", minute(500)),
            ("DefaultSubscriptionless", minute(100_000)),
        ];
        QuotaPolicies {
            named: named.into_iter().map(|(name, policy)| (name.to_owned(), policy)).collect(),
            unknown: minute(10),
        }
    }

    /// Adds a policy, or changes the one of that name.
    pub fn add(mut self, name: impl Into<String>, policy: QuotaPolicy) -> Self {
        self.named.insert(name.into(), policy);
        self
    }

    /// What a name counts as that is neither configured nor reads as a policy; ten a minute if nothing is said.
    pub fn unknown(self, policy: QuotaPolicy) -> Self {
        QuotaPolicies { unknown: policy, ..self }
    }

    /// The policy of this name, and for a name that nobody knows the one of [`unknown`](Self::unknown).
    pub fn policy(&self, name: &str) -> QuotaPolicy {
        self.known(name).unwrap_or(self.unknown)
    }

    /// The policy of this name, if somebody knows it.
    pub(super) fn known(&self, name: &str) -> Option<QuotaPolicy> {
        self.named.get(name).copied().or_else(|| parsed(name))
    }
}

impl Default for QuotaPolicies {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for NotAQuotaPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is neither \"Unlimited\" nor of the form \"10PerMin\"", self.0)
    }
}

impl std::error::Error for NotAQuotaPolicy {}

fn parsed(name: &str) -> Option<QuotaPolicy> {
    if name == "Unlimited" {
        return Some(QuotaPolicy::UNLIMITED);
    }
    let (number, unit) = name.split_once("Per")?;
    let (digits, thousands) = number.strip_suffix('K').map_or((number, 1), |digits| (digits, 1_000));
    // `u64::from_str` would take a sign too.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let limit = digits.parse::<u64>().ok()?.checked_mul(thousands).filter(|limit| *limit > 0)?;
    Some(QuotaPolicy::new(limit, unit_of_time(unit)?))
}

fn unit_of_time(unit: &str) -> Option<Duration> {
    const DAY: u64 = 24 * 60 * 60;
    let seconds = match unit {
        "Sec" => 1,
        "Min" => 60,
        "Hour" => 60 * 60,
        "Day" => DAY,
        "Week" => 7 * DAY,
        "Month" => 30 * DAY,
        "Year" => 365 * DAY,
        _ => return None,
    };
    Some(Duration::from_secs(seconds))
}

const SHORTEST: Duration = Duration::from_millis(1);

/// Far beyond any quota, and far below where milliseconds stop fitting into the numbers of Redis.
const LONGEST: Duration = Duration::from_secs(1_000 * 365 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const fn policy(limit: u64, seconds: u64) -> QuotaPolicy {
        QuotaPolicy::new(limit, Duration::from_secs(seconds))
    }

    #[test]
    fn knows_the_names_of_the_original() {
        let policies = QuotaPolicies::new();
        for (name, expected) in [
            ("10PerMin", policy(10, 60)),
            ("20PerMin", policy(20, 60)),
            ("50PerMin", policy(50, 60)),
            ("Bronze", policy(1_000, 60)),
            ("Silver", policy(2_000, 60)),
            ("Gold", policy(5_000, 60)),
            ("Unauthenticated", policy(500, 60)),
            ("DefaultSubscriptionless", policy(100_000, 60)),
            ("Unlimited", QuotaPolicy::UNLIMITED),
        ] {
            assert_eq!(policies.known(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn reads_any_number_in_any_unit() {
        for (name, expected) in [
            ("1PerSec", policy(1, 1)),
            ("7PerMin", policy(7, 60)),
            ("3PerHour", policy(3, 3_600)),
            ("4PerDay", policy(4, 86_400)),
            ("5PerWeek", policy(5, 604_800)),
            ("6PerMonth", policy(6, 2_592_000)),
            ("8PerYear", policy(8, 31_536_000)),
            ("10KPerMin", policy(10_000, 60)),
            ("18446744073709551615PerMin", policy(u64::MAX, 60)),
            ("Unlimited", QuotaPolicy::UNLIMITED),
        ] {
            assert_eq!(name.parse(), Ok(expected), "{name}");
        }
    }

    #[test]
    fn refuses_what_is_no_policy_and_quotes_it() {
        for name in [
            "",
            "PerMin",
            "10Per",
            "10PerMinute",
            "10permin",
            "10 PerMin",
            "+10PerMin",
            "-1PerMin",
            "0PerMin",
            "KPerMin",
            "10KKPerMin",
            "18446744073709551616PerMin",
            "18446744073709551615KPerMin",
            "unlimited",
            "Platinum",
        ] {
            let error = name.parse::<QuotaPolicy>().unwrap_err();
            assert!(error.to_string().starts_with(&format!("{name:?} is neither")), "{error}");
        }
    }

    #[test]
    fn an_unknown_name_counts_as_the_smallest_policy_until_configured() {
        let policies = QuotaPolicies::new();
        assert_eq!(policies.known("Platinum"), None);
        assert_eq!(policies.policy("Platinum"), policy(10, 60));
        let policies =
            policies.add("Platinum", policy(9, 1)).add("Gold", policy(1, 2)).unknown(policy(0, 60));
        assert_eq!(policies.policy("Platinum"), policy(9, 1));
        assert_eq!(policies.policy("Gold"), policy(1, 2));
        assert_eq!(policies.policy("Tin"), policy(0, 60));
    }

    #[test]
    fn keeps_the_time_within_what_every_counter_can_hold() {
        assert_eq!(QuotaPolicy::new(1, Duration::ZERO).per(), Some(Duration::from_millis(1)));
        assert_eq!(QuotaPolicy::new(1, Duration::from_micros(999)).per(), Some(Duration::from_millis(1)));
        assert_eq!(QuotaPolicy::new(1, Duration::from_millis(1)).per(), Some(Duration::from_millis(1)));
        assert_eq!(QuotaPolicy::new(1, LONGEST).per(), Some(LONGEST));
        assert_eq!(QuotaPolicy::new(1, Duration::MAX).per(), Some(LONGEST));
    }
}
