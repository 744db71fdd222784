//! What rules on logs become: a filter of the entry's own log group, and an alarm that looks at what it counts.
use std::collections::{BTreeMap, BTreeSet};

use infra::kinds::replication_group::LogDelivery;
use infra::kinds::{
    Address, AlarmMuteRule, AutoScalingGroup, CompositeAlarm, Dashboard, DbParameterGroup, EventSubscription, Kind, LogGroup, Member as _,
    MetricAlarm, Part, Ref, ReplicationGroup, Text,
};
use infra::plan::Verb;
use infra::run::Outcome;

use super::compute::of;
use crate::laws::world::{apply, sandbox, settled_plan, stack};

const SPEC: &str = "stack: shop\nregion: us-east-1\ncompute: { app: { image: nginx:1 }, worker: { image: nginx:1 } }
monitoring: { notify: [ops@example.com], alerting: { rules: { mistakes: { logs: app, match: ERROR, above: 10, for: 3m } } } }\n";

#[test]
fn a_rule_on_logs_counts_in_the_entrys_own_group() {
    let stack = stack(&[SPEC]);
    let (app, worker): (LogGroup, LogGroup) = (of(&stack, "compute.app"), of(&stack, "compute.worker"));
    assert!(worker.metric_filters.is_empty());
    let (name, filter) = app.metric_filters.iter().next().unwrap();
    assert_eq!((app.metric_filters.len(), name.as_str(), filter.pattern.as_str(), filter.default), (1, "mistakes", "ERROR", Some(0.0)));
    let alarm: MetricAlarm = of(&stack, "rule.mistakes");
    let metric = alarm.metric.unwrap();
    assert_eq!((&metric.namespace, &metric.name, metric.statistic.as_str()), (&filter.namespace, &filter.metric, "Sum"));
    assert_eq!((alarm.comparison.as_str(), alarm.threshold.0, alarm.datapoints, alarm.evaluation_periods), (">", 10.0, 3, 3));
}

const FULL: &str = "stack: shop\nregion: us-east-1\nload_balancer: { listeners: { http: { port: 80, forward: app } } }
compute: { app: { image: nginx:1, port: 80 } }\ncache: { main: { replicas: 1, automatic_failover: true } }\ndatabase: { main: { engine: postgres, version: \"16.11\", instance_class: db.t4g.medium } }\n";

fn with(monitoring: &str) -> infra::stack::Stack {
    stack(&[&format!("{FULL}monitoring: {{ notify: {{ critical: [ops@example.com], warning: [team@example.com] }}, {monitoring} }}\n")])
}

/// Charts stand in the order of the picture, an expression has one of its own, members of a cache share one, and each shows where its alarms fire. In the
/// balancer's unit the database's disk counts bytes.
#[test]
fn a_dashboard_follows_from_what_is_measured() {
    let stack = with("");
    let dashboard: Dashboard = of(&stack, "main");
    let titles: Vec<&str> = dashboard.widgets.0.iter().map(|(title, _)| title.split(' ').next().unwrap()).collect();
    let mut parts = titles.clone();
    parts.dedup();
    assert_eq!(parts, ["load_balancer", "compute.app", "cache.main", "database.main"]);
    let chart =
        |title: &str| &dashboard.widgets.0.iter().find(|(known, _)| known == title).unwrap_or_else(|| panic!("{title}: {titles:?}")).1;
    let cpu = chart("compute.app cpu, %");
    assert_eq!((cpu.marks["compute.app.cpu"].0, cpu.lines["cpu"].metric.as_ref().unwrap().name.as_str()), (85.0, "CPUUtilization"));
    assert!(chart("load_balancer errors, %").lines["errors"].math.is_some());
    assert_eq!(chart("cache.main memory, %").lines.keys().collect::<Vec<_>>(), ["001", "002"]);
    assert!(chart("database.main storage").marks["database.main.storage"].0 > 1e9);
    let alarms = stack.nodes.keys().filter(|address| address.kind == infra::kinds::Kind::MetricAlarm).count();
    assert_eq!(dashboard.alarms.len(), alarms);

    let own: Dashboard =
        of(&with("dashboard: { widgets: [{ of: compute.app, metric: cpu, title: Busy }, { of: database.main }] }"), "main");
    assert_eq!(own.widgets.0[0].0, "Busy");
    assert!(own.widgets.0[1..].iter().all(|(title, _)| title.starts_with("database.main ")));
    assert!(!with("dashboard: false").nodes.keys().any(|address| address.kind == infra::kinds::Kind::Dashboard));
}

const PODS: &str = "stack: shop
region: us-east-1
load_balancer: { listeners: { http: { port: 80, forward: app, routes: { web: { path: /web/*, forward: web }, still: { path: /still/*, forward: still } } } } }
compute: { app: { image: nginx:1, port: 80 } }
kubernetes:
  workloads:
    web: { image: 'web:1', port: 8080 }
    still: { image: 'web:1', port: 8080, replicas: 0 }
    worker: { image: 'web:1', port: 8080 }
monitoring:
  notify: [ops@example.com]
  alerting:
    groups: { front: [kubernetes.workloads.web] }
    silences: { move: { rules: [kubernetes.workloads.still], until: 2030-12-16T06:00Z } }
    rules: { slow: { of: kubernetes.workloads.web, metric: latency, above: 1 } }
";

/// What the load balancer forwards to has the alarms that its target group allows, whether pods or instances stand in it: the same metrics, thresholds and times.
/// What it doesn't forward to has none, and what is to have no pods isn't missed.
#[test]
fn workloads_behind_the_balancer_are_watched_as_instances_are() {
    let stack = stack(&[PODS]);
    let alarms = |of: &str| {
        let all = stack.nodes.iter().filter_map(|(address, object)| Some((address.name.strip_prefix(of)?, MetricAlarm::of(object)?)));
        all.map(|(name, alarm)| (name.to_owned(), alarm.clone())).collect::<BTreeMap<_, _>>()
    };
    let (instances, pods) = (alarms("compute.app."), alarms("kubernetes.workloads.web."));
    assert_eq!(pods.keys().collect::<Vec<_>>(), ["none_healthy", "unhealthy"]);
    assert_eq!(alarms("kubernetes.workloads.still.").keys().collect::<Vec<_>>(), ["unhealthy"]);
    assert!(alarms("kubernetes.workloads.worker.").is_empty());
    for (name, pods) in &pods {
        let mut alike = instances[name].clone();
        let metric = alike.metric.as_mut().unwrap();
        let group = Text(vec![Part::Output { r#ref: Address::new(Kind::TargetGroup, "web"), attr: "dimension".into() }]);
        assert!(metric.dimensions.insert("TargetGroup".into(), group).is_some());
        (alike.description, alike.tags) = (pods.description.clone(), pods.tags.clone());
        // They tell with their group.
        (alike.alarm_actions, alike.ok_actions) = Default::default();
        assert_eq!(*pods, alike, "{name}");
    }
    let front: CompositeAlarm = of(&stack, "group.front.critical");
    assert_eq!(front.alarms, [Ref::to("kubernetes.workloads.web.none_healthy")].into());
    let silence: AlarmMuteRule = of(&stack, "move");
    assert_eq!(silence.alarms, [Ref::to("kubernetes.workloads.still.unhealthy")].into());
    let slow: MetricAlarm = of(&stack, "rule.slow");
    assert_eq!(slow.metric.unwrap().name, "TargetResponseTime");
    let dashboard: Dashboard = of(&stack, "main");
    let mut parts: Vec<&str> = dashboard.widgets.0.iter().map(|(title, _)| title.split(' ').next().unwrap()).collect();
    parts.dedup();
    assert_eq!(parts, ["load_balancer", "compute.app", "kubernetes.workloads.still", "kubernetes.workloads.web"]);
    let loaded = infra::spec::load(&[("infra.yaml".into(), PODS.into())], &|_| None).unwrap_or_else(|found| panic!("{found}"));
    let (same, scale) = infra::spec::monitoring::watches(&loaded.spec, "kubernetes.workloads.web", "healthy").unwrap();
    assert!(scale == 1.0 && same(&pods["none_healthy"]) && !same(&pods["unhealthy"]));
}

/// What is grouped tells once for each severity, to those who hear of it; its alarms tell nobody by themselves, and others tell as ever.
#[test]
fn a_group_tells_for_its_alarms() {
    let stack = with("alerting: { groups: { front: [load_balancer, compute.app] } }");
    let critical: CompositeAlarm = of(&stack, "group.front.critical");
    let names: Vec<&str> = critical.alarms.iter().map(|alarm| alarm.0.as_str()).collect();
    assert_eq!(names, ["compute.app.below_min", "compute.app.none_healthy", "load_balancer.errors"]);
    assert_eq!(critical.alarm_actions, [Ref::to("critical")].into());
    let warning: CompositeAlarm = of(&stack, "group.front.warning");
    assert_eq!(warning.ok_actions, [Ref::to("warning")].into());
    for grouped in critical.alarms.iter().chain(&warning.alarms) {
        let alarm: MetricAlarm = of(&stack, &grouped.0);
        assert!(alarm.alarm_actions.is_empty() && alarm.ok_actions.is_empty(), "{}", grouped.0);
    }
    let alone: MetricAlarm = of(&stack, "database.main.cpu");
    assert_eq!(alone.alarm_actions, [Ref::to("warning")].into());
}

/// A silence begins 15 days before its end when nothing else is said, and means alarms, entries, rules and groups.
#[test]
fn a_silence_means_alarms_by_their_names() {
    let silences = "silences: { all: { rules: [database.main, busy, group.front], until: 2030-12-16T06:00Z, reason: It moves. },
        one: { rules: [cache.main.memory], from: 2030-12-01T04:30Z, until: 2030-12-01T06:00Z } }";
    let rules = "rules: { busy: { of: compute.app, metric: cpu, above: 70 } }, groups: { front: [compute.app] }";
    let stack = with(&format!("alerting: {{ {rules}, {silences} }}"));
    let all: AlarmMuteRule = of(&stack, "all");
    assert_eq!((all.from.as_str(), all.minutes, all.description.as_str()), ("2030-12-01T06:00", 21_600, "It moves."));
    assert!(all.alarms.iter().all(|alarm| alarm.0 == "rule.busy" || alarm.0.starts_with("database.main.")) && all.alarms.len() > 4);
    assert_eq!(all.composites, [Ref::to("group.front.critical"), Ref::to("group.front.warning")].into());
    let one: AlarmMuteRule = of(&stack, "one");
    assert_eq!((one.from.as_str(), one.minutes, one.alarms.len()), ("2030-12-01T04:30", 90, 2));
}

/// RDS tells of every database but those that are turned off, to those who hear of the gravest.
#[test]
fn events_of_databases_are_told() {
    let events: EventSubscription = of(&with(""), "databases");
    assert_eq!((events.topic.0.as_str(), events.instances.len()), ("critical", 1));
    let off = with("alerting: { defaults: { off: [database.main.events] } }");
    assert!(!off.nodes.keys().any(|address| address.kind == infra::kinds::Kind::EventSubscription));
}

/// Caches and scaling groups tell of what happens to them: whoever hears of warnings, or else of critical alarms; nobody where nobody is named.
#[test]
fn caches_and_groups_tell_what_happens_to_them() {
    for (notify, topic) in [
        ("{ critical: [ops@example.com], warning: [team@example.com] }", Some("warning")),
        ("{ critical: [ops@example.com] }", Some("critical")),
        ("[ops@example.com]", Some("alerts")),
        ("[]", None),
    ] {
        let stack = stack(&[&format!("{FULL}monitoring: {{ notify: {notify} }}\n")]);
        let cache: ReplicationGroup = of(&stack, "main");
        let group: AutoScalingGroup = of(&stack, "app");
        assert_eq!(cache.notification_topic, topic.map(Ref::to), "{notify}");
        assert_eq!(group.notification_topics, topic.map(Ref::to).into_iter().collect::<BTreeSet<_>>(), "{notify}");
    }
}

/// The logs of a database that is watched hold slow queries, unless they aren't exported or its own parameters say otherwise.
#[test]
fn exported_logs_hold_slow_queries() {
    let parameters = |database: &str, monitoring: &str| {
        let spec =
            format!("stack: shop\nregion: us-east-1\ndatabase: {{ main: {{ instance_class: db.t4g.medium, {database} }} }}\n{monitoring}");
        let group: DbParameterGroup = of(&stack(&[&spec]), "main");
        group.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    let (watched, postgres) = ("monitoring: {}\n", "engine: postgres, version: \"16.11\"");
    assert_eq!(parameters(postgres, watched), "log_min_duration_statement=1000");
    assert_eq!(
        parameters(&format!("{postgres}, parameters: {{ log_min_duration_statement: '-1', work_mem: '8192' }}"), watched),
        "log_min_duration_statement=-1 work_mem=8192"
    );
    for (database, monitoring) in [(postgres.to_owned(), ""), (format!("{postgres}, log_exports: false"), watched)] {
        assert_eq!(parameters(&database, monitoring), "", "{database} {monitoring}");
    }
    for engine in ["engine: mysql, version: \"8.0.43\"", "engine: mariadb, version: \"10.11.11\""] {
        assert_eq!(parameters(engine, watched), "log_output=FILE long_query_time=1 slow_query_log=1", "{engine}");
    }
}

/// Where an environment is watched each cache has a log group with a retention, for what its version writes; unless its entry says otherwise.
#[test]
fn caches_have_a_log_group() {
    let logs = |cache: &str, monitoring: &str| {
        let stack = stack(&[&format!("stack: shop\nregion: us-east-1\ncache: {{ main: {{ {cache} }} }}\n{monitoring}")]);
        let group: ReplicationGroup = of(&stack, "main");
        let all = stack.nodes.iter().filter_map(|(address, object)| Some((address.name.clone(), LogGroup::of(object)?.retention_days)));
        let kept: Vec<_> = all.filter(|(name, _)| name.starts_with("cache.")).collect();
        let to = |(log, to): (&String, &LogDelivery)| format!("{log} {} {}", to.log_group.address(), to.format);
        (group.log_delivery.iter().map(to).collect::<Vec<_>>(), kept)
    };
    let (slow, engine) = ("slow-log log_group.cache.main json".to_owned(), "engine-log log_group.cache.main json".to_owned());
    let (notify, kept) = ("monitoring: { notify: [ops@example.com] }\n", |days| vec![("cache.main".to_owned(), Some(days))]);
    let both = vec![engine, slow.clone()];
    assert_eq!(logs("", notify), (both.clone(), kept(30)));
    assert_eq!(logs("", "monitoring: { logging: { retention_period: 7d } }\n"), (both.clone(), kept(7)));
    assert_eq!(logs("engine: valkey, version: \"7.2\"", notify), (both.clone(), kept(30)));
    assert_eq!(logs("version: \"6.2\"", notify), (both, kept(30)));
    assert_eq!(logs("version: \"6.0\"", notify), (vec![slow], kept(30)));
    for (cache, monitoring) in [("", ""), ("log_exports: false", notify), ("version: \"5.0.6\"", notify)] {
        assert_eq!(logs(cache, monitoring), (vec![], vec![]), "{cache} {monitoring}");
    }
}

/// To watch what stands already changes it in place, and nothing of it waits for a restart.
#[tokio::test(start_paused = true)]
async fn what_stands_is_watched_from_now_on() {
    let cloud = sandbox(1);
    let (bare, watched) = (stack(&[FULL]), with(""));
    let (outcome, events) = apply(&cloud, &settled_plan(&cloud, &bare).await.unwrap(), "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let plan = settled_plan(&cloud, &watched).await.unwrap();
    let verbs = |address: &str| plan.changes.iter().find(|change| change.address.to_string() == address).map(|change| &change.verb);
    for address in ["replication_group.main", "auto_scaling_group.app", "db_parameter_group.main"] {
        assert_eq!(verbs(address), Some(&Verb::Update), "{address}");
    }
    assert_eq!(verbs("db_instance.main"), None);
    assert_eq!(apply(&cloud, &plan, "r2").await.0, Outcome::Applied);
    assert!(settled_plan(&cloud, &watched).await.unwrap().is_empty());
}
