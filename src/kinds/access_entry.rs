//! Who may do what in a cluster, by a role or a user of IAM.
mod terraform;

use aws_sdk_eks::types::{AccessEntry as Seen, AccessScope, AccessScopeType};
use futures_util::future::try_join_all;

use super::calls::{ACCESS_ENTRIES, CLUSTERS, KNOWN_ACCESS_ENTRIES, KNOWN_CLUSTERS, NEW_ACCESS_ENTRY_TAGS, On, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::managed::{already, moved};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::tags as wire_tags;

object! {
    /// `AWS::EKS::AccessEntry` of the type `STANDARD`, with policies for the whole cluster. Its id is `CLUSTER/PRINCIPAL`.
    pub struct AccessEntry {
        /// `ClusterName`.
        replace cluster: Ref<EksCluster>,
        /// `PrincipalArn`: a role or a user, who has one entry in a cluster.
        replace principal: String,
        /// `AccessPolicies`: the ARNs of EKS's own policies.
        update policies: BTreeSet<String>,
        update tags: Tags,
        /// `AccessEntryArn`.
        computed arn: Computed<String>,
    }
}

/// What stands before the name of a policy, behind the partition.
const POLICY: &str = ":eks::aws:cluster-access-policy/";

/// Everything in the cluster ("Review access policy permissions").
pub const ADMIN: &str = "AmazonEKSClusterAdminPolicy";
/// Reads all of it, secrets too.
pub const ADMIN_VIEW: &str = "AmazonEKSAdminViewPolicy";
/// Reads most of it; no secrets, no nodes and pools of them, and nothing of EKS's own kinds.
pub const VIEW: &str = "AmazonEKSViewPolicy";

/// The ARN of a policy.
pub fn policy(partition: &str, name: &str) -> String {
    format!("arn:{partition}{POLICY}{name}")
}

impl Resource for AccessEntry {
    const KIND: Kind = Kind::AccessEntry;
    const SERVICE: Service = Service::Eks;
    const TYPICAL: Typical = Typical::secs(5, 5, 3);
    const HINT: &'static [&'static str] = &["{principal}", "{policies}"];
    const SHARED: bool = true;
    const CALLS: Calls = Calls {
        read: &[
            call(Service::Eks, "DescribeAccessEntry", KNOWN_ACCESS_ENTRIES),
            call(Service::Eks, "DescribeCluster", KNOWN_CLUSTERS),
            call(Service::Eks, "ListAccessEntries", KNOWN_CLUSTERS),
            call(Service::Eks, "ListAssociatedAccessPolicies", KNOWN_ACCESS_ENTRIES),
            reads(Service::Eks, "ListClusters"),
        ],
        write: &[
            call(Service::Eks, "AssociateAccessPolicy", ACCESS_ENTRIES),
            call(Service::Eks, "CreateAccessEntry", CLUSTERS),
            needs(Service::Eks, "CreateAccessEntry", "eks:TagResource", NEW_ACCESS_ENTRY_TAGS),
            call(Service::Eks, "DeleteAccessEntry", ACCESS_ENTRIES),
            call(Service::Eks, "DisassociateAccessPolicy", ACCESS_ENTRIES),
            call(Service::Eks, "TagResource", ENTRY_TAGS),
            call(Service::Eks, "UntagResource", ACCESS_ENTRIES),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;

    fn example() -> Self {
        AccessEntry {
            cluster: Ref::to(EXAMPLE),
            principal: "arn:aws:iam::123456789012:role/ops".into(),
            policies: [policy("aws", ADMIN)].into(),
            tags: tags(),
            arn: Computed::default(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.cluster.address()), name: format!("access of {}", self.principal) }]
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        let mut found = vec![];
        let who = self.principal.split_once(":iam::").is_some_and(|(_, rest)| rest.contains(":role/") || rest.contains(":user/"));
        if !who {
            let message = format!("`{}` is neither a role nor a user of IAM", self.principal);
            found.push(Breach::new(
                Code::BadArn,
                "principal",
                message,
                "write the ARN of a role, such as arn:aws:iam::123456789012:role/ops",
            ));
        }
        for wrong in self.policies.iter().filter(|policy| !policy.contains(POLICY)) {
            let message = format!("`{wrong}` is no policy of EKS for access to clusters");
            found.push(Breach::new(Code::BadArn, "policies", message, format!("write one such as {}", policy("aws", VIEW))).item(wrong));
        }
        found
    }

    fn simulate(&mut self, id: &str) {
        self.arn = Computed::from(format!("arn:aws:eks:us-east-1:123456789012:access-entry/{id}"));
    }

    /// The names of those in each of the stack's clusters, then each; others' without what they may.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let clusters = eks_cluster::own(cx, stack).await?;
        let names: Vec<String> = clusters.into_iter().filter_map(|seen| seen.name).collect();
        let each = names.iter().map(async |cluster| {
            let request = cx.eks().list_access_entries().cluster_name(cluster).max_results(100);
            let send = async |token| request.clone().set_next_token(token).send().await;
            let all = cx.pages(Service::Eks, "ListAccessEntries", send, |page| (page.access_entries, page.next_token)).await;
            let all = present(all)?.unwrap_or_default();
            let each = all.into_iter().map(async |principal| {
                let Some(seen) = find(cx, cluster, &principal).await? else { return Ok(None) };
                let stamp = Stamp::read(stack, all_tags(&seen));
                let policies = if stamp.is_some() { held(cx, cluster, &principal).await? } else { BTreeSet::new() };
                let (stamp, tags) = stamp.unwrap_or_else(|| (Stamp::nobody(Kind::AccessEntry), Tags::new()));
                let arn = Computed(seen.access_entry_arn);
                let object = AccessEntry { cluster: Ref::to(cluster), principal: principal.clone(), policies, tags, arn };
                Ok::<_, CloudError>(Some(Live::found(id(cluster, &principal), object, stamp)))
            });
            try_join_all(each).await
        });
        Ok(try_join_all(each).await?.into_iter().flatten().flatten().collect())
    }

    /// Returns when its policies are told.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let cluster = links.to(&self.cluster)?;
        let key = digest(&(&stamp.stack, &stamp.address, &stamp.run, stamp.step))[..32].to_owned();
        let tags = stamp.tags(&self.tags).0.into_iter().collect();
        let request = cx
            .eks()
            .create_access_entry()
            .cluster_name(&cluster)
            .principal_arn(&self.principal)
            .client_request_token(key)
            .set_tags(Some(tags));
        let made = cx.safe(Service::Eks, "CreateAccessEntry", async || request.clone().send().await).await;
        match made {
            // An earlier try whose answer was lost, or somebody's: the stamp, which is read next, tells.
            Err(e) if e.code == "ResourceInUseException" => {}
            made => drop(made?),
        }
        let seen = half(find(cx, &cluster, &self.principal).await)?;
        let seen = seen.ok_or_else(|| CloudError::incomplete("DescribeAccessEntry", "accessEntry"))?;
        if all_tags(&seen).is_empty() {
            // EKS makes one for whoever makes a cluster, and tags it with nothing.
            let message = format!(
                "{} has access to {cluster} by an entry that infra didn't make: whoever makes a cluster may do everything in it; leave it out of `kubernetes.cluster.admins`, `planners` and `viewers`",
                self.principal
            );
            return Err(CloudError { service: Some(Service::Eks), ..CloudError::new(Class::Invalid, "NameTaken", message) });
        }
        ours(&id(&cluster, &self.principal), Stamp::read(&stamp.stack, all_tags(&seen)), stamp)?;
        half(self.allow(cx, &cluster, &BTreeSet::new()).await)?;
        Live::made(id(&cluster, &self.principal), AccessEntry { arn: Computed(seen.access_entry_arn), ..self.clone() }, stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let cluster = links.to(&self.cluster)?;
        let now = held(cx, &cluster, &self.principal).await?;
        self.allow(cx, &cluster, &now).await?;
        let seen = half(find(cx, &cluster, &self.principal).await)?;
        let seen = seen.ok_or_else(|| CloudError::new(Class::NotFound, "ResourceNotFoundException", format!("{} is gone", live.id)))?;
        let arn = seen.access_entry_arn.clone().ok_or_else(|| CloudError::incomplete("DescribeAccessEntry", "accessEntryArn"))?;
        let (set, unset) = wire_tags::retag(&Stamp::own(all_tags(&seen)), &moved(live, stamp).tags(&self.tags));
        if !set.is_empty() {
            let request = cx.eks().tag_resource().resource_arn(&arn).set_tags(Some(set.0.into_iter().collect()));
            half(cx.safe(Service::Eks, "TagResource", async || request.clone().send().await).await)?;
        }
        if !unset.is_empty() {
            let request = cx.eks().untag_resource().resource_arn(&arn).set_tag_keys(Some(unset));
            half(cx.safe(Service::Eks, "UntagResource", async || request.clone().send().await).await)?;
        }
        Live::made(&live.id, AccessEntry { arn: Computed(Some(arn)), ..self.clone() }, stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let (cluster, principal) = live.id.split_once('/').unwrap_or((&live.id, ""));
        let request = cx.eks().delete_access_entry().cluster_name(cluster).principal_arn(principal);
        gone(cx.safe(Service::Eks, "DeleteAccessEntry", async || request.clone().send().await).await)
    }
}

const ENTRY_TAGS: &[On] = NEW_ACCESS_ENTRY_TAGS;

fn id(cluster: &str, principal: &str) -> String {
    format!("{cluster}/{principal}")
}

fn all_tags(seen: &Seen) -> Tags {
    seen.tags.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

async fn find(cx: &Clients, cluster: &str, principal: &str) -> Result<Option<Seen>, CloudError> {
    let request = cx.eks().describe_access_entry().cluster_name(cluster).principal_arn(principal);
    let seen = present(cx.safe(Service::Eks, "DescribeAccessEntry", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|seen| seen.access_entry))
}

/// The policies of an entry that hold for the whole cluster; one for some namespaces reads as none that is wanted.
async fn held(cx: &Clients, cluster: &str, principal: &str) -> Result<BTreeSet<String>, CloudError> {
    let request = cx.eks().list_associated_access_policies().cluster_name(cluster).principal_arn(principal).max_results(100);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let all = cx.pages(Service::Eks, "ListAssociatedAccessPolicies", send, |page| (page.associated_access_policies, page.next_token)).await;
    let told = |of: aws_sdk_eks::types::AssociatedAccessPolicy| {
        let whole = of.access_scope().and_then(|scope| scope.r#type()) == Some(&AccessScopeType::Cluster);
        let arn = of.policy_arn?;
        Some(if whole { arn } else { format!("{arn} in some namespaces") })
    };
    Ok(present(all)?.unwrap_or_default().into_iter().filter_map(told).collect())
}

impl AccessEntry {
    /// Gives the policies that are lacking, then takes those that are too many, and waits until that is told.
    async fn allow(&self, cx: &Clients, cluster: &str, now: &BTreeSet<String>) -> Result<(), CloudError> {
        for policy in &self.policies - now {
            let scope = AccessScope::builder().r#type(AccessScopeType::Cluster).build();
            let request = cx
                .eks()
                .associate_access_policy()
                .cluster_name(cluster)
                .principal_arn(&self.principal)
                .policy_arn(policy)
                .access_scope(scope);
            half(already(cx.safe(Service::Eks, "AssociateAccessPolicy", async || request.clone().send().await).await))?;
        }
        for policy in now - &self.policies {
            let policy = policy.split(' ').next().unwrap_or_default();
            // What was given anew for the whole cluster has taken the place of what was for some namespaces.
            if self.policies.contains(policy) {
                continue;
            }
            let request = cx.eks().disassociate_access_policy().cluster_name(cluster).principal_arn(&self.principal).policy_arn(policy);
            half(gone(cx.safe(Service::Eks, "DisassociateAccessPolicy", async || request.clone().send().await).await))?;
        }
        let look = async || Ok((held(cx, cluster, &self.principal).await? == self.policies).then_some(()));
        cx.policy.wait(&format!("what {} may do", self.principal), deadline(Self::TYPICAL.update), look).await
    }
}
