//! What answers of a service mean for a verb.
use std::cell::RefCell;

use super::*;

/// A deletion that finds nothing has succeeded.
pub(crate) fn gone<T>(answer: Result<T, CloudError>) -> Result<(), CloudError> {
    match answer {
        Err(e) if e.class == Class::NotFound => Ok(()),
        other => other.map(drop),
    }
}

/// What was read, or nothing when the object is gone meanwhile.
pub(crate) fn present<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Err(e) if e.class == Class::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// A failure after an earlier request of the same verb has taken effect: whatever its class, only a look at the cloud tells what stands.
pub(crate) fn half<T>(answer: Result<T, CloudError>) -> Result<T, CloudError> {
    answer.map_err(|e| CloudError { class: Class::Ambiguous, ..e })
}

/// Refuses an object that bears the generated name, but not this step's stamp.
pub(crate) fn ours(name: &str, read: Option<(Stamp, Tags)>, stamp: &Stamp) -> Result<(), CloudError> {
    match read {
        Some((found, _)) if (&found.address, &found.run, found.step) == (&stamp.address, &stamp.run, stamp.step) => Ok(()),
        _ => Err(CloudError::new(Class::Invalid, "NameTaken", format!("{name} exists and isn't of this run"))),
    }
}

/// Sends a request again as long as it is refused for a reason that is `passing`; then the service's own refusal is the answer, since nothing was done.
pub(crate) async fn patiently<T>(
    cx: &Clients,
    what: &str,
    deadline: Duration,
    passing: impl Fn(&CloudError) -> bool,
    send: impl AsyncFn() -> Result<T, CloudError>,
) -> Result<T, CloudError> {
    let refusal = RefCell::new(None);
    let look = async || match send().await {
        Err(e) if passing(&e) => {
            refusal.replace(Some(e));
            Ok(None)
        }
        other => other.map(Some),
    };
    match cx.policy.wait(what, deadline, look).await {
        Err(e) if e.code == "WaitTimeout" => Err(refusal.take().unwrap_or(e)),
        done => done,
    }
}
