//! The emulator that runs functions, pinned, installed into `target/` when it isn't there: a process of its own for each test that asks for one.
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;

use super::proxy::Proxy;

const VERSION: &str = "1.5.33";

/// Without it the emulator answers CloudWatch's requests in a form that nobody asked for.
const CBOR: (&str, &str) = ("cbor2", "6.3.0");

/// A running emulator with an empty account; it ends with its owner.
pub struct Ministack {
    process: Child,
    /// Answers for a service that the emulator doesn't have: there are no workspaces.
    _proxy: Proxy,
    pub endpoint: String,
}

impl Ministack {
    /// Starts one on a free port of the loopback interface, and waits until it answers.
    pub async fn start() -> Ministack {
        let python = super::venv::venv_with("ministack", VERSION, "ministack", &[CBOR]).join("python");
        let mut process = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/mini.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let address = format!("127.0.0.1:{}", port.trim());
        let proxy = Proxy::start(&format!("http://{address}"));
        proxy.stand_in(|call, _| (call.operation == "GET /workspaces").then(|| (200, r#"{"workspaces":[]}"#.into())));
        let mini = Ministack { process, endpoint: proxy.endpoint.clone(), _proxy: proxy };
        for _ in 0..600 {
            if TcpStream::connect(&address).await.is_ok() {
                return mini;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the emulator does not start at {address}");
    }
}

impl Drop for Ministack {
    /// It ends when its input does.
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
