//! Address ranges under one name.
use super::*;
use crate::attributes;
use crate::model::Tags;

/// `AWS::EC2::PrefixList`, over IPv4. Rules that name it count as many rules as it may have entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PrefixList {
    /// `MaxEntries`.
    pub max_entries: i32,
    /// `Entries[].Cidr`, with their descriptions.
    pub entries: BTreeMap<String, String>,
    pub tags: Tags,
}

attributes! { PrefixList { update max_entries, update entries, update tags } }

impl Resource for PrefixList {
    const KIND: Kind = Kind::PrefixList;
    const SERVICE: Service = Service::Ec2;
    const TYPICAL: Typical = Typical::secs(5, 5, 5);

    async fn list(_cx: &Clients, _stack: &str) -> Result<Vec<Live>, CloudError> {
        Ok(vec![])
    }

    async fn create(&self, _cx: &Clients, _links: &Links, _stamp: &Stamp) -> Result<Live, CloudError> {
        Err(CloudError::bug("not yet"))
    }

    async fn update(&self, _cx: &Clients, _links: &Links, _live: &Live, _stamp: &Stamp) -> Result<Live, CloudError> {
        Err(CloudError::bug("not yet"))
    }

    async fn delete(_cx: &Clients, _live: &Live) -> Result<(), CloudError> {
        Err(CloudError::bug("not yet"))
    }
}
