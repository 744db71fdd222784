//! The AWS emulator, pinned, installed into `target/` when it isn't there: one process for the whole binary, forked for each test.
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::time::Duration;

use infra::wire::Clients;
use infra::wire::policy::Policy;

const VERSION: &str = "5.2.5";

/// A running emulator with an empty account; it ends with its owner.
pub struct Moto {
    process: String,
    pub endpoint: String,
}

impl Moto {
    /// Starts one on a free port of the loopback interface.
    pub async fn start() -> Moto {
        let answer = Nursery::get().ask();
        let (port, process) = answer.trim().split_once(' ').unwrap_or_else(|| panic!("the emulator does not start: {answer:?}"));
        Moto { process: process.into(), endpoint: format!("http://127.0.0.1:{port}") }
    }

    /// The SDK's configuration for this emulator (or for a proxy in front of it).
    pub fn config(endpoint: &str) -> aws_config::SdkConfig {
        let keys = aws_sdk_sts::config::Credentials::new("test", "test", None, None, "test");
        aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(keys))
            .region(aws_config::Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .http_client(super::models::client())
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .build()
    }

    /// Our own clients for an endpoint, with short waits.
    pub fn clients(endpoint: &str) -> Clients {
        Clients::with_config(Moto::config(endpoint), Moto::policy())
    }

    /// Short waits, and no conflict is retried, so that a wrong order shows.
    pub fn policy() -> Policy {
        let mut policy = Policy::new(10);
        policy.poll = Duration::from_millis(20);
        policy.conflicts = Duration::ZERO;
        policy
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        Nursery::get().tell(&format!("stop {}", self.process));
    }
}

/// The process that all emulators are forked from, `emulator.py`. It ends when its input does, which is when this process ends.
struct Nursery {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Nursery {
    fn get() -> MutexGuard<'static, Nursery> {
        static ONE: LazyLock<Mutex<Nursery>> = LazyLock::new(|| Mutex::new(Nursery::start()));
        ONE.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn start() -> Nursery {
        #[expect(clippy::zombie_processes, reason = "it ends with this process, whose end it hears at its standard input")]
        let mut process = Command::new(python())
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/emulator.py"))
            .env("MOTO_ACM_VALIDATION_WAIT", "0")
            .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Nursery { input, output: BufReader::new(output) }
    }

    fn tell(&mut self, line: &str) {
        let _ = writeln!(self.input, "{line}");
    }

    /// A fork's port and process.
    fn ask(&mut self) -> String {
        self.tell("start");
        let mut answer = String::new();
        let _ = self.output.read_line(&mut answer);
        answer
    }
}

/// The Python that has the emulator: `INFRA_TEST_MOTO`, or the one of a virtual environment with the pinned version under `target/`.
pub fn python() -> PathBuf {
    if let Some(given) = std::env::var_os("INFRA_TEST_MOTO") {
        return given.into();
    }
    super::venv::venv("moto", VERSION, "moto[server]").join("python")
}
