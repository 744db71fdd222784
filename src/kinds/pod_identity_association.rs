//! What pods may do at AWS: a role that EKS hands to those that run under a service account.
use aws_sdk_eks::types::PodIdentityAssociation as Seen;
use futures_util::future::try_join_all;

use super::calls::{CLUSTERS, KNOWN_CLUSTERS, KNOWN_POD_IDENTITIES, NEW_POD_IDENTITY_TAGS, On, POD_IDENTITIES, ROLES, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::managed::moved;
use super::manifest::Place;
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, link, made, of, one};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::model::partition::principal;
use crate::wire::tags as wire_tags;

object! {
    /// `AWS::EKS::PodIdentityAssociation`. Its id is `CLUSTER/ASSOCIATION_ID`.
    pub struct PodIdentityAssociation {
        /// `ClusterName`.
        replace cluster: Ref<EksCluster>,
        /// `Namespace` and `ServiceAccount`: pods that run under this account are given the role, once they start.
        replace service_account: Ref<ServiceAccount>,
        /// `RoleArn`: it trusts `pods.eks.amazonaws.com`. Pods that run get a new one's credentials when they renew theirs.
        update role: Ref<IamRole>,
        update tags: Tags,
        /// `AssociationArn`.
        computed arn: Computed<String>,
    }
}

/// Whom roles of pods trust ("Create IAM role with trust policy required by EKS Pod Identity").
pub const PODS: &str = principal!("pods.eks");

/// As which service's role it is handed over, AWS's reference leaves open.
const TO_PODS: &[On] = &[On::Passed("eks"), On::Passed("pods.eks")];

impl Resource for PodIdentityAssociation {
    const KIND: Kind = Kind::PodIdentityAssociation;
    const SERVICE: Service = Service::Eks;
    const TYPICAL: Typical = Typical::secs(10, 5, 3);
    const HINT: &'static [&'static str] = &["{role} for pods of {service_account}"];
    const SHARED: bool = true;
    const CALLS: Calls = Calls {
        read: &[
            call(Service::Eks, "DescribeCluster", KNOWN_CLUSTERS),
            call(Service::Eks, "DescribePodIdentityAssociation", KNOWN_POD_IDENTITIES),
            reads(Service::Eks, "ListClusters"),
            call(Service::Eks, "ListPodIdentityAssociations", KNOWN_CLUSTERS),
        ],
        write: &[
            call(Service::Eks, "CreatePodIdentityAssociation", CLUSTERS),
            needs(Service::Eks, "CreatePodIdentityAssociation", "eks:TagResource", NEW_POD_IDENTITY_TAGS),
            // "The IAM principal that is creating the association must have `iam:PassRole`" ("Assign an IAM role to a Kubernetes service account").
            needs(Service::Eks, "CreatePodIdentityAssociation", "iam:PassRole", TO_PODS),
            call(Service::Eks, "DeletePodIdentityAssociation", POD_IDENTITIES),
            call(Service::Eks, "TagResource", NEW_POD_IDENTITY_TAGS),
            call(Service::Eks, "UntagResource", POD_IDENTITIES),
            call(Service::Eks, "UpdatePodIdentityAssociation", POD_IDENTITIES),
            needs(Service::Eks, "UpdatePodIdentityAssociation", "iam:PassRole", TO_PODS),
            call(Service::Iam, "GetRole", ROLES),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_eks_pod_identity_association",
        &[
            of("association_arn", "arn"),
            of("cluster_name", "cluster"),
            ID,
            of("namespace", "service_account.namespace"),
            REGION,
            link("role_arn", "role", "arn"),
            of("service_account", "service_account.name"),
            TAGS,
            TAGS_ALL,
        ],
    )]);

    fn example() -> Self {
        PodIdentityAssociation {
            cluster: Ref::to(EXAMPLE),
            service_account: Ref::to(EXAMPLE),
            role: Ref::to(EXAMPLE),
            tags: tags(),
            arn: Computed::default(),
        }
    }

    /// An account has one ("ResourceInUseException: Association already exists").
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.service_account.address()), name: "pod identity".into() }]
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found = vec![];
        if near.get(&self.service_account).is_some_and(|account| account.cluster != self.cluster) {
            let message = "an association is for an account of its own cluster";
            found.push(Breach::new(Code::Refused, "service_account", message, "name one of it").with("cluster"));
        }
        // "Trust policy of the role provided is invalid".
        if near.get(&self.role).is_some_and(|role| role.service != PODS) {
            let message = format!("pods are given a role that trusts {PODS}");
            found.push(Breach::new(Code::Refused, "role", message, "name one that does"));
        }
        found
    }

    fn simulate(&mut self, id: &str) {
        self.arn = Computed::from(format!("arn:aws:eks:us-east-1:123456789012:podidentityassociation/{id}"));
    }

    /// The ids of those in each of the stack's clusters, then each: a list tells neither roles nor tags.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let clusters = eks_cluster::own(cx, stack).await?;
        let names: Vec<String> = clusters.into_iter().filter_map(|seen| seen.name).collect();
        let each = names.iter().map(async |cluster| {
            let all = present(ids(cx, cluster, None).await)?.unwrap_or_default();
            let each =
                all.iter().map(async |id| Ok::<_, CloudError>(find(cx, cluster, id).await?.map(|seen| read(stack, cluster, id, seen))));
            try_join_all(each).await
        });
        Ok(try_join_all(each).await?.into_iter().flatten().flatten().collect())
    }

    /// Returns when pods that start from now on are given the role: an association "may take several seconds to be effective".
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (cluster, account) = (links.to(&self.cluster)?, Place::of(&links.to(&self.service_account)?));
        let request = cx
            .eks()
            .create_pod_identity_association()
            .cluster_name(&cluster)
            .namespace(&account.namespace)
            .service_account(&account.name)
            .role_arn(iam_role::arn(cx, &links.to(&self.role)?).await?)
            .client_request_token(&digest(&(&stamp.stack, &stamp.address, &stamp.run, stamp.step))[..32])
            .set_tags(Some(stamp.tags(&self.tags).0.into_iter().collect()));
        let create = async || cx.safe(Service::Eks, "CreatePodIdentityAssociation", async || request.clone().send().await).await;
        let made = match eks_cluster::assumable(cx, create).await {
            // An earlier try whose answer was lost, or somebody's: the stamp, which is read next, tells.
            Err(e) if e.code == "ResourceInUseException" => None,
            made => made?.association.and_then(|made| made.association_id),
        };
        let known = match made {
            Some(id) => Some(id),
            None => half(ids(cx, &cluster, Some(&account)).await)?.into_iter().next(),
        };
        let known = known.ok_or_else(|| CloudError::incomplete("CreatePodIdentityAssociation", "associationId"))?;
        let seen = half(find(cx, &cluster, &known).await)?;
        let seen = seen.ok_or_else(|| CloudError::incomplete("DescribePodIdentityAssociation", "association"))?;
        ours(&id(&cluster, &known), Stamp::read(&stamp.stack, all_tags(&seen)), stamp)?;
        half(cx.policy.dwell("the association to be known in its cluster", cx.policy.poll).await)?;
        Live::made(id(&cluster, &known), PodIdentityAssociation { arn: Computed(seen.association_arn), ..self.clone() }, stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (cluster, own) = live.id.split_once('/').unwrap_or((&live.id, ""));
        let seen = find(cx, cluster, own).await?;
        let seen = seen.ok_or_else(|| CloudError::new(Class::NotFound, "ResourceNotFoundException", format!("{} is gone", live.id)))?;
        let role = iam_role::arn(cx, &links.to(&self.role)?).await?;
        if seen.role_arn() != Some(role.as_str()) {
            let key = digest(&(&stamp.stack, &stamp.address, &stamp.run, stamp.step, &role))[..32].to_owned();
            let request = cx.eks().update_pod_identity_association().cluster_name(cluster).association_id(own);
            let request = request.role_arn(&role).client_request_token(key);
            let change = async || cx.safe(Service::Eks, "UpdatePodIdentityAssociation", async || request.clone().send().await).await;
            eks_cluster::assumable(cx, change).await?;
        }
        let arn = seen.association_arn.clone().ok_or_else(|| CloudError::incomplete("DescribePodIdentityAssociation", "associationArn"))?;
        let (set, unset) = wire_tags::retag(&Stamp::own(all_tags(&seen)), &moved(live, stamp).tags(&self.tags));
        if !set.is_empty() {
            let request = cx.eks().tag_resource().resource_arn(&arn).set_tags(Some(set.0.into_iter().collect()));
            half(cx.safe(Service::Eks, "TagResource", async || request.clone().send().await).await)?;
        }
        if !unset.is_empty() {
            let request = cx.eks().untag_resource().resource_arn(&arn).set_tag_keys(Some(unset));
            half(cx.safe(Service::Eks, "UntagResource", async || request.clone().send().await).await)?;
        }
        Live::made(&live.id, PodIdentityAssociation { arn: Computed(Some(arn)), ..self.clone() }, stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let (cluster, own) = live.id.split_once('/').unwrap_or((&live.id, ""));
        let request = cx.eks().delete_pod_identity_association().cluster_name(cluster).association_id(own);
        gone(cx.safe(Service::Eks, "DeletePodIdentityAssociation", async || request.clone().send().await).await)
    }
}

fn id(cluster: &str, own: &str) -> String {
    format!("{cluster}/{own}")
}

fn all_tags(seen: &Seen) -> Tags {
    seen.tags.iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The ids of a cluster's associations, or of an account's one.
async fn ids(cx: &Clients, cluster: &str, of: Option<&Place>) -> Result<Vec<String>, CloudError> {
    let request = cx.eks().list_pod_identity_associations().cluster_name(cluster).max_results(100);
    let request = request.set_namespace(of.map(|account| account.namespace.clone()));
    let request = request.set_service_account(of.map(|account| account.name.clone()));
    let send = async |token| request.clone().set_next_token(token).send().await;
    let all = cx.pages(Service::Eks, "ListPodIdentityAssociations", send, |page| (page.associations, page.next_token)).await?;
    Ok(all.into_iter().filter_map(|seen| seen.association_id).collect())
}

async fn find(cx: &Clients, cluster: &str, own: &str) -> Result<Option<Seen>, CloudError> {
    let request = cx.eks().describe_pod_identity_association().cluster_name(cluster).association_id(own);
    let seen = present(cx.safe(Service::Eks, "DescribePodIdentityAssociation", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|seen| seen.association))
}

fn read(stack: &str, cluster: &str, own: &str, seen: Seen) -> Live {
    let (stamp, tags) = Stamp::read(stack, all_tags(&seen)).unwrap_or_else(|| (Stamp::nobody(Kind::PodIdentityAssociation), Tags::new()));
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let account = Place { cluster: cluster.into(), namespace: text(seen.namespace()), name: text(seen.service_account()) };
    let association = PodIdentityAssociation {
        cluster: Ref::to(cluster),
        service_account: Ref::to(account.id::<ServiceAccount>()),
        role: Ref::to(seen.role_arn().and_then(|arn| arn.rsplit('/').next()).unwrap_or_default()),
        tags,
        arn: Computed(seen.association_arn),
    };
    Live::found(id(cluster, own), association, stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(role: &str, cluster: &str) -> Vec<String> {
        let account = ServiceAccount { cluster: Ref::to(cluster), ..ServiceAccount::example() };
        let nodes = BTreeMap::from([
            (Address::new(Kind::IamRole, EXAMPLE), IamRole::plain(role).into()),
            (Address::new(Kind::ServiceAccount, EXAMPLE), account.into()),
        ]);
        let found = PodIdentityAssociation::example().breaches(&Address::new(Kind::PodIdentityAssociation, EXAMPLE), Near(&nodes));
        found.into_iter().map(|breach| breach.attributes[0].clone()).collect()
    }

    #[test]
    fn what_eks_refuses_is_refused() {
        assert!(refused(PODS, EXAMPLE).is_empty());
        assert_eq!(refused("lambda.amazonaws.com", EXAMPLE), ["role"]);
        assert_eq!(refused(PODS, "other"), ["service_account"]);
    }
}
