//! A port of a load balancer.
mod action;
mod certificates;
mod rules;
pub(super) mod terraform;

use std::cell::RefCell;

use super::calls::{ELB_TAG, ELB_UNTAG, OWN, call, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::*;
use crate::kinds::elb::{self, Own};
use crate::model::Tags;
use crate::wire::tags::to_tags;
use aws_sdk_elasticloadbalancingv2::types::{self as sdk, ActionTypeEnum, TargetHealth, TargetHealthReasonEnum, TargetHealthStateEnum};
use futures_util::future::try_join_all;

pub use action::{Action, CONTENT_TYPES, Redirect, Respond};

object! {
    /// `AWS::ElasticLoadBalancingV2::Listener` of an application load balancer, with its default action: what is done with requests that no rule takes.
    pub struct Listener {
        /// `LoadBalancerArn`.
        replace load_balancer: Ref<LoadBalancer>,
        /// `Port`, from 1 to 65535; one listener a port.
        replace port: i32,
        /// `Protocol` towards the clients: `HTTP` or `HTTPS`.
        update protocol: String,
        /// The default certificate (`CertificateArn`) of an HTTPS listener, in ACM or IAM: one of the stack, or any by its ARN; `None` for HTTP.
        update certificate: Option<Ref<Certificate>>,
        /// Certificates of the stack beside that one, which the listener shows to clients that ask for their names (`AddListenerCertificates`). Those that
        /// others have added stay.
        update certificates: BTreeSet<Ref<Certificate>>,
        /// `SslPolicy` of an HTTPS listener: which TLS versions and ciphers it offers; `None` for HTTP.
        update ssl_policy: Option<String>,
        /// `DefaultActions`.
        update action: Action,
        /// The records by which its certificate is validated, and the instances that answer.
        computed waits_for: BTreeSet<Pointer>,
        update tags: Tags,
    }
}

// A port can be changed in place, but not to one that another listener leaves in the same run: so it moves by a successor beside the old one.
const HTTPS: &str = "HTTPS";

impl Resource for Listener {
    const KIND: Kind = Kind::Listener;
    const SERVICE: Service = Service::Elb;
    const TYPICAL: Typical = Typical::secs(3, 3, 3);
    const HINT: &'static [&'static str] = &[
        "{protocol} {port}",
        "to {action.forward}",
        "to {action.redirect.protocol} {action.redirect.port}",
        "answers {action.respond.status}",
    ];
    /// Making a listener is a change of its load balancer. It waits for its certificate.
    const CALLS: Calls = Calls {
        read: &[
            reads(Service::Elb, "DescribeListenerCertificates"),
            reads(Service::Elb, "DescribeListeners"),
            reads(Service::Elb, "DescribeLoadBalancers"),
            reads(Service::Elb, "DescribeTags"),
            reads(Service::Tagging, "GetResources"),
        ],
        write: &[
            reads(Service::Acm, "DescribeCertificate"),
            reads(Service::Elb, "DescribeTargetHealth"),
            call(Service::Elb, "AddListenerCertificates", OWN),
            ELB_TAG,
            call(Service::Elb, "CreateListener", OWN),
            call(Service::Elb, "DeleteListener", OWN),
            call(Service::Elb, "ModifyListener", OWN),
            call(Service::Elb, "RemoveListenerCertificates", OWN),
            ELB_UNTAG,
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[
        quota(Service::Elb, "TooManyCertificates", ("elasticloadbalancing", "L-9365A611"), "Certificates per Application Load Balancer"),
        quota(Service::Elb, "TooManyListeners", ("elasticloadbalancing", "L-B6DF7632"), "Listeners per Application Load Balancer"),
        quota(
            Service::Elb,
            "TooManyUniqueTargetGroupsPerLoadBalancer",
            ("elasticloadbalancing", "L-822D1B1B"),
            "Target Groups per Application Load Balancer",
        ),
    ];

    fn example() -> Self {
        Listener {
            load_balancer: Ref::to(EXAMPLE),
            port: 443,
            protocol: HTTPS.into(),
            certificate: Some(Ref::to(EXAMPLE)),
            certificates: BTreeSet::new(),
            ssl_policy: Some("ELBSecurityPolicy-TLS13-1-2-2021-06".into()),
            action: Action::Forward(Ref::to(EXAMPLE)),
            waits_for: BTreeSet::new(),
            tags: tags(),
        }
    }

    /// A balancer has one listener a port.
    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: Some(self.load_balancer.address()), name: format!("port {}", self.port) }]
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self)
    }

    fn doubts(&self, me: &Address, near: Near<'_>) -> Vec<Breach> {
        rules::doubts(self).into_iter().chain(rules::many(me, near)).collect()
    }

    fn unoffered(&self, before: Option<&Self>, _: Near<'_>, facts: &Facts) -> Vec<Breach> {
        rules::unoffered(self, before, facts).into_iter().collect()
    }

    fn simulate(&mut self, _id: &str) {
        self.waits_for.clear();
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let balancers = elb::balancers(cx, stack).await?;
        let found = try_join_all(balancers.iter().map(async |b| present(listeners(cx, &b.arn).await))).await?;
        let found = found.into_iter().flatten().flatten().filter_map(|l| Some((l.listener_arn.clone()?, l))).collect();
        let own = elb::own(cx, stack, found).await?;
        let more = certificates::shown(cx, stack, own.iter().map(|l| &l.seen)).await?;
        Ok(own.into_iter().filter_map(|l| read(l, &more)).collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        self.certified(cx, links, &BTreeSet::new()).await?;
        let request = cx
            .elb()
            .create_listener()
            .load_balancer_arn(links.to(&self.load_balancer)?)
            .port(self.port)
            .protocol(self.protocol.as_str().into())
            .set_certificates(self.certificates(links)?)
            .set_ssl_policy(self.ssl_policy.clone())
            .default_actions(self.action.resolve(links)?)
            .set_tags(Some(to_tags(&stamp.tags(&self.tags))));
        let made = cx.write(Service::Elb, "CreateListener", async || request.clone().send().await).await?;
        let made = made.listeners.and_then(|mut all| all.pop());
        let id = made.and_then(|l| l.listener_arn).ok_or_else(|| CloudError::incomplete("CreateListener", "ListenerArn"))?;
        let live = Live::made(&id, self.clone(), stamp, links)?;
        half(certificates::add(cx, &id, &links.all(&self.certificates)?).await)?;
        answered_or_gone(cx, self.action.group(links)?, async || Self::delete(cx, &live).await).await?;
        Ok(live)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: Listener = live.of()?;
        let group = self.action.group(links)?;
        let certificate = self.certificate.as_ref().map(|c| links.to(c)).transpose()?;
        let moved = group.iter().chain(&certificate).any(|id| !live.points.contains(id));
        if moved || *self != self.over(&old) {
            self.certified(cx, links, &live.points).await?;
            let certificates = self.certificates(links)?;
            let modify = async |action: sdk::Action| {
                let request = cx
                    .elb()
                    .modify_listener()
                    .listener_arn(&live.id)
                    .port(self.port)
                    .protocol(self.protocol.as_str().into())
                    .set_certificates(certificates.clone())
                    .set_ssl_policy(self.ssl_policy.clone())
                    .default_actions(action);
                cx.safe(Service::Elb, "ModifyListener", async || request.clone().send().await).await.map(drop)
            };
            forwarded(cx, live, group.as_deref(), self.action.resolve(links)?, modify).await?;
        }
        half(self.arrange(cx, links, live, stamp).await)?;
        half(elb::retag_elb(cx, &live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.elb().delete_listener().listener_arn(&live.id);
        gone(cx.safe(Service::Elb, "DeleteListener", async || request.clone().send().await).await)
    }
}

impl Listener {
    /// What `ModifyListener` can't change, or need not, is as it should be.
    fn over(&self, old: &Listener) -> Listener {
        let same = self.clone();
        Listener {
            load_balancer: same.load_balancer,
            certificates: same.certificates,
            waits_for: same.waits_for,
            tags: same.tags,
            ..old.clone()
        }
    }

    /// Waits for certificates of the stack that the listener doesn't use yet. Nothing has changed before.
    async fn certified(&self, cx: &Clients, links: &Links, used: &BTreeSet<String>) -> Result<(), CloudError> {
        for certificate in self.certificate.iter().chain(&self.certificates).filter(|c| !c.0.starts_with('=')) {
            let arn = links.to(certificate)?;
            if !used.contains(&arn) {
                certificate::issued(cx, &arn).await?;
            }
        }
        Ok(())
    }

    /// Adds the certificates beside the first that are not there, and then takes away those of the stack that should not be.
    async fn arrange(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<(), CloudError> {
        let wanted = links.all(&self.certificates)?;
        let old: Listener = live.of()?;
        if self.certificates == old.certificates && wanted.is_subset(&live.points) {
            return Ok(());
        }
        self.certified(cx, links, &live.points).await?;
        let there = certificates::own(cx, &stamp.stack, &live.id).await?;
        certificates::add(cx, &live.id, &(&wanted - &there)).await?;
        certificates::remove(cx, &live.id, &(&there - &wanted)).await
    }

    fn certificates(&self, links: &Links) -> Result<Option<Vec<sdk::Certificate>>, CloudError> {
        let arn = self.certificate.as_ref().map(|c| links.to(c)).transpose()?;
        Ok(arn.map(|arn| vec![sdk::Certificate::builder().certificate_arn(arn).build()]))
    }
}

/// Turns requests to another action. Nobody checks the targets of a group before it is forwarded to, so one whose targets are not known to be healthy stands
/// beside the one that answers first, without a share; when they don't become healthy the old one answers alone again.
pub(super) async fn forwarded(
    cx: &Clients,
    live: &Live,
    group: Option<&str>,
    action: sdk::Action,
    modify: impl AsyncFn(sdk::Action) -> Result<(), CloudError>,
) -> Result<(), CloudError> {
    let before = live.points.iter().find(|id| id.contains(GROUP_ARN));
    if let (Some(before), Some(group)) = (before, group)
        && !live.points.contains(group)
        && !elb::health(cx, group).await?.values().all(elb::takes_requests)
    {
        modify(Action::beside(before, group)).await?;
        if let Err(e) = answered(cx, group).await {
            half(modify(sdk::Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(before).build()).await)?;
            return Err(if e.code == "WaitTimeout" { not_ready(e) } else { e });
        }
        return half(modify(action).await);
    }
    modify(action).await
}

fn not_ready(e: CloudError) -> CloudError {
    CloudError { class: Class::Invalid, service: Some(Service::Elb), code: "NotReady".into(), ..e }
}

/// What tells the ARN of a target group from others.
const GROUP_ARN: &str = ":targetgroup/";

/// Waits until the targets of a group that are there are healthy. They may have come before anybody forwarded to them, and nobody checked them: from now
/// on the balancer does. Those that come later their scaling group waits for.
pub(super) async fn answered(cx: &Clients, group: &str) -> Result<(), CloudError> {
    let ill = RefCell::new(String::new());
    let look = async || {
        let told = elb::health(cx, group).await?;
        // One that drains goes; one in a zone without the balancer is never in use.
        let aside =
            |h: &TargetHealth| h.state == Some(TargetHealthStateEnum::Draining) || h.reason == Some(TargetHealthReasonEnum::NotInUse);
        let all = told.values().all(|h| elb::takes_requests(h) || aside(h));
        if told.is_empty() || all && told.values().any(elb::takes_requests) {
            return Ok(Some(()));
        }
        let worst = told.iter().find(|(_, h)| !elb::takes_requests(h));
        ill.replace(worst.map_or_else(String::new, |(id, h)| {
            let state = h.state.as_ref().map_or("unknown", |s| s.as_str());
            format!("{id} is {state}: {}", h.description.as_deref().unwrap_or("no reason given"))
        }));
        Ok(None)
    };
    let time = deadline(AutoScalingGroup::TYPICAL.create);
    cx.policy.wait_saying(&format!("the targets of {group} to be healthy"), time, look, async || Some(ill.borrow().clone())).await
}

/// Waits for the targets of what was made to forward to them. When they don't answer in time it goes again: it would read like what serves.
pub(super) async fn answered_or_gone(
    cx: &Clients,
    group: Option<String>,
    remove: impl AsyncFnOnce() -> Result<(), CloudError>,
) -> Result<(), CloudError> {
    let Some(group) = group else { return Ok(()) };
    match answered(cx, &group).await {
        Err(e) if e.code == "WaitTimeout" => {
            half(remove().await)?;
            Err(not_ready(e))
        }
        answered => half(answered),
    }
}

/// The listener as its own calls show it. Certificate and policy count for HTTPS only; an action made by others reads as a pointer to
/// nothing that exists, so that it differs from every one that is wanted.
fn read(own: Own<sdk::Listener>, more: &BTreeMap<String, BTreeSet<String>>) -> Option<Live> {
    let Own { arn, seen, stamp, tags, .. } = own;
    let protocol = seen.protocol?.as_str().to_owned();
    let tls = protocol == HTTPS;
    let listener = Listener {
        load_balancer: Ref::to(seen.load_balancer_arn?),
        port: seen.port?,
        protocol,
        certificate: seen.certificates.into_iter().flatten().next().and_then(|c| c.certificate_arn).filter(|_| tls).map(Ref::to),
        certificates: more.get(&arn).into_iter().flatten().map(Ref::to).collect(),
        waits_for: BTreeSet::new(),
        ssl_policy: seen.ssl_policy.filter(|_| tls),
        action: Action::read_or_unknown(seen.default_actions),
        tags,
    };
    Some(Live::found(arn, listener, stamp))
}

/// `DescribeListeners` of one balancer; no call shows those of several.
pub(super) async fn listeners(cx: &Clients, balancer: &str) -> Result<Vec<sdk::Listener>, CloudError> {
    let request = cx.elb().describe_listeners().load_balancer_arn(balancer).page_size(elb::PAGE);
    let send = async |token| request.clone().set_marker(token).send().await;
    cx.pages(Service::Elb, "DescribeListeners", send, |page| (page.listeners, page.next_marker)).await
}

/// The security policies that are known to this version of infra; the sandbox has them all.
pub fn policies() -> impl Iterator<Item = String> {
    rules::POLICIES.iter().map(|short| format!("{}{short}", rules::BEGIN))
}
