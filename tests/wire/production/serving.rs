//! What serves: the balancer with its listeners, targets and log bucket, and the instances behind it.
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::LaunchTemplateHttpTokensState;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::check::{Want, ZONES};
use super::look::Seen;
use crate::support::iam::{Request, allowed};

pub fn check(seen: &Seen, want: &Want) {
    balancer(seen, want);
    listeners(seen, want);
    target(seen, want);
    role(seen);
    template(seen, want);
    group(seen, want);
}

fn subnets<'a>(seen: &'a Seen, tier: &str) -> BTreeSet<&'a str> {
    ZONES.iter().map(|z| seen.subnets[&format!("subnet.{tier}-{z}")].subnet_id().unwrap()).collect()
}

fn security_group<'a>(seen: &'a Seen, name: &str) -> &'a str {
    seen.groups[&format!("security_group.{name}")].group_id().unwrap()
}

fn balancer(seen: &Seen, want: &Want) {
    let bucket = &seen.buckets["bucket.access_logs"];
    assert_eq!((bucket.algorithm.as_deref().unwrap_or("AES256"), bucket.rule.expiration().and_then(|e| e.days)), ("AES256", Some(90)));
    assert_eq!(bucket.blocked, [Some(true); 4]);
    let statement = &bucket.policy["Statement"][0];
    assert_eq!(bucket.policy["Statement"].as_array().unwrap().len(), 1);
    assert_eq!(statement["Principal"], json!({ "Service": "logdelivery.elasticloadbalancing.amazonaws.com" }));
    assert_eq!(statement["Action"], json!("s3:PutObject"));
    assert_eq!(statement["Resource"], json!(format!("arn:aws:s3:::{}/AWSLogs/123456789012/*", bucket.name)));
    let (balancer, attributes) = &seen.balancers["load_balancer.main"];
    assert_eq!(balancer.scheme().map(|s| s.as_str()), Some("internet-facing"));
    assert_eq!(balancer.r#type().map(|t| t.as_str()), Some("application"));
    assert_eq!(balancer.availability_zones().iter().filter_map(|z| z.subnet_id()).collect::<BTreeSet<_>>(), subnets(seen, "public"));
    assert_eq!(balancer.security_groups(), [security_group(seen, "load_balancer")]);
    for (key, value) in [
        ("access_logs.s3.bucket", bucket.name.as_str()),
        ("access_logs.s3.enabled", "true"),
        ("deletion_protection.enabled", "true"),
        ("idle_timeout.timeout_seconds", want.idle_timeout),
        ("routing.http.drop_invalid_header_fields.enabled", "true"),
        ("routing.http2.enabled", "true"),
    ] {
        assert_eq!(attributes.get(key).map(String::as_str), Some(value), "{key}");
    }
}

fn listeners(seen: &Seen, want: &Want) {
    let balancer = seen.balancers["load_balancer.main"].0.load_balancer_arn();
    let (https, http) = (&seen.listeners["listener.https"], &seen.listeners["listener.http"]);
    assert_eq!((https.load_balancer_arn(), http.load_balancer_arn()), (balancer, balancer));
    assert_eq!((https.port(), https.protocol().map(|p| p.as_str())), (Some(443), Some("HTTPS")));
    assert_eq!(https.certificates()[0].certificate_arn(), Some(want.certificate.as_str()));
    assert_eq!(https.ssl_policy(), Some(want.ssl_policy));
    let forward = &https.default_actions()[0];
    assert_eq!(forward.r#type().map(|t| t.as_str()), Some("forward"));
    assert_eq!(forward.target_group_arn(), seen.targets["target_group.app"].target_group_arn());
    assert_eq!((http.port(), http.protocol().map(|p| p.as_str())), (Some(80), Some("HTTP")));
    let redirect = http.default_actions()[0].redirect_config().unwrap();
    assert_eq!((redirect.port(), redirect.protocol()), (Some("443"), Some("HTTPS")));
    assert_eq!(redirect.status_code().map(|c| c.as_str()), Some("HTTP_301"));
}

fn target(seen: &Seen, want: &Want) {
    let target = &seen.targets["target_group.app"];
    assert_eq!(target.vpc_id(), seen.vpcs["vpc.main"].0.vpc_id());
    assert_eq!((target.port(), target.protocol().map(|p| p.as_str())), (Some(8080), Some("HTTP")));
    assert_eq!((target.health_check_path(), target.health_check_interval_seconds()), (Some(want.check.0), Some(want.check.1)));
    assert_eq!((target.healthy_threshold_count(), target.unhealthy_threshold_count()), (Some(3), Some(2)));
    assert_eq!(target.health_check_timeout_seconds(), Some(5));
}

fn role(seen: &Seen) {
    let (role, inline, attached) = &seen.roles["iam_role.app"];
    assert!(role.assume_role_policy_document().unwrap().contains("ec2.amazonaws.com"));
    assert_eq!(attached, &["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]);
    let mut own: BTreeMap<&str, serde_json::Value> =
        inline.iter().map(|(name, policy)| (name.as_str(), serde_json::from_str(policy).unwrap())).collect();
    let logs = &own.remove("write-logs").unwrap()["Statement"][0];
    assert_eq!(logs["Resource"], json!(["arn:aws:logs:us-east-1:123456789012:log-group:/infra/production/compute.app/*"]));
    assert_eq!(logs["Action"], json!(["logs:CreateLogStream", "logs:PutLogEvents"]));
    uses_its_bucket(&own.into_values().collect::<Vec<_>>(), &seen.buckets["bucket.uploads"].name);
    let profile = &seen.profiles["instance_profile.app"];
    assert_eq!(profile.roles().iter().map(|r| r.role_name()).collect::<Vec<_>>(), [role.role_name()]);
}

/// The application reads and writes what is in its bucket: no older version goes by it, not the bucket, and no other's.
fn uses_its_bucket(policies: &[serde_json::Value], bucket: &str) {
    let policies: Vec<&serde_json::Value> = policies.iter().collect();
    let may = |action: &str, kind, name: &str| allowed(&policies, None, &Request::new(action, kind, format!("arn:aws:s3:::{name}")));
    let inside = format!("{bucket}/a/b.png");
    for action in ["s3:DeleteObject", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"] {
        assert!(may(action, "object", &inside), "{action}");
        assert!(!may(action, "object", "production-exports/a") && !may(action, "object", &format!("{bucket}-2/a")), "{action}");
    }
    assert!(may("s3:ListBucket", "bucket", bucket) && may("s3:ListBucketVersions", "bucket", bucket));
    assert!(!may("s3:DeleteObjectVersion", "object", &inside));
    for action in
        ["s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketPolicy", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"]
    {
        assert!(!may(action, "bucket", bucket), "{action}");
    }
}

fn template(seen: &Seen, want: &Want) {
    let data = &seen.templates["launch_template.app"];
    assert_eq!(data.instance_type().map(|t| t.as_str()), Some(want.instance_type));
    assert_eq!(data.iam_instance_profile().and_then(|p| p.name()), Some(seen.profiles["instance_profile.app"].instance_profile_name()));
    let metadata = data.metadata_options().unwrap();
    assert_eq!((metadata.http_tokens(), metadata.http_put_response_hop_limit()), (Some(&LaunchTemplateHttpTokensState::Required), Some(2)));
    let disk = data.block_device_mappings()[0].ebs().unwrap();
    assert_eq!((disk.encrypted(), disk.volume_size(), disk.volume_type().map(|t| t.as_str())), (Some(true), Some(20), Some("gp3")));
    let interface = &data.network_interfaces()[0];
    assert_eq!(
        (interface.associate_public_ip_address(), interface.groups()),
        (Some(false), [security_group(seen, "app").to_owned()].as_slice())
    );
    let script = String::from_utf8(STANDARD.decode(data.user_data().unwrap()).unwrap()).unwrap();
    let cache = seen.caches["replication_group.main"].node_groups()[0].primary_endpoint().and_then(|e| e.address()).unwrap();
    let database = seen.databases["db_instance.main"].endpoint().and_then(|e| e.address()).unwrap();
    for line in
        [format!("CACHE_URL=rediss://{cache}:6379"), format!("DATABASE_HOST={database}"), format!("retry docker pull {}", want.image)]
    {
        assert!(script.lines().any(|l| l == line), "no {line} in {script}");
    }
    let (group, retention) = &seen.log_groups["log_group.compute.app"];
    assert!(script.contains("--publish 8080:8080") && script.contains(&format!("awslogs-group={group} ")), "{script}");
    assert_eq!(*retention, Some(30));
    let databases = seen.log_groups.iter().filter(|(name, _)| name.starts_with("/aws/rds/instance/")).map(|(_, (_, days))| *days);
    assert_eq!(databases.collect::<Vec<_>>(), [Some(30); 2], "a log each");
}

fn group(seen: &Seen, want: &Want) {
    let group = &seen.scaling["auto_scaling_group.app"];
    assert_eq!((group.min_size(), group.max_size(), group.desired_capacity()), (Some(3), Some(want.max), Some(3)));
    assert_eq!(group.vpc_zone_identifier().unwrap().split(',').collect::<BTreeSet<_>>(), subnets(seen, "app"));
    let target = seen.targets["target_group.app"].target_group_arn().unwrap();
    assert_eq!(group.target_group_arns(), [target]);
    assert_eq!((group.health_check_type(), group.health_check_grace_period()), (Some("ELB"), Some(120)));
    assert_eq!(group.instances().len(), 3);
    // The group's zones: the emulator puts all instances into the first of them.
    let zones: BTreeSet<_> = group.availability_zones().iter().map(String::as_str).collect();
    assert_eq!(zones, BTreeSet::from(["us-east-1a", "us-east-1b", "us-east-1c"]));
    let name = group.auto_scaling_group_name();
    let policies: Vec<_> = seen.policies.iter().filter(|p| p.auto_scaling_group_name() == name).collect();
    assert_eq!(policies.len(), 1);
    let tracking = policies[0].target_tracking_configuration().unwrap();
    let metric = tracking.predefined_metric_specification().and_then(|m| m.predefined_metric_type()).map(|m| m.as_str());
    assert_eq!((tracking.target_value(), metric), (Some(60.0), Some("ASGAverageCPUUtilization")));
}
