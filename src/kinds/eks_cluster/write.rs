//! How a cluster is made and changed.
use aws_sdk_eks::operation::update_cluster_config::builders::UpdateClusterConfigFluentBuilder as Config;
use aws_sdk_eks::types::{
    AuthenticationMode, BlockStorage, Cluster, ComputeConfigRequest, CreateAccessConfigRequest, ElasticLoadBalancing,
    KubernetesNetworkConfigRequest, LogSetup, LogType, Logging, StorageConfigRequest, SupportType, UpgradePolicyRequest, VpcConfigRequest,
};

use super::reach::TAG_ENTERED;
use super::read::{all_tags, read};
use super::*;
use crate::kinds::managed::moved;
use crate::wire::tags;

/// How long an upgrade of the control plane usually takes.
const UPGRADE: Duration = Duration::from_secs(900);

/// What makes a request the same when it is sent again (`clientRequestToken`).
fn token(of: &impl Serialize) -> String {
    digest(of)[..32].to_owned()
}

impl EksCluster {
    /// `CreateCluster`: whoever asks may administer it, since nobody else could let anybody in.
    pub(super) async fn make(&self, cx: &Clients, links: &Links, name: &str, stamp: &Stamp) -> Result<(), CloudError> {
        let want = self.physical(links)?;
        let access = CreateAccessConfigRequest::builder()
            .authentication_mode(AuthenticationMode::Api)
            .bootstrap_cluster_creator_admin_permissions(true)
            .build();
        let request = cx
            .eks()
            .create_cluster()
            .name(name)
            .set_version(self.version.clone())
            .role_arn(iam_role::arn(cx, &want.role.0).await?)
            .resources_vpc_config(want.endpoint().set_subnet_ids(Some(want.ids())).build())
            .access_config(access)
            .bootstrap_self_managed_addons(false)
            .compute_config(want.compute(cx).await?)
            .storage_config(want.storage())
            .kubernetes_network_config(want.balancing())
            .upgrade_policy(want.policy())
            .logging(want.logging())
            .deletion_protection(self.deletion_protection)
            .client_request_token(token(&(&stamp.stack, &stamp.address, &stamp.run, stamp.step)))
            .set_tags(Some(self.tagged(stamp).into_iter().collect()));
        let create = async || cx.safe(Service::Eks, "CreateCluster", async || request.clone().send().await).await;
        match states::assumable(cx, create).await {
            // An earlier try whose answer was lost: the stamp, which is read next, tells whether it was.
            Err(e) if e.code == "ResourceInUseException" => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Everything that differs, one after the other; the version last, since it goes back at other costs.
    pub(super) async fn change(&self, cx: &Clients, links: &Links, name: &str, stamp: &Stamp) -> Result<(), CloudError> {
        let want = self.physical(links)?;
        let seen = states::get(cx, name).await?;
        for (what, request) in want.configs(cx, name, &read(&seen)).await? {
            let request = request.client_request_token(token(&(&stamp.stack, &stamp.run, stamp.step, what, &want.digest())));
            let send = async || cx.safe(Service::Eks, "UpdateClusterConfig", async || request.clone().send().await).await;
            let begun = states::in_turn(cx, name, send).await?;
            half(states::carried_out(cx, name, None, begun.update, Self::TYPICAL.update).await)?;
        }
        let Some(version) = want.version.as_ref().filter(|v| seen.version() != Some(v.as_str())) else { return Ok(()) };
        let key = token(&(&stamp.stack, &stamp.run, stamp.step, version));
        let request = cx.eks().update_cluster_version().name(name).version(version).client_request_token(key);
        let send = async || cx.safe(Service::Eks, "UpdateClusterVersion", async || request.clone().send().await).await;
        let begun = half(states::in_turn(cx, name, send).await)?;
        half(states::carried_out(cx, name, None, begun.update, UPGRADE).await)
    }

    /// One request for each type of change that is needed.
    async fn configs(&self, cx: &Clients, name: &str, now: &Self) -> Result<Vec<(&'static str, Config)>, CloudError> {
        let config = || cx.eks().update_cluster_config().name(name);
        let mut all = vec![];
        if now.logs != self.logs {
            all.push(("logs", config().logging(self.logging())));
        }
        if (now.private_access, &now.public_access) != (self.private_access, &self.public_access) {
            all.push(("access", config().resources_vpc_config(self.endpoint().build())));
        }
        if now.subnets != self.subnets {
            let subnets = VpcConfigRequest::builder().set_subnet_ids(Some(self.ids())).build();
            all.push(("subnets", config().resources_vpc_config(subnets)));
        }
        if now.support != self.support {
            all.push(("support", config().upgrade_policy(self.policy())));
        }
        if (&now.node_role, &now.node_pools) != (&self.node_role, &self.node_pools) {
            let mode = config().compute_config(self.compute(cx).await?).storage_config(self.storage());
            all.push(("nodes", mode.kubernetes_network_config(self.balancing())));
        }
        if now.deletion_protection != self.deletion_protection {
            all.push(("protection", config().deletion_protection(self.deletion_protection)));
        }
        Ok(all)
    }

    /// Itself with physical ids in place of references.
    fn physical(&self, links: &Links) -> Result<Self, CloudError> {
        Ok(EksCluster {
            role: Ref::to(links.to(&self.role)?),
            node_role: self.node_role.as_ref().map(|role| links.to(role).map(Ref::to)).transpose()?,
            vpc: Ref::to(links.to(&self.vpc)?),
            subnets: links.all(&self.subnets)?.into_iter().map(Ref::to).collect(),
            ..self.clone()
        })
    }

    fn ids(&self) -> Vec<String> {
        self.subnets.iter().map(|subnet| subnet.0.clone()).collect()
    }

    fn endpoint(&self) -> aws_sdk_eks::types::builders::VpcConfigRequestBuilder {
        let from = (!self.public_access.is_empty()).then(|| self.public_access.iter().cloned().collect());
        let network = VpcConfigRequest::builder().endpoint_private_access(self.private_access);
        network.endpoint_public_access(from.is_some()).set_public_access_cidrs(from)
    }

    /// Compute, storage and load balancing are turned on and off together ("Enable EKS Auto Mode on existing EKS clusters").
    async fn compute(&self, cx: &Clients) -> Result<ComputeConfigRequest, CloudError> {
        let off = ComputeConfigRequest::builder().enabled(false);
        let Some(role) = &self.node_role else { return Ok(off.build()) };
        let pools = Some(self.node_pools.iter().cloned().collect());
        Ok(off.enabled(true).set_node_pools(pools).node_role_arn(iam_role::arn(cx, &role.0).await?).build())
    }

    fn storage(&self) -> StorageConfigRequest {
        StorageConfigRequest::builder().block_storage(BlockStorage::builder().enabled(self.node_role.is_some()).build()).build()
    }

    fn balancing(&self) -> KubernetesNetworkConfigRequest {
        let balancing = ElasticLoadBalancing::builder().enabled(self.node_role.is_some()).build();
        KubernetesNetworkConfigRequest::builder().elastic_load_balancing(balancing).build()
    }

    fn policy(&self) -> UpgradePolicyRequest {
        UpgradePolicyRequest::builder().support_type(SupportType::from(self.support.as_str())).build()
    }

    /// Every type is said, on or off.
    fn logging(&self) -> Logging {
        let setup = |enabled: bool| {
            let types = LOGS.iter().filter(|log| self.logs.contains(**log) == enabled).map(|log| LogType::from(*log)).collect::<Vec<_>>();
            (!types.is_empty()).then(|| LogSetup::builder().enabled(enabled).set_types(Some(types)).build())
        };
        Logging::builder().set_cluster_logging(Some([true, false].into_iter().filter_map(setup).collect())).build()
    }

    fn digest(&self) -> String {
        Object::from(self.clone()).digest()
    }

    /// All tags: the stamp's, the user's, and which version was asked for.
    fn tagged(&self, stamp: &Stamp) -> Tags {
        let mut all = stamp.tags(&self.tags);
        all.extend(self.version.clone().map(|version| (TAG_ASKED.into(), version)));
        all
    }

    pub(super) async fn retag(&self, cx: &Clients, live: &Live, stamp: &Stamp) -> Result<(), CloudError> {
        let seen = states::get(cx, &live.id).await?;
        let arn = seen.arn.clone().ok_or_else(|| CloudError::incomplete("DescribeCluster", "cluster.arn"))?;
        let before = Stamp::own(all_tags(&seen));
        let mut after = self.tagged(&moved(live, stamp));
        after.extend(before.get_key_value(TAG_ENTERED).map(|(key, value)| (key.clone(), value.clone())));
        let (set, unset) = tags::retag(&before, &after);
        if !set.is_empty() {
            let request = cx.eks().tag_resource().resource_arn(&arn).set_tags(Some(set.into_iter().collect()));
            cx.safe(Service::Eks, "TagResource", async || request.clone().send().await).await?;
        }
        if !unset.is_empty() {
            let request = cx.eks().untag_resource().resource_arn(&arn).set_tag_keys(Some(unset));
            cx.safe(Service::Eks, "UntagResource", async || request.clone().send().await).await?;
        }
        Ok(())
    }
}

/// Lifts a cluster's protection against deletion.
pub(super) async fn unprotect(cx: &Clients, name: &str, seen: &Cluster) -> Result<(), CloudError> {
    if seen.deletion_protection() != Some(true) {
        return Ok(());
    }
    let request = cx.eks().update_cluster_config().name(name).deletion_protection(false);
    let send = async || cx.safe(Service::Eks, "UpdateClusterConfig", async || request.clone().send().await).await;
    let begun = states::in_turn(cx, name, send).await?;
    states::carried_out(cx, name, None, begun.update, EksCluster::TYPICAL.update).await
}
