//! Cloudflare's envelope and errors in our words.
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use super::Request;
use crate::wire::{Class, CloudError, Service};

/// `{success, errors, result}`, around every answer.
#[derive(Deserialize)]
struct Envelope {
    success: bool,
    #[serde(default)]
    errors: Vec<Said>,
    #[serde(default)]
    result: Value,
}

/// One error. What it means often stands in its chain only.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    error_chain: Vec<Said>,
    #[serde(default)]
    source: Option<Source>,
}

#[derive(Deserialize)]
struct Source {
    /// A JSON pointer into the request.
    #[serde(default)]
    pointer: String,
}

impl Said {
    /// The error, where it is about, and its causes.
    fn text(&self) -> String {
        let at = self.source.as_ref().filter(|s| !s.pointer.is_empty()).map(|s| format!(" at {}", s.pointer)).unwrap_or_default();
        let causes: String = self.error_chain.iter().map(|cause| format!(": {}", cause.text())).collect();
        format!("{} ({}){at}{causes}", self.message.trim_end_matches('.'), self.code)
    }

    /// The code of the innermost cause.
    fn code(&self) -> i64 {
        self.error_chain.last().map_or(self.code, Said::code)
    }
}

/// What an answer holds, or why it holds nothing.
pub fn read(request: &Request, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<Value, CloudError> {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let envelope: Result<Envelope, _> = serde_json::from_slice(body);
    let (code, message) = match envelope {
        Ok(envelope) if envelope.success && status < 400 => return Ok(envelope.result),
        Ok(envelope) => {
            let code = envelope.errors.first().map_or(0, Said::code);
            (code.to_string(), envelope.errors.iter().map(Said::text).collect::<Vec<_>>().join("; "))
        }
        Err(e) if status < 400 => ("BadAnswer".into(), e.to_string()),
        Err(_) => (format!("HTTP {status}"), String::from_utf8_lossy(&body[..body.len().min(200)]).trim().to_owned()),
    };
    let class = class(&code, status, request.reads());
    // The code is also that of a token which may not see something.
    let refused = class == Class::Denied && message.contains("access token");
    let code = if refused { "InvalidToken".to_owned() } else { code };
    let message = if message.is_empty() { format!("HTTP {status}") } else { message };
    let message = match class {
        Class::Denied if !request.permission.is_empty() && !refused => {
            format!("{message}; the token needs the permission {}", request.permission)
        }
        _ => message,
    };
    let retry_after = header("retry-after").and_then(|s| s.trim().parse().ok()).map(Duration::from_secs);
    let error = local(request, class, &code, &message);
    Err(CloudError { request_id: header("cf-ray").map(String::from), retry_after, ..error })
}

/// The class of an answer, by its code and its HTTP status. What a write doesn't find is no matter of time here.
fn class(code: &str, status: u16, reads: bool) -> Class {
    match (code, status) {
        ("971", _) | (_, 429) => Class::Throttled,
        ("BadAnswer", _) => Class::Transient,
        (_, 500..) => Class::Transient,
        (_, 401 | 403) => Class::Denied,
        (_, 404) if reads => Class::NotFound,
        (_, 409) => Class::Conflict,
        _ => Class::Invalid,
    }
}

/// An error of our own about a request.
pub fn local(request: &Request, class: Class, code: &str, message: &str) -> CloudError {
    let mut error = CloudError::new(class, code, message);
    (error.service, error.operation) = (Some(Service::Cloudflare), request.operation.into());
    error
}
