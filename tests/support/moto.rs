//! The AWS emulator as a process of its own, pinned, installed into `target/` when it isn't there.
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use infra::cloud::Clients;
use infra::cloud::policy::Policy;

const VERSION: &str = "5.2.5";

/// A running emulator; it ends with its owner.
pub struct Moto {
    process: Child,
    pub endpoint: String,
}

impl Moto {
    /// Starts one on a free port of the loopback interface, and waits until it answers.
    pub async fn start() -> Moto {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(server())
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_ACM_VALIDATION_WAIT", "0")
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let moto = Moto { process, endpoint: format!("http://127.0.0.1:{port}") };
        for _ in 0..600 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return moto;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the emulator does not answer");
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
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The emulator's program: `INFRA_TEST_MOTO`, or the pinned version in a virtual environment under `target/`.
fn server() -> PathBuf {
    if let Some(given) = std::env::var_os("INFRA_TEST_MOTO") {
        return given.into();
    }
    super::venv::venv("moto", VERSION, "moto[server]").join("moto_server")
}
