//! The windows that several processes share, in Redis.

use std::fmt;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use aws_lc_rs::digest::{Context, SHA256};
use claimgate_core::Moment;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script, ScriptInvocation};

use crate::fault::{Fault, FaultCode};
use crate::quota::demand::{Demand, Demands, Denial, Level};
use crate::quota::outage::{Attempt, OnOutage, Outage, PATIENCE};
use crate::quota::{Taken, TakenFuture};

/// Where quotas are counted that several processes share.
///
/// One script takes from all the windows of a request at once, and begins them with a time to live; the clock of the Redis
/// server measures it. A request waits 50 ms at most. After a failure no request asks for 100 ms, then one at a time does
/// until Redis is back, so that the wait is not paid by every request. The log has one line when it fails and one when it is
/// back.
///
/// Names of keys are hashes of fixed length, so nothing that a token says can make two windows one or a key long; they begin
/// with the [namespace](Self::namespace). All keys of an application have one hash tag and are on one node of a cluster.
///
/// # What to watch for
///
/// - A Redis that evicts (`maxmemory-policy` other than `noeviction`) may forget a window, and a failover those that had not
///   been replicated: a quota begins anew then.
/// - A request that had no answer in time may have been counted.
#[derive(Clone)]
pub struct RedisQuotas {
    client: Client,
    namespace: String,
    on_outage: OnOutage,
    patience: Duration,
}

/// A text that is not the URL of a Redis server. It says why, and leaves out the text, which may have a password in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotARedisUrl(String);

/// Asks Redis.
#[derive(Clone)]
pub(super) struct RedisWindows(Arc<Inner>);

struct Inner {
    config: RedisQuotas,
    script: Script,
    connection: ArcSwapOption<Connection>,
    outage: Outage,
}

struct Connection {
    manager: ConnectionManager,
    made: Moment,
}

/// Why there is no answer.
enum Failure {
    Late,
    Redis(RedisError),
    NoRuntime,
    Nonsense,
}

impl RedisQuotas {
    /// The server at `url`, such as `redis://:password@redis.internal:6379/0` or `redis+unix:///run/redis.sock`. Nothing is
    /// connected before the first request.
    ///
    /// # Errors
    ///
    /// [`NotARedisUrl`] where it is none, or one for a connection that is not built in, such as TLS.
    pub fn new(url: &str) -> Result<Self, NotARedisUrl> {
        let client = Client::open(url).map_err(|error| NotARedisUrl(error.category().to_owned()))?;
        Ok(RedisQuotas {
            client,
            namespace: "claimgate:quota".to_owned(),
            on_outage: OnOutage::default(),
            patience: PATIENCE,
        })
    }

    /// What the names of keys begin with, `claimgate:quota` if nothing is said. Services that share a server but not their
    /// quotas need different ones.
    pub fn namespace(self, namespace: impl Into<String>) -> Self {
        RedisQuotas { namespace: namespace.into(), ..self }
    }

    /// What becomes of requests while it does not answer; they are denied if nothing is said.
    pub fn on_outage(self, on_outage: OnOutage) -> Self {
        RedisQuotas { on_outage, ..self }
    }
}

impl RedisWindows {
    pub(super) fn new(config: RedisQuotas) -> Self {
        RedisWindows(Arc::new(Inner {
            config,
            script: Script::new(TAKE),
            connection: ArcSwapOption::empty(),
            outage: Outage::default(),
        }))
    }

    /// Takes one of each, or nothing.
    pub(super) fn take(&self, demands: &Demands<'_>, now: Moment) -> Taken {
        let Some(attempt) = self.0.outage.attempt(now) else {
            return match self.0.unanswered() {
                Ok(()) => Taken::Allowed,
                Err(fault) => Taken::Denied(fault),
            };
        };
        let demands = demands.iter().flatten();
        let levels = demands.clone().map(|demand| demand.level).collect::<Vec<_>>();
        let windows = demands
            .map(|demand| {
                (key(&self.0.config.namespace, demand), demand.bound.limit.min(EXACT), millis(demand))
            })
            .collect::<Vec<_>>();
        let inner = Arc::clone(&self.0);
        let answer: TakenFuture = Box::pin(async move {
            let asked = Instant::now();
            let mut question = inner.script.prepare_invoke();
            for (key, limit, per) in &windows {
                question.key(key).arg(*limit).arg(*per);
            }
            match inner.ask(&question, &levels, attempt, now).await {
                Some(Ok(())) => Ok(()),
                Some(Err(denial)) => Err(denial.into_fault(now.later(asked.elapsed()))),
                None => inner.unanswered(),
            }
        });
        Taken::Later(answer)
    }
}

impl Inner {
    fn unanswered(&self) -> Result<(), Fault> {
        match self.config.on_outage {
            OnOutage::Allow => Ok(()),
            OnOutage::Deny => Err(Fault::new(FaultCode::Unclassified)),
        }
    }

    /// The answer in time, if there is one.
    async fn ask(
        &self,
        question: &ScriptInvocation<'_>,
        levels: &[Level],
        attempt: Attempt,
        now: Moment,
    ) -> Option<Result<(), Denial>> {
        // Timers and connections panic outside of a runtime.
        let answer = match tokio::runtime::Handle::try_current() {
            Ok(_) => self.answer(question, levels, now).await,
            Err(_) => Err(Failure::NoRuntime),
        };
        match answer {
            Ok(answer) => {
                self.outage.succeeded(attempt);
                Some(answer)
            }
            Err(failure) => {
                let is_late = matches!(failure, Failure::Late);
                if self.outage.failed(attempt, now, &failure) && is_late {
                    self.give_up(now);
                }
                None
            }
        }
    }

    async fn answer(
        &self,
        question: &ScriptInvocation<'_>,
        levels: &[Level],
        now: Moment,
    ) -> Result<Result<(), Denial>, Failure> {
        let mut manager = self.connection(now)?;
        let answer =
            tokio::time::timeout(self.config.patience, question.invoke_async::<(usize, u64)>(&mut manager));
        match answer.await.map_err(|_| Failure::Late)?? {
            (0, _) => Ok(Ok(())),
            (which, wait) => {
                let level =
                    which.checked_sub(1).and_then(|index| levels.get(index)).ok_or(Failure::Nonsense)?;
                Ok(Err(Denial { level: *level, wait: Duration::from_millis(wait) }))
            }
        }
    }

    /// The connection, which may have yet to be made.
    fn connection(&self, now: Moment) -> Result<ConnectionManager, RedisError> {
        if let Some(connection) = self.connection.load().as_ref() {
            return Ok(connection.manager.clone());
        }
        // The next probe is soon enough for another try.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(Some(CONNECTING))
            .set_pipeline_buffer_size(1024);
        let manager = ConnectionManager::new_lazy_with_config(self.config.client.clone(), config)?;
        let fresh = Arc::new(Connection { manager, made: now });
        let before = self.connection.compare_and_swap(&None::<Arc<Connection>>, Some(Arc::clone(&fresh)));
        if let Some(connection) = before.as_ref() {
            return Ok(connection.manager.clone());
        }
        // Connecting may take longer than a request waits, and must go on when that has gone.
        let mut driver = fresh.manager.clone();
        tokio::spawn(async move {
            let _ = redis::cmd("PING").query_async::<()>(&mut driver).await;
        });
        Ok(fresh.manager.clone())
    }

    /// The manager makes a new connection where one is closed. One that stays open and is dead, since a cable was pulled or an
    /// address has moved, would be kept for the quarter of an hour for which TCP repeats itself.
    fn give_up(&self, now: Moment) {
        let current = self.connection.load();
        if current.as_ref().is_some_and(|connection| now.since(connection.made) >= CONNECTING) {
            self.connection.compare_and_swap(&*current, None);
        }
    }
}

impl fmt::Debug for RedisQuotas {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the client: its URL may have a password.
        formatter
            .debug_struct("RedisQuotas")
            .field("namespace", &self.namespace)
            .field("on_outage", &self.on_outage)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for NotARedisUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "not the url of a redis server: {}", self.0)
    }
}

impl std::error::Error for NotARedisUrl {}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        Failure::Redis(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Late => formatter.write_str("no answer within 50 ms"),
            // The kind and no more: details may quote what was sent.
            Failure::Redis(error) => formatter.write_str(error.code().unwrap_or(error.category())),
            Failure::NoRuntime => formatter.write_str("no tokio runtime"),
            Failure::Nonsense => formatter.write_str("not an answer to the question"),
        }
    }
}

/// The name of a window. What tokens say is only in the hash, each part with its length before it.
fn key(namespace: &str, demand: &Demand<'_>) -> String {
    let mut hash = Context::new(&SHA256);
    let mut add = |text: &str| {
        hash.update(&(text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
        hash.clone().finish()
    };
    let application = add(demand.application);
    let all = add(demand.other);
    let mut key = format!("{namespace}:{{");
    hex(&mut key, application.as_ref().iter().take(8));
    // Writing to a string does not fail.
    let _ = write!(key, "}}:{}:{}:", demand.level.name(), millis(demand));
    hex(&mut key, all.as_ref());
    key
}

fn hex<'a>(text: &mut String, bytes: impl IntoIterator<Item = &'a u8>) {
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
}

fn millis(demand: &Demand<'_>) -> u64 {
    u64::try_from(demand.bound.per.as_millis()).unwrap_or(u64::MAX)
}

/// Looks whether every window has something left, then takes from each. Gives which one has not, counted from 1, and how many
/// milliseconds it is until all of them have ended that have nothing left.
const TAKE: &str = r"
local which, wait = 0, 0
local counts = {}
for i, key in ipairs(KEYS) do
  local limit, per = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  counts[i] = tonumber(redis.call('GET', key) or '0')
  if counts[i] >= limit then
    local left = redis.call('PTTL', key)
    if left == -1 then
      redis.call('PEXPIRE', key, ARGV[2 * i])
    end
    if left < 0 then left = per end
    if which == 0 then which = i end
    if left > wait then wait = left end
  end
end
if which == 0 then
  for i, key in ipairs(KEYS) do
    if counts[i] == 0 then
      redis.call('SET', key, 1, 'PX', ARGV[2 * i])
    else
      redis.call('INCR', key)
    end
  end
end
return {which, wait}
";

/// The numbers of Lua are exact to here.
const EXACT: u64 = 1 << 53;

/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
