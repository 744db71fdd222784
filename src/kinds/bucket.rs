//! A bucket with one purpose.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::S3::Bucket`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bucket {
    pub purpose: Purpose,
    pub expiration_days: i32,
    pub encryption: String,
    pub public_access_blocked: bool,
    pub tags: Tags,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    LoadBalancerLogs,
}

attributes! { Bucket { replace purpose, update expiration_days, update encryption, update public_access_blocked, update tags } }

impl Resource for Bucket {
    const KIND: Kind = Kind::Bucket;
    const SERVICE: Service = Service::S3;
    const LOSS: Loss = Loss::Data;
    const TYPICAL: Typical = Typical::secs(5, 3, 5);

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
