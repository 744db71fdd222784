//! The API server's refusals (an object `Status`) in our words.
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::Request;
use crate::wire::{Class, CloudError, Service};

/// The code of a list whose pages have expired.
pub const EXPIRED: &str = "Expired";

/// What the server says when it refuses.
#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Details,
}

#[derive(Default, Deserialize)]
struct Details {
    #[serde(default)]
    causes: Vec<Cause>,
    #[serde(default, rename = "retryAfterSeconds")]
    retry_after: Option<u64>,
}

#[derive(Deserialize)]
struct Cause {
    #[serde(default)]
    reason: String,
}

/// Why a request was refused. `new`: the server may not know yet who asks.
pub fn refused(request: &Request, status: u16, headers: &HeaderMap, body: &[u8], new: bool) -> CloudError {
    let said = serde_json::from_slice::<Status>(body).unwrap_or_else(|_| Status {
        reason: String::new(),
        message: String::from_utf8_lossy(&body[..body.len().min(200)]).trim().to_owned(),
        details: Details::default(),
    });
    let code = if said.reason.is_empty() { format!("HTTP {status}") } else { said.reason.clone() };
    let message = if said.message.is_empty() { format!("HTTP {status}") } else { said.message.clone() };
    let header = headers.get("retry-after").and_then(|v| v.to_str().ok()?.trim().parse().ok());
    let retry_after = header.or(said.details.retry_after).map(Duration::from_secs);
    let request_id = headers.get("audit-id").and_then(|v| v.to_str().ok()).map(String::from);
    CloudError { request_id, retry_after, ..local(request, class(status, &said, new), &code, &message) }
}

fn class(status: u16, said: &Status, new: bool) -> Class {
    match status {
        429 => Class::Throttled,
        403 if said.details.causes.iter().any(|cause| cause.reason == "NamespaceTerminating") => Class::Conflict,
        403 if said.message.contains("exceeded quota") => Class::Quota,
        // The request was not looked at: it waits until the server knows who asks.
        401 | 403 if new => Class::Conflict,
        401 | 403 => Class::Denied,
        404 => Class::NotFound,
        // One of that name has another uid: what was to be deleted is gone.
        409 if said.message.contains("the UID in the precondition") => Class::NotFound,
        // Others have fields of an object that was to be made.
        409 if said.details.causes.iter().any(|cause| cause.reason == "FieldManagerConflict") => Class::Invalid,
        409 => Class::Conflict,
        // A field that the schema lacks is told without a reason, as a failure of the server.
        500 if said.message.contains("typed patch object") => Class::Invalid,
        500.. => Class::Transient,
        _ => Class::Invalid,
    }
}

/// An error of our own about a request.
pub fn local(request: &Request, class: Class, code: &str, message: &str) -> CloudError {
    let mut error = CloudError::new(class, code, message);
    (error.service, error.operation) = (Some(Service::Kubernetes), request.operation.clone());
    error
}
