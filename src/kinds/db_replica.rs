//! A copy of a database to read from.
use super::*;
use crate::attributes;
use crate::model::{Computed, Tags};

/// `AWS::RDS::DBInstance (read replica)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DbReplica {
    pub source: Ref<DbInstance>,
    pub instance_class: String,
    pub storage_type: String,
    pub security_groups: BTreeSet<Ref<SecurityGroup>>,
    pub parameter_group: Ref<DbParameterGroup>,
    pub multi_az: bool,
    pub port: i32,
    pub deletion_protection: bool,
    pub performance_insights: bool,
    pub auto_minor_version_upgrade: bool,
    pub maintenance_window: String,
    pub apply_immediately: bool,
    pub endpoint: Computed<String>,
    pub tags: Tags,
}

attributes! { DbReplica { replace source, update instance_class, update storage_type, update security_groups, update parameter_group, update multi_az, update port, update deletion_protection, update performance_insights, update auto_minor_version_upgrade, update maintenance_window, initial apply_immediately, computed endpoint, update tags } }

impl Resource for DbReplica {
    const KIND: Kind = Kind::DbReplica;
    const SERVICE: Service = Service::Rds;
    const TYPICAL: Typical = Typical::secs(900, 600, 300);

    fn protected(&self) -> bool {
        self.deletion_protection
    }

    fn outputs(&self) -> BTreeMap<&'static str, String> {
        let mut out = BTreeMap::from([("port", self.port.to_string())]);
        out.extend(self.endpoint.0.clone().map(|v| ("endpoint", v)));
        out
    }

    fn simulate(&mut self, id: &str) {
        self.endpoint = Computed::from(format!("{id}.rds.sandbox"));
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
