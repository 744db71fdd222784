//! Who may connect to pods of a cluster. Of what a policy selects nothing lets in but what a policy names; kubelets always may, which probe pods.
mod body;
mod enforced;
mod terraform;

use serde_json::json;

use super::example::EXAMPLE;
use super::manifest::{self, Manifest, NAME, Place, fields};
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::kubernetes::Type;

object! {
    /// `NetworkPolicy` (`networking.k8s.io/v1`) over connections to pods; those from pods stay as they are. Its id is
    /// `CLUSTER/networkpolicies/NAMESPACE/NAME`.
    pub struct NetworkPolicy {
        /// The cluster that it is in.
        replace cluster: Ref<EksCluster>,
        /// The namespace that it is in.
        replace namespace: Ref<Namespace>,
        /// `metadata.name`.
        replace name: String,
        /// `spec.podSelector`: whose pods it guards, by their label, so that it stands before they do; `None`: all of the namespace.
        update pods: Option<String>,
        /// `spec.ingress`: who may connect; nobody, where there are none.
        update rules: BTreeSet<Rule>,
        /// Whether the cluster's nodes hold to policies: the entry `enable-network-policy-controller` of the ConfigMap `amazon-vpc-cni` in `kube-system`. It is
        /// the whole cluster's, of which nothing else there is touched, and it stays when the policy goes.
        update enforced: bool,
        /// The policies that let somebody in, which come before the one that lets nobody in.
        computed waits_for: BTreeSet<Pointer>,
        /// `metadata.uid`.
        computed uid: Computed<String>,
    }
}

/// One port, and one who may connect to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    /// `ports[].port`, of TCP.
    pub port: i32,
    /// Who may connect.
    pub from: Source,
}

/// Who connects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// `ipBlock.cidr`, a block of IPv4.
    Block(String),
    /// `podSelector`: pods of the namespace that have this name in their label.
    Pods(String),
}

impl Resource for NetworkPolicy {
    const KIND: Kind = Kind::NetworkPolicy;
    const SERVICE: Service = Service::Kubernetes;
    const TYPICAL: Typical = Typical::secs(2, 2, 5);
    const HINT: &'static [&'static str] = &["in on {rules@port}"];
    const SHARED: bool = true;
    const CALLS: Calls = manifest::CALLS;
    const TERRAFORM: &'static Table = &terraform::TABLE;

    fn example() -> Self {
        NetworkPolicy {
            cluster: Ref::to(EXAMPLE),
            namespace: Ref::to(EXAMPLE),
            name: "example".into(),
            pods: Some("example".into()),
            rules: [Rule { port: 8080, from: Source::Block("10.0.1.0/24".into()) }].into(),
            enforced: true,
            waits_for: BTreeSet::new(),
            uid: Computed::default(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.namespace.address()), name: format!("network policy {}", self.name) }]
    }

    fn breaches(&self, _me: &Address, near: Near<'_>) -> Vec<Breach> {
        let mut found: Vec<Breach> = manifest::named(&self.name).into_iter().collect();
        let selected = self.rules.iter().filter_map(|rule| if let Source::Pods(name) = &rule.from { Some(("rules", name)) } else { None });
        // "Labels and Selectors": a value that no pod of a deployment can have selects nothing.
        for (attribute, name) in self.pods.iter().map(|name| ("pods", name)).chain(selected) {
            found.extend(manifest::named(name).map(|breach| Breach::new(breach.code, attribute, breach.message, breach.help)));
        }
        for Rule { port, from } in &self.rules {
            if !(1..=65535).contains(port) {
                found.push(Breach::new(Code::OutOfRange, "rules", format!("there is no port {port}"), "write one from 1 to 65535"));
            }
            let plain = |block: &str| block.parse::<ipnet::Ipv4Net>().is_ok_and(|net| net.trunc().to_string() == block);
            // "spec.ingress[].from[].ipBlock.cidr: must be a valid CIDR value"; host bits are warned of.
            if let Source::Block(block) = from
                && !plain(block)
            {
                let message = format!("`{block}` is no block of addresses");
                found.push(Breach::new(Code::BadBlock, "rules", message, "write one such as 10.0.0.0/24"));
            }
        }
        found.extend(manifest::elsewhere(self, near));
        found
    }

    fn simulate(&mut self, id: &str) {
        self.waits_for.clear();
        self.uid = Computed::from(format!("uid-{id}"));
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let mut found = manifest::list::<Self>(cx, stack).await?;
        let on = enforced::clusters(cx, stack, &found).await?;
        for live in &mut found {
            let policy: NetworkPolicy = live.of()?;
            let enforced = on.contains(&policy.cluster.0);
            live.object = NetworkPolicy { enforced, ..policy }.into();
        }
        Ok(found)
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let (api, _) = manifest::reach(self, cx, links)?;
        enforced::set(cx, &api, self.enforced).await?;
        manifest::create(self, cx, links, stamp).await
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let (api, _) = manifest::reach(self, cx, links)?;
        enforced::set(cx, &api, self.enforced).await?;
        half(manifest::update(self, cx, links, live, stamp).await)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        manifest::delete::<Self>(cx, live).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(cluster: &str, change: impl FnOnce(&mut NetworkPolicy)) -> Vec<String> {
        manifest::tests::refused(cluster, change)
    }

    #[test]
    fn what_the_api_server_refuses_is_refused() {
        assert!(refused(EXAMPLE, |_| ()).is_empty());
        assert_eq!(refused("other", |_| ()), ["namespace"]);
        assert_eq!(refused(EXAMPLE, |p| p.name = "To_Shop".into()), ["name"]);
        assert_eq!(refused(EXAMPLE, |p| p.pods = Some("a.b".into())), ["pods"]);
        let rule = |port, from| move |p: &mut NetworkPolicy| p.rules = [Rule { port, from }].into();
        let block = |block: &str| Source::Block(block.into());
        assert!(refused(EXAMPLE, rule(65535, block("10.0.0.0/24"))).is_empty());
        for wrong in
            [rule(0, block("10.0.0.0/24")), rule(80, block("10.0.0.1/24")), rule(80, block("all")), rule(80, Source::Pods(String::new()))]
        {
            assert_eq!(refused(EXAMPLE, wrong), ["rules"]);
        }
    }
}
