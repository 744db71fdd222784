//! What an object's controller makes of it, and what becomes of one that is of no use.
use std::cell::RefCell;

use super::*;

/// Waits until the kind's controller has carried out what was applied (`status.observedGeneration`).
pub(in crate::kinds) async fn observed<K: Manifest>(cx: &Clients, api: &Kubernetes, at: &Place, applied: &Value) -> Result<(), CloudError> {
    let wanted = applied["metadata"]["generation"].as_i64().unwrap_or_default();
    let seen = RefCell::new(Value::Null);
    let look = async || {
        let now = standing::<K>(cx, api, at).await?;
        let done = now["status"]["observedGeneration"].as_i64().is_some_and(|seen| seen >= wanted).then_some(());
        seen.replace(now);
        Ok(done)
    };
    let why = async || unmet(&seen.borrow());
    let waited = cx.policy.wait_saying(&format!("{} to be carried out", at.id::<K>()), deadline(K::TYPICAL.create), look, why).await;
    waited.map_err(|e| if e.code == "WaitTimeout" { useless::<K>(at, &e.message) } else { e })
}

/// The code of a verdict: an object's controller doesn't carry out what was applied.
const USELESS: &str = "NotCarriedOut";

/// That verdict, with what is told of it.
pub(in crate::kinds) fn useless<K: Manifest>(at: &Place, why: &str) -> CloudError {
    let e = CloudError::new(Class::Invalid, USELESS, format!("{} is of no use: {why}", at.id::<K>()));
    CloudError { service: Some(Service::Kubernetes), operation: format!("get {}", K::TYPE.plural), ..e }
}

/// Ends a creation as its controller has judged: an object of no use is deleted again, so that the failure is definite.
pub(in crate::kinds) async fn stays<K: Manifest>(
    cx: &Clients,
    api: &Kubernetes,
    at: &Place,
    made: &Value,
    judged: Result<(), CloudError>,
) -> Result<(), CloudError> {
    match judged {
        Err(e) if e.code == USELESS => {
            half(remove::<K>(cx, api, at, &uid(made).0.unwrap_or_default()).await)?;
            Err(e)
        }
        judged => half(judged),
    }
}

/// Ends an update as its controller has judged: what was there before is applied again, so that the failure is definite.
pub(in crate::kinds) async fn stays_as<K: Manifest>(
    cx: &Clients,
    api: &Kubernetes,
    before: &Value,
    judged: Result<(), CloudError>,
) -> Result<(), CloudError> {
    match judged {
        Err(e) if e.code == USELESS => {
            half(api.apply(cx, K::TYPE, MANAGER, before).await)?;
            Err(e)
        }
        judged => half(judged),
    }
}

/// What a controller says that isn't so yet, and why (`status.conditions`); that all is well together says nothing that the others don't.
pub(in crate::kinds) fn unmet(now: &Value) -> Option<String> {
    let all = now["status"]["conditions"].as_array().into_iter().flatten();
    let unmet: Vec<&Value> = all.filter(|c| c["status"] == "False").collect();
    let parts: Vec<&&Value> = unmet.iter().filter(|c| unmet.len() == 1 || c["type"] != "Ready").collect();
    let told =
        |c: &&&Value| format!("{} is false: {}: {}", fields::text(&c["type"]), fields::text(&c["reason"]), fields::text(&c["message"]));
    (!parts.is_empty()).then(|| parts.iter().map(told).collect::<Vec<_>>().join("; "))
}
