//! The notes of the sandbox.
use std::collections::BTreeMap;

use super::{Sandbox, broken, file::Line};
use crate::wire::notes::Key;
use crate::wire::{CloudError, Notes};

/// Where the keys are; the folder of no stack, whose names have no line below.
const KEYS: &str = "_keys/";

impl Notes for Sandbox {
    async fn note_new(&self, name: &str, text: &str) -> Result<bool, CloudError> {
        self.latency().await;
        let mut state = self.state.borrow_mut();
        let written = state.alone(|state| match state.notes.contains_key(name) {
            true => Ok(false),
            false => state.write_note(name, text).map(|()| true),
        });
        written.and_then(|w| w).map_err(broken)
    }

    async fn note(&self, name: &str, text: &str) -> Result<(), CloudError> {
        self.latency().await;
        self.state.borrow_mut().alone(|state| state.write_note(name, text)).and_then(|w| w).map_err(broken)
    }

    async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        self.latency().await;
        let mut state = self.state.borrow_mut();
        state.catch_up().map_err(broken)?;
        let prefix = format!("{folder}/");
        Ok(state.notes.iter().filter(|(name, _)| name.starts_with(&prefix)).map(|(k, v)| (k.clone(), v.clone())).collect())
    }

    async fn forget(&self, names: &[String]) -> Result<(), CloudError> {
        self.latency().await;
        let forgotten = self.state.borrow_mut().alone(|state| {
            for name in names {
                if state.notes.remove(name).is_some() {
                    state.record(&Line::Forget(state.noted(name)))?;
                }
            }
            Ok(())
        });
        forgotten.and_then(|f| f).map_err(broken)
    }

    async fn key(&self, stack: &str) -> Result<Option<Key>, CloudError> {
        let mut state = self.state.borrow_mut();
        state.catch_up().map_err(broken)?;
        state.notes.get(&format!("{KEYS}{stack}")).map(|text| Key::of(text)).transpose()
    }

    async fn make_key(&self, stack: &str) -> Result<Key, CloudError> {
        if let Some(key) = self.key(stack).await? {
            return Ok(key);
        }
        self.note_new(&format!("{KEYS}{stack}"), &Key::fresh()?).await?;
        self.key(stack).await?.ok_or_else(|| CloudError::bug("a key that was made and isn't there"))
    }
}

impl super::State {
    fn write_note(&mut self, name: &str, text: &str) -> std::io::Result<()> {
        self.record(&Line::Note { name: self.noted(name), text: text.into() })?;
        self.notes.insert(name.into(), text.into());
        Ok(())
    }
}
