//! The stack as plain requests show it, and not our own list code: every object by the address in its tags.
use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_autoscaling::types::{AutoScalingGroup, ScalingPolicy};
use aws_sdk_ec2::types as ec2;
use aws_sdk_elasticache::types as cache;
use aws_sdk_elasticloadbalancingv2::types as elb;
use aws_sdk_iam::types::{InstanceProfile, Role};
use aws_sdk_rds::types as rds;

use crate::wire::foreign::photo::s3;

pub type Tags = BTreeMap<String, String>;
/// Objects by address.
pub type By<T> = BTreeMap<String, T>;

/// Tags of whichever service.
macro_rules! tags {
    ($list:expr) => {
        $list.iter().map(|t| (t.key().unwrap_or_default().to_owned(), t.value().unwrap_or_default().to_owned())).collect::<Tags>()
    };
}

#[derive(Default)]
pub struct Seen {
    /// All tags of every object of the stack.
    pub tags: By<Tags>,
    pub addresses: By<ec2::Address>,
    pub balancers: By<(elb::LoadBalancer, Tags)>,
    pub buckets: By<Bucket>,
    pub cache_nodes: Vec<cache::CacheCluster>,
    pub cache_parameters: By<(cache::CacheParameterGroup, Tags)>,
    pub cache_subnets: By<cache::CacheSubnetGroup>,
    pub caches: By<cache::ReplicationGroup>,
    pub databases: By<rds::DbInstance>,
    pub db_parameters: By<rds::DbParameterGroup>,
    pub db_subnets: By<rds::DbSubnetGroup>,
    pub endpoints: By<ec2::VpcEndpoint>,
    pub flow_logs: By<ec2::FlowLog>,
    pub gateways: By<ec2::InternetGateway>,
    pub groups: By<ec2::SecurityGroup>,
    pub listeners: By<elb::Listener>,
    pub log_groups: By<(String, Option<i32>)>,
    pub nats: By<ec2::NatGateway>,
    pub policies: Vec<ScalingPolicy>,
    pub profiles: By<InstanceProfile>,
    pub roles: By<(Role, Tags, Vec<String>)>,
    pub scaling: By<AutoScalingGroup>,
    pub subnets: By<ec2::Subnet>,
    pub tables: By<ec2::RouteTable>,
    pub targets: By<elb::TargetGroup>,
    pub templates: By<ec2::ResponseLaunchTemplateData>,
    pub vpcs: By<(ec2::Vpc, bool, bool)>,
}

/// A bucket's settings.
pub struct Bucket {
    pub name: String,
    pub policy: serde_json::Value,
    pub rule: aws_sdk_s3::types::LifecycleRule,
    pub cors: Vec<aws_sdk_s3::types::CorsRule>,
    pub ownership: Option<String>,
    pub versioning: Option<aws_sdk_s3::types::BucketVersioningStatus>,
    /// What new objects are encrypted with, when the bucket says so. S3 answers `AES256` for those that don't, the emulator an error.
    pub algorithm: Option<String>,
    pub blocked: [Option<bool>; 4],
}

impl Seen {
    /// The address of an object with these tags, when it is the stack's.
    fn own(&mut self, tags: Tags) -> Option<String> {
        let address = tags.get("infra:address").filter(|_| tags.get("infra:stack").is_some_and(|s| s == "production"))?.clone();
        // Of foreign objects with a damaged stamp, one has no digest, one no step, one no kind that there is.
        let whole = tags.contains_key("infra:digest") && tags.get("infra:run").is_some_and(|r| r.contains('/'));
        (whole && !address.starts_with("no_such_kind")).then(|| {
            assert!(self.tags.insert(address.clone(), tags).is_none(), "two of {address}");
            address
        })
    }
}

pub async fn look(config: &SdkConfig) -> Seen {
    let mut seen = Seen::default();
    network(config, &mut seen).await;
    identities(config, &mut seen).await;
    stores(config, &mut seen).await;
    balancers(config, &mut seen).await;
    instances(config, &mut seen).await;
    databases(config, &mut seen).await;
    caches(config, &mut seen).await;
    seen
}

/// Fills one map of `Seen` with what is the stack's of a list.
macro_rules! keep {
    ($seen:ident.$field:ident, $items:expr) => {
        for item in $items {
            if let Some(at) = $seen.own(tags!(item.tags())) {
                $seen.$field.insert(at, item.clone());
            }
        }
    };
}

async fn network(config: &SdkConfig, seen: &mut Seen) {
    let ec2 = aws_sdk_ec2::Client::new(config);
    for vpc in ec2.describe_vpcs().send().await.unwrap().vpcs() {
        let Some(at) = seen.own(tags!(vpc.tags())) else { continue };
        let ask =
            async |what: &str| ec2.describe_vpc_attribute().vpc_id(vpc.vpc_id().unwrap()).attribute(what.into()).send().await.unwrap();
        let names = ask("enableDnsHostnames").await.enable_dns_hostnames.and_then(|a| a.value);
        let support = ask("enableDnsSupport").await.enable_dns_support.and_then(|a| a.value);
        seen.vpcs.insert(at, (vpc.clone(), names.unwrap(), support.unwrap()));
    }
    keep!(seen.subnets, ec2.describe_subnets().send().await.unwrap().subnets());
    keep!(seen.gateways, ec2.describe_internet_gateways().send().await.unwrap().internet_gateways());
    keep!(seen.addresses, ec2.describe_addresses().send().await.unwrap().addresses());
    let live = |g: &&ec2::NatGateway| g.state() == Some(&ec2::NatGatewayState::Available);
    keep!(seen.nats, ec2.describe_nat_gateways().send().await.unwrap().nat_gateways().iter().filter(live));
    keep!(seen.tables, ec2.describe_route_tables().send().await.unwrap().route_tables());
    keep!(seen.groups, ec2.describe_security_groups().send().await.unwrap().security_groups());
    let live = |e: &&ec2::VpcEndpoint| e.state().is_none_or(|s| !s.as_str().eq_ignore_ascii_case("deleted"));
    keep!(seen.endpoints, ec2.describe_vpc_endpoints().send().await.unwrap().vpc_endpoints().iter().filter(live));
    keep!(seen.flow_logs, ec2.describe_flow_logs().send().await.unwrap().flow_logs());
    for template in ec2.describe_launch_templates().send().await.unwrap().launch_templates() {
        let Some(at) = seen.own(tags!(template.tags())) else { continue };
        let id = template.launch_template_id().unwrap();
        let versions = ec2.describe_launch_template_versions().launch_template_id(id).versions("$Default").send().await.unwrap();
        seen.templates.insert(at, versions.launch_template_versions()[0].launch_template_data().unwrap().clone());
    }
}

async fn identities(config: &SdkConfig, seen: &mut Seen) {
    let iam = aws_sdk_iam::Client::new(config);
    let read = |list: &[aws_sdk_iam::types::Tag]| list.iter().map(|t| (t.key.clone(), t.value.clone())).collect::<Tags>();
    for role in iam.list_roles().send().await.unwrap().roles() {
        let name = role.role_name();
        let Some(at) = seen.own(read(iam.list_role_tags().role_name(name).send().await.unwrap().tags())) else { continue };
        let mut inline = Tags::new();
        for policy in iam.list_role_policies().role_name(name).send().await.unwrap().policy_names() {
            let shown = iam.get_role_policy().role_name(name).policy_name(policy).send().await.unwrap();
            inline.insert(policy.clone(), percent_encoding::percent_decode_str(shown.policy_document()).decode_utf8().unwrap().into());
        }
        let attached = iam.list_attached_role_policies().role_name(name).send().await.unwrap();
        let attached = attached.attached_policies().iter().filter_map(|p| p.policy_arn.clone()).collect();
        seen.roles.insert(at, (role.clone(), inline, attached));
    }
    for profile in iam.list_instance_profiles().send().await.unwrap().instance_profiles() {
        let shown = iam.get_instance_profile().instance_profile_name(profile.instance_profile_name()).send().await.unwrap();
        let shown = shown.instance_profile.unwrap();
        if let Some(at) = seen.own(read(shown.tags())) {
            seen.profiles.insert(at, shown);
        }
    }
}

async fn stores(config: &SdkConfig, seen: &mut Seen) {
    let s3 = s3(config);
    for name in s3.list_buckets().send().await.unwrap().buckets().iter().filter_map(|b| b.name()) {
        let tags = s3.get_bucket_tagging().bucket(name).send().await.unwrap();
        let Some(at) = seen.own(tags.tag_set().iter().map(|t| (t.key().into(), t.value().into())).collect()) else { continue };
        let policy = s3.get_bucket_policy().bucket(name).send().await.unwrap().policy.unwrap();
        let rules = s3.get_bucket_lifecycle_configuration().bucket(name).send().await.unwrap();
        let encryption = s3.get_bucket_encryption().bucket(name).send().await.ok().and_then(|e| e.server_side_encryption_configuration);
        let default = encryption.and_then(|e| e.rules()[0].apply_server_side_encryption_by_default().cloned());
        let algorithm = default.map(|d| d.sse_algorithm().as_str().to_owned());
        let block = s3.get_public_access_block().bucket(name).send().await.unwrap().public_access_block_configuration.unwrap();
        let bucket = Bucket {
            name: name.into(),
            policy: serde_json::from_str(&policy).unwrap(),
            rule: rules.rules()[0].clone(),
            cors: s3.get_bucket_cors().bucket(name).send().await.ok().and_then(|c| c.cors_rules).unwrap_or_default(),
            ownership: s3
                .get_bucket_ownership_controls()
                .bucket(name)
                .send()
                .await
                .unwrap()
                .ownership_controls
                .map(|c| c.rules()[0].object_ownership().as_str().into()),
            versioning: s3.get_bucket_versioning().bucket(name).send().await.unwrap().status,
            algorithm,
            blocked: [block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets],
        };
        seen.buckets.insert(at, bucket);
    }
    let logs = aws_sdk_cloudwatchlogs::Client::new(config);
    for group in logs.describe_log_groups().send().await.unwrap().log_groups() {
        let name = group.log_group_name().unwrap();
        // What a service names itself is part of another object, and bears its stamp.
        if name.starts_with("/aws/") {
            seen.log_groups.insert(name.to_owned(), (name.to_owned(), group.retention_in_days()));
            continue;
        }
        #[expect(deprecated, reason = "the newer call wants an ARN that the emulator writes in another form")]
        let tags = logs.list_tags_log_group().log_group_name(name).send().await.unwrap().tags.unwrap_or_default();
        if let Some(at) = seen.own(tags.into_iter().collect()) {
            seen.log_groups.insert(at, (name.to_owned(), group.retention_in_days()));
        }
    }
}

async fn balancers(config: &SdkConfig, seen: &mut Seen) {
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(config);
    let ask = async |arn: Option<&str>| {
        let shown = elb.describe_tags().resource_arns(arn.unwrap()).send().await.unwrap();
        tags!(shown.tag_descriptions()[0].tags())
    };
    for balancer in elb.describe_load_balancers().send().await.unwrap().load_balancers() {
        let arn = balancer.load_balancer_arn();
        for listener in elb.describe_listeners().load_balancer_arn(arn.unwrap()).send().await.unwrap().listeners() {
            if let Some(at) = seen.own(ask(listener.listener_arn()).await) {
                seen.listeners.insert(at, listener.clone());
            }
        }
        let Some(at) = seen.own(ask(arn).await) else { continue };
        let attributes = elb.describe_load_balancer_attributes().load_balancer_arn(arn.unwrap()).send().await.unwrap();
        seen.balancers.insert(at, (balancer.clone(), tags!(attributes.attributes())));
    }
    for target in elb.describe_target_groups().send().await.unwrap().target_groups() {
        if let Some(at) = seen.own(ask(target.target_group_arn()).await) {
            seen.targets.insert(at, target.clone());
        }
    }
}

async fn instances(config: &SdkConfig, seen: &mut Seen) {
    let asg = aws_sdk_autoscaling::Client::new(config);
    keep!(seen.scaling, asg.describe_auto_scaling_groups().send().await.unwrap().auto_scaling_groups());
    seen.policies = asg.describe_policies().send().await.unwrap().scaling_policies.unwrap_or_default();
}

async fn databases(config: &SdkConfig, seen: &mut Seen) {
    let rds = aws_sdk_rds::Client::new(config);
    let ask = async |arn: Option<&str>| {
        let shown = rds.list_tags_for_resource().resource_name(arn.unwrap()).send().await.unwrap();
        tags!(shown.tag_list())
    };
    for group in rds.describe_db_subnet_groups().send().await.unwrap().db_subnet_groups() {
        if let Some(at) = seen.own(ask(group.db_subnet_group_arn()).await) {
            seen.db_subnets.insert(at, group.clone());
        }
    }
    for group in rds.describe_db_parameter_groups().send().await.unwrap().db_parameter_groups() {
        if let Some(at) = seen.own(ask(group.db_parameter_group_arn()).await) {
            seen.db_parameters.insert(at, group.clone());
        }
    }
    for instance in rds.describe_db_instances().send().await.unwrap().db_instances() {
        if let Some(at) = seen.own(tags!(instance.tag_list())) {
            seen.databases.insert(at, instance.clone());
        }
    }
}

async fn caches(config: &SdkConfig, seen: &mut Seen) {
    let cache = aws_sdk_elasticache::Client::new(config);
    let ask = async |arn: Option<&str>| {
        let shown = cache.list_tags_for_resource().resource_name(arn.unwrap()).send().await.unwrap();
        tags!(shown.tag_list())
    };
    for group in cache.describe_cache_subnet_groups().send().await.unwrap().cache_subnet_groups() {
        if let Some(at) = seen.own(ask(group.arn()).await) {
            seen.cache_subnets.insert(at, group.clone());
        }
    }
    for group in cache.describe_cache_parameter_groups().send().await.unwrap().cache_parameter_groups() {
        let Some(at) = seen.own(ask(group.arn()).await) else { continue };
        let shown = cache
            .describe_cache_parameters()
            .cache_parameter_group_name(group.cache_parameter_group_name().unwrap())
            .source("user")
            .send()
            .await
            .unwrap();
        let text = |s: Option<&str>| s.unwrap_or_default().to_owned();
        let values = shown.parameters().iter().map(|p| (text(p.parameter_name()), text(p.parameter_value()))).collect();
        seen.cache_parameters.insert(at, (group.clone(), values));
    }
    for group in cache.describe_replication_groups().send().await.unwrap().replication_groups() {
        if let Some(at) = seen.own(ask(group.arn()).await) {
            seen.caches.insert(at, group.clone());
        }
    }
    seen.cache_nodes = cache.describe_cache_clusters().send().await.unwrap().cache_clusters.unwrap_or_default();
}
