//! A public IPv4 address that stays.
use super::*;
use crate::attributes;
use crate::model::{Computed, Tags};

/// `AWS::EC2::EIP`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ElasticIp {
    pub public_ip: Computed<String>,
    pub tags: Tags,
}

attributes! { ElasticIp { computed public_ip, update tags } }

impl Resource for ElasticIp {
    const KIND: Kind = Kind::ElasticIp;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(2, 1, 2);

    fn simulate(&mut self, id: &str) {
        self.public_ip = Computed::from(format!("198.51.100.{}", id.len()));
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
