//! What the log is told of a service that fails.

use std::io;

use super::*;

/// Lines of the log that this thread writes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone());
        tracing::subscriber::set_default(subscriber.finish())
    }

    fn taken(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        // Without the time.
        let lines = text.lines().filter(|line| line.contains("claimgate"));
        lines.filter_map(|line| Some(line.split_once("Z ")?.1.trim().to_owned())).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_outage_is_two_lines_and_a_service_that_fails_now_and_then_no_more_in_a_minute() {
    let log = Log::default();
    let _listening = log.listen();
    let service = Service::start().await;
    let (settings, clock) = settings(&service);
    let store = settings.build().unwrap();
    let fails = r#"WARN claimgate: the subscription store fails reason="the subscription store has answered with status 500""#;
    let back = "INFO claimgate: the subscription store answers again";
    for (name, after, replies, expected) in [
        ("goes down", 0, &[500, 500, 500][..], &[fails][..]),
        ("is still down", 600, &[500], &[]),
        ("is back", 0, &[200, 200], &[back]),
        ("fails now and then", 0, &[500, 200, 500, 200], &[fails, back]),
        ("in the same minute", 59, &[500, 200, 500], &[]),
        ("a minute later", 1, &[500, 200, 500], &[fails, back]),
    ] {
        clock.advance(seconds(after));
        for (number, status) in replies.iter().enumerate() {
            service.replies(match status {
                200 => now(SUBSCRIBED),
                _ => Reply::Now(with_status("500 Internal Server Error", "")),
            });
            let key = format!("secret of {name} {number}");
            assert_eq!(find(&store, &key).await.is_ok(), *status == 200, "{name}");
        }
        assert_eq!(log.taken(), expected, "{name}");
    }
}
