//! `compute`: the role, the template and the scaling group of each entry.
use std::collections::BTreeSet;

use super::{Compute, DiskType, Schedule, SpotStrategy, checked_at, deployment};
use crate::kinds::auto_scaling_group::{self, Mixed, TargetRequests};
use crate::kinds::launch_template::{Boot, Container, Disk, EnvValue, Metadata};
use crate::kinds::{Address, AutoScalingGroup, IamRole, InstanceProfile, Kind, LaunchTemplate, Part, Ref, Secret, Text};
use crate::model;
use crate::model::partition::ec2;
use crate::spec::env::{EnvSource, SecretRef};
use crate::spec::feature_flags;
use crate::spec::load_balancer::forwarding;
use crate::spec::lower::{Lower, int};
use crate::spec::monitoring::{logging, metrics, notices};
use crate::spec::permissions;
use crate::spec::storage;
use crate::spec::units::Name;
use crate::spec::vpc::TierKind;

pub fn lower(name: &Name, compute: &Compute, l: &mut Lower<'_>) {
    let old = compute.renamed_from.as_ref().map(Name::to_string);
    given(l, name, compute);
    if logging::logged(l.spec, name, compute) {
        logging::add(l, logging::group(name), &format!("compute.{name}"), name);
    }
    role(l, name, compute);
    l.renamed::<IamRole>(name.as_str(), old.clone());
    l.renamed::<InstanceProfile>(name.as_str(), old.clone());
    template(l, name, compute);
    l.renamed::<LaunchTemplate>(name.as_str(), old.clone());
    group(l, name, compute);
    deployment::lower(l, name, compute);
    l.renamed::<AutoScalingGroup>(name.as_str(), old);
}

/// The name of the secret that keeps a variable's value.
fn kept(entry: &str, key: &str) -> String {
    format!("{entry}.{key}")
}

/// Secrets with the values that this process has from its environment: instances fetch them, and no template holds them.
fn given(l: &mut Lower<'_>, name: &Name, compute: &Compute) {
    for (key, value) in compute.env.iter().filter(|_| compute.image.is_some()) {
        let EnvSource::Secret(SecretRef::FromEnv(var)) = value else { continue };
        let path = format!("compute.{name}.env.{key}");
        let Some(value) = (l.env)(var.as_str()) else {
            l.unset.push(path);
            continue;
        };
        let kept_as = kept(name.as_str(), key.as_str());
        let tags = l.tags(&kept_as);
        let secret = Secret { value: Some(model::Secret::new(value)), username: String::new(), length: 0, arn: Default::default(), tags };
        l.renamed::<Secret>(&kept_as, compute.renamed_from.as_ref().map(|old| kept(old.as_str(), key.as_str())));
        l.add(kept_as, path, secret);
    }
}

fn role(l: &mut Lower<'_>, name: &Name, compute: &Compute) {
    let managed = |policy: &str| format!("arn:{}:iam::aws:policy/{policy}", l.partition());
    let mut managed_policies: BTreeSet<String> = compute.policies.iter().map(|p| p.to_string()).collect();
    managed_policies.insert(managed("AmazonSSMManagedInstanceCore"));
    if compute.image.as_ref().is_some_and(|i| i.as_str().contains(".dkr.ecr.")) {
        managed_policies.insert(managed("AmazonEC2ContainerRegistryReadOnly"));
    }
    let logs = logging::logged(l.spec, name, compute).then(|| ("write-logs".into(), logging::write(l, &logging::group(name)).into()));
    let agent = metrics::agent(l.spec, name);
    let measures = agent.map(|_| ("write-metrics".into(), metrics::write(l).into()));
    let used = storage::used(l, name);
    let role = IamRole {
        permissions_boundary: l.boundary(),
        managed_policies,
        inline_policies: permissions::policy(&compute.permissions).into_iter().chain(logs).chain(measures).collect(),
        readable: compute.env.iter().flat_map(|(key, v)| readable(l, &kept(name.as_str(), key.as_str()), v)).collect(),
        readable_buckets: used.read,
        writable_buckets: used.written,
        bucket_keys: used.keys,
        readable_flags: feature_flags::told(l, name),
        tags: l.tags(name.as_str()),
        ..IamRole::plain(ec2(l.spec.region.as_str()))
    };
    l.add(name.as_str(), format!("compute.{name}"), role);
    l.add(name.as_str(), format!("compute.{name}"), InstanceProfile { role: Ref::to(name.to_string()), tags: l.tags(name.as_str()) });
}

/// The secrets an instance must be able to read: those it is given by name or by value, and those whose ARN is handed to it.
fn readable(l: &Lower<'_>, kept: &str, value: &EnvSource) -> Vec<Text> {
    match value {
        EnvSource::Secret(SecretRef::FromSecretsManager(id)) => vec![l.secret_arn(id.as_str())],
        EnvSource::Secret(SecretRef::FromEnv(_)) => {
            vec![Text(vec![Part::Output { r#ref: Address::new(Kind::Secret, kept), attr: "arn".into() }])]
        }
        EnvSource::Text(text) => text.references().filter(|r| r.attribute == "secret_arn").map(|r| l.named(r)).collect(),
    }
}

/// Whether the container itself acts in the instances' role: it is given policies or permissions, uses a bucket, asks for flags, or fetches a secret whose ARN it is told. Any other one
/// doesn't reach the metadata service from its network, and a request that somebody makes it send gets neither the role nor the user data.
fn acts_itself(l: &Lower<'_>, name: &Name, compute: &Compute) -> bool {
    let told = |value: &EnvSource| matches!(value, EnvSource::Text(text) if text.references().any(|r| r.attribute == "secret_arn"));
    let given = !compute.policies.is_empty() || !compute.permissions.is_empty();
    let uses = storage::users(l.spec, name).next().is_some() || feature_flags::read_by(l.spec, name);
    given || uses || compute.env.values().any(told)
}

fn template(l: &mut Lower<'_>, name: &Name, compute: &Compute) {
    let boot = match (&compute.image, &compute.user_data) {
        (Some(image), _) => {
            let mut env = std::collections::BTreeMap::new();
            for (key, value) in &compute.env {
                let value = match value {
                    EnvSource::Text(text) => EnvValue::Plain(l.text(text)),
                    EnvSource::Secret(SecretRef::FromSecretsManager(id)) => EnvValue::FromSecretsManager(Text::literal(id.to_string())),
                    EnvSource::Secret(SecretRef::FromEnv(_)) => {
                        let secret = Address::new(Kind::Secret, kept(name.as_str(), key.as_str()));
                        EnvValue::FromSecretsManager(Text(vec![Part::Output { r#ref: secret, attr: "arn".into() }]))
                    }
                };
                env.insert(key.to_string(), value);
            }
            Boot::Container(Container {
                image: image.to_string(),
                port: compute.port.map(int),
                health_port: checked_at(l.spec, name, compute).map(int),
                command: compute.command.clone(),
                logs: logging::destination(l.spec, name, compute),
                metrics: metrics::agent(l.spec, name),
                env: env.into(),
            })
        }
        (None, Some(script)) => Boot::UserData(l.text(script)),
        (None, None) => Boot::UserData(Text::literal("")),
    };
    let hops = if matches!(boot, Boot::Container(_)) && acts_itself(l, name, compute) { 2 } else { 1 };
    let public = l.spec.vpc.subnets.get(compute.subnets.as_str()).is_some_and(|t| t.tier == TierKind::Public);
    let template = LaunchTemplate {
        image: compute.ami.to_string(),
        instance_type: compute.instance_type.to_string(),
        instance_profile: Ref::to(name.to_string()),
        security_groups: BTreeSet::from([Ref::to(name.to_string())]),
        public_ip: public,
        disk: Disk {
            device: "/dev/xvda".into(),
            size_gib: int(compute.disk.size.as_gib()),
            volume_type: match compute.disk.kind {
                DiskType::Gp2 => "gp2",
                DiskType::Gp3 => "gp3",
            }
            .into(),
            encrypted: true,
        },
        metadata: Metadata { http_tokens: "required".into(), hop_limit: hops },
        boot,
        tags: l.tags(name.as_str()),
    };
    l.add(name.as_str(), format!("compute.{name}"), template);
}

/// What a group sends of itself where it is watched: the sizes that alarms compare.
const MEASURED: &[&str] = &["GroupInServiceInstances", "GroupMaxSize", "GroupMinSize"];

fn group(l: &mut Lower<'_>, name: &Name, compute: &Compute) {
    let behind = forwarding(l.spec, name).next().is_some();
    let group = AutoScalingGroup {
        launch_template: Ref::to(name.to_string()),
        mixed: mixed(compute),
        subnets: l.subnets(&compute.subnets),
        target_groups: behind.then(|| Ref::to(name.to_string())).into_iter().collect(),
        min: int(compute.instances.min),
        max: int(compute.instances.max),
        desired: int(compute.instances.desired),
        health_check_type: if behind { "ELB" } else { "EC2" }.into(),
        health_check_grace: int(compute.health_check.grace.as_seconds()),
        target_cpu: compute.instances.target_cpu.map(int),
        target_requests: compute.instances.target_requests.filter(|_| behind).map(|requests| TargetRequests {
            load_balancer: Ref::to("main"),
            target_group: Ref::to(name.to_string()),
            per_minute: int(requests),
        }),
        scale_in: true,
        schedules: compute.instances.schedules.iter().map(|(name, schedule)| (name.to_string(), scheduled(schedule))).collect(),
        min_healthy_percent: int(compute.update.min_healthy),
        default_instance_warmup: int(compute.update.warmup.as_seconds()),
        notification_topics: notices(l.spec).into_iter().collect(),
        metrics: l.spec.monitoring.iter().flat_map(|_| MEASURED).map(|metric| (*metric).to_owned()).collect(),
        tags: l.tags(name.as_str()),
    };
    l.add(name.as_str(), format!("compute.{name}"), group);
}

fn scheduled(schedule: &Schedule) -> auto_scaling_group::Schedule {
    auto_scaling_group::Schedule {
        recurrence: schedule.cron.to_string(),
        time_zone: schedule.time_zone.to_string(),
        min: schedule.min.map(int),
        max: schedule.max.map(int),
        desired: schedule.desired.map(int),
    }
}

/// Several types, or spare capacity; `None` for one type on demand.
fn mixed(compute: &Compute) -> Option<Mixed> {
    let types = [&compute.instance_type].into_iter().chain(&compute.other_instance_types).map(ToString::to_string);
    let spot = compute.spot.as_ref();
    (spot.is_some() || !compute.other_instance_types.is_empty()).then(|| Mixed {
        types: types.collect(),
        on_demand_base: spot.map_or(0, |spot| int(spot.on_demand_base)),
        on_demand_percent: spot.map_or(100, |spot| int(spot.on_demand_percent)),
        on_demand_strategy: "prioritized".into(),
        spot_strategy: match spot.map_or(SpotStrategy::PriceCapacityOptimized, |spot| spot.strategy) {
            SpotStrategy::CapacityOptimized => "capacity-optimized",
            SpotStrategy::CapacityOptimizedPrioritized => "capacity-optimized-prioritized",
            SpotStrategy::LowestPrice => "lowest-price",
            SpotStrategy::PriceCapacityOptimized => "price-capacity-optimized",
        }
        .into(),
    })
}
