//! What `examples/production.yaml` and the layer over it say, against what is there.
use super::look::Seen;
use super::{data, network, serving};

/// What the layer changes; all else is the example's.
pub struct Want {
    pub backups: i32,
    pub certificate: String,
    pub check: (&'static str, i32),
    pub db_class: &'static str,
    pub idle_timeout: &'static str,
    pub image: &'static str,
    pub instance_type: &'static str,
    pub max: i32,
    /// The one parameter of the cache.
    pub maxmemory: Option<&'static str>,
    pub node_type: &'static str,
    pub nodes: usize,
    pub office: &'static str,
    pub ssl_policy: &'static str,
    /// The tag `team` of everything.
    pub team: Option<&'static str>,
}

pub const ZONES: [&str; 3] = ["a", "b", "c"];

/// Kinds whose tags are written once: no list shows them.
const TAGGED_ONCE: [&str; 2] = ["db_subnet_group", "log_group"];

/// Every object of the stack.
fn addresses(want: &Want) -> Vec<String> {
    let mut all: Vec<String> =
        "auto_scaling_group.app bucket.access_logs bucket.uploads cache_subnet_group.data db_instance.main db_parameter_group.main
        db_replica.main-1 db_subnet_group.data flow_log.main iam_role.app iam_role.flow_logs iam_role.function.thumbnails instance_profile.app internet_gateway.main
        launch_template.app listener.http listener.https load_balancer.main log_group.cache.main log_group.compute.app log_group.flow_logs log_group.function.thumbnails replication_group.main
        route_table.data route_table.public security_group.app security_group.bastion security_group.cache.main security_group.database.main
        security_group.function.thumbnails security_group.load_balancer target_group.app target_group.thumbnails vpc.main vpc_endpoint.s3"
            .split_whitespace()
            .map(String::from)
            .collect();
    for zone in ZONES {
        let each = ["elastic_ip.nat", "nat_gateway.nat", "route_table.app", "subnet.app", "subnet.data", "subnet.public"];
        all.extend(each.map(|what| format!("{what}-{zone}")));
    }
    all.extend(want.maxmemory.map(|_| "cache_parameter_group.main".to_owned()));
    all.sort();
    all
}

pub fn check(seen: &Seen, want: &Want) {
    stamps(seen, want);
    network::check(seen, want);
    serving::check(seen, want);
    data::check(seen, want);
}

/// Exactly the objects there should be, each with the whole stamp, its name, and the user's tags.
fn stamps(seen: &Seen, want: &Want) {
    assert_eq!(seen.tags.keys().cloned().collect::<Vec<_>>(), addresses(want));
    for (address, tags) in &seen.tags {
        let kind = address.split('.').next().unwrap();
        let (run, step) = tags["infra:run"].split_once('/').unwrap();
        assert!(run.starts_with('r') && step.parse::<usize>().is_ok(), "{address}: {tags:?}");
        assert!(
            tags["infra:digest"].split(':').next().unwrap().len() == 16
                && tags["infra:digest"].split(':').next().unwrap().bytes().all(|b| b.is_ascii_hexdigit()),
            "{address}: {tags:?}"
        );
        assert!(tags["Name"].starts_with("production-"), "{address}: {tags:?}");
        if !TAGGED_ONCE.contains(&kind) {
            assert_eq!(tags.get("team").map(String::as_str), want.team, "{address}");
        }
    }
}
