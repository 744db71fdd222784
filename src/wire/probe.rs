//! Plain requests to an environment itself: whether it answers, and what.
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use reqwest::{Client, Method};

/// Bytes of an answer that are read; the rest is not looked at.
const BODY: usize = 1 << 20;

/// One request.
pub struct Ask<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub headers: &'a BTreeMap<String, String>,
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

/// What is wrong with an answer, if something is.
pub type Judge<'a> = dyn Fn(&Result<Answer, String>) -> Result<(), String> + 'a;

/// What became of many requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Many {
    /// How long each took, in milliseconds; those that failed, too.
    pub took: Vec<u32>,
    pub failed: usize,
    /// What was wrong with the first that failed.
    pub first: Option<String>,
}

impl Many {
    /// The time in which so many percent of them were over.
    pub fn slowest(&self, percent: usize) -> Option<u32> {
        let mut took = self.took.clone();
        took.sort_unstable();
        took.get((took.len() * percent).div_ceil(100).saturating_sub(1)).copied()
    }

    fn with(mut self, (judged, took): (Result<(), String>, Duration)) -> Many {
        self.took.push(u32::try_from(took.as_millis()).unwrap_or(u32::MAX));
        if let Err(why) = judged {
            self.failed += 1;
            self.first.get_or_insert(why);
        }
        self
    }
}

impl Ask<'_> {
    /// Sends it once; no redirect is followed. An error is a sentence.
    pub async fn send(&self) -> Result<Answer, String> {
        self.sent(&self.client()?).await
    }

    /// Sends it so often, or for so long, `concurrency` at a time. Of each answer only what `judge` makes of it is kept.
    pub async fn many(&self, (requests, time): (Option<u32>, Option<Duration>), concurrency: u32, judge: &Judge<'_>) -> Many {
        let client = match self.client() {
            Ok(client) => client,
            Err(why) => return Many::default().with((Err(why), Duration::ZERO)),
        };
        let (client, begun) = (&client, Instant::now());
        let one = move |_| async move {
            let sent = Instant::now();
            (judge(&self.sent(client).await), sent.elapsed())
        };
        let open = (0..requests.unwrap_or(u32::MAX)).take_while(|_| time.is_none_or(|time| begun.elapsed() < time));
        let answers = stream::iter(open).map(one).buffer_unordered(concurrency.max(1) as usize);
        answers.fold(Many::default(), async |all, one| all.with(one)).await
    }

    fn client(&self) -> Result<Client, String> {
        let agent = concat!("infra/", env!("CARGO_PKG_VERSION"));
        let client = Client::builder().timeout(self.within).user_agent(agent).redirect(reqwest::redirect::Policy::none());
        client.danger_accept_invalid_hostnames(self.any_name).build().map_err(|e| said(&e))
    }

    async fn sent(&self, client: &Client) -> Result<Answer, String> {
        let method = Method::from_bytes(self.method.as_bytes()).map_err(|e| e.to_string())?;
        let request = self.headers.iter().fold(client.request(method, self.url), |request, (name, value)| request.header(name, value));
        let mut answer = request.send().await.map_err(|e| said(&e))?;
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
