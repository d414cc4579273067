//! A Redis server of one test.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A `redis-server` on loopback that keeps nothing on disk. It ends with the value, also where the test fails.
pub(super) struct RedisServer {
    process: Child,
    port: u16,
}

impl RedisServer {
    /// On a free port.
    pub(super) fn start() -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        Self::start_on(port)
    }

    /// On this port, answering when it returns.
    pub(super) fn start_on(port: u16) -> Self {
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests of the feature `redis` need the program redis-server");
        let server = RedisServer { process, port };
        let began = Instant::now();
        while !server.answers() {
            assert!(began.elapsed() < Duration::from_secs(10), "redis-server does not answer on port {port}");
            thread::sleep(Duration::from_millis(10));
        }
        server
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Ends it at once and leaves the port free.
    pub(super) fn kill(self) -> u16 {
        self.port
    }

    /// What it answers to a command of its inline protocol, as long as that is short.
    pub(super) fn ask(&self, command: &str) -> String {
        self.try_ask(command).unwrap()
    }

    fn answers(&self) -> bool {
        self.try_ask("PING").is_ok_and(|answer| answer == "+PONG\r\n")
    }

    fn try_ask(&self, command: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        let mut answer = [0; 4096];
        let length = stream.read(&mut answer)?;
        Ok(String::from_utf8_lossy(answer.get(..length).unwrap_or_default()).into_owned())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
