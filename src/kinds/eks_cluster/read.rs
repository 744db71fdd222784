//! A cluster as `DescribeCluster` tells it.
use aws_sdk_eks::types::Cluster;

use super::*;

/// All its tags.
pub(super) fn all_tags(seen: &Cluster) -> Tags {
    seen.tags.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The name at the end of a role's ARN.
fn role(arn: Option<&str>) -> Option<Ref<IamRole>> {
    arn.and_then(|arn| arn.rsplit('/').next()).map(Ref::to)
}

/// What is seen, its references being physical ids; without tags, and without what its log group keeps.
pub(super) fn read(seen: &Cluster) -> EksCluster {
    let network = seen.resources_vpc_config();
    let compute = seen.compute_config().filter(|c| c.enabled() == Some(true));
    let logged = seen.logging().into_iter().flat_map(|l| l.cluster_logging()).filter(|setup| setup.enabled() == Some(true));
    let open = network.filter(|n| n.endpoint_public_access());
    let asked = all_tags(seen).contains_key(TAG_ASKED);
    let cluster = EksCluster {
        role: role(seen.role_arn()).unwrap_or(Ref::to("")),
        node_role: compute.and_then(|c| role(c.node_role_arn())),
        node_pools: compute.into_iter().flat_map(|c| c.node_pools()).cloned().collect(),
        vpc: Ref::to(network.and_then(|n| n.vpc_id()).unwrap_or_default()),
        subnets: network.into_iter().flat_map(|n| n.subnet_ids()).map(Ref::to).collect(),
        version: seen.version.clone().filter(|_| asked),
        private_access: network.is_some_and(|n| n.endpoint_private_access()),
        public_access: open.into_iter().flat_map(|n| n.public_access_cidrs()).cloned().collect(),
        support: seen.upgrade_policy().and_then(|p| p.support_type()).map_or("EXTENDED", |s| s.as_str()).to_owned(),
        logs: logged.flat_map(|setup| setup.types()).map(|t| t.as_str().to_owned()).collect(),
        log_retention_days: None,
        deletion_protection: seen.deletion_protection() == Some(true),
        tags: Tags::new(),
        arn: Computed::default(),
        endpoint: Computed::default(),
        certificate_authority: Computed::default(),
        security_group: Computed::default(),
        running_version: Computed::default(),
    };
    cluster.with_computed(seen)
}

impl EksCluster {
    /// Itself with what EKS decides.
    pub(super) fn with_computed(&self, seen: &Cluster) -> Self {
        EksCluster {
            arn: Computed(seen.arn.clone()),
            endpoint: Computed(seen.endpoint.clone()),
            certificate_authority: Computed(seen.certificate_authority().and_then(|ca| ca.data.clone())),
            security_group: Computed(seen.resources_vpc_config().and_then(|n| n.cluster_security_group_id.clone())),
            running_version: Computed(seen.version.clone()),
            ..self.clone()
        }
    }
}
