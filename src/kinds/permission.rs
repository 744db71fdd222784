//! Who may call a function by its alias: statements of the alias' policy, each for one service on behalf of one object. Others' statements stay.
use std::cell::RefCell;

use aws_sdk_lambda::types::FunctionUrlAuthType;
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

/// What lets anybody call a function by its URL: both are asked for ("Control access to Lambda function URLs"). The ids are those that AWS's console gives.
const BY_URL: (&str, &str) = ("FunctionURLAllowPublicAccess", "lambda:InvokeFunctionUrl");
const CALLS: (&str, &str) = ("FunctionURLInvokeAllowPublicAccess", "lambda:InvokeFunction");

/// Whether a statement is one of the two.
fn opens(statement: &Value) -> bool {
    let is = |(id, action): (&str, &str)| statement["Sid"] == id && statement["Action"] == action;
    let anybody =
        statement["Effect"] == "Allow" && [&statement["Principal"], &statement["Principal"]["AWS"]].iter().any(|who| **who == "*");
    let condition = &statement["Condition"];
    let by_url = condition["StringEquals"]["lambda:FunctionUrlAuthType"] == "NONE";
    let called = condition["Bool"]["lambda:InvokedViaFunctionUrl"] == "true";
    anybody && (is(BY_URL) && by_url || is(CALLS) && called)
}

/// Whether anybody may call the function by its URL.
pub async fn public(cx: &Clients, function: &str) -> Result<bool, CloudError> {
    Ok(statements(cx, function).await?.iter().filter(|s| opens(s)).count() == 2)
}

/// Lets anybody call the function by its URL.
pub async fn open(cx: &Clients, function: &str) -> Result<(), CloudError> {
    let there = statements(cx, function).await?;
    for (id, action) in [BY_URL, CALLS] {
        let same = there.iter().find(|s| s["Sid"] == id);
        if same.is_some_and(opens) {
            continue;
        }
        if same.is_some() {
            remove(cx, function, id).await?;
        }
        let request = cx.lambda().add_permission().function_name(function).qualifier(LIVE).statement_id(id).action(action).principal("*");
        let request = match id {
            id if id == BY_URL.0 => request.function_url_auth_type(FunctionUrlAuthType::None),
            _ => request.invoked_via_function_url(true),
        };
        match cx.safe(Service::Lambda, "AddPermission", async || request.clone().send().await).await {
            // An earlier try of the same request has written it.
            Err(e) if e.code == "ResourceConflictException" => {}
            written => written.map(drop)?,
        }
    }
    Ok(())
}

/// Lets nobody call the function by its URL any more but who may anyway.
pub async fn close(cx: &Clients, function: &str) -> Result<(), CloudError> {
    remove(cx, function, BY_URL.0).await?;
    half(remove(cx, function, CALLS.0).await)
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
    remove(cx, function, grant.id).await
}

async fn remove(cx: &Clients, function: &str, id: &str) -> Result<(), CloudError> {
    let request = cx.lambda().remove_permission().function_name(function).qualifier(LIVE).statement_id(id);
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
