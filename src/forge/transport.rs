//! The one way to a code host: one client, and one rule for what is sent again.
//!
//! | failure | sent again | waits |
//! |---|---|---|
//! | 429, and 403 that tells of a rate limit | always: nothing was done | as told (`Retry-After`, the limit's reset), a minute when nothing is told |
//! | 5xx, or no answer, to what says the same twice | [`TRIES`] times | 250 ms doubled, with full jitter |
//! | 5xx, or no answer, to a creation | never: it is [`ForgeErrorKind::Lost`], and the caller looks | |
//!
//! What failed attempts and waits take together is bounded by the transport's patience. `wire::policy` is not this: it knows services of
//! clouds, their lanes and the lease, and none of its futures can leave its thread, as those of a client's service must.
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Certificate, Client, Method};
use serde_json::Value;
use tokio::time::sleep;

use super::{ForgeError, ForgeErrorKind, Site};

/// Attempts at most, for what fails in passing.
const TRIES: u32 = 5;
/// How long one request may take.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a host's name may take to become a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long to wait when a limit doesn't say: what GitHub asks for.
const UNSAID: Duration = Duration::from_secs(60);

/// One request to the API.
pub struct HttpRequest {
    pub method: Method,
    /// Path and query, below the API's base.
    pub path: String,
    /// JSON.
    pub body: Vec<u8>,
    /// Whether it is idempotent, and so may be sent again.
    pub repeat: bool,
}

impl HttpRequest {
    /// A GET request.
    pub fn get(path: String) -> HttpRequest {
        HttpRequest { method: Method::GET, path, body: vec![], repeat: true }
    }

    /// A request; all but POST are idempotent.
    pub fn new(method: Method, path: String, body: Vec<u8>) -> HttpRequest {
        let repeat = method != Method::POST;
        HttpRequest { method, path, body, repeat }
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path.split('?').next().unwrap_or_default())
    }
}

/// A response with a status of success.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// An HTTP client with a token and a budget of waiting time.
#[derive(Clone)]
pub struct Transport {
    client: Client,
    base: String,
    patience: Duration,
    /// Milliseconds of the patience that are used up.
    spent: Arc<AtomicU64>,
}

impl Transport {
    /// A token that no header can hold, or a base that is no address, is refused.
    pub fn new(site: &Site, headers: &[(&'static str, &'static str)], patience: Duration) -> Result<Transport, ForgeError> {
        let base = site.api.trim_end_matches('/').to_owned();
        let address = reqwest::Url::parse(&base).ok().filter(|u| ["http", "https"].contains(&u.scheme()) && u.has_host());
        if address.is_none() {
            return Err(ForgeError::new(ForgeErrorKind::Unreachable, format!("`{base}` is no address of an API")));
        }
        let mut all = HeaderMap::new();
        all.insert(USER_AGENT, HeaderValue::from_static(concat!("infra/", env!("CARGO_PKG_VERSION"))));
        all.insert(ACCEPT, HeaderValue::from_static("application/json"));
        all.extend(headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))));
        let token = site.token.as_ref().ok_or_else(|| ForgeError::new(ForgeErrorKind::NoToken(site.provider), "there is no token"))?;
        all.insert(
            AUTHORIZATION,
            token.header().ok_or_else(|| ForgeError::new(ForgeErrorKind::Token, "the token is none: no header can hold it"))?,
        );
        let roots = site.roots.iter().filter_map(|file| Certificate::from_pem_bundle(&std::fs::read(file).ok()?).ok()).flatten();
        let client = Client::builder().default_headers(all).connect_timeout(CONNECT).timeout(ANSWER);
        let client = roots.fold(client, |client, root| client.add_root_certificate(root)).build();
        let client = client.map_err(|e| ForgeError::new(ForgeErrorKind::Unreachable, causes(&e)))?;
        Ok(Transport { client, base, patience, spent: Arc::default() })
    }

    /// The same client and budget, for another API of the host.
    #[must_use]
    pub fn beside(&self, base: String) -> Transport {
        Transport { base, ..self.clone() }
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request, and sends it again as the table above says.
    pub async fn send(&self, request: &HttpRequest) -> Result<Answer, ForgeError> {
        let mut attempt = 0;
        loop {
            let started = Instant::now();
            let (error, wait) = match self.once(request).await? {
                Verdict::Good(answer) => return Ok(answer),
                Verdict::Limited(error, delay) => (error, delay.unwrap_or(UNSAID)),
                Verdict::Passing(error) if attempt + 1 < TRIES => (error, backoff(attempt)),
                Verdict::Passing(error) => return Err(error),
            };
            self.pause(started.elapsed(), wait).await.ok_or(error)?;
            attempt += 1;
        }
    }

    /// Waits; `None` when what is left of the patience doesn't suffice.
    pub async fn pause(&self, lost: Duration, wait: Duration) -> Option<()> {
        let took = (lost + wait).as_millis() as u64;
        let before = self.spent.fetch_add(took, Ordering::Relaxed);
        if u128::from(before + took) > self.patience.as_millis() {
            return None;
        }
        sleep(wait).await;
        Some(())
    }

    async fn once(&self, request: &HttpRequest) -> Result<Verdict, ForgeError> {
        let mut sent = self.client.request(request.method.clone(), format!("{}{}", self.base, request.path));
        if !request.body.is_empty() {
            sent = sent.header(CONTENT_TYPE, "application/json").body(request.body.clone());
        }
        let name = request.name();
        let answer = async {
            let answer = sent.send().await?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            Ok::<_, reqwest::Error>(Answer { status, headers, body: answer.text().await? })
        };
        let answer = match answer.await {
            Ok(answer) => answer,
            // What found no connection was never heard.
            Err(e) if request.repeat || e.is_connect() => {
                return Ok(Verdict::Passing(ForgeError::new(ForgeErrorKind::Unreachable, format!("{name}: {}", causes(&e.without_url())))));
            }
            Err(e) => return Err(ForgeError::new(ForgeErrorKind::Lost, format!("{name}: {}", causes(&e.without_url())))),
        };
        let said = format!("{name}: {} {}", answer.status, error_message(&answer.body));
        let error = |kind| ForgeError { kind, status: Some(answer.status), message: said.trim_end().to_owned() };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if limited(answer.status, &answer.headers, &answer.body) {
            return Ok(Verdict::Limited(error(ForgeErrorKind::Busy), retry_delay(&answer.headers, now)));
        }
        match answer.status {
            200..=299 => Ok(Verdict::Good(answer)),
            408 | 500..=599 if request.repeat => Ok(Verdict::Passing(error(ForgeErrorKind::Unreachable))),
            408 | 500..=599 => Err(error(ForgeErrorKind::Lost)),
            401 => Err(error(ForgeErrorKind::Token)),
            403 | 404 | 410 => Err(error(ForgeErrorKind::Denied)),
            _ => Err(error(ForgeErrorKind::Refused)),
        }
    }
}

/// What an answer means for its request.
enum Verdict {
    Good(Answer),
    /// Nothing was done; how long to wait is told, or not.
    Limited(ForgeError, Option<Duration>),
    /// May be otherwise in a moment.
    Passing(ForgeError),
}

/// Whether an answer is a rate limit's. GitHub's limits answer 403, too, and only the rest of the answer tells them from a refusal.
fn limited(status: u16, headers: &HeaderMap, body: &str) -> bool {
    let body = body.to_ascii_lowercase();
    let spent = headers.get("x-ratelimit-remaining").is_some_and(|v| v == "0");
    let said = ["secondary rate limit", "rate limit exceeded", "abuse detection"].iter().any(|s| body.contains(s));
    let refused = body.contains("not accessible by");
    status == 429 || (status == 403 && !refused && (spent || said || headers.contains_key("retry-after")))
}

/// How long a limit asks to wait: in seconds, or until a second of the epoch.
fn retry_delay(headers: &HeaderMap, now: u64) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let spent = |name: &str| number(name) == Some(0);
    let reset = |name: &str| number(name).map(|at| at.saturating_sub(now) + 1);
    let until = || spent("x-ratelimit-remaining").then(|| reset("x-ratelimit-reset")).flatten();
    let gitlab = || spent("ratelimit-remaining").then(|| reset("ratelimit-reset")).flatten();
    number("retry-after").or_else(until).or_else(gitlab).map(Duration::from_secs)
}

fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(fastrand::u64(0..=250 << attempt.min(5)))
}

/// What an error's body says: both hosts have several shapes for it.
fn error_message(body: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(body) else { return String::new() };
    let said = ["message", "error_description", "error"].iter().find_map(|key| value.get(*key));
    let mut text = match said {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let more = value.get("errors").and_then(Value::as_array).into_iter().flatten();
    for said in more.filter_map(|e| e.as_str().or_else(|| e.get("message")?.as_str())) {
        text = format!("{text}: {said}");
    }
    text.chars().take(300).collect()
}

/// An error and what it came of.
fn causes(e: &dyn Error) -> String {
    let mut all = vec![e.to_string()];
    let mut next = e.source();
    while let Some(e) = next {
        all.push(e.to_string());
        next = e.source();
    }
    all.dedup();
    all.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn limits_are_told_from_refusals() {
        let secondary = r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}"#;
        let fork = r#"{"message":"Resource not accessible by integration"}"#;
        let cases = [
            (429, headers(&[]), "Retry later\n", true),
            (403, headers(&[]), secondary, true),
            (403, headers(&[("x-ratelimit-remaining", "0")]), r#"{"message":"API rate limit exceeded for user ID 1."}"#, true),
            (403, headers(&[("retry-after", "60")]), "{}", true),
            (403, headers(&[("x-ratelimit-remaining", "4999")]), fork, false),
            (403, headers(&[("x-ratelimit-remaining", "0")]), fork, false),
            (404, headers(&[("x-ratelimit-remaining", "0")]), "{}", false),
        ];
        for (status, headers, body, expected) in cases {
            assert_eq!(limited(status, &headers, body), expected, "{status} {headers:?} {body}");
        }
    }

    #[test]
    fn waits_are_as_long_as_told() {
        let seconds = |pairs: &[(&'static str, &'static str)]| retry_delay(&headers(pairs), 1000).map(|d| d.as_secs());
        assert_eq!(seconds(&[("retry-after", "7"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1100")]), Some(7));
        assert_eq!(seconds(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1100")]), Some(101));
        assert_eq!(seconds(&[("x-ratelimit-remaining", "9"), ("x-ratelimit-reset", "1100")]), None, "that isn't the limit that was met");
        assert_eq!(seconds(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "900")]), Some(1), "clocks differ");
        assert_eq!(seconds(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "1030")]), Some(31));
        assert_eq!(seconds(&[("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")]), None);
    }

    #[test]
    fn every_shape_of_an_error_says_something() {
        let long = r#"{"message":"Validation Failed","errors":[{"resource":"IssueComment","message":"body is too long (maximum is 65536 characters)"}]}"#;
        assert_eq!(error_message(long), "Validation Failed: body is too long (maximum is 65536 characters)");
        assert_eq!(error_message(r#"{"message":{"note":["is too long"]}}"#), r#"{"note":["is too long"]}"#);
        assert_eq!(
            error_message(r#"{"error":"insufficient_scope","error_description":"The request requires higher privileges"}"#),
            "The request requires higher privileges"
        );
        assert_eq!(error_message("<html>"), "");
    }
}
