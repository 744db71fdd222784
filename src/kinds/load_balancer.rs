//! An application load balancer.
use super::calls::{ELB_TAG, ELB_UNTAG, NEW, OWN, On, call, needs, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::terraform::{ID, REGION, TAGS, TAGS_ALL, Word, given, is, known, made, of, same, via};
use super::*;
use crate::kinds::elb::{self, Own, may_stand};
use crate::model::{Computed, Tags};
use crate::wire::tags::to_tags;
use aws_sdk_elasticloadbalancingv2::types::{self as sdk, LoadBalancerAttribute, LoadBalancerStateEnum, LoadBalancerTypeEnum};
use futures_util::future::{try_join, try_join_all};

object! {
    /// `AWS::ElasticLoadBalancingV2::LoadBalancer` of type `application`, over IPv4.
    pub struct LoadBalancer {
        /// `Scheme`: `internet-facing` (public addresses) or `internal`.
        replace scheme: String,
        /// The gateway through which an internet-facing balancer is reached; AWS wants it attached to the VPC first. `None` for an internal one.
        replace internet_gateway: Option<Ref<InternetGateway>>,
        /// `Subnets`: of two availability zones at least, one subnet each.
        update subnets: BTreeSet<Ref<Subnet>>,
        /// `SecurityGroups`: one at least; with none AWS takes the VPC's default group.
        update security_groups: BTreeSet<Ref<SecurityGroup>>,
        /// `idle_timeout.timeout_seconds`, from 1 to 4000.
        update idle_timeout: i32,
        /// `deletion_protection.enabled`.
        update deletion_protection: bool,
        /// `routing.http.drop_invalid_header_fields.enabled`: whether headers with invalid names are removed rather than passed on.
        update drop_invalid_header_fields: bool,
        /// `routing.http2.enabled`: whether clients may speak HTTP/2.
        update http2: bool,
        /// `access_logs.s3.bucket`; `None` when `access_logs.s3.enabled` is false. Its policy must let the service write.
        update access_logs: Option<Ref<Bucket>>,
        /// `DNSName`.
        computed dns_name: Computed<String>,
        /// `CanonicalHostedZoneId`: the Route 53 zone of `dns_name`.
        computed zone_id: Computed<String>,
        update tags: Tags,
    }
}

const ACCESS_LOGS: &str = "access_logs.s3.enabled";
const ACCESS_LOGS_BUCKET: &str = "access_logs.s3.bucket";
const DELETION_PROTECTION: &str = "deletion_protection.enabled";
const DROP_INVALID_HEADERS: &str = "routing.http.drop_invalid_header_fields.enabled";
const HTTP2: &str = "routing.http2.enabled";
const IDLE_TIMEOUT: &str = "idle_timeout.timeout_seconds";
const INTERNET_FACING: &str = "internet-facing";

/// `Name` of `CreateLoadBalancer`: letters, digits and `-`, not first or last, and it must not begin with `internal-`.
pub const NAMES: NameRule = NameRule::most(32).never(&["internal-"]);

impl Resource for LoadBalancer {
    const KIND: Kind = Kind::LoadBalancer;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Elb;
    const TYPICAL: Typical = Typical::secs(150, 10, 30);
    const HOURLY: Option<&'static str> = Some("load balancer");
    const HINT: &'static [&'static str] = &["{scheme}", "{subnets#} subnets", "{access_logs?access logs}"];
    /// Elastic Load Balancing looks at the network as its caller; all but the account's attributes is what lists read anyway.
    const CALLS: Calls = Calls {
        read: &[
            reads(Service::Ec2, "DescribeInternetGateways"),
            reads(Service::Elb, "DescribeLoadBalancerAttributes"),
            reads(Service::Elb, "DescribeLoadBalancers"),
            reads(Service::Elb, "DescribeTags"),
        ],
        write: &[
            ELB_TAG,
            call(Service::Elb, "CreateLoadBalancer", NEW),
            needs(Service::Elb, "CreateLoadBalancer", "ec2:DescribeAccountAttributes", &[On::Any]),
            needs(Service::Elb, "CreateLoadBalancer", "iam:CreateServiceLinkedRole", &[On::Linked("elasticloadbalancing")]),
            call(Service::Elb, "DeleteLoadBalancer", OWN),
            call(Service::Elb, "ModifyLoadBalancerAttributes", OWN),
            ELB_UNTAG,
            call(Service::Elb, "SetSecurityGroups", OWN),
            call(Service::Elb, "SetSubnets", OWN),
        ],
    };
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "aws_lb",
            &[
                given("access_logs", "access_logs", &[of("bucket", "access_logs"), is("enabled", Word::Yes)]),
                known("arn", "${id}"),
                same("dns_name"),
                same("drop_invalid_header_fields"),
                of("enable_deletion_protection", "deletion_protection"),
                of("enable_http2", "http2"),
                ID,
                same("idle_timeout"),
                via("internal", "scheme", |v| (v == "internal").into()),
                is("ip_address_type", Word::Text("ipv4")),
                is("load_balancer_type", Word::Text("application")),
                REGION,
                same("security_groups"),
                same("subnets"),
                TAGS,
                TAGS_ALL,
                same("zone_id"),
            ],
        )],
        left_out: &[("internet_gateway", "Terraform says by `depends_on` that the gateway must be attached first")],
    };
    const QUOTAS: &'static [Quota] =
        &[quota(Service::Elb, "TooManyLoadBalancers", ("elasticloadbalancing", "L-53DA6B97"), "Application Load Balancers per Region")];

    fn example() -> Self {
        LoadBalancer {
            scheme: "internet-facing".into(),
            internet_gateway: Some(Ref::to(EXAMPLE)),
            subnets: [Ref::to(EXAMPLE)].into(),
            security_groups: [Ref::to(EXAMPLE)].into(),
            idle_timeout: 60,
            deletion_protection: false,
            drop_invalid_header_fields: true,
            http2: true,
            access_logs: Some(Ref::to(EXAMPLE)),
            dns_name: Computed::default(),
            zone_id: Computed::default(),
            tags: tags(),
        }
    }

    fn protected(&self) -> bool {
        self.deletion_protection
    }

    fn outputs(&self) -> Outputs {
        let mut out = BTreeMap::new();
        out.extend(self.dns_name.0.clone().map(|v| ("dns_name".into(), v)));
        out.extend(self.zone_id.0.clone().map(|v| ("zone_id".into(), v)));
        out
    }

    fn simulate(&mut self, id: &str) {
        self.dns_name = Computed::from(format!("{id}.elb.sandbox"));
        self.zone_id = Computed::from("Z35SXDOTRQ7X7K".to_owned());
    }

    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        let request = cx.elb().describe_load_balancers().load_balancer_arns(&live.id);
        let seen = present(cx.safe(Service::Elb, "DescribeLoadBalancers", async || request.clone().send().await).await)?;
        let state = seen.and_then(|s| s.load_balancers).and_then(|mut all| all.pop()).and_then(|b| b.state).and_then(|s| s.code);
        Ok(state.map(|s| serving(s.as_str())).into_iter().collect())
    }

    fn fares(&self, _me: &Address, _near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        vec![serving(health::bent_state(bent, "active"))]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let own = elb::balancers(cx, stack).await?;
        let public = own.iter().filter(|b| scheme(&b.seen) == INTERNET_FACING);
        let gateways = internet_gateway::by_vpc(cx, public.filter_map(|b| b.seen.vpc_id.clone()));
        let settings = try_join_all(own.iter().map(async |b| present(settings(cx, &b.arn).await)));
        let (gateways, settings) = try_join(gateways, settings).await?;
        let live = own.into_iter().zip(settings).filter_map(|(own, settings)| Some(read(own, &settings?, &gateways)));
        Ok(live.collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let groups: Vec<String> = links.all(&self.security_groups)?.into_iter().collect();
        let request = cx
            .elb()
            .create_load_balancer()
            .name(&name)
            .r#type(LoadBalancerTypeEnum::Application)
            .scheme(self.scheme.as_str().into())
            .set_subnets(Some(links.all(&self.subnets)?.into_iter().collect()))
            .set_security_groups((!groups.is_empty()).then_some(groups))
            .set_tags(Some(to_tags(&stamp.tags(&self.tags))));
        let settings = self.settings(links)?;
        let made = cx.write(Service::Elb, "CreateLoadBalancer", async || request.clone().send().await).await;
        let made = match made.map(|m| m.load_balancers.and_then(|mut all| all.pop())) {
            Err(e) if may_stand(&e) => {
                let found = half(by_name(cx, &name).await)?.ok_or(e)?;
                half(elb::verify(cx, &name, found.load_balancer_arn(), stamp).await)?;
                Some(found)
            }
            other => other?,
        };
        let id = made.and_then(|b| b.load_balancer_arn).ok_or_else(|| CloudError::incomplete("CreateLoadBalancer", "LoadBalancerArn"))?;
        half(modify(cx, &id, settings).await)?;
        let ready = half(settled(cx, &id).await)?;
        if let Some(e) = broken(&ready) {
            // It will never serve, and would read like one that does.
            half(remove(cx, &id, self.deletion_protection).await)?;
            return Err(e);
        }
        let (dns_name, zone_id) = (lower(ready.dns_name), Computed(ready.canonical_hosted_zone_id));
        Live::made(id, LoadBalancer { dns_name, zone_id, ..self.clone() }, stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: LoadBalancer = live.of()?;
        let (subnets, groups) = (links.all(&self.subnets)?, links.all(&self.security_groups)?);
        let settings = self.settings(links)?;
        if self.subnets != old.subnets || !subnets.is_subset(&live.points) {
            let request = cx.elb().set_subnets().load_balancer_arn(&live.id).set_subnets(Some(subnets.into_iter().collect()));
            cx.safe(Service::Elb, "SetSubnets", async || request.clone().send().await).await?;
            let ready = half(settled(cx, &live.id).await)?;
            half(broken(&ready).map_or(Ok(()), Err))?;
        }
        if self.security_groups != old.security_groups || !groups.is_subset(&live.points) {
            let request =
                cx.elb().set_security_groups().load_balancer_arn(&live.id).set_security_groups(Some(groups.into_iter().collect()));
            half(cx.safe(Service::Elb, "SetSecurityGroups", async || request.clone().send().await).await)?;
        }
        let bucket = settings.get(ACCESS_LOGS_BUCKET);
        if self.flags() != old.flags() || self.access_logs != old.access_logs || bucket.is_some_and(|b| !live.points.contains(b)) {
            half(modify(cx, &live.id, settings).await)?;
        }
        half(elb::retag_elb(cx, &live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, LoadBalancer { dns_name: old.dns_name, zone_id: old.zone_id, ..self.clone() }, stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let old: LoadBalancer = live.of()?;
        remove(cx, &live.id, old.deletion_protection).await
    }
}

type Settings = BTreeMap<&'static str, String>;

impl LoadBalancer {
    /// The load balancer's attributes, in the API's own keys, without what they point at.
    fn flags(&self) -> Settings {
        BTreeMap::from([
            (ACCESS_LOGS, self.access_logs.is_some().to_string()),
            (DELETION_PROTECTION, self.deletion_protection.to_string()),
            (DROP_INVALID_HEADERS, self.drop_invalid_header_fields.to_string()),
            (HTTP2, self.http2.to_string()),
            (IDLE_TIMEOUT, self.idle_timeout.to_string()),
        ])
    }

    /// All of the load balancer's attributes, in the API's own keys.
    fn settings(&self, links: &Links) -> Result<Settings, CloudError> {
        let bucket = self.access_logs.as_ref().map(|b| links.to(b)).transpose()?;
        let mut all = self.flags();
        all.extend(bucket.map(|b| (ACCESS_LOGS_BUCKET, b)));
        Ok(all)
    }
}

/// AWS gives the name in mixed case, which means nothing to DNS, but differs from how records read.
fn lower(dns_name: Option<String>) -> Computed<String> {
    Computed(dns_name.map(|name| name.to_lowercase()))
}

fn scheme(seen: &sdk::LoadBalancer) -> &str {
    seen.scheme.as_ref().map_or(INTERNET_FACING, |s| s.as_str())
}

/// The balancer from what three calls show; an attribute that isn't shown has AWS's default.
fn read(own: Own<sdk::LoadBalancer>, settings: &BTreeMap<String, String>, gateways: &BTreeMap<String, String>) -> Live {
    let Own { arn, seen, stamp, tags, .. } = own;
    let on = |key: &str| settings.get(key).is_some_and(|v| v == "true");
    let scheme = scheme(&seen).to_owned();
    let gateway = seen.vpc_id.as_ref().and_then(|vpc| gateways.get(vpc)).filter(|_| scheme == INTERNET_FACING);
    let bucket = settings.get(ACCESS_LOGS_BUCKET).filter(|_| on(ACCESS_LOGS));
    let balancer = LoadBalancer {
        scheme,
        internet_gateway: gateway.map(Ref::to),
        subnets: seen.availability_zones.into_iter().flatten().filter_map(|z| z.subnet_id).map(Ref::to).collect(),
        security_groups: seen.security_groups.into_iter().flatten().map(Ref::to).collect(),
        idle_timeout: settings.get(IDLE_TIMEOUT).and_then(|v| v.parse().ok()).unwrap_or(60),
        deletion_protection: on(DELETION_PROTECTION),
        drop_invalid_header_fields: on(DROP_INVALID_HEADERS),
        http2: !settings.contains_key(HTTP2) || on(HTTP2),
        access_logs: bucket.map(Ref::to),
        dns_name: lower(seen.dns_name),
        zone_id: Computed(seen.canonical_hosted_zone_id),
        tags,
    };
    Live::found(arn, balancer, stamp)
}

/// `DescribeLoadBalancerAttributes`; no call shows those of several balancers.
async fn settings(cx: &Clients, arn: &str) -> Result<BTreeMap<String, String>, CloudError> {
    let request = cx.elb().describe_load_balancer_attributes().load_balancer_arn(arn);
    let seen = cx.safe(Service::Elb, "DescribeLoadBalancerAttributes", async || request.clone().send().await).await?;
    Ok(seen.attributes.into_iter().flatten().filter_map(|a| Some((a.key?, a.value?))).collect())
}

async fn modify(cx: &Clients, arn: &str, settings: Settings) -> Result<(), CloudError> {
    let attributes = settings.into_iter().map(|(k, v)| LoadBalancerAttribute::builder().key(k).value(v).build()).collect();
    let request = cx.elb().modify_load_balancer_attributes().load_balancer_arn(arn).set_attributes(Some(attributes));
    cx.safe(Service::Elb, "ModifyLoadBalancerAttributes", async || request.clone().send().await).await.map(drop)
}

async fn by_name(cx: &Clients, name: &str) -> Result<Option<sdk::LoadBalancer>, CloudError> {
    let request = cx.elb().describe_load_balancers().names(name);
    let seen = present(cx.safe(Service::Elb, "DescribeLoadBalancers", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.load_balancers).and_then(|mut all| all.pop()))
}

async fn by_arn(cx: &Clients, arn: &str) -> Result<Option<sdk::LoadBalancer>, CloudError> {
    let request = cx.elb().describe_load_balancers().load_balancer_arns(arn);
    let seen = present(cx.safe(Service::Elb, "DescribeLoadBalancers", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.load_balancers).and_then(|mut all| all.pop()))
}

/// The balancer once it is no longer being set up: it serves, or it has failed. Reads may not show it at first.
async fn settled(cx: &Clients, arn: &str) -> Result<sdk::LoadBalancer, CloudError> {
    let look = async || {
        let code = |b: &sdk::LoadBalancer| b.state.as_ref().and_then(|s| s.code.clone());
        Ok(by_arn(cx, arn).await?.filter(|b| code(b).is_some_and(|c| c != LoadBalancerStateEnum::Provisioning)))
    };
    let what = "the load balancer to become active";
    cx.policy.wait_saying(what, deadline(LoadBalancer::TYPICAL.create), look, async || state(cx, arn).await).await
}

/// Why a balancer will never serve, when it won't.
fn broken(seen: &sdk::LoadBalancer) -> Option<CloudError> {
    let state = seen.state.as_ref().filter(|s| s.code == Some(LoadBalancerStateEnum::Failed))?;
    let mut e = CloudError::new(Class::Invalid, "failed", state.reason().unwrap_or("the load balancer could not be set up"));
    (e.service, e.operation) = (Some(Service::Elb), "DescribeLoadBalancers".into());
    Some(e)
}

/// What AWS says of a balancer that takes too long.
async fn state(cx: &Clients, arn: &str) -> Option<String> {
    let state = by_arn(cx, arn).await.ok()??.state?;
    let why = state.reason.filter(|r| !r.is_empty()).map_or(String::new(), |r| format!(": {r}"));
    Some(format!("it is {}{why}", state.code?.as_str()))
}

/// Deletes a balancer, its protection first, and waits until it is gone.
async fn remove(cx: &Clients, arn: &str, protected: bool) -> Result<(), CloudError> {
    if protected {
        gone(modify(cx, arn, BTreeMap::from([(DELETION_PROTECTION, false.to_string())])).await)?;
    }
    let request = cx.elb().delete_load_balancer().load_balancer_arn(arn);
    gone(cx.safe(Service::Elb, "DeleteLoadBalancer", async || request.clone().send().await).await)?;
    let look = async || Ok(by_arn(cx, arn).await?.is_none().then_some(()));
    let why = async || state(cx, arn).await;
    cx.policy.wait_saying("the load balancer to be gone", deadline(LoadBalancer::TYPICAL.delete), look, why).await
}

/// How a balancer fares, by its state (`LoadBalancerStateEnum`): `active_impaired` has not the room to grow that it wants.
fn serving(state: &str) -> Sign {
    Sign::state(state, &["active"], &["active_impaired", "provisioning"])
}
