//! What answers of a service mean for a verb.
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
