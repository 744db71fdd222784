//! What an error's own words leave out: the quota and its value, the permission and its resource.
//!
//! The service's own message stays first, and the class stays what it is. A look that fails adds nothing: it never hides the error.
use serde_json::Value;

use super::quotas;
use crate::kinds::calls::action;
use crate::wire::{Clients, CloudError, Service};

/// What EC2 puts before a verdict that only `DecodeAuthorizationMessage` can read.
const ENCODED: &str = "Encoded authorization failure message:";

/// The error with what can be found out about it. `about`: what the request was for, if anything.
pub async fn explain(cx: &Clients, e: CloudError, about: &str) -> CloudError {
    if e.forbidden() {
        return permission(cx, e, about).await;
    }
    match quotas::reached(cx, &e).await {
        Some(quota) => e.adding(&quota),
        None => e,
    }
}

/// Names the permission that is missing, and for what.
async fn permission(cx: &Clients, e: CloudError, about: &str) -> CloudError {
    let Some(service) = e.service else { return e };
    let on = |resource: &str| if resource.is_empty() { String::new() } else { format!(" on {resource}") };
    let needed = format!("it needs the permission {}{}", action(service, &e.operation), on(about));
    let Some((said, code)) = e.message.split_once(ENCODED) else { return e.adding(&needed) };
    let (said, code) = (said.trim().to_owned(), code.split_whitespace().next().unwrap_or_default().to_owned());
    let Some(verdict) = decoded(cx, &code).await else { return e.adding(&needed) };
    // What it says is readable now.
    let e = CloudError { message: said, ..e };
    let text = |path: &str| verdict.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let why = match verdict["explicitDeny"].as_bool() {
        Some(true) => "a policy denies",
        _ => "no policy allows",
    };
    match (text("/context/action"), text("/context/resource")) {
        ("", _) => e.adding(&needed),
        (action, resource) => e.adding(&format!("{why} {action}{}{}", on(resource), for_(about))),
    }
}

fn for_(about: &str) -> String {
    if about.is_empty() { String::new() } else { format!(", for {about}") }
}

/// The verdict in an encoded message, if this identity may read it.
async fn decoded(cx: &Clients, code: &str) -> Option<Value> {
    let request = cx.sts().decode_authorization_message().encoded_message(code);
    let answer = cx.hint(Service::Sts, "DecodeAuthorizationMessage", async || request.clone().send().await).await?;
    serde_json::from_str(answer.decoded_message()?).ok()
}
