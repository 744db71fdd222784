//! Which clusters a stack has, where their APIs are, and whether there is anything of ours in them.
use std::rc::Rc;

use aws_sdk_eks::types::Cluster;
use futures_util::future::try_join_all;

use super::*;
use crate::wire::kubernetes::{Endpoint, Kubernetes};

/// Says that something of the stack was made in the cluster: else nobody asks its API, which need not be reached then.
pub(super) const TAG_ENTERED: &str = "infra:entered";

/// The stack's clusters that are there to stay: a list of names, then each that begins as the stack's do. Lists that are asked for at once share it.
pub(in crate::kinds) async fn own(cx: &Clients, stack: &str) -> Result<Vec<Cluster>, CloudError> {
    cx.clusters.see(stack, async || seen(cx, stack).await).await
}

async fn seen(cx: &Clients, stack: &str) -> Result<Vec<Cluster>, CloudError> {
    let request = cx.eks().list_clusters().max_results(100);
    let send = async |token| request.clone().set_next_token(token).send().await;
    let names = cx.pages(Service::Eks, "ListClusters", send, |page| (page.clusters, page.next_token)).await?;
    let own: Vec<String> = names.into_iter().filter(|name| name.starts_with(&NAMES.start(stack))).collect();
    let all = try_join_all(own.iter().map(async |name| states::find(cx, name).await)).await?;
    let ours = |seen: &Cluster| states::stays(seen) && Stamp::read(stack, read::all_tags(seen)).is_some();
    Ok(all.into_iter().flatten().filter(ours).collect())
}

/// Where the API of a cluster is; `None` while it isn't anywhere.
fn endpoint(seen: &Cluster) -> Option<Endpoint> {
    let authority = seen.certificate_authority().and_then(|ca| ca.data.clone())?;
    Some(Endpoint { cluster: seen.name.clone()?, url: seen.endpoint.clone()?, authority })
}

/// The APIs of the stack's clusters in which there is something of the stack, by the clusters' names.
pub(in crate::kinds) async fn entered(cx: &Clients, stack: &str) -> Result<Vec<(String, Rc<Kubernetes>)>, CloudError> {
    let all = own(cx, stack).await?;
    let entered = all.iter().filter(|seen| read::all_tags(seen).contains_key(TAG_ENTERED));
    Ok(entered.filter_map(endpoint).map(|at| (at.cluster.clone(), cx.cluster_api(at))).collect())
}

/// The API of a cluster in which there is something of the stack.
pub(super) fn inside(cx: &Clients, seen: &Cluster) -> Option<Rc<Kubernetes>> {
    let entered = states::stays(seen) && read::all_tags(seen).contains_key(TAG_ENTERED);
    Some(cx.cluster_api(endpoint(seen).filter(|_| entered)?))
}

/// The API of a cluster by its name; `None` when the cluster is gone.
pub(in crate::kinds) async fn api_of(cx: &Clients, name: &str) -> Result<Option<Rc<Kubernetes>>, CloudError> {
    let seen = states::find(cx, name).await?.filter(states::stays);
    Ok(seen.as_ref().and_then(endpoint).map(|at| cx.cluster_api(at)))
}

/// The API of the cluster that a reference leads to, and the cluster's name.
pub(in crate::kinds) fn api(cx: &Clients, links: &Links, cluster: &Ref<EksCluster>) -> Result<(String, Rc<Kubernetes>), CloudError> {
    let (name, object) = links.get(cluster)?;
    let known = object.endpoint.0.zip(object.certificate_authority.0);
    let (url, authority) = known.ok_or_else(|| CloudError::bug(format!("the cluster {name} has no endpoint yet")))?;
    let at = Endpoint { cluster: name.to_owned(), url, authority };
    Ok((name.to_owned(), cx.cluster_api(at)))
}

/// Notes that something of the stack is about to be made in the cluster.
pub(in crate::kinds) async fn enter(cx: &Clients, name: &str) -> Result<(), CloudError> {
    let seen = states::get(cx, name).await?;
    if read::all_tags(&seen).contains_key(TAG_ENTERED) {
        return Ok(());
    }
    let arn = seen.arn.ok_or_else(|| CloudError::incomplete("DescribeCluster", "cluster.arn"))?;
    let request = cx.eks().tag_resource().resource_arn(&arn).tags(TAG_ENTERED, "yes");
    cx.safe(Service::Eks, "TagResource", async || request.clone().send().await).await.map(drop)
}
