//! What the kinds of databases and caches share, whatever their service: names, repeated creations, changed values, subnets that are stood in.
use super::*;
use crate::diag::Code;

/// A name as RDS and ElastiCache keep it: small letters, the first is one, no two hyphens in a row and none at the end (`DBInstanceIdentifier` of
/// `CreateDBInstance`, `ReplicationGroupId` of `CreateReplicationGroup`, and so on).
pub(super) const fn names(most: usize) -> NameRule {
    NameRule { small: true, single: true, ..NameRule::most(most) }
}

/// A creation under a generated name that finds the name taken was done by an earlier request of the same step.
pub(super) fn already<T>(answer: Result<T, CloudError>) -> Result<(), CloudError> {
    match answer {
        Err(e) if e.code.contains("AlreadyExists") => Ok(()),
        other => other.map(drop),
    }
}

/// The wanted value, when it is not there yet.
pub(super) fn changed<T: Clone + PartialEq>(now: &T, want: &T) -> Option<T> {
    (now != want).then(|| want.clone())
}

/// An object that reached a state from which it won't come back by itself.
pub(super) fn broken(service: Service, operation: &str, status: &str, reason: &str) -> CloudError {
    let mut e = CloudError::new(Class::Invalid, status, reason);
    (e.service, e.operation) = (Some(service), operation.into());
    e
}

/// The stamp that an object keeps when it is changed.
pub(super) fn moved(live: &Live, stamp: &Stamp) -> Stamp {
    live.stamp.renewed(stamp)
}

/// All subnets of a group are of its VPC (`SubnetIds`).
pub(super) fn one_vpc(vpc: &Ref<Vpc>, subnets: &BTreeSet<Ref<Subnet>>, near: Near<'_>) -> Vec<Breach> {
    let other = subnets.iter().any(|s| near.get(s).is_some_and(|s| s.vpc != *vpc));
    let breach = || Breach::new(Code::Refused, "subnets", "the subnets of a group are in its VPC", "name a tier of this VPC");
    other.then(breach).into_iter().collect()
}

/// What stands in subnets keeps them from leaving their group. `stands` says whether an object of the group can't do with so many that stay: which
/// ones it stands in is known only where too few stay for any to be spared. `what` it is: a cache, a database.
pub(super) fn held<K: Resource>(
    before: &BTreeSet<Ref<Subnet>>,
    after: &BTreeSet<Ref<Subnet>>,
    near: Near<'_>,
    what: &str,
    stands: impl Fn(&K, usize) -> bool,
) -> Vec<Breach> {
    let stay = before.intersection(after).count();
    if stay == before.len() {
        return vec![];
    }
    let user = near.all::<K>().into_iter().find(|(_, k)| stands(k, stay));
    let breach = |(user, _): (Address, _)| {
        let message = format!("{user} stands in these subnets, which can't be taken from it");
        let help = format!("leave the tier's blocks as they are; a {what} in other subnets is a new one: another entry, in another tier");
        Breach::new(Code::Refused, "subnets", message, help)
    };
    user.map(breach).into_iter().collect()
}
