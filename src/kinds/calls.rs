//! Which API operations each kind's verbs send, and which IAM actions allow them: the one table behind `infra iam-policy`.
//!
//! Resources and conditions follow AWS's Service Authorization Reference. A narrower right than shown there is never assumed: where the
//! reference leaves it open, an action is allowed on everything.
mod table;

use super::phase::Phase;
use super::{CacheRules, CustomRules, DdosRules, HeaderRules, Kind, ManagedRules, RateLimitRules, RedirectRules};
use crate::model::Service;

pub use table::GENERAL;

/// The requests of one kind: `read` is what its list sends, `write` what its other verbs send beside that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls {
    pub read: &'static [Call],
    pub write: &'static [Call],
}

/// One action that a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    pub service: Service,
    /// The request, by the API's own name.
    pub operation: &'static str,
    /// The action with its prefix where its name isn't the request's (`s3:ListAllMyBuckets`), or where the service asks for more than one.
    other: Option<&'static str>,
    /// What the action is allowed on. Several: the service checks several objects of one request, each of which needs its own permission.
    pub on: &'static [On],
}

impl Call {
    /// `ec2:CreateVpc`.
    pub fn action(&self) -> String {
        self.other.map_or_else(|| format!("{}:{}", prefix(self.service), self.operation), String::from)
    }
}

/// What an action is allowed on. In an ARN, which stands without its first two words, `{names}` is the pattern of the names that the stack's
/// objects get, `{stack}`, `{region}` and `{account}` are the stack's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// Everything. Only what reads is allowed so.
    Any,
    /// What the request makes, when it gives it the stack's tag.
    New,
    /// The tags that a request gives to what it makes, when the stack's is among them.
    NewTags,
    /// What carries the stack's tag.
    Own,
    /// The stack's objects that have this ARN. Every action on one of the service's is allowed on all of them.
    Named(&'static str),
    /// What has this ARN but isn't one of the stack's objects. Only the actions that name it are allowed on it.
    Also(&'static str),
    /// The stack's roles, when they are handed to this service.
    Passed(&'static str),
    /// The role that this service makes for itself, once in an account.
    Linked(&'static str),
    /// Instances launched from a launch template. No condition ties a launch to a template's tags.
    Launched,
    /// Keys, when this service uses them on the caller's behalf.
    Through(&'static str),
}

/// The permission that a request needs first of all, as policies name it: `s3:ListAllMyBuckets`.
pub fn action(service: Service, operation: &str) -> String {
    let all = Kind::ALL.iter().map(|k| k.calls()).chain([GENERAL]).flat_map(|c| c.read.iter().chain(c.write));
    let plain = format!("{}:{operation}", prefix(service));
    let mut needed = all.filter(|c| c.service == service && c.operation == operation).map(Call::action);
    let first = needed.next();
    if needed.any(|a| a == plain) { plain } else { first.unwrap_or(plain) }
}

/// The first part of a service's actions.
pub fn prefix(service: Service) -> &'static str {
    match service {
        Service::Acm => "acm",
        Service::AutoScaling => "autoscaling",
        Service::Cloudflare => "cloudflare",
        Service::CloudTrail => "cloudtrail",
        Service::CloudWatchLogs => "logs",
        Service::Ec2 => "ec2",
        Service::ElastiCache => "elasticache",
        Service::Elb => "elasticloadbalancing",
        Service::Iam => "iam",
        Service::Rds => "rds",
        Service::S3 => "s3",
        Service::ServiceQuotas => "servicequotas",
        Service::Ssm => "ssm",
        Service::Sts => "sts",
        Service::Tagging => "tag",
    }
}

impl Kind {
    /// What a token of Cloudflare must be allowed to read, and to write where the kind is changed, as token forms name it.
    pub fn permission(self) -> Option<&'static str> {
        Some(match self {
            Kind::CacheRules => CacheRules::PERMISSION,
            Kind::CustomRules => CustomRules::PERMISSION,
            Kind::DdosRules => DdosRules::PERMISSION,
            Kind::DnsRecord => "DNS",
            Kind::HeaderRules => HeaderRules::PERMISSION,
            Kind::ManagedRules => ManagedRules::PERMISSION,
            Kind::RateLimitRules => RateLimitRules::PERMISSION,
            Kind::RedirectRules => RedirectRules::PERMISSION,
            Kind::ZoneSetting => "Zone Settings",
            _ => return None,
        })
    }

    /// The requests of the kind's verbs.
    pub fn calls(self) -> Calls {
        table::of(self)
    }
}

/// What a request needs whose action has its name.
const fn call(service: Service, operation: &'static str, on: &'static [On]) -> Call {
    Call { service, operation, other: None, on }
}

/// What a request needs under another name.
const fn needs(service: Service, operation: &'static str, action: &'static str, on: &'static [On]) -> Call {
    Call { service, operation, other: Some(action), on }
}

/// A request that reads.
const fn read(service: Service, operation: &'static str) -> Call {
    call(service, operation, &[On::Any])
}
