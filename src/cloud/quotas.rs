//! Which quota an error means, and how large it is here.
use aws_sdk_servicequotas::config::{Config, Region};
use aws_sdk_servicequotas::types::ServiceQuota;

use crate::model::Service;
use crate::wire::{Clients, CloudError};

/// A quota, and the error that says it is reached.
struct Quota {
    service: Service,
    code: &'static str,
    /// Where one code stands for several quotas: the beginning of the operation.
    operation: &'static str,
    /// `ServiceCode` and `QuotaCode` of Service Quotas. Without a code the quota is known by its name alone.
    at: (&'static str, &'static str),
    /// `QuotaName`.
    name: &'static str,
}

const fn quota(service: Service, code: &'static str, at: (&'static str, &'static str), name: &'static str) -> Quota {
    Quota { service, code, operation: "", at, name }
}

const fn of(operation: &'static str, quota: Quota) -> Quota {
    Quota { operation, ..quota }
}

const QUOTAS: &[Quota] = &[
    of(
        "CreateAutoScalingGroup",
        quota(Service::AutoScaling, "LimitExceeded", ("autoscaling", "L-CDE20ADC"), "Auto Scaling groups per region"),
    ),
    of("CreateLogGroup", quota(Service::CloudWatchLogs, "LimitExceededException", ("logs", ""), "Log groups")),
    quota(Service::Ec2, "AddressLimitExceeded", ("ec2", "L-0263D0A3"), "EC2-VPC Elastic IPs"),
    quota(Service::Ec2, "InternetGatewayLimitExceeded", ("vpc", "L-A4707A72"), "Internet gateways per Region"),
    quota(Service::Ec2, "NatGatewayLimitExceeded", ("vpc", "L-FE5A380F"), "NAT gateways per Availability Zone"),
    quota(Service::Ec2, "NetworkInterfaceLimitExceeded", ("vpc", "L-DF5E4CA3"), "Network interfaces per Region"),
    quota(Service::Ec2, "RouteLimitExceeded", ("vpc", "L-93826ACB"), "Routes per route table"),
    quota(Service::Ec2, "RouteTableLimitExceeded", ("vpc", "L-589F43AA"), "Route tables per VPC"),
    quota(Service::Ec2, "RulesPerSecurityGroupLimitExceeded", ("vpc", "L-0EA8095F"), "Inbound or outbound rules per security group"),
    quota(Service::Ec2, "SecurityGroupLimitExceeded", ("vpc", "L-E79EC296"), "VPC security groups per Region"),
    quota(Service::Ec2, "SecurityGroupsPerInterfaceLimitExceeded", ("vpc", "L-2AFB9258"), "Security groups per network interface"),
    quota(Service::Ec2, "SubnetLimitExceeded", ("vpc", "L-407747CB"), "Subnets per VPC"),
    quota(Service::Ec2, "VpcEndpointLimitExceeded", ("vpc", "L-1B52E74A"), "Gateway VPC endpoints per Region"),
    quota(Service::Ec2, "VpcLimitExceeded", ("vpc", "L-F678F1CE"), "VPCs per Region"),
    quota(Service::ElastiCache, "CacheParameterGroupQuotaExceeded", ("elasticache", "L-3F15A733"), "Parameter groups per Region"),
    quota(Service::ElastiCache, "CacheSubnetGroupQuotaExceeded", ("elasticache", "L-3E7F7726"), "Subnet groups per Region"),
    quota(Service::ElastiCache, "CacheSubnetQuotaExceededFault", ("elasticache", "L-A87EE522"), "Subnets per subnet group"),
    quota(Service::ElastiCache, "NodeQuotaForCustomerExceeded", ("elasticache", "L-DFE45DF3"), "Nodes per Region"),
    quota(Service::Elb, "TooManyCertificates", ("elasticloadbalancing", "L-9365A611"), "Certificates per Application Load Balancer"),
    quota(Service::Elb, "TooManyListeners", ("elasticloadbalancing", "L-B6DF7632"), "Listeners per Application Load Balancer"),
    quota(Service::Elb, "TooManyLoadBalancers", ("elasticloadbalancing", "L-53DA6B97"), "Application Load Balancers per Region"),
    quota(Service::Elb, "TooManyTargetGroups", ("elasticloadbalancing", "L-B22855CB"), "Target Groups per Region"),
    quota(Service::Elb, "TooManyTargets", ("elasticloadbalancing", "L-7E6692B2"), "Targets per Application Load Balancer"),
    quota(
        Service::Elb,
        "TooManyUniqueTargetGroupsPerLoadBalancer",
        ("elasticloadbalancing", "L-822D1B1B"),
        "Target Groups per Application Load Balancer",
    ),
    of("AttachRolePolicy", quota(Service::Iam, "LimitExceeded", ("iam", "L-0DA4ABF3"), "Managed policies per role")),
    of("CreateInstanceProfile", quota(Service::Iam, "LimitExceeded", ("iam", "L-6E65F664"), "Instance profiles per account")),
    of("CreateRole", quota(Service::Iam, "LimitExceeded", ("iam", "L-FE177D64"), "Roles per account")),
    quota(Service::Rds, "DBParameterGroupQuotaExceeded", ("rds", "L-DE55804A"), "Parameter groups"),
    quota(Service::Rds, "DBSubnetGroupQuotaExceeded", ("rds", "L-48C6BF61"), "DB subnet groups"),
    quota(Service::Rds, "DBSubnetQuotaExceededFault", ("rds", "L-6F3ACC36"), "Subnets per DB subnet group"),
    quota(Service::Rds, "InstanceQuotaExceeded", ("rds", "L-7B6409FD"), "DB instances"),
    quota(Service::Rds, "StorageQuotaExceeded", ("rds", "L-7ADDB58A"), "Total storage for all DB instances"),
    quota(Service::S3, "TooManyBuckets", ("s3", "L-DC2B2D3D"), "General purpose buckets"),
];

/// Services that are the same in every region have their quotas in this one.
const HOME: &str = "us-east-1";

/// The quota that an error says is reached, and its value here; `None` when the error means none that is known.
pub async fn reached(cx: &Clients, e: &CloudError) -> Option<String> {
    let means = |q: &&Quota| Some(q.service) == e.service && q.code == e.code && e.operation.starts_with(q.operation);
    let quota = QUOTAS.iter().find(means)?;
    let (service, code) = quota.at;
    if code.is_empty() {
        return Some(format!("the quota \"{}\" of {service} is reached", quota.name));
    }
    let named = format!("the quota \"{}\" ({service}/{code})", quota.name);
    let region = if matches!(quota.service, Service::Iam | Service::S3) { HOME } else { cx.region() };
    let (found, here) = match applied(cx, region, quota.at).await {
        Some(found) => (Some(found), format!("here ({region})")),
        None => (usual(cx, region, quota.at).await, "by default".to_owned()),
    };
    Some(match found.and_then(|q| Some((q.value?, q.adjustable))) {
        Some((value, true)) => format!("{named} is {value} {here} and can be raised in Service Quotas"),
        Some((value, false)) => format!("{named} is {value} {here} and can't be raised"),
        None => format!("{named} is reached; its value could not be read"),
    })
}

/// The quota as it applies to this account; `None` when it was never changed, as with some services, or can't be read.
async fn applied(cx: &Clients, region: &str, (service, code): (&str, &str)) -> Option<ServiceQuota> {
    let request = cx.quotas().get_service_quota().service_code(service).quota_code(code);
    let send = async || request.clone().customize().config_override(at(region)).send().await;
    cx.hint(Service::ServiceQuotas, "GetServiceQuota", send).await?.quota
}

/// The quota as every account begins with it.
async fn usual(cx: &Clients, region: &str, (service, code): (&str, &str)) -> Option<ServiceQuota> {
    let request = cx.quotas().get_aws_default_service_quota().service_code(service).quota_code(code);
    let send = async || request.clone().customize().config_override(at(region)).send().await;
    cx.hint(Service::ServiceQuotas, "GetAWSDefaultServiceQuota", send).await?.quota
}

fn at(region: &str) -> aws_sdk_servicequotas::config::Builder {
    Config::builder().region(Region::new(region.to_owned()))
}
