//! The settings of a cache engine.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::ElastiCache::ParameterGroup`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CacheParameterGroup {
    pub family: String,
    pub parameters: BTreeMap<String, String>,
    pub tags: Tags,
}

attributes! { CacheParameterGroup { replace family, update parameters, update tags } }

impl Resource for CacheParameterGroup {
    const KIND: Kind = Kind::CacheParameterGroup;
    const SERVICE: Service = Service::ElastiCache;
    const TYPICAL: Typical = Typical::secs(2, 2, 2);

    async fn list(_: &Clients, _: &str) -> Result<Vec<Live>, CloudError> {
        Ok(vec![])
    }

    async fn create(&self, _: &Clients, _: &Links, _: &Stamp) -> Result<Live, CloudError> {
        Err(CloudError::bug("not written yet"))
    }

    async fn update(&self, _: &Clients, _: &Links, _: &Live, _: &Stamp) -> Result<Live, CloudError> {
        Err(CloudError::bug("not written yet"))
    }

    async fn delete(_: &Clients, _: &Live) -> Result<(), CloudError> {
        Err(CloudError::bug("not written yet"))
    }
}
