//! The default alarms as `infra explain monitoring --defaults` prints them: those of an example that has something of everything.
use super::alarm::presets;
use crate::spec::load;
use std::fmt::Write;

const EXAMPLE: &str = "
stack: example
region: us-east-1
load_balancer: { listeners: { https: { port: 443, certificate: www.example.com, forward: app, routes: { web: { path: \"/web/*\", forward: web } } } } }
compute: { app: { image: example/shop, port: 8080 } }
kubernetes: { workloads: { web: { image: example/web, port: 8080 } } }
functions: { hello: { image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/hello@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 } }
cache: { main: { replicas: 1, automatic_failover: true } }
database: { main: { engine: postgres, version: \"16.11\", instance_class: db.t4g.medium, replicas: 1 } }
cdn: { zone: example.com, records: { www: { to: load_balancer } } }
";

/// A paragraph an alarm, as comments of YAML.
pub fn text() -> String {
    let mut out = String::from(
        "\n# Alarms that follow by themselves, here of an example's entries. `alerting.defaults` turns each off or changes it by its name.\n",
    );
    let Ok(loaded) = load(&[("example".into(), EXAMPLE.into())], &|_| None) else { return out };
    for alarm in presets(&loaded.spec) {
        let _ = write!(out, "#\n# {} ({})\n", alarm.name, alarm.severity.text());
        let _ = writeln!(out, "#   {}: {}", alarm.says, alarm.condition());
        let _ = writeln!(out, "#   {} {}", alarm.means, alarm.advice);
    }
    out + "#\n# database.main.events (critical)\n#   what RDS tells as it happens: a failover, a failure, a disk that is full\n"
}
