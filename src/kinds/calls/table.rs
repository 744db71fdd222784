//! The table, a constant for each kind.
use super::{Call, Calls, On, call, needs, read};
use crate::kinds::Kind;
use crate::model::Service::{
    Acm, AutoScaling, CloudTrail, CloudWatchLogs, Ec2, ElastiCache, Elb, Iam, Rds, S3, ServiceQuotas, Ssm, Sts, Tagging,
};

pub(super) fn of(kind: Kind) -> Calls {
    match kind {
        Kind::AutoScalingGroup => AUTO_SCALING_GROUP,
        Kind::Bucket => BUCKET,
        Kind::CacheParameterGroup => CACHE_PARAMETER_GROUP,
        Kind::CacheSubnetGroup => CACHE_SUBNET_GROUP,
        Kind::Certificate => CERTIFICATE,
        Kind::DbInstance => DB_INSTANCE,
        Kind::DbParameterGroup => DB_PARAMETER_GROUP,
        Kind::DbReplica => DB_REPLICA,
        Kind::DbSubnetGroup => DB_SUBNET_GROUP,
        Kind::ElasticIp => ELASTIC_IP,
        Kind::FlowLog => FLOW_LOG,
        Kind::IamRole => IAM_ROLE,
        Kind::InstanceProfile => INSTANCE_PROFILE,
        Kind::InternetGateway => INTERNET_GATEWAY,
        Kind::LaunchTemplate => LAUNCH_TEMPLATE,
        Kind::Listener => LISTENER,
        Kind::LoadBalancer => LOAD_BALANCER,
        Kind::LogGroup => LOG_GROUP,
        Kind::NatGateway => NAT_GATEWAY,
        Kind::PrefixList => PREFIX_LIST,
        Kind::ReplicationGroup => REPLICATION_GROUP,
        Kind::RouteTable => ROUTE_TABLE,
        Kind::SecurityGroup => SECURITY_GROUP,
        Kind::Subnet => SUBNET,
        Kind::TargetGroup => TARGET_GROUP,
        Kind::Vpc => VPC,
        Kind::VpcEndpoint => VPC_ENDPOINT,
        // Cloudflare's have permissions of their own; what the stack notes of settings is among the general ones.
        Kind::CacheRules | Kind::CustomRules | Kind::DdosRules | Kind::DnsRecord | Kind::HeaderRules => ELSEWHERE,
        Kind::ManagedRules | Kind::RateLimitRules | Kind::RedirectRules | Kind::ZoneSetting => ELSEWHERE,
    }
}

/// No request of the kind goes to AWS.
const ELSEWHERE: Calls = Calls { read: &[], write: &[] };

/// A request that makes something, in nothing that is there.
const NEW: &[On] = &[On::New];
/// A request that makes something in or for what the stack has.
const NEW_IN_OWN: &[On] = &[On::New, On::Own];
const OWN: &[On] = &[On::Own];
/// Tags are given by the creating request, and changed later.
const TAGS: &[On] = &[On::NewTags, On::Own];

const EC2_TAG: Call = call(Ec2, "CreateTags", TAGS);
const EC2_UNTAG: Call = call(Ec2, "DeleteTags", OWN);
const ELB_TAG: Call = call(Elb, "AddTags", TAGS);
const ELB_UNTAG: Call = call(Elb, "RemoveTags", OWN);

const GROUPS: &[On] = &[On::Named("autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{names}")];
const LOG_GROUPS: &[On] = &[On::Named("logs:{region}:{account}:log-group:/infra/{stack}/*")];
const ROLES: &[On] = &[On::Named("iam::{account}:role/infra/{stack}/{region}/*")];
const PROFILES: &[On] = &[On::Named("iam::{account}:instance-profile/infra/{stack}/{region}/*")];
const BUCKETS: &[On] = &[On::Named("s3:::{names}")];
/// `GetParametersByPath` is checked on the path, the others on the parameter.
const NOTES: &[On] =
    &[On::Named("ssm:{region}:{account}:parameter/infra/{stack}"), On::Named("ssm:{region}:{account}:parameter/infra/{stack}/*")];

const DATABASE: On = On::Named("rds:{region}:{account}:db:{names}");
const DB_PARAMETERS: On = On::Named("rds:{region}:{account}:pg:{names}");
const DB_SUBNETS: On = On::Named("rds:{region}:{account}:subgrp:{names}");
/// The option group that every instance is given when none is asked for.
const DB_OPTIONS: On = On::Also("rds:{region}:{account}:og:default*");
const DATABASES: &[On] = &[DATABASE];
const DATABASES_AND_MORE: &[On] = &[DATABASE, DB_OPTIONS, DB_PARAMETERS, DB_SUBNETS];
const DB_PARAMETER_GROUPS: &[On] = &[DB_PARAMETERS];
const DB_SUBNET_GROUPS: &[On] = &[DB_SUBNETS];

const CACHE_PARAMETERS: On = On::Named("elasticache:{region}:{account}:parametergroup:{names}");
const CACHE_SUBNETS: On = On::Named("elasticache:{region}:{account}:subnetgroup:{names}");
const CACHE: On = On::Named("elasticache:{region}:{account}:replicationgroup:{names}");
/// The nodes are named after their group.
const CACHE_NODES: On = On::Named("elasticache:{region}:{account}:cluster:{names}");
/// The engine's own parameters, where the spec has none.
const CACHE_DEFAULTS: On = On::Also("elasticache:{region}:{account}:parametergroup:default.*");
const CACHES: &[On] = &[CACHE, CACHE_NODES];
const CACHES_AND_MORE: &[On] = &[CACHE, CACHE_NODES, CACHE_PARAMETERS, CACHE_DEFAULTS, CACHE_SUBNETS];
const CACHE_PARAMETER_GROUPS: &[On] = &[CACHE_PARAMETERS];
const CACHE_SUBNET_GROUPS: &[On] = &[CACHE_SUBNETS];

/// AWS's public parameters, by which an image may be named. Whoever launches it, or says so in a template, reads them.
const IMAGE_NAMES: &[On] = &[On::Also("ssm:{region}::parameter/aws/*")];

/// Secrets in which RDS keeps the passwords that it manages.
const DB_SECRETS: &[On] = &[On::Named("secretsmanager:{region}:{account}:secret:rds!*")];
const DB_KEYS: &[On] = &[On::Through("rds"), On::Through("secretsmanager")];
const TO_INSTANCES: &[On] = &[On::Passed("ec2.amazonaws.com")];

/// What belongs to no kind: who is asking; the lease and the notes of a run; and, when a request was refused, what the refusal is about.
pub const GENERAL: Calls = Calls {
    read: &[
        read(CloudTrail, "LookupEvents"),
        call(Ssm, "GetParameter", NOTES),
        call(Ssm, "GetParametersByPath", NOTES),
        read(Sts, "GetCallerIdentity"),
    ],
    write: &[
        read(Ec2, "DescribeNetworkInterfaces"),
        call(Iam, "ListInstanceProfilesForRole", ROLES),
        read(ServiceQuotas, "GetAWSDefaultServiceQuota"),
        read(ServiceQuotas, "GetServiceQuota"),
        call(Ssm, "DeleteParameters", NOTES),
        call(Ssm, "PutParameter", NOTES),
        read(Sts, "DecodeAuthorizationMessage"),
    ],
};

/// Auto Scaling checks that its caller might launch the template's instances itself, with their role and image.
const AUTO_SCALING_GROUP: Calls = Calls {
    read: &[read(AutoScaling, "DescribeAutoScalingGroups"), read(AutoScaling, "DescribePolicies")],
    write: &[
        call(AutoScaling, "AttachLoadBalancerTargetGroups", GROUPS),
        call(AutoScaling, "CancelInstanceRefresh", GROUPS),
        call(AutoScaling, "CreateAutoScalingGroup", GROUPS),
        needs(AutoScaling, "CreateAutoScalingGroup", "ec2:RunInstances", &[On::Launched, On::Own]),
        needs(AutoScaling, "CreateAutoScalingGroup", "iam:CreateServiceLinkedRole", &[On::Linked("autoscaling")]),
        needs(AutoScaling, "CreateAutoScalingGroup", "iam:PassRole", TO_INSTANCES),
        needs(AutoScaling, "CreateAutoScalingGroup", "ssm:GetParameters", IMAGE_NAMES),
        call(AutoScaling, "CreateOrUpdateTags", GROUPS),
        call(AutoScaling, "DeleteAutoScalingGroup", GROUPS),
        call(AutoScaling, "DeletePolicy", GROUPS),
        call(AutoScaling, "DeleteTags", GROUPS),
        read(AutoScaling, "DescribeInstanceRefreshes"),
        read(AutoScaling, "DescribeScalingActivities"),
        call(AutoScaling, "DetachLoadBalancerTargetGroups", GROUPS),
        call(AutoScaling, "PutScalingPolicy", GROUPS),
        call(AutoScaling, "StartInstanceRefresh", GROUPS),
        call(AutoScaling, "UpdateAutoScalingGroup", GROUPS),
        read(Elb, "DescribeTargetHealth"),
    ],
};

/// A bucket's tags are no condition unless the bucket says so, hence its name is.
const BUCKET: Calls = Calls {
    read: &[
        needs(S3, "GetBucketEncryption", "s3:GetEncryptionConfiguration", BUCKETS),
        needs(S3, "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration", BUCKETS),
        call(S3, "GetBucketPolicy", BUCKETS),
        call(S3, "GetBucketTagging", BUCKETS),
        needs(S3, "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", BUCKETS),
        needs(S3, "ListBuckets", "s3:ListAllMyBuckets", &[On::Any]),
    ],
    write: &[
        call(S3, "CreateBucket", BUCKETS),
        needs(S3, "CreateBucket", "s3:TagResource", BUCKETS),
        call(S3, "DeleteBucket", BUCKETS),
        needs(S3, "DeleteBucketLifecycle", "s3:PutLifecycleConfiguration", BUCKETS),
        call(S3, "DeleteBucketPolicy", BUCKETS),
        call(S3, "DeleteObject", &[On::Also("s3:::{names}/*ELBAccessLogTestFile")]),
        needs(S3, "HeadBucket", "s3:ListBucket", BUCKETS),
        needs(S3, "ListObjectsV2", "s3:ListBucket", BUCKETS),
        needs(S3, "PutBucketEncryption", "s3:PutEncryptionConfiguration", BUCKETS),
        needs(S3, "PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration", BUCKETS),
        call(S3, "PutBucketPolicy", BUCKETS),
        call(S3, "PutBucketTagging", BUCKETS),
        needs(S3, "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock", BUCKETS),
    ],
};

const CACHE_PARAMETER_GROUP: Calls = Calls {
    read: &[
        read(ElastiCache, "DescribeCacheParameterGroups"),
        read(ElastiCache, "DescribeCacheParameters"),
        read(ElastiCache, "ListTagsForResource"),
        read(Tagging, "GetResources"),
    ],
    write: &[
        call(ElastiCache, "AddTagsToResource", CACHE_PARAMETER_GROUPS),
        call(ElastiCache, "CreateCacheParameterGroup", CACHE_PARAMETER_GROUPS),
        call(ElastiCache, "DeleteCacheParameterGroup", CACHE_PARAMETER_GROUPS),
        call(ElastiCache, "ModifyCacheParameterGroup", CACHE_PARAMETER_GROUPS),
        call(ElastiCache, "RemoveTagsFromResource", CACHE_PARAMETER_GROUPS),
        call(ElastiCache, "ResetCacheParameterGroup", CACHE_PARAMETER_GROUPS),
    ],
};

const CACHE_SUBNET_GROUP: Calls = Calls {
    read: &[read(ElastiCache, "DescribeCacheSubnetGroups")],
    write: &[
        call(ElastiCache, "CreateCacheSubnetGroup", CACHE_SUBNET_GROUPS),
        needs(ElastiCache, "CreateCacheSubnetGroup", "elasticache:AddTagsToResource", CACHE_SUBNET_GROUPS),
        call(ElastiCache, "DeleteCacheSubnetGroup", CACHE_SUBNET_GROUPS),
        call(ElastiCache, "ModifyCacheSubnetGroup", CACHE_SUBNET_GROUPS),
    ],
};

/// Certificate Manager doesn't tell tags that are given at creation from others.
const CERTIFICATE: Calls = Calls {
    read: &[read(Acm, "DescribeCertificate"), read(Tagging, "GetResources")],
    write: &[
        call(Acm, "AddTagsToCertificate", NEW_IN_OWN),
        call(Acm, "DeleteCertificate", OWN),
        call(Acm, "RemoveTagsFromCertificate", OWN),
        call(Acm, "RequestCertificate", NEW),
        needs(Acm, "RequestCertificate", "acm:AddTagsToCertificate", NEW),
    ],
};

/// RDS keeps the password in Secrets Manager and encrypts the storage, both on its caller's behalf.
const DB_INSTANCE: Calls = Calls {
    read: &[read(Rds, "DescribeDBInstances")],
    write: &[
        call(Rds, "AddTagsToResource", DATABASES),
        call(Rds, "CreateDBInstance", DATABASES_AND_MORE),
        needs(Rds, "CreateDBInstance", "iam:CreateServiceLinkedRole", &[On::Linked("rds")]),
        needs(Rds, "CreateDBInstance", "kms:CreateGrant", DB_KEYS),
        needs(Rds, "CreateDBInstance", "kms:Decrypt", DB_KEYS),
        needs(Rds, "CreateDBInstance", "kms:DescribeKey", &[On::Any]),
        needs(Rds, "CreateDBInstance", "kms:GenerateDataKey", DB_KEYS),
        needs(Rds, "CreateDBInstance", "secretsmanager:CreateSecret", DB_SECRETS),
        needs(Rds, "CreateDBInstance", "secretsmanager:TagResource", DB_SECRETS),
        call(Rds, "DeleteDBInstance", DATABASES),
        read(Rds, "DescribeEvents"),
        call(Rds, "ModifyDBInstance", DATABASES_AND_MORE),
        call(Rds, "RemoveTagsFromResource", DATABASES),
    ],
};

const DB_PARAMETER_GROUP: Calls = Calls {
    read: &[read(Rds, "DescribeDBParameterGroups"), read(Rds, "DescribeDBParameters"), read(Rds, "ListTagsForResource")],
    write: &[
        call(Rds, "AddTagsToResource", DB_PARAMETER_GROUPS),
        call(Rds, "CreateDBParameterGroup", DB_PARAMETER_GROUPS),
        call(Rds, "DeleteDBParameterGroup", DB_PARAMETER_GROUPS),
        call(Rds, "ModifyDBParameterGroup", DB_PARAMETER_GROUPS),
        call(Rds, "RemoveTagsFromResource", DB_PARAMETER_GROUPS),
        call(Rds, "ResetDBParameterGroup", DB_PARAMETER_GROUPS),
    ],
};

/// Its storage is encrypted as its source's is, and its password is the source's.
const DB_REPLICA: Calls = Calls {
    read: &[read(Rds, "DescribeDBInstances")],
    write: &[
        call(Rds, "AddTagsToResource", DATABASES),
        call(Rds, "CreateDBInstanceReadReplica", DATABASES_AND_MORE),
        needs(Rds, "CreateDBInstanceReadReplica", "kms:CreateGrant", DB_KEYS),
        needs(Rds, "CreateDBInstanceReadReplica", "kms:DescribeKey", &[On::Any]),
        call(Rds, "DeleteDBInstance", DATABASES),
        read(Rds, "DescribeEvents"),
        call(Rds, "ModifyDBInstance", DATABASES_AND_MORE),
        call(Rds, "RemoveTagsFromResource", DATABASES),
    ],
};

const DB_SUBNET_GROUP: Calls = Calls {
    read: &[read(Rds, "DescribeDBSubnetGroups")],
    write: &[
        call(Rds, "CreateDBSubnetGroup", DB_SUBNET_GROUPS),
        needs(Rds, "CreateDBSubnetGroup", "iam:CreateServiceLinkedRole", &[On::Linked("rds")]),
        needs(Rds, "CreateDBSubnetGroup", "rds:AddTagsToResource", DB_SUBNET_GROUPS),
        call(Rds, "DeleteDBSubnetGroup", DB_SUBNET_GROUPS),
        call(Rds, "ModifyDBSubnetGroup", DB_SUBNET_GROUPS),
    ],
};

const ELASTIC_IP: Calls = Calls {
    read: &[read(Ec2, "DescribeAddresses")],
    write: &[call(Ec2, "AllocateAddress", NEW), EC2_TAG, EC2_UNTAG, call(Ec2, "ReleaseAddress", OWN)],
};

/// The flow log's role is looked up, then handed to the service that writes the log.
const FLOW_LOG: Calls = Calls {
    read: &[read(Ec2, "DescribeFlowLogs")],
    write: &[
        call(Ec2, "CreateFlowLogs", NEW_IN_OWN),
        needs(Ec2, "CreateFlowLogs", "iam:PassRole", &[On::Passed("vpc-flow-logs.amazonaws.com")]),
        EC2_TAG,
        call(Ec2, "DeleteFlowLogs", OWN),
        EC2_UNTAG,
        call(Iam, "GetRole", ROLES),
    ],
};

/// Which policies a role is given isn't narrowed to those of the spec: what a run takes back gives an earlier spec's.
const IAM_ROLE: Calls = Calls {
    read: &[read(Iam, "GetAccountAuthorizationDetails")],
    write: &[
        call(Iam, "AttachRolePolicy", ROLES),
        call(Iam, "CreateRole", ROLES),
        call(Iam, "DeleteRole", ROLES),
        call(Iam, "DeleteRolePolicy", ROLES),
        call(Iam, "DetachRolePolicy", ROLES),
        call(Iam, "GetRole", ROLES),
        call(Iam, "ListAttachedRolePolicies", ROLES),
        call(Iam, "ListRolePolicies", ROLES),
        call(Iam, "PutRolePolicy", ROLES),
        call(Iam, "TagRole", ROLES),
        call(Iam, "UntagRole", ROLES),
        call(Iam, "UpdateAssumeRolePolicy", ROLES),
    ],
};

const INSTANCE_PROFILE: Calls = Calls {
    read: &[call(Iam, "GetInstanceProfile", PROFILES), read(Iam, "ListInstanceProfiles")],
    write: &[
        call(Iam, "AddRoleToInstanceProfile", PROFILES),
        needs(Iam, "AddRoleToInstanceProfile", "iam:PassRole", TO_INSTANCES),
        call(Iam, "CreateInstanceProfile", PROFILES),
        call(Iam, "DeleteInstanceProfile", PROFILES),
        call(Iam, "RemoveRoleFromInstanceProfile", PROFILES),
        call(Iam, "TagInstanceProfile", PROFILES),
        call(Iam, "UntagInstanceProfile", PROFILES),
    ],
};

const INTERNET_GATEWAY: Calls = Calls {
    read: &[read(Ec2, "DescribeInternetGateways")],
    write: &[
        call(Ec2, "AttachInternetGateway", OWN),
        call(Ec2, "CreateInternetGateway", NEW),
        EC2_TAG,
        call(Ec2, "DeleteInternetGateway", OWN),
        EC2_UNTAG,
        call(Ec2, "DetachInternetGateway", OWN),
    ],
};

const LAUNCH_TEMPLATE: Calls = Calls {
    read: &[read(Ec2, "DescribeLaunchTemplateVersions"), read(Ec2, "DescribeLaunchTemplates")],
    write: &[
        call(Ec2, "CreateLaunchTemplate", NEW),
        needs(Ec2, "CreateLaunchTemplate", "ssm:GetParameters", IMAGE_NAMES),
        EC2_TAG,
        call(Ec2, "DeleteLaunchTemplate", OWN),
        EC2_UNTAG,
    ],
};

/// Making a listener is a change of its load balancer. It waits for its certificate.
const LISTENER: Calls = Calls {
    read: &[read(Elb, "DescribeListeners"), read(Elb, "DescribeLoadBalancers"), read(Elb, "DescribeTags")],
    write: &[
        read(Acm, "DescribeCertificate"),
        ELB_TAG,
        call(Elb, "CreateListener", OWN),
        call(Elb, "DeleteListener", OWN),
        call(Elb, "ModifyListener", OWN),
        ELB_UNTAG,
    ],
};

/// Elastic Load Balancing looks at the network as its caller; all but the account's attributes is what lists read anyway.
const LOAD_BALANCER: Calls = Calls {
    read: &[
        read(Ec2, "DescribeInternetGateways"),
        read(Elb, "DescribeLoadBalancerAttributes"),
        read(Elb, "DescribeLoadBalancers"),
        read(Elb, "DescribeTags"),
    ],
    write: &[
        ELB_TAG,
        call(Elb, "CreateLoadBalancer", NEW),
        needs(Elb, "CreateLoadBalancer", "ec2:DescribeAccountAttributes", &[On::Any]),
        needs(Elb, "CreateLoadBalancer", "iam:CreateServiceLinkedRole", &[On::Linked("elasticloadbalancing")]),
        call(Elb, "DeleteLoadBalancer", OWN),
        call(Elb, "ModifyLoadBalancerAttributes", OWN),
        ELB_UNTAG,
        call(Elb, "SetSecurityGroups", OWN),
        call(Elb, "SetSubnets", OWN),
    ],
};

const LOG_GROUP: Calls = Calls {
    read: &[read(CloudWatchLogs, "DescribeLogGroups")],
    write: &[
        call(CloudWatchLogs, "CreateLogGroup", LOG_GROUPS),
        needs(CloudWatchLogs, "CreateLogGroup", "logs:TagResource", LOG_GROUPS),
        call(CloudWatchLogs, "DeleteLogGroup", LOG_GROUPS),
        call(CloudWatchLogs, "DeleteRetentionPolicy", LOG_GROUPS),
        call(CloudWatchLogs, "PutRetentionPolicy", LOG_GROUPS),
    ],
};

const NAT_GATEWAY: Calls = Calls {
    read: &[read(Ec2, "DescribeInternetGateways"), read(Ec2, "DescribeNatGateways")],
    write: &[call(Ec2, "CreateNatGateway", NEW_IN_OWN), EC2_TAG, call(Ec2, "DeleteNatGateway", OWN), EC2_UNTAG],
};

const PREFIX_LIST: Calls = Calls {
    read: &[read(Ec2, "DescribeManagedPrefixLists"), read(Ec2, "GetManagedPrefixListEntries")],
    write: &[
        call(Ec2, "CreateManagedPrefixList", NEW),
        EC2_TAG,
        call(Ec2, "DeleteManagedPrefixList", OWN),
        EC2_UNTAG,
        call(Ec2, "ModifyManagedPrefixList", OWN),
    ],
};

/// The role that ElastiCache makes for itself puts the nodes into the network, so that its caller needn't be able to.
const REPLICATION_GROUP: Calls = Calls {
    read: &[read(ElastiCache, "DescribeCacheClusters"), read(ElastiCache, "DescribeReplicationGroups")],
    write: &[
        call(ElastiCache, "CreateReplicationGroup", CACHES_AND_MORE),
        needs(ElastiCache, "CreateReplicationGroup", "elasticache:AddTagsToResource", CACHES),
        needs(ElastiCache, "CreateReplicationGroup", "iam:CreateServiceLinkedRole", &[On::Linked("elasticache")]),
        call(ElastiCache, "DecreaseReplicaCount", CACHES),
        call(ElastiCache, "DeleteReplicationGroup", CACHES),
        read(ElastiCache, "DescribeEvents"),
        call(ElastiCache, "IncreaseReplicaCount", CACHES),
        call(ElastiCache, "ModifyReplicationGroup", CACHES_AND_MORE),
    ],
};

/// A subnet that follows another's table can't be taken over: the other table isn't the stack's.
const ROUTE_TABLE: Calls = Calls {
    read: &[read(Ec2, "DescribeRouteTables")],
    write: &[
        call(Ec2, "AssociateRouteTable", OWN),
        call(Ec2, "CreateRoute", OWN),
        call(Ec2, "CreateRouteTable", NEW_IN_OWN),
        EC2_TAG,
        call(Ec2, "DeleteRoute", OWN),
        call(Ec2, "DeleteRouteTable", OWN),
        EC2_UNTAG,
        call(Ec2, "DisassociateRouteTable", OWN),
        call(Ec2, "ReplaceRoute", OWN),
        call(Ec2, "ReplaceRouteTableAssociation", OWN),
    ],
};

const SECURITY_GROUP: Calls = Calls {
    read: &[read(Ec2, "DescribeSecurityGroups")],
    write: &[
        call(Ec2, "AuthorizeSecurityGroupEgress", OWN),
        call(Ec2, "AuthorizeSecurityGroupIngress", OWN),
        call(Ec2, "CreateSecurityGroup", NEW_IN_OWN),
        EC2_TAG,
        call(Ec2, "DeleteSecurityGroup", OWN),
        EC2_UNTAG,
        call(Ec2, "RevokeSecurityGroupEgress", OWN),
        call(Ec2, "RevokeSecurityGroupIngress", OWN),
        call(Ec2, "UpdateSecurityGroupRuleDescriptionsEgress", OWN),
        call(Ec2, "UpdateSecurityGroupRuleDescriptionsIngress", OWN),
    ],
};

const SUBNET: Calls = Calls {
    read: &[read(Ec2, "DescribeSubnets")],
    write: &[
        call(Ec2, "CreateSubnet", NEW_IN_OWN),
        EC2_TAG,
        call(Ec2, "DeleteSubnet", OWN),
        EC2_UNTAG,
        call(Ec2, "ModifySubnetAttribute", OWN),
    ],
};

const TARGET_GROUP: Calls = Calls {
    read: &[read(Elb, "DescribeTags"), read(Elb, "DescribeTargetGroupAttributes"), read(Elb, "DescribeTargetGroups")],
    write: &[
        ELB_TAG,
        call(Elb, "CreateTargetGroup", NEW),
        call(Elb, "DeleteTargetGroup", OWN),
        call(Elb, "ModifyTargetGroup", OWN),
        call(Elb, "ModifyTargetGroupAttributes", OWN),
        ELB_UNTAG,
    ],
};

const VPC: Calls = Calls {
    read: &[read(Ec2, "DescribeVpcAttribute"), read(Ec2, "DescribeVpcs")],
    write: &[EC2_TAG, call(Ec2, "CreateVpc", NEW), EC2_UNTAG, call(Ec2, "DeleteVpc", OWN), call(Ec2, "ModifyVpcAttribute", OWN)],
};

const VPC_ENDPOINT: Calls = Calls {
    read: &[read(Ec2, "DescribeVpcEndpoints")],
    write: &[
        EC2_TAG,
        call(Ec2, "CreateVpcEndpoint", NEW_IN_OWN),
        EC2_UNTAG,
        call(Ec2, "DeleteVpcEndpoints", OWN),
        call(Ec2, "ModifyVpcEndpoint", OWN),
    ],
};
