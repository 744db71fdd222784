//! Foreign objects of every kind, made by plain requests.
use aws_config::SdkConfig;
use aws_sdk_ec2::types::{LogDestinationType::CloudWatchLogs, ResourceType as R};
use infra::wire::tags::{ec2_tags, to_tags};

use super::Mark;

/// One of each, all with one mark.
pub async fn everything(config: &SdkConfig, name: &str, mark: &Mark) {
    let (vpc, subnets, template) = network(config, name, mark).await;
    identities(config, name, mark).await;
    bucket(config, name, mark).await;
    balancer(config, name, mark, &vpc, &subnets).await;
    certificate(config, name, mark).await;
    scaling_group(config, name, mark, &subnets, &template).await;
    database(config, name, mark, &subnets).await;
    cache(config, name, mark, &subnets).await;
}

/// The VPC, its two subnets and a launch template.
async fn network(config: &SdkConfig, name: &str, mark: &Mark) -> (String, Vec<String>, String) {
    let ec2 = aws_sdk_ec2::Client::new(config);
    let tags = |kind| ec2_tags(kind, &mark.tags);
    let vpc =
        ec2.create_vpc().cidr_block("10.0.0.0/16").tag_specifications(tags(R::Vpc)).send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let mut subnets = vec![];
    for (zone, block) in [("us-east-1a", "10.0.1.0/24"), ("us-east-1b", "10.0.2.0/24")] {
        let request = ec2.create_subnet().vpc_id(&vpc).availability_zone(zone).cidr_block(block).tag_specifications(tags(R::Subnet));
        subnets.push(request.send().await.unwrap().subnet.unwrap().subnet_id.unwrap());
    }
    let gateway = ec2.create_internet_gateway().tag_specifications(tags(R::InternetGateway)).send().await.unwrap();
    let gateway = gateway.internet_gateway.unwrap().internet_gateway_id.unwrap();
    ec2.attach_internet_gateway().internet_gateway_id(&gateway).vpc_id(&vpc).send().await.unwrap();
    let address = ec2.allocate_address().tag_specifications(tags(R::ElasticIp)).send().await.unwrap().allocation_id.unwrap();
    let nat = ec2.create_nat_gateway().subnet_id(&subnets[0]).allocation_id(address).tag_specifications(tags(R::Natgateway));
    nat.send().await.unwrap();
    let table = ec2.create_route_table().vpc_id(&vpc).tag_specifications(tags(R::RouteTable)).send().await.unwrap();
    let table = table.route_table.unwrap().route_table_id.unwrap();
    ec2.create_route().route_table_id(&table).destination_cidr_block("0.0.0.0/0").gateway_id(gateway).send().await.unwrap();
    ec2.associate_route_table().route_table_id(&table).subnet_id(&subnets[0]).send().await.unwrap();
    let group = ec2.create_security_group().vpc_id(&vpc).group_name(name).description(&mark.line);
    let group = group.tag_specifications(tags(R::SecurityGroup)).send().await.unwrap().group_id.unwrap();
    let rule = ec2.authorize_security_group_ingress().group_id(group).ip_protocol("tcp").from_port(22).to_port(22);
    rule.cidr_ip("203.0.113.0/24").send().await.unwrap();
    let service = "com.amazonaws.us-east-1.s3";
    let endpoint = ec2.create_vpc_endpoint().vpc_id(&vpc).service_name(service).route_table_ids(table);
    endpoint.tag_specifications(tags(R::VpcEndpoint)).send().await.unwrap();
    let list = ec2.create_managed_prefix_list().prefix_list_name(name).address_family("IPv4").max_entries(2);
    let entry = aws_sdk_ec2::types::AddPrefixListEntry::builder().cidr("203.0.113.0/24").description(&mark.line).build();
    list.entries(entry).tag_specifications(tags(R::PrefixList)).send().await.unwrap();
    let logs = aws_sdk_cloudwatchlogs::Client::new(config);
    let group = format!("/foreign/{name}");
    logs.create_log_group().log_group_name(&group).set_tags(Some(mark.tags.clone().into_iter().collect())).send().await.unwrap();
    let flow = ec2.create_flow_logs().resource_ids(&vpc).resource_type("VPC".into()).traffic_type("ALL".into());
    let flow = flow.log_destination_type(CloudWatchLogs).log_group_name(group);
    let flow = flow.deliver_logs_permission_arn(role(config, &format!("{name}-flow"), mark).await);
    let made = flow.tag_specifications(tags(R::VpcFlowLog)).send().await.unwrap();
    assert_eq!(made.unsuccessful(), []);
    let data = aws_sdk_ec2::types::RequestLaunchTemplateData::builder().instance_type("t3.micro".into()).image_id("ami-12c6146b").build();
    let template = ec2.create_launch_template().launch_template_name(name).launch_template_data(data);
    let template = template.tag_specifications(tags(R::LaunchTemplate)).send().await.unwrap();
    (vpc, subnets, template.launch_template.unwrap().launch_template_id.unwrap())
}

/// Where the stack's own identities live.
fn path(mark: &Mark) -> String {
    format!("/infra/{}/us-east-1/", mark.stack)
}

async fn role(config: &SdkConfig, name: &str, mark: &Mark) -> String {
    let iam = aws_sdk_iam::Client::new(config);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let request = iam.create_role().role_name(name).path(path(mark)).assume_role_policy_document(trust).set_tags(Some(to_tags(&mark.tags)));
    let arn = request.send().await.unwrap().role.unwrap().arn;
    iam.attach_role_policy().role_name(name).policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess").send().await.unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    iam.put_role_policy().role_name(name).policy_name("own").policy_document(policy).send().await.unwrap();
    arn
}

async fn identities(config: &SdkConfig, name: &str, mark: &Mark) {
    let iam = aws_sdk_iam::Client::new(config);
    role(config, name, mark).await;
    let profile = iam.create_instance_profile().instance_profile_name(name).path(path(mark)).set_tags(Some(to_tags(&mark.tags)));
    profile.send().await.unwrap();
    iam.add_role_to_instance_profile().instance_profile_name(name).role_name(name).send().await.unwrap();
}

async fn bucket(config: &SdkConfig, name: &str, mark: &Mark) {
    use aws_sdk_s3::types::{Tag, Tagging};
    let s3 = super::photo::s3(config);
    s3.create_bucket().bucket(name).send().await.unwrap();
    let tags = mark.tags.iter().map(|(k, v)| Tag::builder().key(k).value(v).build().unwrap()).collect();
    let tagging = Tagging::builder().set_tag_set(Some(tags)).build().unwrap();
    s3.put_bucket_tagging().bucket(name).tagging(tagging).send().await.unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}"#;
    s3.put_bucket_policy().bucket(name).policy(policy).send().await.unwrap();
}

async fn balancer(config: &SdkConfig, name: &str, mark: &Mark, vpc: &str, subnets: &[String]) {
    use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, ProtocolEnum, Tag};
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(config);
    let tags: Vec<_> = mark.tags.iter().map(|(k, v)| Tag::builder().key(k).value(v).build()).collect();
    let made = elb.create_load_balancer().name(name).set_subnets(Some(subnets.to_vec())).set_tags(Some(tags.clone())).send().await.unwrap();
    let balancer = made.load_balancers()[0].load_balancer_arn().unwrap().to_owned();
    let made = elb.create_target_group().name(name).vpc_id(vpc).port(80).protocol(ProtocolEnum::Http).set_tags(Some(tags.clone()));
    let target = made.send().await.unwrap().target_groups()[0].target_group_arn().unwrap().to_owned();
    let forward = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(target).build();
    let listener = elb.create_listener().load_balancer_arn(balancer).port(80).protocol(ProtocolEnum::Http).default_actions(forward);
    listener.set_tags(Some(tags)).send().await.unwrap();
}

async fn certificate(config: &SdkConfig, name: &str, mark: &Mark) {
    let acm = aws_sdk_acm::Client::new(config);
    let tags = mark.tags.iter().map(|(k, v)| aws_sdk_acm::types::Tag::builder().key(k).value(v).build().unwrap()).collect();
    acm.request_certificate().domain_name(format!("{name}.example.com")).set_tags(Some(tags)).send().await.unwrap();
}

async fn scaling_group(config: &SdkConfig, name: &str, mark: &Mark, subnets: &[String], template: &str) {
    use aws_sdk_autoscaling::types::{LaunchTemplateSpecification, Tag};
    let tag =
        |(k, v)| Tag::builder().key(k).value(v).resource_id(name).resource_type("auto-scaling-group").propagate_at_launch(false).build();
    let asg = aws_sdk_autoscaling::Client::new(config);
    let template = LaunchTemplateSpecification::builder().launch_template_id(template).version("$Default").build();
    let group = asg.create_auto_scaling_group().auto_scaling_group_name(name).launch_template(template).min_size(0).max_size(0);
    group.vpc_zone_identifier(subnets.join(",")).set_tags(Some(mark.tags.iter().map(tag).collect())).send().await.unwrap();
}

async fn database(config: &SdkConfig, name: &str, mark: &Mark, subnets: &[String]) {
    let rds = aws_sdk_rds::Client::new(config);
    let tags: Vec<_> = mark.tags.iter().map(|(k, v)| aws_sdk_rds::types::Tag::builder().key(k).value(v).build()).collect();
    let group = rds.create_db_subnet_group().db_subnet_group_name(name).db_subnet_group_description(&mark.line);
    group.set_subnet_ids(Some(subnets.to_vec())).set_tags(Some(tags.clone())).send().await.unwrap();
    let group = rds.create_db_parameter_group().db_parameter_group_name(name).db_parameter_group_family("postgres16");
    group.description(&mark.line).set_tags(Some(tags.clone())).send().await.unwrap();
    let instance = rds.create_db_instance().db_instance_identifier(name).db_instance_class("db.t4g.micro").engine("postgres");
    let instance =
        instance.engine_version("16.11").allocated_storage(20).master_username("someone").master_user_password("of-somebody-else");
    let instance = instance.db_subnet_group_name(name).db_parameter_group_name(name).backup_retention_period(1);
    instance.set_tags(Some(tags.clone())).send().await.unwrap();
    let replica = rds.create_db_instance_read_replica().db_instance_identifier(format!("{name}-replica"));
    replica.source_db_instance_identifier(name).set_tags(Some(tags)).send().await.unwrap();
}

/// Without parameter groups, which the emulator doesn't have.
async fn cache(config: &SdkConfig, name: &str, mark: &Mark, subnets: &[String]) {
    let cache = aws_sdk_elasticache::Client::new(config);
    let tags: Vec<_> = mark.tags.iter().map(|(k, v)| aws_sdk_elasticache::types::Tag::builder().key(k).value(v).build()).collect();
    let group = cache.create_cache_subnet_group().cache_subnet_group_name(name).cache_subnet_group_description(&mark.line);
    group.set_subnet_ids(Some(subnets.to_vec())).set_tags(Some(tags.clone())).send().await.unwrap();
    let group = cache.create_replication_group().replication_group_id(name).replication_group_description(&mark.line).engine("redis");
    let group = group.cache_node_type("cache.t4g.micro").num_cache_clusters(2).cache_subnet_group_name(name);
    group.set_tags(Some(tags)).send().await.unwrap();
}

/// A log group's name is its stamp: another stack's, and ours damaged.
pub async fn log_groups(config: &SdkConfig, stack: &str) {
    let logs = aws_sdk_cloudwatchlogs::Client::new(config);
    for rest in ["-two/main/r1-0", "/main", "/main/r1", "/main/r1-x", "/r1-0", "x/main/r1-0"] {
        let request = logs.create_log_group().log_group_name(format!("/infra/{stack}{rest}")).tags("Name", "foreign");
        request.send().await.unwrap();
    }
}
