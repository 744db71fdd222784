//! `kubernetes`: the cluster and the roles of its control plane and its nodes.
use std::collections::BTreeSet;

use super::Cluster as Entry;
use crate::kinds::access_entry::{ADMIN, ADMIN_VIEW, VIEW, policy};
use crate::kinds::eks_cluster::POOLS;
use crate::kinds::{AccessEntry, EksCluster, IamRole, Ref};
use crate::model::partition::principal_in;
use crate::spec::lower::{Lower, int};
use crate::spec::units::Arn;

/// The name of a stack's cluster.
pub const CLUSTER: &str = "main";
/// The name of the role of the control plane.
const CONTROL: &str = "kubernetes.cluster";
/// The name of the role of the nodes.
const NODES: &str = "kubernetes.nodes";

/// What EKS does by itself in Auto Mode ("Amazon EKS Auto Mode cluster IAM role").
const CONTROL_POLICIES: &[&str] = &[
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
];
/// What its nodes do ("Amazon EKS Auto Mode node IAM role").
const NODE_POLICIES: &[&str] = &["AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy"];

pub fn lower(entry: &Entry, l: &mut Lower<'_>) {
    role(l, CONTROL, "eks", CONTROL_POLICIES);
    role(l, NODES, "ec2", NODE_POLICIES);
    let period = l.spec.monitoring.as_ref().map(|monitoring| monitoring.logging.clone()).unwrap_or_default().retention_period;
    let cluster = EksCluster {
        role: Ref::to(CONTROL),
        node_role: Some(Ref::to(NODES)),
        node_pools: POOLS.iter().map(|pool| (*pool).to_owned()).collect(),
        vpc: Ref::to("main"),
        subnets: l.subnets(&entry.subnets),
        version: entry.version.as_ref().map(ToString::to_string),
        private_access: true,
        public_access: entry.api.allow_from.iter().map(ToString::to_string).collect(),
        support: entry.support.word().into(),
        logs: entry.logs.iter().map(|log| log.word().to_owned()).collect(),
        log_retention_days: period.duration().map(|period| int(period.as_days().unwrap_or_default())),
        deletion_protection: entry.deletion_protection,
        tags: l.tags(CLUSTER),
        arn: Default::default(),
        endpoint: Default::default(),
        certificate_authority: Default::default(),
        security_group: Default::default(),
        running_version: Default::default(),
    };
    l.add(CLUSTER, "kubernetes.cluster", cluster);
    access(entry, l);
}

/// One entry for everybody who is let in.
fn access(entry: &Entry, l: &mut Lower<'_>) {
    let may = |all: &BTreeSet<Arn>, name: &'static str| all.iter().map(|who| (who.to_string(), name)).collect::<Vec<_>>();
    let all = [may(&entry.admins, ADMIN), may(&entry.planners, ADMIN_VIEW), may(&entry.viewers, VIEW)];
    for (principal, name) in all.into_iter().flatten() {
        // `123456789012:role/ops`: what differs.
        let short = principal.split_once(":iam::").map_or(principal.clone(), |(_, short)| short.to_owned());
        let policies = [policy(l.partition(), name)].into();
        let entry = AccessEntry { cluster: Ref::to(CLUSTER), tags: l.tags(&short), principal, policies, arn: Default::default() };
        l.add(short, "kubernetes.cluster", entry);
    }
}

fn role(l: &mut Lower<'_>, name: &str, service: &str, policies: &[&str]) {
    let (partition, service) = (l.partition(), principal_in(service, l.spec.region.as_str()));
    let managed_policies: BTreeSet<String> = policies.iter().map(|policy| format!("arn:{partition}:iam::aws:policy/{policy}")).collect();
    let role = IamRole { permissions_boundary: l.boundary(), managed_policies, tags: l.tags(name), ..IamRole::plain(service) };
    l.add(name, "kubernetes.cluster", role);
}
