//! A setting of a Cloudflare zone.
use super::*;
use crate::attributes;
use crate::model::Computed;

/// One of `/zones/ZONE/settings`. Every zone has all of them, so none is made or deleted: one becomes the stack's, and is given back with the value
/// that it was found with. A setting can carry no mark; the stack's notes hold the stamp and that value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ZoneSetting {
    /// The zone's name.
    pub zone: String,
    /// The setting's id: `ssl`, `min_tls_version`, ….
    pub setting: String,
    /// Its value, in the API's own words.
    pub value: Value,
    /// The value that was found before the first change.
    pub before: Computed<Value>,
    /// What must serve before the setting counts on it.
    pub waits_for: BTreeSet<Pointer>,
}

attributes! { ZoneSetting { replace zone, replace setting, update value, computed before, computed waits_for } }

impl Resource for ZoneSetting {
    const KIND: Kind = Kind::ZoneSetting;
    const SERVICE: Service = Service::Cloudflare;
    const TYPICAL: Typical = Typical::secs(2, 2, 2);

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: None, name: format!("setting {} of {}", self.setting, self.zone) }]
    }

    fn simulate(&mut self, _id: &str) {
        self.waits_for.clear();
    }

    async fn list(_cx: &Clients, _stack: &str) -> Result<Vec<Live>, CloudError> {
        Ok(vec![])
    }

    async fn create(&self, _cx: &Clients, _links: &Links, _stamp: &Stamp) -> Result<Live, CloudError> {
        Err(CloudError::bug("not yet"))
    }

    async fn update(&self, _cx: &Clients, _links: &Links, _live: &Live, _stamp: &Stamp) -> Result<Live, CloudError> {
        Err(CloudError::bug("not yet"))
    }

    async fn delete(_cx: &Clients, _live: &Live) -> Result<(), CloudError> {
        Err(CloudError::bug("not yet"))
    }
}
