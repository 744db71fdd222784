//! What EKS installs in a cluster and keeps there: the measuring of what pods use, which autoscalers ask.
mod states;

use futures_util::future::try_join_all;

use super::calls::{ADDON_TAGS, ADDONS, ADDONS_AND_CLUSTERS, CLUSTERS, KNOWN_ADDONS, KNOWN_CLUSTERS, NEW_ADDON_TAGS, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::managed::moved;
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, made, of, one, same};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::tags as wire_tags;

object! {
    /// `AWS::EKS::Addon`. Its id is `CLUSTER/NAME`.
    pub struct Addon {
        /// `ClusterName`.
        replace cluster: Ref<EksCluster>,
        /// `AddonName`, one of those that EKS has: `metrics-server`.
        replace name: String,
        /// `AddonVersion`: `v0.8.0-eksbuild.1`. `None` leaves it to EKS, which takes the default for the cluster's version once. A tag keeps whether it was asked for.
        update version: Option<String>,
        update tags: Tags,
        /// `Arn`.
        computed arn: Computed<String>,
        /// `AddonVersion` as it runs.
        computed running_version: Computed<String>,
    }
}

/// What measures how much of a processor and of memory pods use.
pub const METRICS_SERVER: &str = "metrics-server";

/// Keeps which version was asked for, as EKS has one in any case.
const TAG_ASKED: &str = "infra:asked";

impl Resource for Addon {
    const KIND: Kind = Kind::Addon;
    const SERVICE: Service = Service::Eks;
    /// Its pods may be the first in the cluster, and wait for a node.
    const TYPICAL: Typical = Typical::secs(120, 60, 30);
    const HINT: &'static [&'static str] = &["{name}", "{version}"];
    const SHARED: bool = true;
    const CALLS: Calls = Calls {
        read: &[
            call(Service::Eks, "DescribeAddon", KNOWN_ADDONS),
            call(Service::Eks, "DescribeCluster", KNOWN_CLUSTERS),
            call(Service::Eks, "ListAddons", KNOWN_CLUSTERS),
            reads(Service::Eks, "ListClusters"),
        ],
        write: &[
            call(Service::Eks, "CreateAddon", CLUSTERS),
            needs(Service::Eks, "CreateAddon", "eks:TagResource", NEW_ADDON_TAGS),
            call(Service::Eks, "DeleteAddon", ADDONS),
            call(Service::Eks, "DescribeUpdate", ADDONS_AND_CLUSTERS),
            call(Service::Eks, "TagResource", ADDON_TAGS),
            call(Service::Eks, "UntagResource", ADDONS),
            call(Service::Eks, "UpdateAddon", ADDONS),
        ],
    };
    const TERRAFORM: &'static Table = &one(&[made(
        "aws_eks_addon",
        &[
            of("addon_name", "name"),
            terraform::or("addon_version", "version", "running_version"),
            same("arn"),
            of("cluster_name", "cluster"),
            ID,
            REGION,
            TAGS,
            TAGS_ALL,
        ],
    )]);

    fn example() -> Self {
        Addon {
            cluster: Ref::to(EXAMPLE),
            name: METRICS_SERVER.into(),
            version: Some("v0.8.0-eksbuild.1".into()),
            tags: tags(),
            arn: Computed::default(),
            running_version: Computed::default(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.cluster.address()), name: format!("addon {}", self.name) }]
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found = vec![];
        // "The name must match one of the names returned by DescribeAddonVersions": all of AWS's have this form.
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if self.name.is_empty() || !self.name.bytes().all(plain) {
            let message = format!("EKS has no addon `{}`", self.name);
            found.push(Breach::new(Code::BadName, "name", message, format!("write one that it has, such as `{METRICS_SERVER}`")));
        }
        if let Some(version) = self.version.as_ref().filter(|version| !is_version(version)) {
            let message = format!("`{version}` is no version of an addon");
            found.push(Breach::new(Code::BadVersion, "version", message, "write one such as v0.8.0-eksbuild.1"));
        }
        // Not from a source: it would be taken, and its pods would wait for a node without end, as in Auto Mode nodes come of pools alone.
        if near.get(&self.cluster).is_some_and(|cluster| cluster.node_pools.is_empty() && cluster.node_role.is_some()) {
            let message = "no pool of the cluster has nodes for what EKS installs";
            found.push(Breach::new(Code::Refused, "cluster", message, "let the cluster keep the pool `system`"));
        }
        found
    }

    fn simulate(&mut self, id: &str) {
        self.arn = Computed::from(format!("arn:aws:eks:us-east-1:123456789012:addon/{id}"));
        let chosen = || self.running_version.0.clone().unwrap_or_else(|| "v0.8.0-eksbuild.1".into());
        self.running_version = Computed::from(self.version.clone().unwrap_or_else(chosen));
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let (cluster, name) = parts(live);
        let seen = states::find(cx, cluster, name).await?;
        Ok(seen.iter().map(states::sign).collect())
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        vec![states::serving(health::bent_state(bent, "ACTIVE"))]
    }

    /// The names of those in each of the stack's clusters, then each.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let clusters = eks_cluster::own(cx, stack).await?;
        let names: Vec<String> = clusters.into_iter().filter_map(|seen| seen.name).collect();
        let each = names.iter().map(async |cluster| {
            let request = cx.eks().list_addons().cluster_name(cluster).max_results(100);
            let send = async |token| request.clone().set_next_token(token).send().await;
            let all = present(cx.pages(Service::Eks, "ListAddons", send, |page| (page.addons, page.next_token)).await)?;
            let each = all.unwrap_or_default().into_iter().map(async |name| {
                let seen = states::find(cx, cluster, &name).await?.filter(states::stays);
                Ok::<_, CloudError>(seen.map(|seen| {
                    let all = states::all_tags(&seen);
                    let asked = all.contains_key(TAG_ASKED);
                    let (stamp, tags) = Stamp::read(stack, all).unwrap_or_else(|| (Stamp::nobody(Kind::Addon), Tags::new()));
                    let version = seen.addon_version.clone().filter(|_| asked);
                    let (arn, running_version) = (Computed(seen.addon_arn), Computed(seen.addon_version));
                    let read = Addon { cluster: Ref::to(cluster), name: name.clone(), version, tags, arn, running_version };
                    Live::found(id(cluster, &name), read, stamp)
                }))
            });
            try_join_all(each).await
        });
        Ok(try_join_all(each).await?.into_iter().flatten().flatten().collect())
    }

    /// Returns when its pods run. One that can't be installed is deleted again, so that the failure is definite. The name answers definitely whether a lost request has arrived.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let cluster = links.to(&self.cluster)?;
        let key = digest(&(&stamp.stack, &stamp.address, &stamp.run, stamp.step))[..32].to_owned();
        let request = cx
            .eks()
            .create_addon()
            .cluster_name(&cluster)
            .addon_name(&self.name)
            .set_addon_version(self.version.clone())
            .client_request_token(key)
            .set_tags(Some(self.tagged(stamp).into_iter().collect()));
        let create = async || match cx.safe(Service::Eks, "CreateAddon", async || request.clone().send().await).await {
            // An earlier try whose answer was lost, or somebody's: the stamp, which is read next, tells.
            Err(e) if e.code == states::BUSY && states::find(cx, &cluster, &self.name).await?.is_some() => Ok(()),
            made => made.map(drop),
        };
        states::in_turn(cx, &cluster, create).await?;
        let seen = half(states::get(cx, &cluster, &self.name).await)?;
        ours(&id(&cluster, &self.name), Stamp::read(&stamp.stack, states::all_tags(&seen)), stamp)?;
        let seen = match states::made(cx, &cluster, &self.name).await {
            Err(e) if e.code == states::FAILED => {
                half(states::remove(cx, &cluster, &self.name).await)?;
                return Err(e);
            }
            made => half(made)?,
        };
        Live::made(id(&cluster, &self.name), self.with_computed(&seen), stamp, links)
    }

    /// A version that isn't asked for stays as it runs; one that is taken back is the one that ran before.
    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (cluster, name) = parts(live);
        let seen = states::get(cx, cluster, name).await?;
        let wanted = self.version.as_ref().or(self.running_version.0.as_ref());
        if let Some(version) = wanted.filter(|version| seen.addon_version() != Some(version.as_str())) {
            let key = digest(&(&stamp.stack, &stamp.address, &stamp.run, stamp.step, version))[..32].to_owned();
            let request = cx.eks().update_addon().cluster_name(cluster).addon_name(name).addon_version(version).client_request_token(key);
            let send = async || cx.safe(Service::Eks, "UpdateAddon", async || request.clone().send().await).await;
            let begun = states::in_turn(cx, cluster, send).await?;
            half(eks_cluster::carried_out(cx, cluster, Some(name), begun.update, Self::TYPICAL.update).await)?;
        }
        half(self.retag(cx, &seen, &moved(live, stamp)).await)?;
        let seen = half(states::made(cx, cluster, name).await)?;
        Live::made(&live.id, self.with_computed(&seen), stamp, links)
    }

    /// What it has installed goes with it. Returns when it is gone.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let (cluster, name) = parts(live);
        states::remove(cx, cluster, name).await
    }
}

fn id(cluster: &str, name: &str) -> String {
    format!("{cluster}/{name}")
}

/// The names of the cluster and of the addon.
fn parts(live: &Live) -> (&str, &str) {
    live.id.split_once('/').unwrap_or((&live.id, ""))
}

/// Whether it is a version as EKS counts those of addons: `v1.2.3-eksbuild.4`.
pub fn is_version(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    text.strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains('.') && rest.chars().all(plain))
}

impl Addon {
    /// All tags: the stamp's, the user's, and which version was asked for.
    fn tagged(&self, stamp: &Stamp) -> Tags {
        let mut all = stamp.tags(&self.tags);
        all.extend(self.version.clone().map(|version| (TAG_ASKED.into(), version)));
        all
    }

    async fn retag(&self, cx: &Clients, seen: &states::Seen, stamp: &Stamp) -> Result<(), CloudError> {
        let arn = seen.addon_arn.clone().ok_or_else(|| CloudError::incomplete("DescribeAddon", "addon.addonArn"))?;
        let (set, unset) = wire_tags::retag(&Stamp::own(states::all_tags(seen)), &self.tagged(stamp));
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

    /// Itself with what EKS decides.
    fn with_computed(&self, seen: &states::Seen) -> Self {
        Addon { arn: Computed(seen.addon_arn.clone()), running_version: Computed(seen.addon_version.clone()), ..self.clone() }
    }
}
