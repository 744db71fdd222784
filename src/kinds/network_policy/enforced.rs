//! Whether nodes of Auto Mode hold to policies ("Use Network Policies with EKS Auto Mode"): their agent is there, and its controller is off until the cluster
//! says otherwise. The node classes that EKS makes itself have `networkPolicy: DefaultAllow`, under which policies count.
use super::*;
use crate::wire::kubernetes::Kubernetes;

const MAPS: Type = Type { api: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true };
const NAMESPACE: &str = "kube-system";
const MAP: &str = "amazon-vpc-cni";
const ENTRY: &str = "enable-network-policy-controller";

async fn is_on(cx: &Clients, api: &Kubernetes) -> Result<bool, CloudError> {
    let found = present(api.get(cx, MAPS, NAMESPACE, MAP).await)?;
    Ok(found.is_some_and(|map| map["data"][ENTRY] == "true"))
}

/// The clusters, by name, whose nodes do, of those in which the stack has policies.
pub(super) async fn clusters(cx: &Clients, stack: &str, found: &[Live]) -> Result<BTreeSet<String>, CloudError> {
    let ours: BTreeSet<String> = found.iter().filter(|l| l.stamp.stack == stack).map(|l| Place::of(&l.id).cluster).collect();
    let mut on = BTreeSet::new();
    if ours.is_empty() {
        return Ok(on);
    }
    for (cluster, api) in eks_cluster::entered(cx, stack).await? {
        if ours.contains(&cluster) && is_on(cx, &api).await? {
            on.insert(cluster);
        }
    }
    Ok(on)
}

/// Lets them, or lets them no longer. It is the one field that is sent: what else stands in the map is whoever's it is.
pub(super) async fn set(cx: &Clients, api: &Kubernetes, on: bool) -> Result<(), CloudError> {
    if is_on(cx, api).await? == on {
        return Ok(());
    }
    let metadata = json!({ "name": MAP, "namespace": NAMESPACE });
    let map = json!({ "apiVersion": MAPS.api, "kind": MAPS.kind, "metadata": metadata, "data": { ENTRY: on.to_string() } });
    api.apply(cx, MAPS, manifest::MANAGER, &map).await.map(drop)
}
