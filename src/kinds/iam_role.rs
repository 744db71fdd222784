//! What a service may do on our behalf.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::IAM::Role`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IamRole {
    pub service: String,
    pub managed_policies: BTreeSet<String>,
    pub inline_policies: BTreeMap<String, Value>,
    pub tags: Tags,
}

attributes! { IamRole { update service, update managed_policies, update inline_policies, update tags } }

impl Resource for IamRole {
    const KIND: Kind = Kind::IamRole;
    const SERVICE: Service = Service::Iam;
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
