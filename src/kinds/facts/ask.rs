//! How what is offered is read. Every request only reads.
use super::super::{ec2, eks_cluster, elasticache, elb, function, rds};
use super::{Fact, Question};
use crate::wire::{Clients, CloudError};

impl Question {
    /// Asks the service whose business it is. An answer without anything tells nothing but of an instance type, which a region need not have.
    pub(crate) async fn ask(&self, cx: &Clients) -> Result<Option<Fact>, CloudError> {
        let answer = match self {
            Question::Archive { function, version } => return Ok(function::files(cx, function, version).await.map(Fact::Files)),
            Question::CacheParameters(family) => elasticache::offers::parameters(cx, family).await?,
            Question::CacheVersions(engine) => elasticache::offers::versions(cx, engine).await?,
            Question::DatabaseClasses { engine, version } => rds::offers::classes(cx, engine, version).await?,
            Question::DatabaseParameters(family) => rds::offers::parameters(cx, family).await?,
            Question::DatabaseUpgrades { engine, version } => rds::offers::upgrades(cx, engine, version).await?,
            Question::DatabaseVersions(engine) => rds::offers::versions(cx, engine).await?,
            Question::InstanceType(name) => return ec2::zones_of(cx, name).await.map(Some),
            Question::InstanceVcpus(name) => return Ok(ec2::vcpus_of(cx, name).await?.map(Fact::Number)),
            Question::TlsPolicies => elb::policies(cx).await?,
            Question::UpgradeInsights { cluster, version } => eks_cluster::insights::blocking(cx, cluster, version).await?,
            Question::VcpuQuota => return Ok(ec2::vcpu_quota(cx).await?.map(Fact::Number)),
        };
        let told = match &answer {
            Fact::Offers(offers) => !offers.is_empty(),
            Fact::Parameters(parameters) => !parameters.is_empty(),
            Fact::Files(_) | Fact::Number(_) => true,
        };
        Ok(told.then_some(answer))
    }
}
