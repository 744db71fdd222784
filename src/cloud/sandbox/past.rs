//! What the sandbox's objects were: some attributes never go back, others rest for hours before they change again.
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::kinds::{Kind, Object};
use crate::model::{Attribute, Reversal};
use crate::wire::{Class, CloudError};

/// The earlier values of one attribute, and when it changed last.
type Earlier = (Vec<Value>, Instant);

/// What objects were, by the attributes that remember it.
#[derive(Default)]
pub(super) struct Past(BTreeMap<(Kind, String, &'static str), Earlier>);

impl Past {
    /// Refuses a change that the service doesn't take: a way back where it only goes onward, or one too soon after the last. `scale` is what hours are
    /// multiplied with.
    pub fn admit(&self, id: &str, old: &Object, new: &Object, scale: f64) -> Result<(), CloudError> {
        for (was, is) in changed(old, new) {
            let Some((values, at)) = self.0.get(&(new.kind(), id.to_owned(), is.name)) else { continue };
            let soon = |hours: u8| at.elapsed() < Duration::from_secs(3600 * u64::from(hours)).mul_f64(scale);
            let why = match is.reversal {
                Reversal::Never if values.contains(&is.value) => format!("{} does not go back from {} to {}", is.name, was.value, is.value),
                Reversal::Rests(hours) if soon(hours) => format!("{} was changed less than {hours} hours ago", is.name),
                _ => continue,
            };
            return Err(CloudError::new(Class::Invalid, "InvalidParameterCombination", why));
        }
        Ok(())
    }

    /// Takes note of a change that was made.
    pub fn note(&mut self, id: &str, old: &Object, new: &Object) {
        for (was, is) in changed(old, new).into_iter().filter(|(_, is)| matches!(is.reversal, Reversal::Never | Reversal::Rests(_))) {
            let (values, at) = self.0.entry((new.kind(), id.to_owned(), is.name)).or_insert_with(|| (vec![], Instant::now()));
            values.push(was.value);
            *at = Instant::now();
        }
    }
}

/// Attributes with another value, before and after.
fn changed(old: &Object, new: &Object) -> Vec<(Attribute, Attribute)> {
    let pairs = old.attributes().into_iter().zip(new.attributes());
    pairs.filter(|(was, is)| is.reversal != Reversal::Full && was.value != is.value).collect()
}
