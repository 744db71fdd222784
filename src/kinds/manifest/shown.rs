//! Objects of a cluster as they would be applied, before anything of them stands.
use super::*;

/// What stands in place of what only the cloud gives: `<target_group.shop>`, `<db_instance.main.endpoint>`.
fn unknown(what: impl std::fmt::Display) -> String {
    format!("<{what}>")
}

macro_rules! objects { ($($ty:ident),+ $(,)?) => {
    /// The id that an object of a cluster will have; `None` for what is of none.
    fn id(object: &Object, links: &Links) -> Option<Result<String, CloudError>> {
        match object { $(Object::$ty(x) => Some(place::<$ty>(x, links).map(|at| at.id::<$ty>())),)+ _ => None }
    }

    /// All that is applied of an object; `None` for what is in no cluster.
    fn applied(object: &Object, links: &Links, stamp: &Stamp) -> Option<Result<Value, CloudError>> {
        match object { $(Object::$ty(x) => Some(place::<$ty>(x, links).and_then(|at| whole::<$ty>(x, links, &at, stamp))),)+ _ => None }
    }
} }

objects! {
    Autoscaler, ConfigMap, CronJob, Deployment, DisruptionBudget, Job, KubernetesSecret, KubernetesService, Namespace, NetworkPolicy, NodePool,
    ServiceAccount, TargetGroupBinding,
}

fn place<K: Manifest>(want: &K, links: &Links) -> Result<Place, CloudError> {
    let namespace = want.namespace().map(|namespace| links.to(namespace)).transpose()?;
    let namespace = namespace.map_or(String::new(), |id| Place::of(&id).name);
    Ok(Place { cluster: links.to(want.cluster())?, namespace, name: want.name(links)? })
}

/// Links to all objects of a stack: to what stands as `standing` says, and to what doesn't by ids that are told to be unknown.
fn links(nodes: &BTreeMap<Address, Object>, standing: &dyn Fn(&Address) -> Option<Live>) -> Result<Links, CloudError> {
    let mut links = Links::default();
    // Objects of a cluster have the names of others in theirs.
    let turn = |kind: Kind| match kind {
        Kind::Namespace => 1,
        kind if kind.service() == Service::Kubernetes => 2,
        _ => 0,
    };
    for now in 0..=2 {
        for (address, object) in nodes.iter().filter(|(address, _)| turn(address.kind) == now) {
            let own = id(object, &links).transpose()?;
            let new = || Live {
                id: own.unwrap_or_else(|| unknown(address)),
                object: object.clone(),
                stamp: Stamp::nobody(address.kind),
                points: BTreeSet::new(),
            };
            let live = standing(address).unwrap_or_else(new);
            links.0.insert(address.clone(), live);
        }
    }
    Ok(links)
}

/// What is applied of all objects of a stack that are in a cluster, namespaces first. The run that makes them isn't known, and what only the cloud gives
/// has `<ADDRESS>` in its place; secrets are without their values. `standing`: what stands, and stays.
///
/// # Errors
/// An object that points at none of the stack's.
pub fn manifests(
    stack: &str,
    nodes: &BTreeMap<Address, Object>,
    standing: &dyn Fn(&Address) -> Option<Live>,
) -> Result<Vec<Value>, CloudError> {
    let links = links(nodes, standing)?;
    let (first, rest): (Vec<_>, Vec<_>) = nodes.iter().partition(|(address, _)| address.kind == Kind::Namespace);
    let mut all = vec![];
    for (address, object) in first.into_iter().chain(rest) {
        let said =
            |target: &Address, attr: &str| Some(links.output(target, attr).unwrap_or_else(|_| unknown(format_args!("{target}.{attr}"))));
        let mut plain = serde_json::to_value(object).map_err(|e| CloudError::bug(e.to_string()))?;
        let hit = resolve_texts(&mut plain, &said);
        let settled: Object = if hit { serde_json::from_value(plain).map_err(|e| CloudError::bug(e.to_string()))? } else { object.clone() };
        let settled = if let Object::KubernetesSecret(secret) = settled { secret.blank().into() } else { settled };
        let stamp = Stamp { stack: stack.into(), address: address.clone(), ..Stamp::nobody(address.kind) };
        let Some(mut found) = applied(&settled, &links, &stamp).transpose()? else { continue };
        // What is left out of a secret is in its name.
        found["metadata"]["name"] = Place::of(links.id(address)?).name.into();
        all.push(timeless(found));
    }
    Ok(all)
}

/// An object without the parts of its stamp that only a run knows.
fn timeless(mut object: Value) -> Value {
    if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
        annotations.retain(|key, _| !["run", "digest"].iter().any(|part| key.strip_prefix(OURS) == Some(part)));
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind of a cluster that is left out here would be missing from what is shown.
    #[test]
    fn every_kind_of_a_cluster_is_shown() {
        for kind in Kind::ALL {
            let mut nodes = BTreeMap::new();
            let mut open = vec![Address::new(*kind, example::EXAMPLE)];
            while let Some(address) = open.pop() {
                let object = address.kind.example();
                open.extend(refs(&object).filter(|a| !nodes.contains_key(*a)).cloned());
                nodes.insert(address, object);
            }
            let found = manifests("shop", &nodes, &|_| None).expect("the examples point at one another");
            let own = found.iter().any(|m| {
                m["metadata"]["annotations"]["infra.dev/address"].as_str() == Some(&format!("{}.{}", kind.label(), example::EXAMPLE))
            });
            assert_eq!(own, kind.service() == Service::Kubernetes, "{}", kind.label());
        }
    }
}
