//! Who may talk to whom.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::EC2::SecurityGroup`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecurityGroup {
    pub vpc: Ref<Vpc>,
    pub description: String,
    pub ingress: BTreeSet<Rule>,
    pub egress: BTreeSet<Rule>,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    pub protocol: String,
    pub from_port: i32,
    pub to_port: i32,
    pub peer: Peer,
    pub description: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    Cidr(String),
    Group(Ref<SecurityGroup>),
    Itself,
    PrefixList(String),
}

attributes! { SecurityGroup { replace vpc, replace description, update ingress, update egress, update tags } }

impl Resource for SecurityGroup {
    const KIND: Kind = Kind::SecurityGroup;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(3, 2, 10);

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
