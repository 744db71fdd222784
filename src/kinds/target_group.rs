//! The instances behind a load balancer, and how their health is told.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::ElasticLoadBalancingV2::TargetGroup`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetGroup {
    pub load_balancer: Ref<LoadBalancer>,
    pub vpc: Ref<Vpc>,
    pub port: i32,
    pub protocol: String,
    pub health_check: HealthCheck,
    pub deregistration_delay: i32,
    pub stickiness: i32,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct HealthCheck {
    pub path: String,
    pub interval: i32,
    pub timeout: i32,
    pub healthy: i32,
    pub unhealthy: i32,
    pub matcher: String,
}

attributes! { TargetGroup { replace load_balancer, replace vpc, replace port, replace protocol, update health_check, update deregistration_delay, update stickiness, update tags } }

impl Resource for TargetGroup {
    const KIND: Kind = Kind::TargetGroup;
    const SERVICE: Service = Service::Elb;
    const TYPICAL: Typical = Typical::secs(3, 3, 3);

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
