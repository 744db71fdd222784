//! Who may call a function by its alias: statements of the alias' policy, each for one service on behalf of one object. Others' statements stay.
use std::cell::RefCell;

use serde_json::Value;

use super::function::LIVE;
use super::*;

/// What a statement lets happen.
pub struct Grant<'a> {
    /// `StatementId`.
    pub id: &'a str,
    /// `Principal`: the service that calls.
    pub service: &'static str,
    /// `SourceArn`: the object on whose behalf.
    pub source: &'a str,
    /// `SourceAccount`: whose object that is.
    pub account: &'a str,
}

impl Grant<'_> {
    /// Whether a statement says just this.
    fn is(&self, statement: &Value) -> bool {
        let said = |pointer: &str| statement.pointer(pointer).and_then(Value::as_str);
        let all = [
            ("/Sid", self.id),
            ("/Effect", "Allow"),
            ("/Action", "lambda:InvokeFunction"),
            ("/Principal/Service", self.service),
            ("/Condition/ArnLike/AWS:SourceArn", self.source),
            ("/Condition/StringEquals/AWS:SourceAccount", self.account),
        ];
        all.iter().all(|(pointer, text)| said(pointer) == Some(text))
    }
}

/// The statements of the alias' policy; none where there is no policy, or no function.
async fn statements(cx: &Clients, function: &str) -> Result<Vec<Value>, CloudError> {
    let request = cx.lambda().get_policy().function_name(function).qualifier(LIVE);
    let seen = present(cx.safe(Service::Lambda, "GetPolicy", async || request.clone().send().await).await)?;
    let policy: Value = seen.and_then(|seen| serde_json::from_str(&seen.policy?).ok()).unwrap_or_default();
    Ok(policy["Statement"].as_array().cloned().unwrap_or_default())
}

/// Whether the grant stands.
pub async fn stands(cx: &Clients, function: &str, grant: &Grant<'_>) -> Result<bool, CloudError> {
    Ok(statements(cx, function).await?.iter().any(|s| grant.is(s)))
}

/// `AddPermission`. A statement of the same id that says something else goes first.
pub async fn allow(cx: &Clients, function: &str, grant: &Grant<'_>) -> Result<(), CloudError> {
    match statements(cx, function).await?.iter().find(|s| s["Sid"] == grant.id) {
        Some(there) if grant.is(there) => return Ok(()),
        Some(_) => forbid(cx, function, grant).await?,
        None => {}
    }
    let request = cx
        .lambda()
        .add_permission()
        .function_name(function)
        .qualifier(LIVE)
        .statement_id(grant.id)
        .action("lambda:InvokeFunction")
        .principal(grant.service)
        .source_arn(grant.source)
        .source_account(grant.account);
    match cx.safe(Service::Lambda, "AddPermission", async || request.clone().send().await).await {
        // An earlier try of the same request has written it.
        Err(e) if e.code == "ResourceConflictException" && stands(cx, function, grant).await? => Ok(()),
        written => written.map(drop),
    }
}

/// `RemovePermission`. What isn't there any more, or was the function's that is gone, is fine.
pub async fn forbid(cx: &Clients, function: &str, grant: &Grant<'_>) -> Result<(), CloudError> {
    let request = cx.lambda().remove_permission().function_name(function).qualifier(LIVE).statement_id(grant.id);
    gone(cx.safe(Service::Lambda, "RemovePermission", async || request.clone().send().await).await)
}

/// How long a permission may take to be known to the service that asks for it.
const SPREADS: Duration = Duration::from_secs(30);

/// Sends a request that looks whether the service may call a function, as soon as a new permission is known. `unknown` tells the refusal that says it isn't.
pub async fn known<T>(
    cx: &Clients,
    what: &str,
    unknown: fn(&CloudError) -> bool,
    send: impl AsyncFn() -> Result<T, CloudError>,
) -> Result<T, CloudError> {
    let refusal = RefCell::new(None);
    let look = async || match send().await {
        Err(e) if unknown(&e) => {
            refusal.replace(Some(e));
            Ok(None)
        }
        other => other.map(Some),
    };
    match cx.policy.wait(what, deadline(SPREADS), look).await {
        // Nothing was done, and the service has said why.
        Err(e) if e.code == "WaitTimeout" => Err(refusal.take().unwrap_or(e)),
        done => done,
    }
}

/// The function whose alias has this ARN, `arn:…:function:NAME:live`.
pub fn called(arn: &str) -> Option<&str> {
    let (_, rest) = arn.split_once(":function:")?;
    rest.strip_suffix(LIVE)?.strip_suffix(':')
}
