//! The door of a VPC to the internet.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::EC2::InternetGateway`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InternetGateway {
    pub vpc: Ref<Vpc>,
    pub tags: Tags,
}

attributes! { InternetGateway { replace vpc, update tags } }

impl Resource for InternetGateway {
    const KIND: Kind = Kind::InternetGateway;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(3, 2, 3);

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.vpc.address()), name: "internet_gateway".into() }]
    }

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
