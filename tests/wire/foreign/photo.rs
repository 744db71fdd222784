//! All that is in the account, in all that plain requests show of it.
use std::collections::BTreeMap;
use std::fmt::Debug;

use aws_config::SdkConfig;
use aws_sdk_elasticloadbalancingv2 as elbv2;

/// The kinds a picture must show.
pub const KINDS: &[&str] = &[
    "auto_scaling_group",
    "bucket",
    "cache_subnet_group",
    "certificate",
    "db_instance",
    "db_parameter_group",
    "db_subnet_group",
    "elastic_ip",
    "flow_log",
    "iam_role",
    "instance_profile",
    "internet_gateway",
    "launch_template",
    "listener",
    "load_balancer",
    "log_group",
    "nat_gateway",
    "prefix_list",
    "replication_group",
    "route_table",
    "security_group",
    "subnet",
    "target_group",
    "vpc",
    "vpc_endpoint",
];

/// Objects by kind and id, each as the text of all that was shown.
#[derive(Default)]
struct Picture(BTreeMap<String, String>);

impl Picture {
    fn add<T: Debug>(&mut self, kind: &str, items: &[T], id: impl Fn(&T) -> Option<&str>) {
        for item in items {
            self.more(kind, id(item).unwrap(), item);
        }
    }

    fn more(&mut self, kind: &str, id: &str, what: impl Debug) {
        let text = self.0.entry(format!("{kind} {id}")).or_default();
        *text = format!("{text}{what:#?}\n");
    }
}

/// S3's client, with names in the path.
pub fn s3(config: &SdkConfig) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(config).force_path_style(true).build())
}

pub async fn take(config: &SdkConfig) -> BTreeMap<String, String> {
    let mut picture = Picture::default();
    network(config, &mut picture).await;
    identities(config, &mut picture).await;
    buckets(config, &mut picture).await;
    logs(config, &mut picture).await;
    balancers(config, &mut picture).await;
    certificates(config, &mut picture).await;
    groups(config, &mut picture).await;
    databases(config, &mut picture).await;
    caches(config, &mut picture).await;
    picture.0
}

async fn network(config: &SdkConfig, into: &mut Picture) {
    let ec2 = aws_sdk_ec2::Client::new(config);
    let vpcs = ec2.describe_vpcs().send().await.unwrap();
    into.add("vpc", vpcs.vpcs(), |x| x.vpc_id());
    for id in vpcs.vpcs().iter().filter_map(|v| v.vpc_id()) {
        for attribute in ["enableDnsHostnames", "enableDnsSupport"] {
            let shown = ec2.describe_vpc_attribute().vpc_id(id).attribute(attribute.into()).send().await.unwrap();
            into.more("vpc", id, (shown.enable_dns_hostnames, shown.enable_dns_support));
        }
    }
    into.add("subnet", ec2.describe_subnets().send().await.unwrap().subnets(), |x| x.subnet_id());
    let gateways = ec2.describe_internet_gateways().send().await.unwrap();
    into.add("internet_gateway", gateways.internet_gateways(), |x| x.internet_gateway_id());
    into.add("elastic_ip", ec2.describe_addresses().send().await.unwrap().addresses(), |x| x.allocation_id());
    into.add("nat_gateway", ec2.describe_nat_gateways().send().await.unwrap().nat_gateways(), |x| x.nat_gateway_id());
    into.add("route_table", ec2.describe_route_tables().send().await.unwrap().route_tables(), |x| x.route_table_id());
    into.add("security_group", ec2.describe_security_groups().send().await.unwrap().security_groups(), |x| x.group_id());
    into.add("vpc_endpoint", ec2.describe_vpc_endpoints().send().await.unwrap().vpc_endpoints(), |x| x.vpc_endpoint_id());
    into.add("flow_log", ec2.describe_flow_logs().send().await.unwrap().flow_logs(), |x| x.flow_log_id());
    let lists = ec2.describe_managed_prefix_lists().send().await.unwrap();
    into.add("prefix_list", lists.prefix_lists(), |x| x.prefix_list_id());
    for id in lists.prefix_lists().iter().filter_map(|l| l.prefix_list_id()) {
        let entries = ec2.get_managed_prefix_list_entries().prefix_list_id(id).send().await.unwrap();
        into.more("prefix_list", id, entries.entries());
    }
    let templates = ec2.describe_launch_templates().send().await.unwrap();
    into.add("launch_template", templates.launch_templates(), |x| x.launch_template_id());
    for id in templates.launch_templates().iter().filter_map(|t| t.launch_template_id()) {
        let versions = ec2.describe_launch_template_versions().launch_template_id(id).send().await.unwrap();
        into.more("launch_template", id, versions.launch_template_versions());
    }
}

async fn identities(config: &SdkConfig, into: &mut Picture) {
    let iam = aws_sdk_iam::Client::new(config);
    let roles = iam.get_account_authorization_details().filter("Role".into()).send().await.unwrap();
    into.add("iam_role", roles.role_detail_list(), |x| x.role_name());
    for profile in iam.list_instance_profiles().send().await.unwrap().instance_profiles() {
        let name = profile.instance_profile_name();
        let shown = iam.get_instance_profile().instance_profile_name(name).send().await.unwrap();
        into.more("instance_profile", name, shown.instance_profile);
    }
}

async fn buckets(config: &SdkConfig, into: &mut Picture) {
    let s3 = s3(config);
    for name in s3.list_buckets().send().await.unwrap().buckets().iter().filter_map(|b| b.name()) {
        into.more("bucket", name, s3.get_bucket_tagging().bucket(name).send().await.ok().map(|x| x.tag_set));
        into.more("bucket", name, s3.get_bucket_policy().bucket(name).send().await.ok().map(|x| x.policy));
        into.more("bucket", name, s3.get_bucket_lifecycle_configuration().bucket(name).send().await.ok().map(|x| x.rules));
        let encryption = s3.get_bucket_encryption().bucket(name).send().await.ok();
        into.more("bucket", name, encryption.map(|x| x.server_side_encryption_configuration));
        let block = s3.get_public_access_block().bucket(name).send().await.ok();
        into.more("bucket", name, block.map(|x| x.public_access_block_configuration));
    }
}

async fn logs(config: &SdkConfig, into: &mut Picture) {
    let logs = aws_sdk_cloudwatchlogs::Client::new(config);
    let groups = logs.describe_log_groups().send().await.unwrap();
    into.add("log_group", groups.log_groups(), |x| x.log_group_name());
    for name in groups.log_groups().iter().filter_map(|g| g.log_group_name()) {
        #[expect(deprecated, reason = "the newer call wants an ARN that the emulator writes in another form")]
        let tags = logs.list_tags_log_group().log_group_name(name).send().await.unwrap().tags;
        into.more("log_group", name, tags.map(BTreeMap::from_iter));
    }
}

async fn balancers(config: &SdkConfig, into: &mut Picture) {
    let elb = elbv2::Client::new(config);
    let mut arns = vec![];
    let balancers = elb.describe_load_balancers().send().await.unwrap();
    into.add("load_balancer", balancers.load_balancers(), |x| x.load_balancer_arn());
    for arn in balancers.load_balancers().iter().filter_map(|b| b.load_balancer_arn()) {
        let attributes = elb.describe_load_balancer_attributes().load_balancer_arn(arn).send().await.unwrap();
        into.more("load_balancer", arn, attributes.attributes());
        let listeners = elb.describe_listeners().load_balancer_arn(arn).send().await.unwrap();
        into.add("listener", listeners.listeners(), |x| x.listener_arn());
        arns.extend(listeners.listeners().iter().filter_map(|l| l.listener_arn()).map(|l| ("listener", l.to_owned())));
        arns.push(("load_balancer", arn.to_owned()));
    }
    let targets = elb.describe_target_groups().send().await.unwrap();
    into.add("target_group", targets.target_groups(), |x| x.target_group_arn());
    for arn in targets.target_groups().iter().filter_map(|t| t.target_group_arn()) {
        into.more("target_group", arn, elb.describe_target_group_attributes().target_group_arn(arn).send().await.unwrap().attributes());
        arns.push(("target_group", arn.to_owned()));
    }
    for (kind, arn) in arns {
        into.more(kind, &arn, elb.describe_tags().resource_arns(&arn).send().await.unwrap().tag_descriptions());
    }
}

async fn certificates(config: &SdkConfig, into: &mut Picture) {
    let acm = aws_sdk_acm::Client::new(config);
    let all = acm.list_certificates().send().await.unwrap();
    for arn in all.certificate_summary_list().iter().filter_map(|c| c.certificate_arn()) {
        into.more("certificate", arn, acm.describe_certificate().certificate_arn(arn).send().await.unwrap().certificate);
        into.more("certificate", arn, acm.list_tags_for_certificate().certificate_arn(arn).send().await.unwrap().tags);
    }
}

async fn groups(config: &SdkConfig, into: &mut Picture) {
    let asg = aws_sdk_autoscaling::Client::new(config);
    let groups = asg.describe_auto_scaling_groups().send().await.unwrap();
    into.add("auto_scaling_group", groups.auto_scaling_groups(), |x| x.auto_scaling_group_name());
}

async fn databases(config: &SdkConfig, into: &mut Picture) {
    let rds = aws_sdk_rds::Client::new(config);
    let mut arns = vec![];
    let groups = rds.describe_db_subnet_groups().send().await.unwrap().db_subnet_groups.unwrap_or_default();
    into.add("db_subnet_group", &groups, |x| x.db_subnet_group_name());
    arns.extend(groups.into_iter().map(|g| ("db_subnet_group", g.db_subnet_group_name, g.db_subnet_group_arn)));
    let groups = rds.describe_db_parameter_groups().send().await.unwrap().db_parameter_groups.unwrap_or_default();
    into.add("db_parameter_group", &groups, |x| x.db_parameter_group_name());
    arns.extend(groups.into_iter().map(|g| ("db_parameter_group", g.db_parameter_group_name, g.db_parameter_group_arn)));
    for (kind, name, arn) in arns {
        let tags = rds.list_tags_for_resource().resource_name(arn.unwrap()).send().await.unwrap();
        into.more(kind, &name.unwrap(), tags.tag_list());
    }
    let mut instances = rds.describe_db_instances().send().await.unwrap().db_instances.unwrap_or_default();
    // This one goes with the clock.
    instances.iter_mut().for_each(|i| i.latest_restorable_time = None);
    into.add("db_instance", &instances, |x| x.db_instance_identifier());
}

async fn caches(config: &SdkConfig, into: &mut Picture) {
    let cache = aws_sdk_elasticache::Client::new(config);
    let mut arns = vec![];
    let groups = cache.describe_cache_subnet_groups().send().await.unwrap().cache_subnet_groups.unwrap_or_default();
    into.add("cache_subnet_group", &groups, |x| x.cache_subnet_group_name());
    arns.extend(groups.into_iter().map(|g| ("cache_subnet_group", g.cache_subnet_group_name, g.arn)));
    let groups = cache.describe_replication_groups().send().await.unwrap().replication_groups.unwrap_or_default();
    into.add("replication_group", &groups, |x| x.replication_group_id());
    arns.extend(groups.into_iter().map(|g| ("replication_group", g.replication_group_id, g.arn)));
    for (kind, name, arn) in arns {
        let tags = cache.list_tags_for_resource().resource_name(arn.unwrap()).send().await.unwrap();
        into.more(kind, &name.unwrap(), tags.tag_list());
    }
}
