//! The instances, the pods or the function behind a load balancer, and how their health is told.
mod answer;
mod rules;
mod terraform;

use super::calls::{ELB_TAG, ELB_UNTAG, FUNCTIONS_AND_VERSIONS, NEW, OWN, call, reads};
use super::example::{EXAMPLE, tags};
use super::quotas::quota;
use super::*;
use crate::kinds::elb::{self, Own, may_stand};
use crate::model::Tags;
use crate::wire::tags::to_tags;
use aws_sdk_elasticloadbalancingv2::types::{self as sdk, Matcher, ProtocolEnum, TargetGroupAttribute, TargetTypeEnum};
use futures_util::future::try_join_all;

object! {
    /// `AWS::ElasticLoadBalancingV2::TargetGroup` with targets of type `instance` (`vpc`, `port` and `protocol`), of type `ip` (`cluster` beside these), or of
    /// type `lambda` (`function`).
    pub struct TargetGroup {
        /// The only balancer whose listeners may forward to this group. AWS shows it once a listener does; until then only the tag
        /// `infra:load-balancer` (its ARN) tells.
        replace load_balancer: Ref<LoadBalancer>,
        /// `VpcId` of instances.
        replace vpc: Option<Ref<Vpc>>,
        /// `Port`: where instances listen, from 1 to 65535.
        replace port: Option<i32>,
        /// `Protocol` towards instances, for requests and health checks: `HTTP` or `HTTPS`.
        replace protocol: Option<String>,
        /// The cluster whose pods are the targets, by their addresses. The tag `eks:eks-cluster-name` names it, without which EKS may not register them.
        replace cluster: Option<Ref<EksCluster>>,
        /// The function that answers, by its alias: the only target, and what lets the balancer call it (`AddPermission`). One without either is shown as
        /// none.
        update function: Option<Ref<Function>>,
        /// `None`: `HealthCheckEnabled` is off, as only a function may have it; each check would be a call of it.
        update health_check: Option<HealthCheck>,
        /// `deregistration_delay.timeout_seconds`: how long a leaving instance may end its requests, from 0 to 3600; `None` for a function.
        update deregistration_delay: Option<i32>,
        /// `stickiness.lb_cookie.duration_seconds`: how long a client stays with one target, from 1 to 604800 seconds; 0 = no cookie.
        update stickiness: i32,
        update tags: Tags,
    }
}

/// When a target counts as healthy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct HealthCheck {
    /// `HealthCheckProtocol`: `HTTP` or `HTTPS`; `None` of a function, which is called.
    pub protocol: Option<String>,
    /// `HealthCheckPort` of instances, from 1 to 65535; `None`: that of the traffic.
    pub port: Option<i32>,
    /// `HealthCheckPath`: at most 1024 characters, beginning with `/`.
    pub path: String,
    /// `HealthCheckIntervalSeconds`, from 5 to 300.
    pub interval: i32,
    /// `HealthCheckTimeoutSeconds`, from 2 to 120, less than the interval.
    pub timeout: i32,
    /// `HealthyThresholdCount`: successes in a row, from 2 to 10.
    pub healthy: i32,
    /// `UnhealthyThresholdCount`: failures in a row, from 2 to 10.
    pub unhealthy: i32,
    /// `Matcher.HttpCode`: the answers that are successes, from 200 to 499: `200`, `200,204`, `200-299`.
    pub matcher: String,
}

impl HealthCheck {
    fn spoken(&self) -> Option<ProtocolEnum> {
        self.protocol.as_deref().map(ProtocolEnum::from)
    }

    /// The port, as the service is told it.
    fn asked(&self) -> String {
        self.port.map_or_else(|| TRAFFIC.into(), |port| port.to_string())
    }
}

/// The port of a health check that is the one of the traffic.
const TRAFFIC: &str = "traffic-port";
const DELAY: &str = "deregistration_delay.timeout_seconds";
const STICKY: &str = "stickiness.enabled";
const STICKY_SECONDS: &str = "stickiness.lb_cookie.duration_seconds";
const STICKY_TYPE: &str = "stickiness.type";
const TAG_BALANCER: &str = "infra:load-balancer";
/// The tag by which EKS's policies let it register targets ("AmazonEKSLoadBalancingPolicy").
const TAG_CLUSTER: &str = "eks:eks-cluster-name";

/// Whether a text is status codes from 200 to 499, and ranges of them that go upwards, as `Matcher.HttpCode` takes them.
pub fn codes(text: &str) -> bool {
    let code = |t: &str| t.parse::<u16>().ok().filter(|n| t.len() == 3 && (200..=499).contains(n));
    text.split(',').all(|part| match part.split_once('-') {
        None => code(part).is_some(),
        Some((from, to)) => matches!((code(from), code(to)), (Some(from), Some(to)) if from <= to),
    })
}

/// `Name` of `CreateTargetGroup`: letters, digits and `-`, not first or last.
pub const NAMES: NameRule = NameRule::most(32);

impl Resource for TargetGroup {
    const KIND: Kind = Kind::TargetGroup;
    const NAME: Option<NameRule> = Some(NAMES);
    const SERVICE: Service = Service::Elb;
    const TYPICAL: Typical = Typical::secs(3, 3, 3);
    const HINT: &'static [&'static str] = &["port {port} {health_check.path}", "of {function}"];
    const CALLS: Calls = Calls {
        read: &[
            reads(Service::Elb, "DescribeTags"),
            reads(Service::Elb, "DescribeTargetGroupAttributes"),
            reads(Service::Elb, "DescribeTargetGroups"),
            reads(Service::Elb, "DescribeTargetHealth"),
            call(Service::Lambda, "GetPolicy", FUNCTIONS_AND_VERSIONS),
        ],
        write: &[
            reads(Service::CloudWatch, "DescribeAlarms"),
            reads(Service::CloudWatch, "GetMetricData"),
            ELB_TAG,
            call(Service::Elb, "CreateTargetGroup", NEW),
            call(Service::Elb, "DeleteTargetGroup", OWN),
            call(Service::Elb, "DeregisterTargets", OWN),
            call(Service::Elb, "ModifyTargetGroup", OWN),
            call(Service::Elb, "ModifyTargetGroupAttributes", OWN),
            call(Service::Elb, "RegisterTargets", OWN),
            ELB_UNTAG,
            call(Service::Lambda, "AddPermission", FUNCTIONS_AND_VERSIONS),
            call(Service::Lambda, "RemovePermission", FUNCTIONS_AND_VERSIONS),
        ],
    };
    const TERRAFORM: &'static Table = &terraform::TABLE;
    const QUOTAS: &'static [Quota] = &[
        quota(Service::Elb, "TooManyTargetGroups", ("elasticloadbalancing", "L-B22855CB"), "Target Groups per Region"),
        quota(Service::Elb, "TooManyTargets", ("elasticloadbalancing", "L-7E6692B2"), "Targets per Application Load Balancer"),
    ];

    fn example() -> Self {
        TargetGroup {
            load_balancer: Ref::to(EXAMPLE),
            vpc: Some(Ref::to(EXAMPLE)),
            port: Some(8080),
            protocol: Some("HTTP".into()),
            cluster: Some(Ref::to(EXAMPLE)),
            function: None,
            health_check: Some(HealthCheck {
                protocol: Some("HTTP".into()),
                port: Some(8081),
                path: "/".into(),
                interval: 15,
                timeout: 5,
                healthy: 3,
                unhealthy: 2,
                matcher: "200".into(),
            }),
            deregistration_delay: Some(30),
            stickiness: 600,
            tags: tags(),
        }
    }

    /// A group has one function at most, and only for a moment none: where it goes, a successor takes its place.
    fn renewed(&self, replaced: &dyn Fn(&Address) -> bool) -> Vec<&'static str> {
        let function = self.function.as_ref().is_some_and(|f| replaced(&f.address()));
        if function { vec!["function"] } else { vec![] }
    }

    fn breaches(&self, _me: &Address, _near: Near<'_>) -> Vec<Breach> {
        rules::breaches(self)
    }

    /// The health of a function behind the balancer isn't asked for: each answer would be a call of it.
    async fn health(&self, cx: &Clients, live: &Live) -> Result<Vec<Sign>, CloudError> {
        if self.vpc.is_none() {
            return Ok(vec![]);
        }
        let seen = elb::health(cx, &live.id).await?;
        // One that leaves is no longer counted on.
        let leaving = |h: &&sdk::TargetHealth| h.state != Some(sdk::TargetHealthStateEnum::Draining);
        let staying: Vec<_> = seen.values().filter(leaving).collect();
        Ok(vec![healthy(staying.iter().filter(|h| elb::takes_requests(h)).count(), staying.len())])
    }

    fn fares(&self, me: &Address, near: Near<'_>, bent: &Bent) -> Vec<Sign> {
        if self.vpc.is_none() {
            return vec![];
        }
        let all = if self.cluster.is_some() { target_group_binding::pods(me, near) } else { AutoScalingGroup::behind(me, near) };
        vec![healthy(health::bent_count(bent, "targets", all), all)]
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let request = cx.elb().describe_target_groups().page_size(elb::PAGE);
        let send = async |token| request.clone().set_marker(token).send().await;
        let found = cx.pages(Service::Elb, "DescribeTargetGroups", send, |page| (page.target_groups, page.next_marker)).await?;
        let found = found.into_iter().filter(|g| elb::named(&NAMES, stack, g.target_group_name()));
        let found = found.filter_map(|g| Some((g.target_group_arn.clone()?, g))).collect();
        let own = elb::own(cx, stack, found).await?;
        let more = async |g: &Own<sdk::TargetGroup>| {
            let settings = settings(cx, &g.arn);
            if g.seen.target_type != Some(TargetTypeEnum::Lambda) {
                return Ok(present(settings.await)?.map(|settings| (settings, None)));
            }
            let (settings, function) = tokio::join!(settings, answer::shown(cx, &g.arn));
            Ok::<_, CloudError>(present(settings)?.zip(present(function)?))
        };
        let more = try_join_all(own.iter().map(more)).await?;
        Ok(own
            .into_iter()
            .zip(more)
            .filter_map(|(own, more)| more.and_then(|(settings, function)| read(own, &settings, function)))
            .collect())
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let name = stamp.physical_name(&NAMES);
        let mut tags = stamp.tags(&self.tags);
        tags.insert(TAG_BALANCER.into(), links.to(&self.load_balancer)?);
        if let Some(cluster) = &self.cluster {
            tags.insert(TAG_CLUSTER.into(), links.to(cluster)?);
        }
        let vpc = self.vpc.as_ref().map(|vpc| links.to(vpc)).transpose()?;
        let instances = vpc.is_some();
        let protocol = self.protocol.as_deref().map(ProtocolEnum::from);
        let check = self.health_check.as_ref();
        let request = cx
            .elb()
            .create_target_group()
            .name(&name)
            .target_type(match (&self.cluster, instances) {
                (Some(_), _) => TargetTypeEnum::Ip,
                (None, true) => TargetTypeEnum::Instance,
                (None, false) => TargetTypeEnum::Lambda,
            })
            .set_vpc_id(vpc)
            .set_port(self.port)
            .set_protocol(protocol)
            .health_check_enabled(check.is_some())
            .set_health_check_protocol(check.and_then(HealthCheck::spoken))
            .set_health_check_port(check.filter(|_| instances).map(HealthCheck::asked))
            .set_health_check_path(check.map(|c| c.path.clone()))
            .set_health_check_interval_seconds(check.map(|c| c.interval))
            .set_health_check_timeout_seconds(check.map(|c| c.timeout))
            .set_healthy_threshold_count(check.map(|c| c.healthy))
            .set_unhealthy_threshold_count(check.map(|c| c.unhealthy))
            .set_matcher(check.map(|c| Matcher::builder().http_code(&c.matcher).build()))
            .set_tags(Some(to_tags(&tags)));
        let made = cx.write(Service::Elb, "CreateTargetGroup", async || request.clone().send().await).await;
        let made = match made.map(|m| m.target_groups.and_then(|mut all| all.pop())) {
            Err(e) if may_stand(&e) => {
                let found = half(by_name(cx, &name).await)?.ok_or(e)?;
                half(elb::verify(cx, &name, found.target_group_arn(), stamp).await)?;
                Some(found)
            }
            other => other?,
        };
        let id = made.and_then(|g| g.target_group_arn).ok_or_else(|| CloudError::incomplete("CreateTargetGroup", "TargetGroupArn"))?;
        half(self.set(cx, &id).await)?;
        half(self.lead(cx, links, &id, None).await)?;
        Live::made(id, self.clone(), stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: TargetGroup = live.of()?;
        let function = answer::of(live)?;
        if self.function.as_ref().map(|f| links.to(f)).transpose()?.as_ref() != function {
            self.lead(cx, links, &live.id, function.map(String::as_str)).await?;
        }
        if self.health_check != old.health_check {
            let check = self.health_check.as_ref();
            let request = cx
                .elb()
                .modify_target_group()
                .target_group_arn(&live.id)
                .set_health_check_enabled(self.vpc.is_none().then_some(check.is_some()))
                .set_health_check_protocol(check.and_then(HealthCheck::spoken))
                .set_health_check_port(check.filter(|_| self.vpc.is_some()).map(HealthCheck::asked))
                .set_health_check_path(check.map(|c| c.path.clone()))
                .set_health_check_interval_seconds(check.map(|c| c.interval))
                .set_health_check_timeout_seconds(check.map(|c| c.timeout))
                .set_healthy_threshold_count(check.map(|c| c.healthy))
                .set_unhealthy_threshold_count(check.map(|c| c.unhealthy))
                .set_matcher(check.map(|c| Matcher::builder().http_code(&c.matcher).build()));
            half(cx.safe(Service::Elb, "ModifyTargetGroup", async || request.clone().send().await).await)?;
        }
        if (self.deregistration_delay, self.stickiness) != (old.deregistration_delay, old.stickiness) {
            half(self.set(cx, &live.id).await)?;
        }
        half(elb::retag_elb(cx, &live.id, (&live.stamp, &old.tags), (stamp, &self.tags)).await)?;
        Live::made(&live.id, self.clone(), stamp, links)
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let request = cx.elb().delete_target_group().target_group_arn(&live.id);
        gone(cx.safe(Service::Elb, "DeleteTargetGroup", async || request.clone().send().await).await)?;
        half(answer::forget(cx, live).await)
    }

    async fn holders(cx: &Clients, live: &Live) -> Option<Holders> {
        Some(("load balancers", balancers(cx, &live.id).await))
    }
}

impl TargetGroup {
    /// Writes what the group keeps in attributes: `ModifyTargetGroupAttributes`.
    async fn set(&self, cx: &Clients, arn: &str) -> Result<(), CloudError> {
        // A function drains nothing, and no cookie leads back to it.
        let Some(delay) = self.deregistration_delay else { return Ok(()) };
        let mut settings = vec![(DELAY, delay.to_string()), (STICKY, (self.stickiness > 0).to_string())];
        if self.stickiness > 0 {
            settings.extend([(STICKY_TYPE, "lb_cookie".to_owned()), (STICKY_SECONDS, self.stickiness.to_string())]);
        }
        let attributes = settings.into_iter().map(|(k, v)| TargetGroupAttribute::builder().key(k).value(v).build()).collect();
        let request = cx.elb().modify_target_group_attributes().target_group_arn(arn).set_attributes(Some(attributes));
        cx.safe(Service::Elb, "ModifyTargetGroupAttributes", async || request.clone().send().await).await.map(drop)
    }
}

/// The group from what its calls show; an attribute that isn't shown has AWS's default. `None` when it isn't of our types.
fn read(own: Own<sdk::TargetGroup>, settings: &BTreeMap<String, String>, function: Option<String>) -> Option<Live> {
    let Own { arn, seen, stamp, tags, all } = own;
    let seconds = |key: &str, default| settings.get(key).and_then(|v| v.parse().ok()).unwrap_or(default);
    let said = |key: &str, value: &str| settings.get(key).is_some_and(|v| v == value);
    // Once a balancer forwards to it, that is the one; until then, the tag says which it was made for.
    let balancer = seen.load_balancer_arns().first().cloned().or_else(|| all.get(TAG_BALANCER).cloned());
    let cluster = all.get(TAG_CLUSTER).cloned().filter(|_| seen.target_type == Some(TargetTypeEnum::Ip));
    let instances = match seen.target_type? {
        TargetTypeEnum::Instance => true,
        TargetTypeEnum::Ip if cluster.is_some() => true,
        TargetTypeEnum::Lambda => false,
        _ => return None,
    };
    let check = HealthCheck {
        protocol: seen.health_check_protocol.filter(|_| instances).map(|p| p.as_str().to_owned()),
        port: seen.health_check_port.filter(|_| instances).and_then(|port| port.parse().ok()),
        path: seen.health_check_path.unwrap_or_else(|| "/".into()),
        interval: seen.health_check_interval_seconds?,
        timeout: seen.health_check_timeout_seconds?,
        healthy: seen.healthy_threshold_count?,
        unhealthy: seen.unhealthy_threshold_count?,
        matcher: seen.matcher.and_then(|m| m.http_code).unwrap_or_else(|| "200".into()),
    };
    let group = TargetGroup {
        load_balancer: Ref::to(balancer.unwrap_or_else(|| "unknown".into())),
        vpc: seen.vpc_id.filter(|_| instances).map(Ref::to),
        port: seen.port.filter(|_| instances),
        protocol: seen.protocol.filter(|_| instances).map(|p| p.as_str().into()),
        cluster: cluster.map(Ref::to),
        function: function.map(Ref::to),
        health_check: Some(check).filter(|_| instances || seen.health_check_enabled == Some(true)),
        deregistration_delay: instances.then(|| seconds(DELAY, 300)),
        stickiness: if said(STICKY, "true") && said(STICKY_TYPE, "lb_cookie") { seconds(STICKY_SECONDS, 86_400) } else { 0 },
        tags,
    };
    Some(Live::found(arn, group, stamp))
}

/// So many targets that take requests: none is too few.
fn healthy(count: usize, of: usize) -> Sign {
    Sign::share(count, of, "targets healthy", 1)
}

/// `DescribeTargetGroupAttributes`; no call shows those of several groups.
async fn settings(cx: &Clients, arn: &str) -> Result<BTreeMap<String, String>, CloudError> {
    let request = cx.elb().describe_target_group_attributes().target_group_arn(arn);
    let seen = cx.safe(Service::Elb, "DescribeTargetGroupAttributes", async || request.clone().send().await).await?;
    Ok(seen.attributes.into_iter().flatten().filter_map(|a| Some((a.key?, a.value?))).collect())
}

async fn by_name(cx: &Clients, name: &str) -> Result<Option<sdk::TargetGroup>, CloudError> {
    let request = cx.elb().describe_target_groups().names(name);
    let seen = present(cx.safe(Service::Elb, "DescribeTargetGroups", async || request.clone().send().await).await)?;
    Ok(seen.and_then(|s| s.target_groups).and_then(|mut all| all.pop()))
}

/// The balancers that forward to a target group.
async fn balancers(cx: &Clients, arn: &str) -> Result<Vec<String>, CloudError> {
    let request = cx.elb().describe_target_groups().target_group_arns(arn);
    let seen = cx.safe(Service::Elb, "DescribeTargetGroups", async || request.clone().send().await).await?;
    Ok(seen.target_groups.into_iter().flatten().flat_map(|g| g.load_balancer_arns.unwrap_or_default()).collect())
}
