//! Instances, as many as the load asks for.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::AutoScaling::AutoScalingGroup`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AutoScalingGroup {
    pub launch_template: Ref<LaunchTemplate>,
    pub subnets: BTreeSet<Ref<Subnet>>,
    pub target_groups: BTreeSet<Ref<TargetGroup>>,
    pub min: i32,
    pub max: i32,
    pub desired: i32,
    pub health_check_type: String,
    pub health_check_grace: i32,
    pub target_cpu: Option<i32>,
    pub min_healthy_percent: i32,
    pub default_instance_warmup: i32,
    pub tags: Tags,
}

attributes! { AutoScalingGroup { update launch_template, update subnets, update target_groups, update min, update max, initial desired, update health_check_type, update health_check_grace, update target_cpu, update min_healthy_percent, update default_instance_warmup, update tags } }

impl Resource for AutoScalingGroup {
    const KIND: Kind = Kind::AutoScalingGroup;
    const SERVICE: Service = Service::AutoScaling;
    const TYPICAL: Typical = Typical::secs(180, 420, 240);

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
