//! A port of a load balancer.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::ElasticLoadBalancingV2::Listener`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Listener {
    pub load_balancer: Ref<LoadBalancer>,
    pub port: i32,
    pub protocol: String,
    pub certificate: Option<String>,
    pub ssl_policy: Option<String>,
    pub action: Action,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Forward(Ref<TargetGroup>),
    Redirect { port: i32, protocol: String },
}

attributes! { Listener { replace load_balancer, update port, update protocol, update certificate, update ssl_policy, update action, update tags } }

impl Resource for Listener {
    const KIND: Kind = Kind::Listener;
    const SERVICE: Service = Service::Elb;
    const TYPICAL: Typical = Typical::secs(3, 3, 3);

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.load_balancer.address()), name: format!("port {}", self.port) }]
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
