//! What a scaling group's instances are made from; immutable, so a change is a successor to which the group rolls over.
use super::*;
use crate::attributes;
use crate::model::{Secret, Tags};

/// `AWS::EC2::LaunchTemplate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LaunchTemplate {
    pub image: String,
    pub instance_type: String,
    pub instance_profile: Ref<InstanceProfile>,
    pub security_groups: BTreeSet<Ref<SecurityGroup>>,
    pub public_ip: bool,
    pub disk: Disk,
    pub metadata: Metadata,
    pub boot: Boot,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Disk {
    pub device: String,
    pub size_gib: i32,
    pub volume_type: String,
    pub encrypted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    pub http_tokens: String,
    pub hop_limit: i32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Boot {
    Container(Container),
    UserData(Text),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Container {
    pub image: String,
    pub port: i32,
    pub env: BTreeMap<String, EnvValue>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnvValue {
    Plain(Text),
    Secret(Secret),
    FromSecretsManager(String),
}

attributes! { LaunchTemplate { replace image, replace instance_type, replace instance_profile, replace security_groups, replace public_ip, replace disk, replace metadata, replace boot, update tags } }

impl Resource for LaunchTemplate {
    const KIND: Kind = Kind::LaunchTemplate;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(3, 2, 2);

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
