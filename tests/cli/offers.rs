//! What only the account's region knows is refused by the plan, at the line that asks for it, before anything is made.
use super::{Infra, Said, said};
use crate::support::moto::Moto;
use crate::support::offers::{self, answer, asked, denied};
use crate::support::proxy::Proxy;

/// Everything that may not be offered, once each.
const REFUSED: &str = "stack: offers
region: us-east-1
vpc: { availability_zones: [us-east-1a, us-east-1e], nat: none, flow_logs: false }
compute:
  app: { ami: ami-0123456789abcdef0, instance_type: t3.small, instances: { min: 2 } }
  mixed: { ami: ami-0123456789abcdef0, instance_type: t2.small, other_instance_types: [t3.small, m5.large], instances: { min: 2 } }
cache:
  old: { engine: redis, version: \"6.9\" }
  set: { engine: redis, parameters: { maxmemory-policy: lru, time-out: \"300\" } }
database:
  closed: { engine: postgres, version: \"16.4\" }
  small: { engine: postgres, instance_class: db.r7g.medium }
  set: { engine: postgres, parameters: { log_min_duration_statement: \"-5\", logging_collector: \"1\", max_connection: \"100\" } }
";

const BASE: &str = "stack: offers\nregion: us-east-1\nvpc: { nat: none, flow_logs: false }\n";

fn sandbox(name: &str) -> Infra {
    let mut infra = Infra::new(name);
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    infra
}

/// The plan and the apply, alike; and the way from one to another where only an upgrade is in the way.
#[test]
fn what_the_region_does_not_offer_is_refused_at_its_line() {
    let infra = sandbox("offers");
    let spec = infra.file("infra.yaml", REFUSED);
    let refused = infra.run(&["plan", "-f", &spec]);
    Said { out: refused.err.clone(), ..refused }.snapshot("offers_refused");
    assert_eq!(infra.run(&["apply", "-f", &spec, "--auto-approve"]).code, 1);

    let version = |v: &str| format!("{BASE}database: {{ main: {{ engine: postgres, version: \"{v}\" }} }}\n");
    assert_eq!(infra.run(&["apply", "-f", &infra.file("infra.yaml", &version("16.11")), "--auto-approve"]).code, 0);
    let refused = infra.run(&["plan", "-f", &infra.file("infra.yaml", &version("17.99"))]);
    Said { out: refused.err.clone(), ..refused }.snapshot("offers_upgrade");
    let goes = infra.run(&["plan", "-f", &infra.file("infra.yaml", &version("17.9")), "--detailed-exitcode"]);
    assert_eq!(goes.code, 2, "{}", goes.err);
}

/// What is read at a start alone waits for a restart: the plan says so, and so does the summary.
#[test]
fn what_waits_for_a_restart_is_said() {
    let infra = sandbox("restart");
    let with = |database: &str, cache: &str| {
        let parameters = |all: &str| format!("parameters: {{ {all} }}");
        let (database, cache) = (parameters(database), parameters(cache));
        format!("{BASE}cache: {{ main: {{ {cache} }} }}\ndatabase: {{ main: {{ engine: postgres, {database} }} }}\n")
    };
    let spec = infra.file("infra.yaml", &with("work_mem: \"4096\", max_connections: \"100\"", ""));
    let made = infra.run(&["apply", "-f", &spec, "--auto-approve"]);
    assert!(made.code == 0 && !made.out.contains("Restart"), "what is made starts with it: {}", made.out);
    let spec = infra.file("infra.yaml", &with("work_mem: \"8192\", max_connections: \"200\"", "databases: \"32\""));
    infra.run(&["plan", "-f", &spec]).snapshot("offers_restart");
    let applied = infra.run(&["apply", "-f", &spec, "--auto-approve"]);
    let said = "Restart: database.main.parameters.max_connections, cache.main.parameters are in force after the next restart";
    assert_eq!(applied.out.matches(said).count(), 2, "the plan and the summary: {}", applied.out);
}

async fn run(infra: &Infra, args: &[&str]) -> Said {
    said(tokio::process::Command::from(infra.command(args)).output().await.unwrap())
}

/// Over the wire: the same refusals from what the services answer; who may not read it is told so in one line, and plans; what stands asks for nothing.
#[tokio::test]
async fn facts_are_read_over_the_wire_where_they_are_needed() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    proxy.stand_in(answer);
    let mut infra = Infra::new("offers-wire");
    let values = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
    let database = |rest: &str| format!("{BASE}database: {{ main: {{ engine: postgres, {rest} }} }}\n");
    let text = database("version: \"16.4\", parameters: { max_connection: \"100\" }")
        + "  \ncache: { main: { version: \"6.9\" } }\ncompute: { app: { ami: ami-0123456789abcdef0, instance_type: p4d.24xlarge } }\n";
    let spec = infra.file("infra.yaml", &text);
    let refused = run(&infra, &["plan", "-f", &spec]).await;
    Said { out: refused.err.clone(), ..refused }.snapshot("offers_wire");
    let log = proxy.log();
    assert!(log.iter().filter(|c| asked(c)).count() >= 4 && log.iter().all(|c| !c.mutating), "{:?}", proxy.counts());

    proxy.stand_in(|call, _| denied(call));
    let planned = run(&infra, &["plan", "-f", &spec, "--detailed-exitcode"]).await;
    assert_eq!(planned.code, 2, "{}", planned.err);
    assert_eq!(planned.err.matches("What the region offers can't be read").count(), 3, "one a service: {}", planned.err);

    proxy.stand_in(answer);
    let spec = infra.file("infra.yaml", BASE);
    assert_eq!(run(&infra, &["apply", "-f", &spec, "--auto-approve"]).await.code, 0);
    proxy.reset();
    assert_eq!(run(&infra, &["plan", "-f", &spec, "--detailed-exitcode"]).await.code, 0);
    assert_eq!(proxy.log().iter().filter(|c| asked(c)).count(), 0, "nothing changes");
}

/// A plan that is refused for another reason tells what isn't offered, too; and a plan that was kept is held to it again.
#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let infra = sandbox("offers-all");
    let base = BASE.replace("us-east-1", "eu-west-1");
    let spec = infra.file("infra.yaml", &format!("{base}database: {{ main: {{ engine: postgres, version: \"16.11\" }} }}\n"));
    assert_eq!(infra.run(&["apply", "-f", &spec, "--auto-approve"]).code, 0);
    // An older version is no way, a class isn't offered, a parameter isn't there, and a zone is none of the account's.
    let text = format!(
        "{base}database: {{ main: {{ engine: postgres, version: \"16.10\" }}, more: {{ engine: postgres, instance_class: db.r7g.medium, parameters: {{ max_connection: \"100\" }} }} }}\n"
    );
    let text = text.replace("vpc: {", "vpc: { availability_zones: [eu-west-1a, eu-west-1d],");
    let spec = infra.file("infra.yaml", &text);
    for how in [&["plan"][..], &["apply", "--auto-approve"]] {
        let refused = infra.run(&[how, &["-f", &spec]].concat());
        for what in ["can't go back to 16.10", "db.r7g.medium", "no parameter `max_connection`", "no zone eu-west-1d"] {
            assert!(refused.code == 1 && refused.flat().contains(what), "{how:?} {what}: {}", refused.err);
        }
    }
}

/// What was offered when a plan was kept may be closed when it is applied.
#[tokio::test]
async fn a_kept_plan_is_held_to_what_is_offered_now() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    proxy.stand_in(|_, _| None);
    let mut infra = Infra::new("offers-kept");
    let values = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
    proxy.stand_in(|call, _| denied(call));
    let spec = infra.file("infra.yaml", &format!("{BASE}cache: {{ main: {{ version: \"6.2\" }} }}\n"));
    let kept = run(&infra, &["plan", "-f", &spec, "--out", "p.infraplan"]).await;
    assert_eq!(kept.code, 0, "{}", kept.err);
    proxy.stand_in(answer);
    let refused = run(&infra, &["apply", "p.infraplan"]).await;
    assert!(refused.code == 1 && refused.flat().contains("ElastiCache doesn't offer redis 6.2 here"), "{}", refused.err);
    assert!(proxy.log().iter().all(|c| !c.mutating || c.service == "ssm"), "{:?}", proxy.counts());
}

/// The account's quota of vCPUs: what must run and has no room is refused, what may run and has none is said; and so is a security policy that is younger
/// than this version.
#[tokio::test]
async fn quotas_and_policies_are_read_where_they_decide() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let mut infra = Infra::new("offers-quota");
    let values = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
    let group = |sizes: &str| {
        format!("{BASE}compute: {{ app: {{ ami: ami-0123456789abcdef0, instance_type: m7i.4xlarge, instances: {{ {sizes} }} }} }}\n")
    };
    let spec = infra.file("infra.yaml", &group("min: 2, max: 5"));
    for (quota, code, said) in [
        (31, 1, "the groups of the stack run 32 vCPUs at least, and the account's quota for standard instances is 31 here"),
        (64, 0, "the groups of the stack may run 80 vCPUs, and the account's quota for standard instances is 64 here"),
    ] {
        proxy.stand_in(move |call, body| offers::vcpus(call, quota).or_else(|| answer(call, body)));
        let plan = run(&infra, &["plan", "-f", &spec]).await;
        assert!(plan.code == code && plan.flat().contains(said), "{quota}: {}{}", plan.out, plan.err);
    }
    proxy.stand_in(|call, body| offers::vcpus(call, 80).or_else(|| answer(call, body)));
    let plan = run(&infra, &["plan", "-f", &spec]).await;
    assert!(plan.code == 0 && !plan.err.contains("quota for standard"), "{}", plan.err);

    let listener = |name: &str| {
        format!(
            "{BASE}compute: {{ app: {{ ami: ami-0123456789abcdef0, port: 80, instances: {{ min: 1, max: 1 }} }} }}\nload_balancer: {{ listeners: {{ s: {{ port: 443, certificate: \
             'arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012', ssl_policy: ELBSecurityPolicy-{name}, forward: app }} }} }}\n"
        )
    };
    for (name, code, asks) in [("TLS13-1-4-2027-02", 1, 1), ("TLS13-1-4-2027-01", 0, 1), ("TLS13-1-2-Res-2021-06", 0, 0)] {
        proxy.reset();
        let plan = run(&infra, &["plan", "-f", &infra.file("infra.yaml", &listener(name))]).await;
        assert_eq!(
            (plan.code, proxy.counts().get("DescribeSSLPolicies").copied().unwrap_or(0)),
            (code, asks),
            "{name}: {}{}",
            plan.out,
            plan.err
        );
        assert_eq!(code == 1, plan.flat().contains("did you mean `ELBSecurityPolicy-TLS13-1-4-2027-01`?"), "{name}: {}", plan.err);
    }
}

/// One change of storage after the other, by two processes: while RDS carries out the first, the second is refused before anything is sent.
#[test]
fn storage_is_changed_once_at_a_time() {
    let infra = sandbox("offers-storage");
    let storage = |more: &str| format!("{BASE}database: {{ main: {{ engine: postgres, instance_class: db.t4g.medium, {more} }} }}\n");
    let slow = |args: &[&str]| {
        let mut command = infra.command(args);
        // Six hours pass in under two minutes, at the pace that a person sees.
        command.env(super::PACE, if args[0] == "plan" { "1" } else { "0.05" });
        said(command.output().unwrap())
    };
    for text in ["storage: { size: 100GiB }", "storage: { size: 200GiB }"] {
        let applied = slow(&["apply", "-f", &infra.file("infra.yaml", &storage(text)), "--auto-approve"]);
        assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    }
    let refused = slow(&["plan", "-f", &infra.file("infra.yaml", &storage("storage: { size: 300GiB }"))]);
    assert!(
        refused.code == 1 && refused.flat().contains("RDS still carries out the last change of its storage"),
        "{}{}",
        refused.out,
        refused.err
    );
    let other = slow(&["plan", "-f", &infra.file("infra.yaml", &storage("storage: { size: 200GiB }, backups: { retention: 20d }"))]);
    assert_eq!(other.code, 0, "what else changes isn't kept from it: {}", other.err);
}
