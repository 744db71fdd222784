//! The services that requests go to, and the SDK's client of each: one line a service.
mod prometheus;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use aws_config::SdkConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Cloudflare;
use super::joint::Joint;
use super::kubernetes::Kubernetes;
use super::policy::Policy;

macro_rules! services { ($($service:ident $prefix:literal $($name:ident: $sdk:ident)?),+ $(,)?) => {
    /// Where a request goes; slots and throttling are counted per service.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Service { $($service),+ }

    impl Service {
        pub const ALL: &'static [Service] = &[$(Service::$service),+];

        /// The first part of the service's IAM actions: `ec2` of `ec2:CreateVpc`.
        pub fn prefix(self) -> &'static str { match self { $(Service::$service => $prefix),+ } }

        /// Whether it is one for all regions.
        pub fn global(self) -> bool { matches!(self, Service::Cloudflare | Service::Iam) }
    }

    /// The SDK's clients, each built when first used, all sharing one connection pool and one policy.
    pub struct Clients {
        pub policy: Policy,
        /// The other cloud of a stack.
        pub cloudflare: Cloudflare,
        pub(super) config: SdkConfig,
        pub(super) s3: OnceCell<aws_sdk_s3::Client>,
        /// The APIs of clusters, by the names of these.
        pub(super) apis: RefCell<BTreeMap<String, Rc<Kubernetes>>>,
        /// The clusters of a stack.
        pub(crate) clusters: Joint<Vec<aws_sdk_eks::types::Cluster>>,
        $($($name: OnceCell<$sdk::Client>,)?)+
    }

    impl Clients {
        pub(super) fn from_config(config: SdkConfig, cloudflare: Cloudflare, policy: Policy) -> Self {
            Clients { policy, cloudflare, config, s3: OnceCell::new(), apis: RefCell::default(), clusters: Joint::default(), $($($name: OnceCell::new(),)?)+ }
        }
        $($(pub fn $name(&self) -> &$sdk::Client { self.$name.get_or_init(|| $sdk::Client::new(&self.config)) })?)+
    }
} }

// The prefix of its actions, and the client, where it is the SDK's as it comes: S3's has a setting of its own, Cloudflare's and those of clusters are none of the SDK's.
services! {
    Acm "acm" acm: aws_sdk_acm,
    Amp "aps" amp: aws_sdk_amp,
    AppConfig "appconfig" appconfig: aws_sdk_appconfig,
    AutoScaling "autoscaling" autoscaling: aws_sdk_autoscaling,
    Cloudflare "cloudflare",
    CloudTrail "cloudtrail" cloudtrail: aws_sdk_cloudtrail,
    CloudWatch "cloudwatch" cloudwatch: aws_sdk_cloudwatch,
    CloudWatchLogs "logs" logs: aws_sdk_cloudwatchlogs,
    Ec2 "ec2" ec2: aws_sdk_ec2,
    Eks "eks" eks: aws_sdk_eks,
    ElastiCache "elasticache" elasticache: aws_sdk_elasticache,
    Elb "elasticloadbalancing" elb: aws_sdk_elasticloadbalancingv2,
    EventBridge "events" eventbridge: aws_sdk_eventbridge,
    Iam "iam" iam: aws_sdk_iam,
    Kubernetes "kubernetes",
    Lambda "lambda" lambda: aws_sdk_lambda,
    Rds "rds" rds: aws_sdk_rds,
    S3 "s3",
    SecretsManager "secretsmanager" secrets: aws_sdk_secretsmanager,
    ServiceQuotas "servicequotas" quotas: aws_sdk_servicequotas,
    Sns "sns" sns: aws_sdk_sns,
    Ssm "ssm" ssm: aws_sdk_ssm,
    Sts "sts" sts: aws_sdk_sts,
    Tagging "tag" tagging: aws_sdk_resourcegroupstagging,
}
