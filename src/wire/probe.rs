//! Plain requests to an environment itself: whether it answers, and what.
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use reqwest::{Client, Method};

/// Bytes of an answer that are read; the rest is not looked at.
const BODY: usize = 1 << 20;

/// One request.
pub struct Ask<'a> {
    pub method: &'a str,
    pub url: &'a str,
    /// How long the whole answer may take.
    pub within: Duration,
    /// Whether the certificate may be for another name.
    pub any_name: bool,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Ask<'_> {
    /// Sends it once; no redirect is followed. An error is a sentence.
    pub async fn send(&self) -> Result<Answer, String> {
        self.sent(&self.client()?).await
    }

    /// Sends it so often, `concurrency` at a time.
    pub async fn many(&self, requests: u32, concurrency: u32) -> Vec<Result<Answer, String>> {
        let client = match self.client() {
            Ok(client) => client,
            Err(why) => return vec![Err(why)],
        };
        let client = &client;
        let one = move |_| async move { self.sent(client).await };
        stream::iter(0..requests).map(one).buffer_unordered(concurrency.max(1) as usize).collect().await
    }

    fn client(&self) -> Result<Client, String> {
        let agent = concat!("infra/", env!("CARGO_PKG_VERSION"));
        let client = Client::builder().timeout(self.within).user_agent(agent).redirect(reqwest::redirect::Policy::none());
        client.danger_accept_invalid_hostnames(self.any_name).build().map_err(|e| said(&e))
    }

    async fn sent(&self, client: &Client) -> Result<Answer, String> {
        let method = Method::from_bytes(self.method.as_bytes()).map_err(|e| e.to_string())?;
        let mut answer = client.request(method, self.url).send().await.map_err(|e| said(&e))?;
        let (status, mut body) = (answer.status().as_u16(), vec![]);
        while let Some(some) = answer.chunk().await.map_err(|e| said(&e))? {
            body.extend_from_slice(&some);
            if body.len() >= BODY {
                break;
            }
        }
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// The innermost reason: that of the connection, not of the client.
fn said(e: &reqwest::Error) -> String {
    if e.is_timeout() {
        return "it took too long".into();
    }
    let mut inner: &dyn std::error::Error = e;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
