//! The way out for private subnets.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::EC2::NatGateway`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NatGateway {
    pub subnet: Ref<Subnet>,
    pub elastic_ip: Ref<ElasticIp>,
    pub internet_gateway: Ref<InternetGateway>,
    pub tags: Tags,
}

attributes! { NatGateway { replace subnet, replace elastic_ip, replace internet_gateway, update tags } }

impl Resource for NatGateway {
    const KIND: Kind = Kind::NatGateway;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(100, 5, 60);

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.elastic_ip.address()), name: "association".into() }]
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
