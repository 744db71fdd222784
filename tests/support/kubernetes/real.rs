//! A real API server on loopback, where one is asked for: `INFRA_TEST_KUBERNETES=real`. `real.py` makes it, once, and runs it.
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};

use super::route::Request;

/// A running server with its own controllers; it ends with its owner.
pub struct Real {
    /// Where it is, with the names that APIs have today.
    pub endpoint: String,
    /// Where it is as it is.
    plain: String,
    process: Child,
    input: Option<ChildStdin>,
    http: reqwest::Client,
}

impl Real {
    /// Starts an empty one; `None` where nobody asks for it. No pod runs by itself.
    pub fn start() -> Option<Real> {
        if std::env::var("INFRA_TEST_KUBERNETES").is_err() {
            println!("without a real API server: INFRA_TEST_KUBERNETES=real makes one");
            return None;
        }
        let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("debian-kubernetes");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/kubernetes/real.py");
        let mut command = Command::new("python3");
        let mut process = command.args(["-B", script]).arg(home).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut line = || lines.next().expect("the API server doesn't start").unwrap();
        let (endpoint, plain, input) = (line(), line(), process.stdin.take());
        Some(Real { endpoint, plain, process, input, http: reqwest::Client::new() })
    }

    /// One with nodes, so to say: pods run, or don't, by the tag of their image.
    pub fn with_nodes() -> Option<Real> {
        let mut real = Real::start()?;
        real.input.as_mut().unwrap().write_all(b"nodes\n").unwrap();
        Some(real)
    }

    /// What it answers as it is.
    pub async fn answer(&self, request: &Request) -> (u16, Value) {
        let method = request.method.parse().unwrap();
        let asked = self.http.request(method, format!("{}{}", self.plain, request.path)).query(&request.query);
        let mut asked = asked.bearer_auth(request.token.clone().unwrap_or_default()).header(USER_AGENT, &request.agent);
        if !request.body.is_null() {
            asked = asked.header(CONTENT_TYPE, &request.content).body(request.body.to_string());
        }
        let answer = asked.send().await.unwrap();
        let (status, body) = (answer.status().as_u16(), answer.bytes().await.unwrap());
        (status, serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body))))
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}
