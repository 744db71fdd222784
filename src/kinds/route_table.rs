//! Where the packets of some subnets go.
use super::*;
use crate::attributes;
use crate::model::{Tags};

/// `AWS::EC2::RouteTable`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RouteTable {
    pub vpc: Ref<Vpc>,
    pub subnets: BTreeSet<Ref<Subnet>>,
    pub routes: BTreeMap<String, Target>,
    pub tags: Tags,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    InternetGateway(Ref<InternetGateway>),
    NatGateway(Ref<NatGateway>),
}

attributes! { RouteTable { replace vpc, update subnets, update routes, update tags } }

impl Resource for RouteTable {
    const KIND: Kind = Kind::RouteTable;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(5, 3, 3);

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
