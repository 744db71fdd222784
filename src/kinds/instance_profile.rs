//! A role as instances wear it.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::IAM::InstanceProfile`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceProfile {
    pub role: Ref<IamRole>,
    pub tags: Tags,
}

attributes! { InstanceProfile { update role, update tags } }

impl Resource for InstanceProfile {
    const KIND: Kind = Kind::InstanceProfile;
    const SERVICE: Service = Service::Iam;
    const TYPICAL: Typical = Typical::secs(5, 5, 3);

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
