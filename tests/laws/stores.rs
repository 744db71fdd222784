//! Databases and caches: what their services refuse stands in nobody's way, because it is never asked for, or is refused while planning.
use infra::cloud::Cloud;
use infra::cloud::sandbox::Fault;
use infra::kinds::{Address, DbInstance, Kind, Links, Object, ReplicationGroup, Stamp};
use infra::observe::observe;
use infra::plan::{Allowed, Plan, PlanError, plan};
use infra::run::Outcome;
use infra::stack::Stack;
use infra::wire::Class;

use super::world::{Case, apply, sandbox, settled_plan, stack, view, with};
use crate::support::address;

const BASE: &str = "stack: stores\nregion: us-east-1\nvpc: { availability_zones: [us-east-1a, us-east-1b], nat: none, flow_logs: false }\n";

fn store(layer: &str) -> Stack {
    stack(&[BASE, layer])
}

fn database(rest: &str) -> Stack {
    store(&format!("database: {{ main: {{ deletion_protection: false, {rest} }} }}"))
}

/// The place of a step in a program.
fn place(plan: &Plan, at: &str) -> usize {
    plan.steps.iter().find(|s| s.address == address(at)).unwrap_or_else(|| panic!("no step of {at}")).id
}

/// Whether one step waits for another, perhaps by way of others.
fn waits(plan: &Plan, step: usize, first: usize) -> bool {
    plan.steps[step].after.iter().any(|before| *before == first || waits(plan, *before, first))
}

fn refused(of: Result<Plan, Vec<PlanError>>) -> Vec<(String, String)> {
    let problems = of.expect_err("it is refused");
    let told = problems.into_iter().map(|p| match p {
        PlanError::Refused { address, breach } => (address.to_string(), breach.attributes[0].clone()),
        other => panic!("{other:?}"),
    });
    told.collect()
}

/// Every way between the two ends in one of them, whatever step fails, and the services took every request.
async fn goes(from: &Stack, to: &Stack) -> Plan {
    let case = Case::of(with(from, 7).await, to).await;
    for step in 0..=case.plan.steps.len() as u64 {
        let case = case.copy(step);
        case.cloud.fail(step, Fault::Refused);
        let (outcome, events) = apply(&*case.cloud, &case.plan, "r1").await;
        let now = view(&case.cloud);
        match outcome {
            Outcome::Applied | Outcome::Leftovers(_) => assert_ne!(now, *case.before),
            Outcome::RolledBack(_) => assert_eq!(now, *case.before, "{events:#?}"),
            other => panic!("{other:?} {events:#?}"),
        }
    }
    (*case.plan).clone()
}

/// The stand-in is as strict as RDS: no replica of a database whose password RDS keeps, and no such password for a source of replicas.
#[tokio::test(start_paused = true)]
async fn rds_makes_no_replicas_of_what_it_keeps_the_password_of() {
    let want = database("engine: postgres, replicas: 1");
    let mut managed = want.clone();
    let Some(Object::DbInstance(d)) = managed.nodes.get_mut(&address("db_instance.main")) else { panic!() };
    *d = infra::kinds::Shared::new(DbInstance { password: None, ..(**d).clone() });
    let asked = plan(&managed, &Default::default(), &Allowed::new());
    assert_eq!(refused(asked), [("db_replica.main-1".to_owned(), "source.password".to_owned())]);

    let cloud = with(&want, 3).await;
    let seen = observe(&cloud, "stores", &want.renamed).await.unwrap();
    let links = Links(seen.live.iter().map(|(a, g)| (a.clone(), g[0].clone())).collect());
    let source = &links.0[&address("db_instance.main")];
    let e = cloud.update(source, &managed.nodes[&address("db_instance.main")], &links, &source.stamp).await.unwrap_err();
    assert_eq!(e.class, Class::Invalid, "{e}");

    let alone = with(&database("engine: postgres"), 3).await;
    let seen = observe(&alone, "stores", &want.renamed).await.unwrap();
    let links = Links(seen.live.iter().map(|(a, g)| (a.clone(), g[0].clone())).collect());
    let stamp = Stamp { address: Address::new(Kind::DbReplica, "main-1"), ..source.stamp.clone() };
    let e = alone.create(&want.nodes[&address("db_replica.main-1")], &links, &stamp).await.unwrap_err();
    assert_eq!(e.class, Class::Invalid, "{e}");
}

/// The password goes from RDS's secret to the stack's before the replica comes, and back once the replica has left; consumers follow in the same run.
#[tokio::test(start_paused = true)]
async fn the_password_moves_with_the_replicas() {
    let of = |rest: &str| {
        let app = "compute: { app: { image: nginx, port: 80, env: { SECRET: '${database.main.secret_arn}' } } }\n";
        store(&format!("{app}database: {{ main: {{ engine: postgres, deletion_protection: false, allow_from: [app], {rest} }} }}"))
    };
    let (one, two) = (of("replicas: 0"), of("replicas: 1"));
    assert!(!one.nodes.contains_key(&address("secret.main")));
    let there = goes(&one, &two).await;
    assert!(waits(&there, place(&there, "db_replica.main-1"), place(&there, "db_instance.main")));
    assert!(waits(&there, place(&there, "db_instance.main"), place(&there, "secret.main")));
    let back = goes(&two, &one).await;
    assert!(waits(&back, place(&back, "db_instance.main"), place(&back, "db_replica.main-1")));
    assert!(place(&back, "secret.main") >= back.commit, "the secret is kept until nothing can be taken back");
    for plan in [there, back] {
        let template = plan.changes.iter().find(|c| c.address.kind == Kind::LaunchTemplate).expect("who reads the secret is told");
        assert!(template.attrs.iter().any(|a| a.path.contains("SECRET")), "{template:#?}");
    }
}

/// `retention: 0d` and `replicas: 0` in one plan: the replica leaves first. A pair of versions of MySQL: the replica is upgraded first.
#[tokio::test(start_paused = true)]
async fn replicas_leave_or_change_before_their_source_where_rds_asks_for_it() {
    let kept = "engine: mysql, manage_master_user_password: false";
    let from = database(&format!("{kept}, replicas: 1"));
    let plan = goes(&from, &database(&format!("{kept}, backups: {{ retention: 0d }}"))).await;
    assert!(waits(&plan, place(&plan, "db_instance.main"), place(&plan, "db_replica.main-1")));

    let old = database("engine: mysql, version: '8.0.43', replicas: 1");
    let cloud = with(&old, 5).await;
    let plan = settled_plan(&cloud, &database("engine: mysql, version: '8.4', replicas: 1")).await.unwrap();
    assert!(waits(&plan, place(&plan, "db_instance.main"), place(&plan, "db_replica.main-1")), "{:#?}", plan.steps);
    let (outcome, events) = apply(&cloud, &plan, "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let old = database("engine: postgres, version: '16.10', replicas: 1");
    let plan = settled_plan(&with(&old, 5).await, &database("engine: postgres, version: '17', replicas: 1")).await.unwrap();
    assert!(waits(&plan, place(&plan, "db_replica.main-1"), place(&plan, "db_instance.main")), "PostgreSQL's go with their source");
}

/// What the services never do in place is refused while planning, with what decides about it.
#[tokio::test(start_paused = true)]
async fn ways_that_lead_nowhere_are_refused_by_the_plan() {
    let refuses = async |from: &Stack, to: &Stack| refused(settled_plan(&with(from, 2).await, to).await);
    let of = |at: &str, attribute: &str| vec![(at.to_owned(), attribute.to_owned())];
    let version = |v: &str| database(&format!("engine: postgres, version: '{v}'"));
    assert_eq!(refuses(&version("16.10"), &version("16.9")).await, of("db_instance.main", "engine_version"));
    assert_eq!(refuses(&version("16.10"), &version("15")).await, of("db_instance.main", "engine_version"));
    assert!(settled_plan(&with(&version("16.10"), 2).await, &version("16")).await.is_ok(), "a line that it is on");
    let mysql = |v: &str| database(&format!("engine: mysql, version: '{v}'"));
    assert_eq!(refuses(&mysql("5.7.44"), &mysql("8.4")).await, of("db_instance.main", "engine_version"));
    let iops = |n: u32| database(&format!("engine: postgres, storage: {{ size: 100GiB, type: io1, iops: {n} }}"));
    assert_eq!(refuses(&iops(3000), &iops(3100)).await, of("db_instance.main", "iops"));
    assert!(settled_plan(&with(&iops(3000), 2).await, &iops(3300)).await.is_ok());
    let cache = |rest: &str| store(&format!("cache: {{ main: {{ {rest} }} }}"));
    assert_eq!(refuses(&cache("version: '7.1'"), &cache("version: '7.0'")).await, of("replication_group.main", "engine_version"));
    assert_eq!(
        refuses(&cache("node_type: cache.r7g.large"), &cache("node_type: cache.r6gd.xlarge")).await,
        of("replication_group.main", "node_type")
    );
    let blocks = |a: &str| format!("vpc: {{ subnets: {{ data: {{ tier: isolated, cidrs: [{a}] }} }} }}\n");
    let both = |a: &str| store(&format!("{}database: {{ main: {{ engine: postgres }} }}\ncache: {{ main: {{}} }}", blocks(a)));
    assert_eq!(
        refuses(&both("10.0.64.0/24, 10.0.65.0/24"), &both("10.0.66.0/24, 10.0.67.0/24")).await,
        [of("cache_subnet_group.data", "subnets"), of("db_subnet_group.data", "subnets")].concat()
    );
}

/// Another network is another database and another cache: they are replaced, which is refused until they are named. And no stand-in mixes networks.
#[tokio::test(start_paused = true)]
async fn what_moves_to_another_network_is_replaced_and_guarded() {
    let of = |cidr: &str| {
        store(&format!(
            "vpc: {{ cidr: {cidr} }}\ndatabase: {{ main: {{ engine: postgres, deletion_protection: false }} }}\ncache: {{ main: {{}} }}"
        ))
    };
    let (from, to) = (of("10.0.0.0/16"), of("10.1.0.0/16"));
    let cloud = with(&from, 4).await;
    let seen = observe(&cloud, "stores", &to.renamed).await.unwrap();
    let guarded = plan(&to, &seen, &Allowed::new()).unwrap().refused;
    let named: Vec<String> = guarded.iter().filter(|g| g.replaced && g.data).map(|g| g.address.to_string()).collect();
    assert_eq!(named, ["db_instance.main", "replication_group.main"]);
    let (outcome, events) = apply(&cloud, &settled_plan(&cloud, &to).await.unwrap(), "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    assert!(settled_plan(&cloud, &to).await.unwrap().is_empty());
}

/// A database that somebody made public is seen.
#[tokio::test(start_paused = true)]
async fn a_database_made_public_by_hand_is_seen() {
    let want = database("engine: postgres");
    let cloud = with(&want, 1).await;
    let mut live = cloud.objects().into_iter().find(|l| l.object.kind() == Kind::DbInstance).unwrap();
    live.object = DbInstance { publicly_accessible: true, ..live.of::<DbInstance>().unwrap() }.into();
    cloud.put(live).unwrap();
    let plan = settled_plan(&cloud, &want).await.unwrap();
    let paths: Vec<&str> = plan.changes.iter().flat_map(|c| c.attrs.iter().map(|a| a.path.as_str())).collect();
    assert_eq!(paths, ["publicly_accessible"]);
}

/// The example of production has replicas, and is applied.
#[tokio::test(start_paused = true)]
async fn the_example_of_production_is_applied() {
    let text = include_str!("../../examples/production.yaml");
    let want = stack(&[text]);
    assert!(want.nodes.contains_key(&address("secret.main")));
    let cloud = sandbox(1);
    let (outcome, events) = apply(&cloud, &settled_plan(&cloud, &want).await.unwrap(), "r1").await;
    assert_eq!(outcome, Outcome::Applied, "{events:#?}");
    let cache = cloud.objects().into_iter().find_map(|l| l.of::<ReplicationGroup>().ok()).unwrap();
    assert_eq!(cache.engine_version, "7.1");
}

/// What a bucket holds is never deleted: all else goes, and the next run goes on once somebody has emptied it.
#[tokio::test(start_paused = true)]
async fn a_bucket_that_holds_something_is_left_over() {
    let (from, to) = (store("storage: { uploads: {} }"), store(""));
    let cloud = with(&from, 3).await;
    let bucket = cloud.objects().into_iter().find(|l| l.object.kind() == Kind::Bucket).unwrap().id;
    cloud.fill(&bucket, true);
    let plan = settled_plan(&cloud, &to).await.unwrap();
    let (outcome, events) = apply(&cloud, &plan, "r1").await;
    assert!(matches!(&outcome, Outcome::Leftovers(e) if e.code == "BucketNotEmpty"), "{outcome:?} {events:#?}");
    let rest = settled_plan(&cloud, &to).await.unwrap();
    assert_eq!(rest.changes.iter().map(|c| c.address.to_string()).collect::<Vec<_>>(), ["bucket.uploads"]);
    cloud.fill(&bucket, false);
    assert_eq!(apply(&cloud, &rest, "r2").await.0, Outcome::Applied);
}
