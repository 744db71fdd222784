//! The record of a VPC's traffic.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::EC2::FlowLog`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowLog {
    pub vpc: Ref<Vpc>,
    pub log_group: Ref<LogGroup>,
    pub role: Ref<IamRole>,
    pub traffic_type: String,
    pub max_aggregation_interval: i32,
    pub tags: Tags,
}

attributes! { FlowLog { replace vpc, replace log_group, replace role, replace traffic_type, replace max_aggregation_interval, update tags } }

impl Resource for FlowLog {
    const KIND: Kind = Kind::FlowLog;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(3, 1, 2);

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
