//! What runs in a cluster, and what it stands behind and in front of.
use infra::diag::Risk;
use infra::kinds::network_policy::{Rule, Source};
use infra::kinds::pod_identity_association::PODS;
use infra::kinds::{
    AccessEntry, Address, Autoscaler, ConfigMap, CronJob, Deployment, IamRole, Job, Kind, KubernetesSecret, Listener, Near, NetworkPolicy,
    Object, PodIdentityAssociation, Ref, SecurityGroupRule, ServiceAccount, TargetGroup, TargetGroupBinding, refs,
};
use infra::spec::lower::lower;
use infra::stack::Stack;

const TEN: &str = "stack: shop
region: eu-central-1
load_balancer:
  listeners: { http: { port: 80, forward: shop } }
kubernetes:
  cluster: { api: { allow_from: [203.0.113.0/24] } }
  workloads:
    shop: { image: ghcr.io/example/shop:1.4.2, port: 8080, health_check: { path: /healthz, port: 8081 } }
";

fn load(text: &str) -> (Stack, Vec<Risk>) {
    let loaded = infra::spec::load(&[("infra.yaml".into(), text.into())], &|_| None).unwrap_or_else(|found| panic!("{found}"));
    let risks = loaded.warnings.iter().filter_map(|w| w.risk.as_ref().map(|named| named.risk)).collect();
    (lower(&loaded.spec, &|_| None).unwrap(), risks)
}

fn of<K: infra::kinds::Resource>(stack: &Stack, name: &str) -> K {
    let object =
        stack.nodes.get(&Address::new(K::KIND, name)).unwrap_or_else(|| panic!("{} {name} of {:?}", K::KIND.label(), stack.nodes.keys()));
    K::try_from(object.clone()).unwrap()
}

/// The pods are targets by their addresses, on the ports that the balancer alone may reach; requests are led to them when they are registered.
#[test]
fn ten_lines_bring_a_workload_behind_the_load_balancer() {
    assert!(TEN.lines().count() <= 10);
    let (stack, _) = load(TEN);
    let group: TargetGroup = of(&stack, "shop");
    let check = group.health_check.clone().unwrap();
    assert_eq!((group.port, check.port, check.path.as_str(), check.matcher.as_str()), (Some(8080), Some(8081), "/healthz", "200-399"));
    assert!((check.interval, check.timeout, check.healthy) == (10, 2, 2), "what a balancer can: {check:?}");
    let cluster = group.cluster.clone().unwrap();
    let binding: TargetGroupBinding = of(&stack, "shop");
    assert_eq!((&binding.cluster, binding.port), (&cluster, 8080));
    let listener: Listener = of(&stack, "http");
    let waits: Vec<Kind> = listener.waits_for.iter().map(|pointer| pointer.0.kind).collect();
    assert_eq!(waits, [Kind::TargetGroupBinding]);
    let ports: Vec<i32> = [8080, 8081]
        .map(|port| of::<SecurityGroupRule>(&stack, &format!("cluster.main-from-load_balancer-tcp-{port}-{port}")).from_port)
        .into();
    assert_eq!(ports, [8080, 8081]);
    let rule = stack.nodes.get(&Address::new(Kind::SecurityGroupRule, "cluster.main-from-load_balancer-tcp-8080-8080")).unwrap();
    assert_eq!(refs(rule).map(|a| a.to_string()).collect::<Vec<_>>(), ["eks_cluster.main", "security_group.load_balancer"]);
    assert_eq!(of::<Deployment>(&stack, "shop").drain, 15, "a pod that is to go answers until nothing leads to it");
    let fares = stack.nodes[&Address::new(Kind::TargetGroup, "shop")].fares(
        &Address::new(Kind::TargetGroup, "shop"),
        Near(&stack.nodes),
        &Default::default(),
    );
    assert_eq!(fares[0].text, "2 of 2 targets healthy");
    let (without, _) = load(&TEN.replace("forward: shop", "respond: { status: 404 }"));
    assert!(of::<Deployment>(&without, "shop").drain == 0 && without.nodes.keys().all(|a| a.kind != Kind::TargetGroupBinding));
}

/// Pods have one security group together, which is the cluster's: what lets one in is a rule of its own, made when the cluster is there, and nothing else waits
/// for that.
#[test]
fn databases_and_caches_let_workloads_in() {
    let told = "    web: { image: 'web:1', env: { DATABASE: '${database.main.endpoint}', CACHE: '${cache.main.url}' } }\n";
    let rest = |peers: &str| {
        format!("database: {{ main: {{ engine: postgres, allow_from: {peers} }} }}\ncache: {{ main: {{ allow_from: [shop, web] }} }}\n")
    };
    let (stack, risks) = load(&format!("{TEN}{told}{}", rest("[web]")));
    assert!(!risks.contains(&Risk::Unreachable), "{risks:?}");
    for (group, port) in [("database.main", 5432), ("cache.main", 6379)] {
        let rule: SecurityGroupRule = of(&stack, &format!("{group}-from-cluster.main-tcp-{port}-{port}"));
        assert_eq!((rule.security_group.map(|g| g.0), rule.peer, rule.egress), (Some(group.to_owned()), None, false));
        let group = &stack.nodes[&Address::new(Kind::SecurityGroup, group)];
        let points: Vec<Kind> = refs(group).map(|a| a.kind).collect();
        assert_eq!(points, [Kind::Vpc]);
    }
    let rules = stack.nodes.keys().filter(|a| a.kind == Kind::SecurityGroupRule && a.name.starts_with("cache")).count();
    assert_eq!(rules, 1, "two workloads are one peer");
    let (stack, risks) = load(&format!("{TEN}{told}{}", rest("[]")));
    assert!(risks.contains(&Risk::Unreachable), "{risks:?}");
    assert!(!stack.nodes.keys().any(|a| a.kind == Kind::SecurityGroupRule && a.name.starts_with("database")));
}

/// A number of pods is a number; between two numbers an autoscaler counts them, and what it asks is installed once for all.
#[test]
fn pods_follow_their_load() {
    let scaled = |replicas: &str| TEN.replace("port: 8080, health", &format!("port: 8080, replicas: {replicas}, health"));
    let (fixed, _) = load(&scaled("3"));
    assert_eq!((of::<Deployment>(&fixed, "shop").replicas, fixed.nodes.keys().filter(|a| a.kind == Kind::Addon).count()), (Some(3), 0));
    assert!(fixed.nodes.keys().all(|a| a.kind != Kind::Autoscaler));
    let two = format!("{}    mail: {{ image: 'mail:1', replicas: {{ min: 5 }} }}\n", scaled("{ max: 9, target_memory: 70 }"));
    let (stack, _) = load(&two);
    let shop: Autoscaler = of(&stack, "shop");
    assert_eq!((shop.min, shop.max, shop.target_cpu, shop.target_memory), (2, 9, None, Some(70)));
    let mail: Autoscaler = of(&stack, "mail");
    assert_eq!((mail.min, mail.max, mail.target_cpu, mail.target_memory), (5, 5, Some(60), None));
    let pods: Deployment = of(&stack, "mail");
    assert_eq!((pods.replicas, pods.desired), (None, 5));
    assert_eq!(stack.nodes.keys().filter(|a| a.kind == Kind::Addon).map(|a| a.name.as_str()).collect::<Vec<_>>(), ["metrics-server"]);
    assert!(load(&scaled("{ min: 1 }")).1.contains(&Risk::SingleInstance));
}

/// What a workload may do is a role that its pods alone are given, by an association that stands before they do; one that may do nothing has none of it.
#[test]
fn workloads_may_do_what_is_allowed() {
    let allowed = "permissions: [{ actions: ['sqs:SendMessage'], resources: ['arn:aws:sqs:eu-central-1:123456789012:mail'] }]";
    let told = "env: { LOGIN: '${database.main.secret_arn}', BUCKET: '${storage.uploads.name}', FLAGS: '${feature_flags.path}' }";
    let web = format!("    web: {{ image: 'web:1', {allowed}, {told} }}\n");
    let rest = "database: { main: { engine: postgres, allow_from: [web] } }\nstorage: { uploads: { allow_from: [{ name: web, access: write }] } }\n";
    let flags = "feature_flags: { dark: { enabled: true, allow_from: [web] } }\n";
    let (stack, risks) = load(&format!("{TEN}{web}{rest}{flags}"));
    assert!(!risks.contains(&Risk::Unreachable), "{risks:?}");
    let role: IamRole = of(&stack, "workload.web");
    assert_eq!((role.service.as_str(), role.managed_policies.len()), (PODS, 0));
    let counts = [role.readable.len(), role.readable_buckets.len(), role.writable_buckets.len(), role.inline_policies.len()];
    assert_eq!((counts, role.readable_flags.len()), ([1, 0, 1, 1], 1), "{role:#?}");
    let account: ServiceAccount = of(&stack, "web");
    assert!(!account.automount_token && account.name == "web");
    let association: PodIdentityAssociation = of(&stack, "web");
    assert_eq!((association.role.0.as_str(), association.service_account.0.as_str()), ("workload.web", "web"));
    let points = |name: &str| refs(&stack.nodes[&Address::new(Kind::Deployment, name)]).map(|a| a.kind).collect::<Vec<_>>();
    assert!(points("web").contains(&Kind::PodIdentityAssociation) && points("web").contains(&Kind::ServiceAccount));
    let kinds = [Kind::PodIdentityAssociation, Kind::ServiceAccount];
    assert!(!points("shop").iter().any(|kind| kinds.contains(kind)) && !stack.nodes.contains_key(&Address::new(kinds[0], "shop")));
    let (_, risks) = load(&format!("{TEN}{web}{}{flags}", rest.replace("[{ name: web, access: write }]", "[]")));
    assert!(risks.contains(&Risk::Unreachable), "it is told of a bucket that it may not use: {risks:?}");
    let (_, risks) = load(&format!("{TEN}{web}{rest}{}", flags.replace("[web]", "[]")));
    assert!(risks.contains(&Risk::Unreachable), "it is told of flags that it may not ask for: {risks:?}");
}

/// A secret of this process's environment is kept in the cluster, and named by no deployment but as a whole; one of Secrets Manager is given by its name.
#[test]
fn workloads_are_given_secrets() {
    let env = "env: { MODE: fast, TOKEN: { from_env: TOKEN }, KEY: { from_secrets_manager: shop/key } }";
    let text = format!("{TEN}    web: {{ image: 'web:1', {env} }}\n");
    let loaded = infra::spec::load(&[("infra.yaml".into(), text)], &|_| None).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(lower(&loaded.spec, &|_| None).unwrap_err(), ["kubernetes.workloads.web.env.TOKEN"]);
    let stack = lower(&loaded.spec, &|name| Some(format!("value of {name}"))).unwrap();
    let secret: KubernetesSecret = of(&stack, "web");
    assert_eq!(secret.values.keys().collect::<Vec<_>>(), ["TOKEN"]);
    let deployment: Deployment = of(&stack, "web");
    assert_eq!(deployment.env.keys().collect::<Vec<_>>(), ["KEY", "MODE"]);
    assert_eq!((deployment.env["KEY"].plain().as_deref(), deployment.env_from), (Some("shop/key"), Some(Ref::to("web"))));
    let readable: Vec<String> = of::<IamRole>(&stack, "workload.web").readable.iter().filter_map(|arn| arn.plain()).collect();
    assert_eq!(readable, ["arn:aws:secretsmanager:eu-central-1:*:secret:shop/key-??????"]);
    assert!(!serde_json::to_string(&stack.nodes[&Address::new(Kind::Deployment, "web")]).unwrap().contains("value of"));
}

fn policies(stack: &Stack) -> Vec<NetworkPolicy> {
    stack
        .nodes
        .values()
        .filter_map(|object| if let Object::NetworkPolicy(p) = object { Some(NetworkPolicy::clone(p)) } else { None })
        .collect()
}

/// Nobody connects to a pod but the balancer, from its subnets, where it forwards to the workload, and workloads that are named.
#[test]
fn pods_let_in_whom_they_name() {
    let more = "    web: { image: 'web:1', port: 80, allow_from: [shop, web] }\n    worker: { image: 'worker:1' }\n";
    let (stack, risks) = load(&format!("{TEN}{more}"));
    assert!(!risks.contains(&Risk::OpenNetwork), "{risks:?}");
    let all: NetworkPolicy = of(&stack, "kubernetes.networking");
    let before: Vec<String> = all.waits_for.iter().map(|pointer| pointer.0.to_string()).collect();
    assert!(all.pods.is_none() && all.rules.is_empty() && before == ["network_policy.shop", "network_policy.web"], "{all:?}");
    let shop: NetworkPolicy = of(&stack, "shop");
    let public = stack.nodes.iter().filter(|(a, _)| a.kind == Kind::Subnet && a.name.starts_with("public-"));
    let blocks: Vec<String> = public.map(|(_, s)| infra::kinds::Subnet::try_from(s.clone()).unwrap().cidr.to_string()).collect();
    let rules = blocks.iter().flat_map(|block| [8080, 8081].map(|port| Rule { port, from: Source::Block(block.clone()) }));
    assert!(blocks.len() > 1 && shop.rules == rules.collect() && shop.pods.as_deref() == Some("shop"), "{shop:?}");
    let web: NetworkPolicy = of(&stack, "web");
    assert_eq!(web.rules, ["shop", "web"].map(|name| Rule { port: 80, from: Source::Pods(name.into()) }).into());
    assert_eq!(policies(&stack).len(), 3, "whom nobody may connect to needs no policy of its own");
    // A policy stands before the pods that it is about, which may need each other to become ready.
    assert!(policies(&stack).iter().all(|p| refs(&Object::from(p.clone())).all(|a| a.kind != Kind::Deployment)));
}

/// Who is named may do what the field says, by one of EKS's own policies.
#[test]
fn people_are_let_in_by_what_they_may_do() {
    let who = |role: &str| format!("arn:aws:iam::123456789012:role/{role}");
    let named = format!("admins: ['{}'], planners: ['{}'], viewers: ['{}'], api:", who("ops"), who("plan"), who("dev"));
    let (stack, _) = load(&TEN.replace("api:", &named));
    for (role, policy) in [("ops", "AmazonEKSClusterAdminPolicy"), ("plan", "AmazonEKSAdminViewPolicy"), ("dev", "AmazonEKSViewPolicy")] {
        let entry: AccessEntry = of(&stack, &format!("123456789012:role/{role}"));
        assert_eq!((entry.principal, entry.policies), (who(role), [format!("arn:aws:eks::aws:cluster-access-policy/{policy}")].into()));
    }
}

/// A job connects as a workload does, whatever it runs by; and to what stands outside of the cluster, which lets all that runs in it in.
#[test]
fn jobs_are_let_in_as_workloads_are() {
    let text = |workload: &str, database: &str| {
        let jobs = "migrate: { image: 'shop:1', env: { DATABASE: '${database.main.endpoint}' } }\n    report: { image: 'report:1', schedule: '0 3 * * *' }";
        let web = format!("    web: {{ image: 'web:1', port: 80, allow_from: [{workload}] }}\n  jobs:\n    {jobs}\n");
        format!("{TEN}{web}database: {{ main: {{ engine: postgres, allow_from: [{database}] }} }}\n")
    };
    let (stack, risks) = load(&text("shop, migrate, report", "migrate"));
    assert!(!risks.contains(&Risk::Unreachable), "{risks:?}");
    let web: NetworkPolicy = of(&stack, "web");
    assert_eq!(web.rules, ["shop", "migrate", "report"].map(|name| Rule { port: 80, from: Source::Pods(name.into()) }).into());
    let rule: SecurityGroupRule = of(&stack, "database.main-from-cluster.main-tcp-5432-5432");
    assert_eq!((rule.security_group.map(|group| group.0), rule.egress), (Some("database.main".to_owned()), false));
    assert!(load(&text("shop", "")).1.contains(&Risk::Unreachable), "it is given an address at which nobody lets it in");
}

/// Where all may connect, only who names somebody is closed to the others; and it is told.
#[test]
fn a_cluster_may_trust_itself() {
    let open = "  networking: { default: allow }\n";
    let (stack, risks) = load(&format!("{TEN}{open}"));
    assert!(policies(&stack).is_empty() && risks.contains(&Risk::OpenNetwork), "{risks:?}");
    let (stack, _) = load(&format!("{TEN}    web: {{ image: 'web:1', port: 80, allow_from: [shop] }}\n{open}"));
    assert_eq!(policies(&stack).iter().map(|p| p.pods.clone()).collect::<Vec<_>>(), [Some("web".to_owned())]);
    let (_, risks) = load(&TEN.replace("load_balancer:\n", "load_balancer:\n  scheme: internal\n  subnets: app\n"));
    assert!(risks.contains(&Risk::OpenNetwork), "the balancer's addresses are pods' addresses, too: {risks:?}");
}

/// Other content is another map, under a name of its own; files come back out of the keys that they are under.
#[test]
fn files_are_in_a_map_that_is_named_by_them() {
    let with =
        |content: &str| load(&format!("{TEN}    web: {{ image: 'web:1', config: {{ /etc/web/.env: '{content}', /etc/web.d/a: b }} }}\n")).0;
    let (one, two) = (with("PRICE=$$5"), with("PRICE=$$6"));
    let (map, other): (ConfigMap, ConfigMap) = (of(&one, "web"), of(&two, "web"));
    assert_eq!(map.data, [("etc..web...env".into(), "PRICE=$5".into()), ("etc..web.d..a".into(), "b".into())].into());
    assert!(map.name != other.name && map.name.starts_with("web-") && map.name == of::<ConfigMap>(&with("PRICE=$$5"), "web").name);
    let web: Deployment = of(&one, "web");
    assert_eq!(web.files["/etc/web/.env"], "etc..web...env");
    assert_eq!(web.config.map(|config| config.0), Some("web".to_owned()));
    assert!(of::<Deployment>(&one, "shop").config.is_none());
}

/// What has a schedule runs by it; what has none comes before every workload.
#[test]
fn jobs_run_by_the_clock_or_once() {
    let jobs = "  jobs:\n    migrate: { image: 'shop:1', command: [shop, migrate], env: { MODE: all, TOKEN: { from_env: TOKEN } } }\n    report: { image: 'report:1', schedule: '0 3 * * *' }\n";
    let text = format!("{TEN}{jobs}");
    let loaded = infra::spec::load(&[("infra.yaml".into(), text)], &|_| None).unwrap_or_else(|found| panic!("{found}"));
    assert_eq!(lower(&loaded.spec, &|_| None).unwrap_err(), ["kubernetes.jobs.migrate.env.TOKEN"]);
    let stack = lower(&loaded.spec, &|name| Some(format!("value of {name}"))).unwrap();
    let (migrate, report): (Job, CronJob) = (of(&stack, "migrate"), of(&stack, "report"));
    assert_eq!((migrate.work.command.as_slice(), migrate.work.retries), (&["shop".to_owned(), "migrate".to_owned()][..], 2));
    assert_eq!((report.schedule.as_str(), report.time_zone.as_str()), ("0 3 * * *", "Etc/UTC"));
    let given: KubernetesSecret = of(&stack, "migrate");
    assert_eq!(
        (given.values.keys().map(String::as_str).collect::<Vec<_>>(), &migrate.work.env_from),
        (vec!["TOKEN"], &Some(Ref::to("migrate")))
    );
    assert_eq!((migrate.work.env.keys().map(String::as_str).collect::<Vec<_>>(), report.work.env_from), (vec!["MODE"], None));
    let waits: Vec<String> = of::<Deployment>(&stack, "shop").waits_for.iter().map(|pointer| pointer.0.to_string()).collect();
    assert_eq!(waits, ["job.migrate"]);
}
