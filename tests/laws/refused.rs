//! The sandbox refuses what a service refuses, and what a tag can't hold.
use infra::cloud::Cloud;
use infra::kinds::listener::{Action, Redirect};
use infra::kinds::security_group::{Peer, Rule};
use infra::kinds::{Kind, Object, SecurityGroup, Subnet};
use infra::observe::Snapshot;
use infra::plan::{Allowed, PlanError, plan};
use infra::run::Outcome;

use super::world::{FULL, apply, examples, sandbox, settled_plan, stack};

/// An object of the full stack that a service refuses.
type Broken = (&'static str, fn(&mut Object));

const BROKEN: &[Broken] = &[
    ("addon.metrics-server", |o| {
        if let Object::Addon(x) = o {
            x.name = "Metrics Server".into()
        }
    }),
    ("addon.metrics-server", |o| {
        if let Object::Addon(x) = o {
            x.version = Some("0.8".into())
        }
    }),
    ("autoscaler.desk", |o| {
        if let Object::Autoscaler(x) = o {
            x.min = 0
        }
    }),
    ("autoscaler.desk", |o| {
        if let Object::Autoscaler(x) = o {
            (x.min, x.max) = (6, 3)
        }
    }),
    ("autoscaler.desk", |o| {
        if let Object::Autoscaler(x) = o {
            (x.target_cpu, x.target_memory) = (None, None)
        }
    }),
    ("autoscaler.desk", |o| {
        if let Object::Autoscaler(x) = o {
            x.target_memory = Some(101)
        }
    }),
    ("deployment.desk", |o| {
        if let Object::Deployment(x) = o {
            (x.replicas, x.desired) = (None, 0)
        }
    }),
    ("auto_scaling_group.app", |o| {
        if let Object::AutoScalingGroup(x) = o {
            (x.min, x.max) = (10_000, 10_000)
        }
    }),
    ("bucket.uploads", |o| {
        if let Object::Bucket(x) = o {
            x.expiration_days = Some(90)
        }
    }),
    ("bucket.uploads", |o| {
        if let Object::Bucket(x) = o {
            x.archive.as_mut().unwrap().days = 29
        }
    }),
    ("bucket.uploads", |o| {
        if let Object::Bucket(x) = o {
            x.old_versions_days = Some(0)
        }
    }),
    ("bucket.uploads", |o| {
        if let Object::Bucket(x) = o {
            x.cors.0[1].1.origins.insert("https://*.*.example".into());
        }
    }),
    ("certificate.www.example.com", |o| {
        if let Object::Certificate(x) = o {
            x.domain = "my_app.example.com".into()
        }
    }),
    ("metrics_workspace.main", |o| {
        if let Object::MetricsWorkspace(x) = o {
            x.retention_days = 1096
        }
    }),
    ("metrics_workspace.main", |o| {
        if let Object::MetricsWorkspace(x) = o {
            x.rules.get_mut("jobs").unwrap().expr = "sum by (queue) (jobs_waiting > 100".into()
        }
    }),
    ("metrics_workspace.main", |o| {
        if let Object::MetricsWorkspace(x) = o {
            x.rules.get_mut("jobs").unwrap().means = "x".repeat(1024 * 1024)
        }
    }),
    ("flag_set.main", |o| {
        if let Object::FlagSet(x) = o {
            let flag = x.flags["new_checkout"].clone();
            x.flags.insert("New".into(), flag);
        }
    }),
    ("flag_set.main", |o| {
        if let Object::FlagSet(x) = o {
            x.flags.get_mut("new_checkout").unwrap().initial = Some(false)
        }
    }),
    ("flag_set.main", |o| {
        if let Object::FlagSet(x) = o {
            let flag = x.flags["new_checkout"].clone();
            x.flags.extend((0..15_000).map(|n| (format!("f{n:063}"), flag.clone())))
        }
    }),
    ("flag_set.main", |o| {
        if let Object::FlagSet(x) = o {
            x.alarms.extend((0..4).map(|n| infra::kinds::Ref::to(format!("=theirs{n}"))))
        }
    }),
    ("flag_set.main", |o| {
        if let Object::FlagSet(x) = o {
            x.role = None
        }
    }),
    ("flag_set.main", |o| {
        if let Object::FlagSet(x) = o {
            x.strategy = None
        }
    }),
    ("flag_set.main", |o| {
        if let Object::FlagSet(x) = o {
            x.strategy.as_mut().unwrap().minutes = 1441
        }
    }),
    ("flag_set.main", |o| {
        if let Object::FlagSet(x) = o {
            x.strategy.as_mut().unwrap().bake = -1
        }
    }),
    ("flag_set.main", |o| {
        if let Object::FlagSet(x) = o {
            x.strategy.as_mut().unwrap().step = 99
        }
    }),
    ("iam_role.app", |o| {
        if let Object::IamRole(x) = o {
            x.managed_policies.insert("arn:aws:s3:::bucket".into());
        }
    }),
    ("iam_role.app", |o| {
        if let Object::IamRole(x) = o {
            x.permissions_boundary = Some("arn:aws:s3:::bucket".into());
        }
    }),
    ("iam_role.app", |o| {
        if let Object::IamRole(x) = o {
            drop(x.tags.insert("name".into(), "shop".into()))
        }
    }),
    ("instance_profile.app", |o| {
        if let Object::InstanceProfile(x) = o {
            drop(x.tags.insert("NAME".into(), "shop".into()))
        }
    }),
    ("launch_template.app", |o| {
        if let Object::LaunchTemplate(x) = o {
            x.instance_type = "t3.smal".into()
        }
    }),
    ("listener.https", |o| {
        if let Object::Listener(x) = o {
            x.action = Action::Redirect(Redirect::to(80, "HTTP"))
        }
    }),
    ("listener.https", |o| {
        if let Object::Listener(x) = o {
            x.ssl_policy = Some("ELBSecurityPolicy-TLS13-1-3".into())
        }
    }),
    ("node_pool.arm", |o| {
        if let Object::NodePool(x) = o {
            x.name = "system".into()
        }
    }),
    ("node_pool.arm", |o| {
        if let Object::NodePool(x) = o {
            x.capacity = "reserved".into()
        }
    }),
    ("node_pool.arm", |o| {
        if let Object::NodePool(x) = o {
            x.architecture = "x86_64".into()
        }
    }),
    ("node_pool.arm", |o| {
        if let Object::NodePool(x) = o {
            x.cpu = Some("1000".into())
        }
    }),
    ("node_pool.arm", |o| {
        if let Object::NodePool(x) = o {
            x.memory = Some("0".into())
        }
    }),
    ("node_pool.arm", |o| {
        if let Object::NodePool(x) = o {
            x.disruption = "0%".into()
        }
    }),
    ("node_pool.arm", |o| {
        if let Object::NodePool(x) = o {
            x.disruption = "101%".into()
        }
    }),
    ("security_group.app", |o| {
        if let Object::SecurityGroup(x) = o {
            described(x, "twice")
        }
    }),
    ("security_group.app", |o| {
        if let Object::SecurityGroup(x) = o {
            x.description = "CUSTOMER'S".into()
        }
    }),
    ("target_group.app", |o| {
        if let Object::TargetGroup(x) = o {
            x.health_check.as_mut().unwrap().matcher = "299-200".into()
        }
    }),
    ("subnet.app-a", |o| {
        if let Object::Subnet(x) = o {
            tagged(x, "AWS:team", "x")
        }
    }),
    ("subnet.app-a", |o| {
        if let Object::Subnet(x) = o {
            tagged(x, "team", "R(D)")
        }
    }),
];

fn described(group: &mut SecurityGroup, text: &str) {
    let rule = Rule { protocol: "tcp".into(), from_port: 1, to_port: 1, peer: Peer::Cidr("192.0.2.0/24".into()), description: text.into() };
    group.ingress.insert(Rule { description: "another".into(), ..rule.clone() });
    group.ingress.insert(rule);
}

fn tagged(subnet: &mut Subnet, key: &str, value: &str) {
    subnet.tags.insert(key.into(), value.into());
}

/// Plans and sandbox refuse alike; tags are refused by the sandbox, and before by the spec.
#[tokio::test(start_paused = true)]
async fn what_a_service_refuses_is_made_nowhere() {
    for (address, change) in BROKEN {
        let mut to = stack(&[FULL]);
        let address = address.parse().unwrap();
        change(to.nodes.get_mut(&address).unwrap_or_else(|| panic!("{address}")));
        let refused = plan(&to, &Snapshot::default(), &Allowed::default());
        let by_plan = refused.is_err_and(|e| e.iter().any(|p| matches!(p, PlanError::Refused { address: a, .. } if *a == address)));
        let cloud = sandbox(1);
        let links = infra::kinds::Links::default();
        let stamp = infra::kinds::Stamp {
            stack: "full".into(),
            address: address.clone(),
            run: "r1".into(),
            step: 1,
            identity: String::new(),
            digest: String::new(),
        };
        let object = infra::kinds::map_refs(&to.nodes[&address], |a| Some(infra::kinds::foreign(&a.name)));
        let made = cloud.create(&object, &links, &stamp).await;
        let by_sandbox = made.is_err_and(|e| e.code == "InvalidParameterCombination" || e.code == "InvalidTag");
        let near = address.kind == Kind::AutoScalingGroup; // whose rule asks for its subnets, which stand nowhere here
        assert!(near || by_sandbox, "{address} in the sandbox");
        assert!(address.kind == Kind::Subnet || by_plan, "{address} in a plan");
    }
    assert_eq!(examples().nodes.len(), Kind::ALL.len());
}

/// Two say how many pods there are: the plan refuses it, and so does the sandbox, whichever comes second.
#[tokio::test(start_paused = true)]
async fn one_says_how_many_pods_there_are() {
    let mut both = stack(&[FULL]);
    let cloud = super::world::with(&both, 1).await;
    let Object::Deployment(desk) = both.nodes.get_mut(&"deployment.desk".parse().unwrap()).unwrap() else { panic!("no deployment") };
    let mut fixed = (**desk).clone();
    fixed.replicas = Some(3);
    both.nodes.insert("deployment.desk".parse().unwrap(), fixed.clone().into());
    let refused = settled_plan(&cloud, &both).await.unwrap_err();
    assert!(
        refused.iter().any(|p| matches!(p, PlanError::Refused { address, .. } if address.to_string() == "deployment.desk")),
        "{refused:?}"
    );
    let live = cloud.objects().into_iter().find(|l| l.stamp.address.to_string() == "deployment.desk").unwrap();
    let seen = infra::observe::observe(&cloud, "full", &Default::default()).await.unwrap();
    let links = infra::kinds::Links(seen.live.iter().map(|(a, g)| (a.clone(), g[0].clone())).collect());
    let e = cloud.update(&live, &fixed.into(), &links, &live.stamp).await.unwrap_err();
    assert!(e.message.contains("number of pods is fixed"), "{e}");
}

/// A wildcard's certificate has its address in a tag.
#[tokio::test(start_paused = true)]
async fn a_wildcard_can_be_certified() {
    let text = FULL.replace("certificate: www.example.com", "certificate: '*.example.com'");
    let to = stack(&[&text]);
    let cloud = sandbox(1);
    let (outcome, events) = apply(&cloud, &settled_plan(&cloud, &to).await.unwrap(), "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    assert!(settled_plan(&cloud, &to).await.unwrap().is_empty());
}
