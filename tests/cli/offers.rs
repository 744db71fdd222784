//! What only the account's region knows is refused by the plan, at the line that asks for it, before anything is made.
use super::{Infra, Said, said};
use crate::support::moto::Moto;
use crate::support::offers::{answer, asked, denied};
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
    let said = "Restart: db_parameter_group.main.parameters.max_connections, replication_group.main.parameter_group are in force after the next restart";
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
