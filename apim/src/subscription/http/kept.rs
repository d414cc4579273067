//! What was asked, and what is remembered of the answer.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use claimgate_core::Moment;
use quick_cache::Equivalent;

use crate::subscription::http::Answer;
use crate::subscription::{StoreError, Subscribed};

/// A question, as a request has it.
#[derive(Clone, Copy, Hash)]
pub(super) struct Question<'a> {
    pub(super) context: &'a str,
    pub(super) version: &'a str,
    pub(super) issuer: &'a str,
    pub(super) consumer_key: &'a str,
}

/// A question that outlives its request. Hashes as the one that it was made of: the same texts in the same order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub(super) context: Box<str>,
    pub(super) version: Box<str>,
    pub(super) issuer: Box<str>,
    pub(super) consumer_key: Box<str>,
}

impl Question<'_> {
    pub(super) fn to_asked(self) -> Asked {
        let Question { context, version, issuer, consumer_key } = self;
        Asked {
            context: context.into(),
            version: version.into(),
            issuer: issuer.into(),
            consumer_key: consumer_key.into(),
        }
    }
}

impl Equivalent<Asked> for Question<'_> {
    fn equivalent(&self, asked: &Asked) -> bool {
        *self.consumer_key == *asked.consumer_key
            && *self.issuer == *asked.issuer
            && *self.context == *asked.context
            && *self.version == *asked.version
    }
}

/// How long what counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) keep_for: Duration,
    pub(super) deny_for: Duration,
    pub(super) stale_for: Duration,
    pub(super) retry_after: Duration,
}

/// The last answer and the failure after it.
#[derive(Clone, Default)]
pub(super) struct Kept {
    /// With the moment at which it was asked for: it cannot be younger.
    answer: Option<(Option<Arc<Subscribed>>, Moment)>,
    failed: Option<(StoreError, Moment)>,
}

impl Kept {
    pub(super) fn answered(answer: Option<Arc<Subscribed>>, asked: Moment) -> Self {
        Kept { answer: Some((answer, asked)), failed: None }
    }

    pub(super) fn then_failed(self, error: StoreError, now: Moment) -> Self {
        Kept { failed: Some((error, now)), ..self }
    }

    /// What counts `now` without a question; nothing where the store is to be asked.
    pub(super) fn at(&self, now: Moment, times: &Times) -> Option<Answer> {
        if let Some(answer) = self.within(Duration::ZERO, now, times) {
            return Some(answer);
        }
        let (_, failed) = self.failed.as_ref()?;
        (now.since(*failed) < times.retry_after).then(|| self.last(now, times)).flatten()
    }

    /// What counts `now` where the store has failed: its last answer for a time, then the failure.
    pub(super) fn last(&self, now: Moment, times: &Times) -> Option<Answer> {
        let stale = self.within(times.stale_for, now, times);
        stale.or_else(|| self.failed.as_ref().map(|(error, _)| Err(error.clone())))
    }

    /// The answer, if its time has not been over for longer than `over`.
    fn within(&self, over: Duration, now: Moment, times: &Times) -> Option<Answer> {
        let (answer, asked) = self.answer.as_ref()?;
        let time = if answer.is_some() { times.keep_for } else { times.deny_for };
        (now.since(*asked) < time.saturating_add(over)).then(|| Ok(answer.clone()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::context::{ApplicationContext, SubscriptionContext};
    use crate::subscription::SubscriptionState;

    const TIMES: Times = Times {
        keep_for: Duration::from_secs(60),
        deny_for: Duration::from_secs(10),
        stale_for: Duration::from_secs(100),
        retry_after: Duration::from_secs(1),
    };

    fn start() -> Moment {
        Moment::new(Duration::from_secs(1_000_000), Instant::now())
    }

    fn after(start: Moment, millis: u64) -> Moment {
        start.later(Duration::from_millis(millis))
    }

    fn subscribed() -> Arc<Subscribed> {
        Arc::new(Subscribed {
            application: ApplicationContext::default(),
            subscription: SubscriptionContext::default(),
            state: SubscriptionState::Unblocked,
            key_type: None,
        })
    }

    #[test]
    fn answers_count_for_their_time_and_no_longer() {
        let start = start();
        for (name, answer, millis) in
            [("subscribed", Some(subscribed()), 60_000), ("not subscribed", None, 10_000)]
        {
            let kept = Kept::answered(answer.clone(), start);
            let before = kept.at(after(start, millis - 1), &TIMES);
            assert_eq!(before.map(Result::unwrap), Some(answer), "{name}");
            assert!(kept.at(after(start, millis), &TIMES).is_none(), "{name}");
        }
    }

    #[test]
    fn the_last_answer_counts_for_a_time_while_the_store_fails() {
        let start = start();
        let down = || StoreError::new("down");
        for (name, answer, over) in
            [("subscribed", Some(subscribed()), 160_000), ("not subscribed", None, 110_000)]
        {
            let kept = Kept::answered(answer.clone(), start);
            let failed = |millis| kept.clone().then_failed(down(), after(start, millis));
            let last = |millis| failed(millis).last(after(start, millis), &TIMES).unwrap();
            assert_eq!(last(over - 1).ok(), Some(answer.clone()), "{name}");
            assert!(last(over).is_err(), "{name}");

            let kept = failed(over - 10_000);
            let soon = kept.at(after(start, over - 10_000 + 999), &TIMES).unwrap();
            assert_eq!(soon.ok(), Some(answer), "{name}: without a question");
            assert!(kept.at(after(start, over - 10_000 + 1_000), &TIMES).is_none(), "{name}: asked again");
        }
    }

    #[test]
    fn a_failure_alone_counts_until_the_store_is_asked_again() {
        let start = start();
        let kept = Kept::default().then_failed(StoreError::new("down"), start);
        assert!(kept.at(after(start, 999), &TIMES).unwrap().is_err());
        assert!(kept.at(after(start, 1_000), &TIMES).is_none());
        assert!(kept.last(after(start, 5_000), &TIMES).unwrap().is_err());
    }

    #[test]
    fn a_question_finds_what_was_asked_in_the_same_words_alone() {
        let question =
            |context, version, issuer, consumer_key| Question { context, version, issuer, consumer_key };
        let cache = quick_cache::sync::Cache::new(10);
        let asked = question("/a", "1", "i", "k").to_asked();
        cache.insert(asked.clone(), ());
        for (question, found) in [
            (question("/a", "1", "i", "k"), true),
            (question("/a", "1", "i", "K"), false),
            (question("/a", "1", "I", "k"), false),
            (question("/a", "1", "", "ik"), false),
            (question("/a", "1", "ik", ""), false),
            (question("/a", "1", "k", "i"), false),
            (question("/a1", "", "i", "k"), false),
            (question("/a", "1i", "", "k"), false),
            (question("1", "/a", "i", "k"), false),
        ] {
            assert_eq!(cache.get(&question).is_some(), found);
            // Also where two have one hash.
            assert_eq!(question.equivalent(&asked), found);
        }
    }
}
