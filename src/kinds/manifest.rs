//! What the kinds of objects in a cluster share (`manifest`, as Kubernetes calls what describes one).
//!
//! An object is made and changed by server-side apply of the field manager `infra`, in one request that bears the stack's stamp. It is read field by field:
//! what the kind governs, and of maps what is `infra`'s; all else stays whoever's it is. Its id is `CLUSTER/deployments/NAMESPACE/NAME`, or
//! `CLUSTER/namespaces/NAME` of what stands in no namespace; the uid is no part of it, since others find it by its name.
pub(super) mod failing;
pub(super) mod fields;
mod judged;
pub mod pods;
pub mod quantity;
mod shown;

use std::rc::Rc;

use futures_util::future::try_join_all;
use serde_json::json;

use super::calls::{KNOWN_CLUSTERS, call, reads};
use super::managed::moved;
use super::*;
use crate::diag::Code;
use crate::model::Computed;
use crate::wire::kubernetes::{Kubernetes, Type};

pub(super) use judged::{observed, stays, stays_as, unmet, useless};
pub use shown::manifests;

/// The field manager.
pub(super) const MANAGER: &str = "infra";

/// The label that every object of a stack has, for people to select by.
pub(super) const STACK: &str = "infra.dev/stack";

/// The label by which a workload's pods are selected.
pub(super) const NAME: &str = "app.kubernetes.io/name";

/// What stands before the names of our annotations, in place of `infra:` of tags.
const OURS: &str = "infra.dev/";

/// Where an object of a namespace stands, by its fields of these names.
macro_rules! placed {
    () => {
        fn cluster(&self) -> &Ref<EksCluster> {
            &self.cluster
        }

        fn namespace(&self) -> Option<&Ref<Namespace>> {
            Some(&self.namespace)
        }

        fn name(&self, _links: &Links) -> Result<String, CloudError> {
            Ok(self.name.clone())
        }

        fn uid(&self) -> &Computed<String> {
            &self.uid
        }
    };
}
pub(super) use placed;

/// The verbs of a kind that is applied, read and deleted with nothing else to do; which of its objects are listed: [`list`] or [`list_own`].
macro_rules! verbs {
    ($list:ident) => {
        async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
            manifest::$list::<Self>(cx, stack).await
        }

        async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
            manifest::create(self, cx, links, stamp).await
        }

        async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
            manifest::update(self, cx, links, live, stamp).await
        }

        async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
            manifest::delete::<Self>(cx, live).await
        }
    };
}
pub(super) use verbs;

/// Requests to EKS that an object of a cluster needs: where the cluster's own API is.
pub(super) const CALLS: Calls = Calls {
    read: &[call(Service::Eks, "DescribeCluster", KNOWN_CLUSTERS), reads(Service::Eks, "ListClusters")],
    write: &[call(Service::Eks, "DescribeCluster", KNOWN_CLUSTERS)],
};

/// A kind of Kubernetes.
pub(super) trait Manifest: Resource {
    const TYPE: Type;

    fn cluster(&self) -> &Ref<EksCluster>;
    /// None of what stands in no namespace.
    fn namespace(&self) -> Option<&Ref<Namespace>>;
    /// `metadata.name`.
    fn name(&self, links: &Links) -> Result<String, CloudError>;
    /// `metadata.uid`, once it is known.
    fn uid(&self) -> &Computed<String>;
    /// Labels and annotations of its own.
    fn labels(&self) -> Vec<(&'static str, String)> {
        vec![]
    }
    fn annotations(&self) -> Vec<(&'static str, String)> {
        vec![]
    }
    /// What it says beside its metadata.
    fn body(&self, links: &Links) -> Result<Value, CloudError>;
    /// The object as it stands at a place.
    fn read(at: &Place, object: &Value) -> Self;
    /// Itself with what the cluster decides.
    fn with_computed(&self, object: &Value) -> Self;
}

/// Where an object stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// The cluster's name.
    pub cluster: String,
    /// Empty where there is none.
    pub namespace: String,
    pub name: String,
}

impl Place {
    pub fn of(id: &str) -> Place {
        let mut steps = id.split('/');
        let (cluster, _) = (steps.next(), steps.next());
        let (first, second) = (steps.next().unwrap_or_default(), steps.next());
        let (namespace, name) = second.map_or(("", first), |name| (first, name));
        Place { cluster: cluster.unwrap_or_default().into(), namespace: namespace.into(), name: name.into() }
    }

    /// The id of the kind's object there.
    pub fn id<K: Manifest>(&self) -> String {
        let namespace = if K::TYPE.namespaced { format!("{}/", self.namespace) } else { String::new() };
        format!("{}/{}/{namespace}{}", self.cluster, K::TYPE.plural, self.name)
    }

    /// The id of the namespace that it stands in.
    pub fn around(&self) -> String {
        Place { name: self.namespace.clone(), ..self.clone() }.id::<Namespace>()
    }
}

/// The value of the label that names the stack: a label ends with a letter or a digit.
pub(super) fn label(stack: &str) -> &str {
    stack.trim_end_matches('-')
}

/// The API that an object is written to, and where it is to stand.
pub(super) fn reach<K: Manifest>(want: &K, cx: &Clients, links: &Links) -> Result<(Rc<Kubernetes>, Place), CloudError> {
    let (cluster, api) = eks_cluster::api(cx, links, want.cluster())?;
    let namespace = want.namespace().map(|namespace| links.to(namespace)).transpose()?;
    let namespace = namespace.map_or(String::new(), |id| Place::of(&id).name);
    Ok((api, Place { cluster, namespace, name: want.name(links)? }))
}

/// All that is applied.
pub(super) fn whole<K: Manifest>(want: &K, links: &Links, at: &Place, stamp: &Stamp) -> Result<Value, CloudError> {
    let mut labels = BTreeMap::from([(STACK.to_owned(), label(&stamp.stack).to_owned())]);
    labels.extend(want.labels().into_iter().map(|(key, value)| (key.to_owned(), value)));
    let stamped = stamp.tags(&Tags::new()).0.into_iter().map(|(key, value)| (key.replacen("infra:", OURS, 1), value));
    let annotations: BTreeMap<String, String> =
        stamped.chain(want.annotations().into_iter().map(|(key, value)| (key.to_owned(), value))).collect();
    let mut object = want.body(links)?;
    object["apiVersion"] = K::TYPE.api.into();
    object["kind"] = K::TYPE.kind.into();
    object["metadata"] = json!({ "name": at.name, "labels": labels, "annotations": annotations });
    if K::TYPE.namespaced {
        object["metadata"]["namespace"] = at.namespace.as_str().into();
    }
    Ok(object)
}

/// The stamp among an object's annotations, where it is of the stack.
fn stamp_of(stack: &str, object: &Value) -> Option<Stamp> {
    let all = object["metadata"]["annotations"].as_object()?;
    let tag = |(key, value): (&String, &Value)| Some((format!("infra:{}", key.strip_prefix(OURS)?), value.as_str()?.to_owned()));
    Stamp::read(stack, all.iter().filter_map(tag)).map(|(stamp, _)| stamp)
}

/// Whether it is on its way out.
fn going(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

/// `metadata.uid`.
pub(super) fn uid(object: &Value) -> Computed<String> {
    Computed(object["metadata"]["uid"].as_str().map(String::from))
}

/// Every object of the kind in the stack's clusters, whosever it is: one of a stranger may have the name that is wanted.
///
/// # Errors
/// A cluster that can't be reached is an error, never empty.
pub(super) async fn list<K: Manifest>(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
    selected::<K>(cx, stack, "").await
}

/// The stack's own objects of the kind, of which others have many.
///
/// # Errors
/// As [`list`].
pub(super) async fn list_own<K: Manifest>(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
    let mut found = selected::<K>(cx, stack, &format!("{STACK}={}", label(stack))).await?;
    found.retain(|live| live.stamp.stack == stack);
    Ok(found)
}

async fn selected<K: Manifest>(cx: &Clients, stack: &str, selector: &str) -> Result<Vec<Live>, CloudError> {
    let apis = eks_cluster::entered(cx, stack).await?;
    let each = apis.iter().map(async |(cluster, api)| {
        // A cluster that doesn't serve the kind, as those without Auto Mode do with its own, has none of it.
        let found = present(api.list(cx, K::TYPE, selector).await).map_err(|e| away(cluster, e))?.unwrap_or_default();
        let text = |object: &Value, field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let read = |object: &Value| {
            let at = Place { cluster: cluster.clone(), namespace: text(object, "namespace"), name: text(object, "name") };
            let stamp = stamp_of(stack, object).unwrap_or_else(|| Stamp::nobody(K::KIND));
            Live::found(at.id::<K>(), K::read(&at, object), stamp)
        };
        Ok::<_, CloudError>(found.iter().filter(|object| !going(object)).map(read).collect::<Vec<_>>())
    });
    Ok(try_join_all(each).await?.into_iter().flatten().collect())
}

/// Tells from where the API of a cluster is reached, when it isn't.
fn away(cluster: &str, e: CloudError) -> CloudError {
    let more = format!("the API of {cluster} is reached from within its VPC, and from what `kubernetes.cluster.api.allow_from` names");
    if e.class == Class::Transient { e.adding(&more) } else { e }
}

/// Makes an object where there is none of its name. What an earlier try of the same step has made is taken up. The answer.
pub(super) async fn make<K: Manifest>(
    want: &K,
    cx: &Clients,
    links: &Links,
    (api, at): (&Kubernetes, &Place),
    stamp: &Stamp,
) -> Result<Value, CloudError> {
    let look = async || {
        let found = present(api.get(cx, K::TYPE, &at.namespace, &at.name).await)?;
        Ok(if found.as_ref().is_some_and(going) { None } else { Some(found) })
    };
    let object = whole(want, links, at, stamp)?;
    match cx.policy.wait(&format!("what was {} to be gone", at.id::<K>()), deadline(K::TYPICAL.delete), look).await? {
        Some(found) => {
            ours(&at.id::<K>(), stamp_of(&stamp.stack, &found).map(|stamp| (stamp, Tags::new())), stamp)?;
            api.apply(cx, K::TYPE, MANAGER, &object).await.map(|done| done.object)
        }
        None => {
            let done = api.create(cx, K::TYPE, MANAGER, &object).await?;
            if done.created {
                return Ok(done.object);
            }
            // Somebody has made one meanwhile, and ours was laid over it: all of that is taken away again.
            let mut nothing = json!({ "apiVersion": K::TYPE.api, "kind": K::TYPE.kind, "metadata": { "name": at.name } });
            if K::TYPE.namespaced {
                nothing["metadata"]["namespace"] = at.namespace.as_str().into();
            }
            half(api.apply(cx, K::TYPE, MANAGER, &nothing).await)?;
            ours(&at.id::<K>(), None, stamp)?;
            Err(CloudError::bug("an object that was somebody's is ours"))
        }
    }
}

pub(super) async fn create<K: Manifest>(want: &K, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
    let (api, at) = reach(want, cx, links)?;
    let made = make(want, cx, links, (&api, &at), stamp).await?;
    Live::made(at.id::<K>(), want.with_computed(&made), stamp, links)
}

/// The object that is there: an apply would make one that isn't.
pub(super) async fn standing<K: Manifest>(cx: &Clients, api: &Kubernetes, at: &Place) -> Result<Value, CloudError> {
    api.get(cx, K::TYPE, &at.namespace, &at.name).await
}

/// Changes the object where it stands: some names are made up, or of what an object says.
pub(super) async fn update<K: Manifest>(want: &K, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
    let ((api, _), at) = (reach(want, cx, links)?, Place::of(&live.id));
    standing::<K>(cx, &api, &at).await?;
    let object = whole(want, links, &at, &moved(live, stamp))?;
    let done = api.apply(cx, K::TYPE, MANAGER, &object).await?;
    Live::made(at.id::<K>(), want.with_computed(&done.object), stamp, links)
}

/// Deletes the object, and what belongs to it first. Returns when it is gone.
pub(super) async fn delete<K: Manifest>(cx: &Clients, live: &Live) -> Result<(), CloudError> {
    let at = Place::of(&live.id);
    let Some(api) = eks_cluster::api_of(cx, &at.cluster).await? else { return Ok(()) };
    let own: K = live.of()?;
    let uid = match &own.uid().0 {
        Some(uid) => uid.clone(),
        None => match present(standing::<K>(cx, &api, &at).await)? {
            Some(found) if stamp_of(&live.stamp.stack, &found).is_some() => uid(&found).0.unwrap_or_default(),
            _ => return Ok(()),
        },
    };
    remove::<K>(cx, &api, &at, &uid).await
}

/// Deletes the object of this uid. Returns when it is gone.
pub(super) async fn remove<K: Manifest>(cx: &Clients, api: &Kubernetes, at: &Place, id: &str) -> Result<(), CloudError> {
    gone(api.delete(cx, K::TYPE, &at.namespace, &at.name, id).await)?;
    let look = async || {
        let found = present(standing::<K>(cx, api, at).await)?;
        Ok(found.is_none_or(|found| uid(&found).0.as_deref() != Some(id)).then_some(()))
    };
    half(cx.policy.wait(&format!("{} to be gone", at.id::<K>()), deadline(K::TYPICAL.delete), look).await)
}

/// A name that stands in the DNS of a cluster ("Object Names and IDs", RFC 1035 labels).
pub(super) fn named(name: &str) -> Option<Breach> {
    let inner = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let good = inner && name.len() <= 63 && name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-');
    let breach = || {
        let message = format!("`{name}` is no name of an object in a cluster");
        let help = "write letters, digits and `-`, a letter first and no `-` at the end, 63 characters at most";
        Breach::new(Code::BadName, "name", message, help)
    };
    (!good).then(breach)
}

/// An object's namespace is in its own cluster.
pub(super) fn elsewhere<K: Manifest>(want: &K, near: Near<'_>) -> Option<Breach> {
    let namespace = near.get(want.namespace()?)?;
    (namespace.cluster != *want.cluster())
        .then(|| Breach::new(Code::Refused, "namespace", "the namespace is in another cluster", "name one of its cluster").with("cluster"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The attributes that are refused of a kind's example, changed in one way, in a namespace of a cluster.
    pub fn refused<K: Manifest>(cluster: &str, change: impl FnOnce(&mut K)) -> Vec<String> {
        let mut own = K::example();
        change(&mut own);
        let namespace = Namespace { cluster: Ref::to(cluster), ..Namespace::example() };
        let nodes = BTreeMap::from([(Address::new(Kind::Namespace, example::EXAMPLE), namespace.into())]);
        let found = own.breaches(&Address::new(K::KIND, example::EXAMPLE), Near(&nodes));
        found.into_iter().map(|breach| breach.attributes[0].clone()).collect()
    }
}
