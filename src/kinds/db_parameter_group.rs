//! The settings of a database engine.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::RDS::DBParameterGroup`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DbParameterGroup {
    pub family: String,
    pub parameters: BTreeMap<String, String>,
    pub tags: Tags,
}

attributes! { DbParameterGroup { replace family, update parameters, update tags } }

impl Resource for DbParameterGroup {
    const KIND: Kind = Kind::DbParameterGroup;
    const SERVICE: Service = Service::Rds;
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
