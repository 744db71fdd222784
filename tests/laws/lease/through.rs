//! A way to the notes between a holder and its cloud.
use infra::wire::CloudError;
use infra::wire::notes::Key;

use super::*;

/// A way to the notes that counts how often they are read, and on which what is to be made new may take long.
pub struct Through<'c> {
    pub cloud: &'c Sandbox,
    pub late: Duration,
    pub reads: Cell<usize>,
}

impl<'c> Through<'c> {
    pub fn to(cloud: &'c Sandbox) -> Self {
        Through { cloud, late: Duration::ZERO, reads: Cell::new(0) }
    }
}

impl Notes for Through<'_> {
    async fn note_new(&self, name: &str, text: &str) -> Result<bool, CloudError> {
        sleep(self.late).await;
        self.cloud.note_new(name, text).await
    }
    async fn note(&self, name: &str, text: &str) -> Result<(), CloudError> {
        self.cloud.note(name, text).await
    }
    async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        self.reads.set(self.reads.get() + 1);
        self.cloud.notes(folder).await
    }
    async fn forget(&self, names: &[String]) -> Result<(), CloudError> {
        self.cloud.forget(names).await
    }
    async fn key(&self, stack: &str) -> Result<Option<Key>, CloudError> {
        self.cloud.key(stack).await
    }
    async fn make_key(&self, stack: &str) -> Result<Key, CloudError> {
        self.cloud.make_key(stack).await
    }
}
