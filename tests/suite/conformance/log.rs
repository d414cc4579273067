//! What was logged, as text.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

use tracing::Level;

/// What this thread logs. Tests run on a runtime of one thread, so this is what the test causes.
// One subscriber for the process: `tracing` remembers per call site whether anybody listens, and subscribers that come and
// go with tests on other threads make it forget now and then.
pub(crate) struct Log;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Log {
    /// Begins to collect anew, at every level.
    pub(crate) fn begin() -> Self {
        static SUBSCRIBER: Once = Once::new();
        SUBSCRIBER.call_once(|| {
            tracing_subscriber::fmt()
                .with_max_level(Level::TRACE)
                .with_ansi(false)
                // Its digits would be taken for those of a claim.
                .without_time()
                .with_writer(|| Lines)
                .init();
        });
        LINES.take();
        Log
    }

    /// What was collected since.
    #[expect(clippy::unused_self, reason = "there is something to read only after `begin`")]
    pub(crate) fn take(&self) -> String {
        String::from_utf8(LINES.take()).unwrap()
    }
}

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
