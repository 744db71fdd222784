//! The stores: the cache with its replica, the database with its own.
use std::collections::BTreeSet;

use super::check::{Want, ZONES};
use super::look::Seen;

pub fn check(seen: &Seen, want: &Want) {
    cache(seen, want);
    database(seen, want);
    bucket(seen);
}

/// The bucket is private, keeps versions, and takes nothing in the clear.
fn bucket(seen: &Seen) {
    use aws_sdk_s3::types::{BucketVersioningStatus, TransitionStorageClass};
    let bucket = &seen.buckets["bucket.uploads"];
    assert!(bucket.name.ends_with("-123456789012-us-east-1-an"), "{}", bucket.name);
    assert_eq!((bucket.blocked, bucket.algorithm.as_deref().unwrap_or("AES256")), ([Some(true); 4], "AES256"));
    assert_eq!(
        (bucket.versioning.as_ref(), bucket.ownership.as_deref()),
        (Some(&BucketVersioningStatus::Enabled), Some("BucketOwnerEnforced"))
    );
    let statement = &bucket.policy["Statement"][0];
    assert_eq!((&statement["Effect"], &statement["Condition"]["Bool"]["aws:SecureTransport"]), (&"Deny".into(), &"false".into()));
    let rule = &bucket.rule;
    let moved = rule.transitions().iter().map(|t| (t.days(), t.storage_class())).collect::<Vec<_>>();
    assert_eq!(moved, [(Some(90), Some(&TransitionStorageClass::GlacierIr))]);
    assert_eq!(rule.noncurrent_version_expiration().and_then(|e| e.noncurrent_days()), Some(30));
    assert_eq!(rule.abort_incomplete_multipart_upload().and_then(|a| a.days_after_initiation()), Some(7));
    let [cors] = &bucket.cors[..] else { panic!("{:?}", bucket.cors) };
    assert_eq!(
        (cors.allowed_origins(), cors.allowed_headers(), cors.max_age_seconds()),
        (&["https://www.example.com".to_owned()][..], &["*".to_owned()][..], Some(3600))
    );
    assert_eq!(cors.allowed_methods().iter().collect::<BTreeSet<_>>(), BTreeSet::from([&"GET".to_owned(), &"PUT".to_owned()]));
}

fn subnets(seen: &Seen) -> BTreeSet<&str> {
    ZONES.iter().filter_map(|z| seen.subnets[&format!("subnet.data-{z}")].subnet_id()).collect()
}

fn security_group<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.groups[&format!("security_group.{name}")].group_id()
}

fn cache(seen: &Seen, want: &Want) {
    let place = &seen.cache_subnets["cache_subnet_group.data"];
    assert_eq!(place.subnets().iter().filter_map(|s| s.subnet_identifier()).collect::<BTreeSet<_>>(), subnets(seen));
    let group = &seen.caches["replication_group.main"];
    let text = |s: Option<&str>| s.unwrap_or_default().to_owned();
    assert_eq!((text(group.engine()), text(group.cache_node_type())), ("redis".to_owned(), want.node_type.to_owned()));
    assert_eq!(group.member_clusters().len(), want.nodes);
    assert_eq!(group.automatic_failover().map(|a| a.as_str()), Some("enabled"));
    assert_eq!(group.multi_az().map(|m| m.as_str()), Some("enabled"));
    assert_eq!((group.at_rest_encryption_enabled(), group.transit_encryption_enabled()), (Some(true), Some(true)));
    assert_eq!(group.snapshot_retention_limit(), Some(7));
    let nodes: Vec<_> = seen.cache_nodes.iter().filter(|n| n.replication_group_id() == group.replication_group_id()).collect();
    assert_eq!(nodes.len(), want.nodes);
    let parameters = seen.cache_parameters.get("cache_parameter_group.main");
    let named = parameters.and_then(|(g, _)| g.cache_parameter_group_name()).unwrap_or("default.redis7");
    for node in nodes {
        assert_eq!(node.engine_version(), Some("7.1.0"));
        assert_eq!(node.cache_subnet_group_name(), place.cache_subnet_group_name());
        assert_eq!(node.security_groups().iter().map(|g| g.security_group_id()).collect::<Vec<_>>(), [security_group(seen, "cache.main")]);
        assert_eq!(node.cache_parameter_group().and_then(|g| g.cache_parameter_group_name()), Some(named));
    }
    if let Some(policy) = want.maxmemory {
        let (group, values) = parameters.unwrap();
        assert_eq!(group.cache_parameter_group_family(), Some("redis7"));
        assert_eq!(values.iter().collect::<Vec<_>>(), [(&"maxmemory-policy".to_owned(), &policy.to_owned())]);
    }
}

fn database(seen: &Seen, want: &Want) {
    let place = &seen.db_subnets["db_subnet_group.data"];
    assert_eq!(place.subnets().iter().filter_map(|s| s.subnet_identifier()).collect::<BTreeSet<_>>(), subnets(seen));
    let settings = &seen.db_parameters["db_parameter_group.main"];
    assert_eq!(settings.db_parameter_group_family(), Some("postgres16"));
    let (primary, replica) = (&seen.databases["db_instance.main"], &seen.databases["db_replica.main-1"]);
    assert_eq!((primary.engine(), primary.engine_version()), (Some("postgres"), Some("16.11")));
    assert_eq!((primary.allocated_storage(), primary.max_allocated_storage()), (Some(100), Some(500)));
    assert_eq!((primary.storage_type(), primary.storage_encrypted()), (Some("gp3"), Some(true)));
    assert_eq!(primary.multi_az(), Some(true));
    assert_eq!(primary.db_subnet_group().and_then(|g| g.db_subnet_group_name()), place.db_subnet_group_name());
    assert_eq!((primary.backup_retention_period(), primary.preferred_backup_window()), (Some(want.backups), Some("03:00-04:00")));
    assert_eq!(primary.db_name(), None);
    assert!(primary.master_user_secret().is_none(), "the stack keeps the password: RDS makes no replicas otherwise");
    assert_eq!(primary.enabled_cloudwatch_logs_exports(), ["postgresql", "upgrade"]);
    assert_eq!(primary.read_replica_db_instance_identifiers(), [replica.db_instance_identifier().unwrap()]);
    assert_eq!(replica.read_replica_source_db_instance_identifier(), primary.db_instance_identifier());
    for instance in [primary, replica] {
        assert_eq!(instance.db_instance_class(), Some(want.db_class));
        assert_eq!((instance.deletion_protection(), instance.publicly_accessible()), (Some(true), Some(false)));
        assert_eq!(instance.db_parameter_groups()[0].db_parameter_group_name(), settings.db_parameter_group_name());
        let groups: Vec<_> = instance.vpc_security_groups().iter().map(|g| g.vpc_security_group_id()).collect();
        assert_eq!(groups, [security_group(seen, "database.main")]);
        assert_eq!(instance.endpoint().and_then(|e| e.port()), Some(5432));
    }
}
