//! What the API server and EKS refuse of a pool of nodes, and what would never have nodes.
use super::super::eks_cluster::POOLS;
use super::super::manifest::quantity::canonical;
use super::*;
use crate::diag::Code;

pub(super) fn breaches(pool: &NodePool, me: &Address, near: Near<'_>) -> Vec<Breach> {
    let mut found: Vec<Breach> = manifest::named(&pool.name).into_iter().collect();
    // "You cannot modify the built in system and general-purpose node pools."
    if POOLS.contains(&pool.name.as_str()) {
        let message = format!("`{}` is a pool of EKS's own, which it keeps as it is", pool.name);
        found.push(Breach::new(Code::BadName, "name", message, "give it another name"));
    }
    for (attribute, word, known) in [("capacity", &pool.capacity, CAPACITIES), ("architecture", &pool.architecture, ARCHITECTURES)] {
        if !known.contains(&word.as_str()) {
            let message = format!("there are no nodes of `{word}`");
            found.push(Breach::new(Code::UnknownValue, attribute, message, format!("write one of {}", known.join(", "))));
        }
    }
    for (attribute, amount) in [("cpu", &pool.cpu), ("memory", &pool.memory)] {
        if let Some(amount) = amount.as_ref().filter(|amount| canonical(amount).is_none_or(|kept| kept != **amount || kept == "0")) {
            let message = format!("`{amount}` is no amount of which nodes could be made, as Kubernetes writes it");
            found.push(Breach::new(Code::BadSize, attribute, message, "write one such as 64 or 256Gi"));
        }
    }
    found.extend(held(&pool.disruption));
    if let Some(cluster) = near.get(&pool.cluster) {
        found.extend(nobody(cluster));
    }
    found.extend(small(pool, me, near));
    found
}

/// `budgets[].nodes` is `^((100|[0-9]{1,2})%|[0-9]+)$`. One that lets no node be emptied is taken, too; then no node is ever made anew, and what EKS
/// patches stays as it is.
fn held(nodes: &str) -> Option<Breach> {
    let number = nodes.strip_suffix('%').unwrap_or(nodes);
    let digits = !number.is_empty() && number.len() <= 6 && number.bytes().all(|b| b.is_ascii_digit());
    let count: u32 = number.parse().ok().filter(|_| digits).unwrap_or_default();
    let bad = count == 0 || nodes.ends_with('%') && count > 100;
    let message = format!("`{nodes}` of a pool's nodes can't be emptied at a time");
    bad.then(|| Breach::new(Code::OutOfRange, "disruption", message, "let one node go at least: 1, or 10%"))
}

/// Nodes are Auto Mode's, of the class `default`, which EKS makes beside one of its own pools ("Create a Node Class for Amazon EKS").
fn nobody(cluster: &EksCluster) -> Option<Breach> {
    let alone = cluster.node_role.is_none() || cluster.node_pools.is_empty();
    let message = "a pool has nodes where EKS has a pool of its own beside it";
    alone.then(|| Breach::new(Code::Refused, "cluster", message, "let the cluster keep the pool `system`"))
}

/// Not from a source: all of it would be taken, and pods would wait for nodes without end.
fn small(pool: &NodePool, me: &Address, near: Near<'_>) -> Vec<Breach> {
    let all = near.all::<Deployment>();
    let named: Vec<&Deployment> =
        all.into_iter().map(|(_, d)| d).filter(|d| d.node_pool.as_ref().is_some_and(|named| named.address() == *me)).collect();
    let mut found = vec![];
    let asked = [named.iter().map(|d| (d.pods(), &d.cpu)).collect::<Vec<_>>(), named.iter().map(|d| (d.pods(), &d.memory)).collect()];
    for ((attribute, limit), asked) in [("cpu", &pool.cpu), ("memory", &pool.memory)].into_iter().zip(asked) {
        let each = asked.into_iter().map(|(pods, amount)| Some(thousandths(amount)? * u128::try_from(pods).ok()?));
        let Some((asked, limit)) = each.sum::<Option<u128>>().zip(limit.as_ref()) else { continue };
        if thousandths(limit).is_some_and(|most| asked > most) {
            let message = format!("the pods that run in the pool ask for more {attribute} than its limit of {limit}");
            found.push(Breach::new(Code::Refused, attribute, message, "raise the limit, or let fewer or smaller pods run in it"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(cluster: fn(&mut EksCluster), pods: i32) -> Vec<String> {
        let (mut own, me) = (EksCluster::example(), Address::new(Kind::NodePool, EXAMPLE));
        cluster(&mut own);
        let pool = Some(Ref::to(EXAMPLE));
        let deployment =
            Deployment { node_pool: pool, replicas: Some(pods), cpu: "1".into(), memory: "1Gi".into(), ..Deployment::example() };
        let nodes = BTreeMap::from([
            (Address::new(Kind::EksCluster, EXAMPLE), own.into()),
            (Address::new(Kind::Deployment, EXAMPLE), deployment.into()),
        ]);
        breaches(&NodePool::example(), &me, Near(&nodes)).into_iter().map(|breach| breach.attributes[0].clone()).collect()
    }

    /// The example's nodes have 64 processors and 256Gi at most.
    #[test]
    fn pods_would_wait_without_end() {
        assert!(refused(|_| (), 64).is_empty());
        assert_eq!(refused(|_| (), 65), ["cpu"]);
        assert_eq!(refused(|_| (), 257), ["cpu", "memory"]);
        assert_eq!(refused(|c| c.node_pools.clear(), 1), ["cluster"]);
        assert_eq!(refused(|c| c.node_role = None, 1), ["cluster"]);
    }
}
