//! A Kubernetes cluster (EKS), whose nodes, volumes and load balancing EKS looks after by itself (Auto Mode).
//!
//! The log group `/aws/eks/NAME/cluster` is an attribute of it: EKS makes one without a retention where there is none, so that it is made while the cluster
//! still comes up, and deleted behind it.
pub(super) mod insights;
mod logs;
mod nodes;
mod reach;
mod read;
mod rules;
mod states;
mod terraform;
mod versions;
mod write;

use super::calls::{
    CLUSTER_LOGS, CLUSTER_TAGS, CLUSTERS, KNOWN_CLUSTERS, NEW, NEW_CLUSTER_LOG_TAGS, NEW_CLUSTER_LOGS, NEW_CLUSTER_TAGS, On, ROLES, call,
    needs, reads,
};
use super::example::{EXAMPLE, tags};
use super::log_group::named;
use super::quotas::quota;
use super::*;
use crate::model::{Computed, Tags};

pub(super) use reach::{api, api_of, enter, entered, own};
pub use rules::{LOGS, POOLS};
pub(super) use states::{assumable, carried_out};
pub use versions::is_version;

object! {
    /// `AWS::EKS::Cluster` in Auto Mode, whose users are those of IAM alone (`AuthenticationMode` is `API`). Its id is its name.
    pub struct EksCluster {
        /// `RoleArn`: what EKS itself may do for the cluster.
        replace role: Ref<IamRole>,
        /// `ComputeConfig.NodeRoleArn`: what nodes may do. `None`: Auto Mode is off, which is compute, storage and load balancing together.
        update node_role: Option<Ref<IamRole>>,
        /// `ComputeConfig.NodePools`: pools of nodes that EKS makes itself: `general-purpose`, `system`.
        update node_pools: BTreeSet<String>,
        /// The VPC of its subnets.
        replace vpc: Ref<Vpc>,
        /// `SubnetIds`: where its network interfaces and its nodes stand, in two zones at least.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// `Version`: `1.34`, from one minor version to the next. `None` leaves it to EKS. A tag keeps whether it was asked for.
        update(never) version: Option<String>,
        /// `EndpointPrivateAccess`: whether it is reached from within the VPC.
        update private_access: bool,
        /// `PublicAccessCidrs`: from where it is reached over the internet; none when `EndpointPublicAccess` is off.
        update public_access: BTreeSet<String>,
        /// `UpgradePolicy.SupportType`: `STANDARD`, after whose end EKS upgrades by itself, or `EXTENDED`, which costs more.
        update support: String,
        /// `Logging`: what of the control plane is logged: `api`, `audit`, `authenticator`, `controllerManager`, `scheduler`.
        update logs: BTreeSet<String>,
        /// `RetentionInDays` of its log group; `None` keeps events for ever.
        update(data) log_retention_days: Option<i32>,
        /// `DeletionProtection`.
        update deletion_protection: bool,
        update tags: Tags,
        /// `Arn`.
        computed arn: Computed<String>,
        /// `Endpoint`: the URL of its API.
        computed endpoint: Computed<String>,
        /// `CertificateAuthority.Data`: what the API's certificate is signed by, in Base64.
        computed certificate_authority: Computed<String>,
        /// `ClusterSecurityGroupId`: the security group that EKS makes for the API, nodes and pods.
        computed security_group: Computed<String>,
        /// `Version` as it runs.
        computed running_version: Computed<String>,
    }
}

/// `name` of `CreateCluster` takes 100 characters.
pub const NAMES: NameRule = NameRule::most(100);

/// Keeps which version was asked for, as EKS has one in any case.
const TAG_ASKED: &str = "infra:asked";

impl Resource for EksCluster {
    const KIND: Kind = Kind::EksCluster;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Eks;
    /// What was laid into it, and its audit logs.
    const LOSS: Loss = Loss::Data;
    const TYPICAL: Typical = Typical::secs(600, 180, 300);
    const HOURLY: Option<&'static str> = Some("Kubernetes cluster");
    const HINT: &'static [&'static str] = &["Kubernetes {version}", "logs {logs}", "logs kept {log_retention_days} days"];
    const CALLS: Calls = Calls {
        read: &[
            reads(Service::CloudWatchLogs, "DescribeLogGroups"),
            call(Service::Eks, "DescribeCluster", KNOWN_CLUSTERS),
            call(Service::Eks, "DescribeInsight", KNOWN_CLUSTERS),
            reads(Service::Eks, "ListClusters"),
            call(Service::Eks, "ListInsights", KNOWN_CLUSTERS),
        ],
        write: &[
            call(Service::CloudWatchLogs, "CreateLogGroup", NEW_CLUSTER_LOGS),
            needs(Service::CloudWatchLogs, "CreateLogGroup", "logs:TagResource", NEW_CLUSTER_LOG_TAGS),
            call(Service::CloudWatchLogs, "DeleteLogGroup", CLUSTER_LOGS),
            call(Service::CloudWatchLogs, "DeleteRetentionPolicy", CLUSTER_LOGS),
            call(Service::CloudWatchLogs, "PutRetentionPolicy", CLUSTER_LOGS),
            call(Service::Eks, "CreateCluster", NEW),
            needs(Service::Eks, "CreateCluster", "eks:TagResource", NEW_CLUSTER_TAGS),
            needs(Service::Eks, "CreateCluster", "iam:CreateServiceLinkedRole", &[On::Linked("eks")]),
            // As which service's role the nodes' is handed over, AWS's reference leaves open.
            needs(Service::Eks, "CreateCluster", "iam:PassRole", TO_EKS),
            call(Service::Eks, "DeleteCluster", CLUSTERS),
            call(Service::Eks, "DescribeUpdate", CLUSTERS),
            call(Service::Eks, "TagResource", CLUSTER_TAGS),
            call(Service::Eks, "UntagResource", CLUSTERS),
            call(Service::Eks, "UpdateClusterConfig", CLUSTERS),
            needs(Service::Eks, "UpdateClusterConfig", "iam:PassRole", TO_EKS),
            call(Service::Eks, "UpdateClusterVersion", CLUSTERS),
            call(Service::Iam, "GetRole", ROLES),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] =
        &[quota(Service::Eks, "ResourceLimitExceededException", ("eks", "L-1194D53C"), "Clusters").of("CreateCluster")];

    fn example() -> Self {
        EksCluster {
            role: Ref::to(EXAMPLE),
            node_role: Some(Ref::to(EXAMPLE)),
            node_pools: POOLS.iter().map(|pool| (*pool).to_owned()).collect(),
            vpc: Ref::to(EXAMPLE),
            subnets: [Ref::to(EXAMPLE)].into(),
            version: Some("1.34".into()),
            private_access: true,
            public_access: ["203.0.113.0/24".into()].into(),
            support: "STANDARD".into(),
            logs: ["audit".into()].into(),
            log_retention_days: Some(30),
            deletion_protection: false,
            tags: tags(),
            arn: Computed::default(),
            endpoint: Computed::default(),
            certificate_authority: Computed::default(),
            security_group: Computed::default(),
            running_version: Computed::default(),
        }
    }

    fn protected(&self) -> bool {
        self.deletion_protection
    }

    fn outputs(&self) -> Outputs {
        let all = [
            ("arn", &self.arn),
            ("certificate_authority", &self.certificate_authority),
            ("endpoint", &self.endpoint),
            ("security_group", &self.security_group),
            ("version", &self.running_version),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.0.clone()?))).collect()
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self, near)
    }

    fn ways(&self, before: &Self, _near: Near<'_>) -> Vec<Breach> {
        rules::ways(self, before)
    }

    fn unoffered(&self, before: Option<&Self>, _near: Near<'_>, facts: &Facts) -> Vec<Breach> {
        before.map(|before| insights::unready(self, before, facts)).unwrap_or_default()
    }

    fn simulate(&mut self, id: &str) {
        self.arn = Computed::from(format!("arn:aws:eks:us-east-1:123456789012:cluster/{id}"));
        self.endpoint = Computed::from(format!("https://{id}.eks.sandbox"));
        self.certificate_authority = Computed::from("c2FuZGJveA==".to_owned());
        self.security_group = Computed::from(format!("sg-{id}"));
        let chosen = || self.running_version.0.clone().unwrap_or_else(|| versions::CHOSEN.into());
        self.running_version = Computed::from(self.version.clone().unwrap_or_else(chosen));
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let seen = states::find(cx, &live.id).await?;
        let mut signs: Vec<Sign> = seen.iter().filter_map(|c| c.status()).map(|s| serving(s.as_str())).collect();
        if let Some(api) = seen.as_ref().and_then(|seen| reach::inside(cx, seen)) {
            signs.extend(nodes::signs(cx, &api).await?);
        }
        Ok(signs)
    }

    fn fares(&self, me: &Address, near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        let nodes = bent.get("instances").and_then(|count| count.parse().ok());
        [serving(health::bent_state(bent, "ACTIVE"))].into_iter().chain(nodes::simulated(me, near, nodes)).collect()
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let own = reach::own(cx, stack).await?;
        if own.is_empty() {
            return Ok(vec![]);
        }
        let kept = named::kept(cx, &logs::prefix(stack)).await?;
        let read = |seen: &aws_sdk_eks::types::Cluster| {
            let name = seen.name.clone()?;
            let (stamp, tags) = Stamp::read(stack, read::all_tags(seen))?;
            let days = kept.get(&logs::group(&name)).copied().flatten();
            Some(Live::found(name, EksCluster { tags, log_retention_days: days, ..read::read(seen) }, stamp))
        };
        Ok(own.iter().filter_map(read).collect())
    }

    /// The name answers definitely whether a lost request has arrived: no other run and step makes it.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        self.make(cx, links, &name, stamp).await?;
        half(named::keep(cx, &logs::group(&name), self.log_retention_days, stamp, &self.tags).await)?;
        let seen = half(states::made(cx, &name).await)?;
        ours(&name, Stamp::read(&stamp.stack, read::all_tags(&seen)), stamp)?;
        Live::made(&name, self.with_computed(&seen), stamp, links)
    }

    /// EKS takes one type of change at a time, and one change.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: EksCluster = live.of()?;
        if self.log_retention_days != old.log_retention_days {
            named::keep(cx, &logs::group(&live.id), self.log_retention_days, &live.stamp, &self.tags).await?;
        }
        half(self.change(cx, links, &live.id, stamp).await)?;
        half(self.retag(cx, live, stamp).await)?;
        let seen = half(states::get(cx, &live.id).await)?;
        Live::made(&live.id, self.with_computed(&seen), stamp, links)
    }

    /// Protection is lifted first. EKS refuses as long as there are node groups; its own pools go with the cluster. Returns when it is gone.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        if let Some(seen) = states::find(cx, &live.id).await? {
            if states::stays(&seen) {
                write::unprotect(cx, &live.id, &seen).await?;
                let request = cx.eks().delete_cluster().name(&live.id);
                let delete = async || gone(cx.safe(Service::Eks, "DeleteCluster", async || request.clone().send().await).await);
                states::in_turn(cx, &live.id, delete).await?;
            }
            let look = async || Ok(states::find(cx, &live.id).await?.is_none().then_some(()));
            half(cx.policy.wait(&format!("{} to be gone", live.id), deadline(Self::TYPICAL.delete), look).await)?;
        }
        half(named::delete(cx, &logs::group(&live.id)).await)
    }
}

const TO_EKS: &[On] = &[On::Passed("ec2"), On::Passed("eks")];

/// How a cluster fares, by its state (`ClusterStatus`): it serves while it is changed.
fn serving(state: &str) -> Sign {
    Sign::state(state, &["ACTIVE", "UPDATING"], &["CREATING", "DELETING", "PENDING"])
}
