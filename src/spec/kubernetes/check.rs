//! The cluster.
use super::Cluster;
use crate::diag::{Code, Risk};
use crate::spec::check::Check;
use crate::spec::vpc::{Nat, TierKind};

pub fn check(cluster: &Cluster, cx: &mut Check<'_>) {
    let path = |field| ["kubernetes", "cluster", field];
    let tier = cx.tier(&path("subnets"), &cluster.subnets);
    if cx.spec.vpc.availability_zones.len() < 2 {
        let places = [(&["vpc", "availability_zones"][..], "one zone"), (&["kubernetes"][..], "needs two")];
        cx.both(Code::OneZone, places, "a cluster needs at least two zones".into(), "add a second zone of the region");
    }
    cluster.timeouts.check(cx, &["kubernetes", "cluster"]);
    if tier.is_some_and(|tier| closed(cx, tier)) && cx.knows(&["vpc", "nat"]) {
        let message = "the cluster's nodes have no way out of their subnets, and fetch no image from there".into();
        let help = "let `subnets` name a private tier and `vpc.nat` be `per_zone` or `single`";
        cx.risk(Risk::NoWayOut, &path("subnets"), message, help);
    }
    if cluster.api.allow_from.iter().any(|block| block.net().prefix_len() == 0) {
        let message = "anybody on the internet reaches the API of the cluster".into();
        let help = "name the blocks that its users come from, or leave them out and reach it from within the VPC";
        cx.risk(Risk::PublicApi, &["kubernetes", "cluster", "api", "allow_from"], message, help);
    }
    for (field, all) in [("planners", &cluster.planners), ("viewers", &cluster.viewers)] {
        for (index, who) in all.iter().enumerate() {
            let may = match () {
                () if cluster.admins.contains(who) => "may do everything",
                () if field == "viewers" && cluster.planners.contains(who) => "may read all of it",
                () => continue,
            };
            let message = format!("`{who}` {may} already");
            cx.error(Code::Duplicate, &["kubernetes", "cluster", field, &index.to_string()], "this one", message, "name it once");
        }
    }
    if !cluster.deletion_protection {
        let message = "nothing keeps the cluster from being deleted".into();
        cx.risk(Risk::NoDeletionProtection, &path("deletion_protection"), message, "leave it out where that matters");
    }
}

/// Whether nothing leads from a tier to the internet. Nodes of Auto Mode get public addresses where their subnets give them.
fn closed(cx: &Check<'_>, tier: TierKind) -> bool {
    match tier {
        TierKind::Public => false,
        TierKind::Private => cx.spec.vpc.nat == Nat::None,
        TierKind::Isolated => true,
    }
}
