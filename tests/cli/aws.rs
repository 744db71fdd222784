use super::{Infra, Said, said};
use crate::support::moto::Moto;
use crate::support::proxy::Proxy;

/// The proxy lives in this process, so nobody may stand still meanwhile.
pub async fn run(infra: &Infra, args: &[&str]) -> Said {
    said(tokio::process::Command::from(infra.command(args)).output().await.unwrap())
}

/// The binary over the real wire: endpoint and credentials as every AWS SDK takes them.
#[tokio::test]
async fn minimal_over_the_wire() {
    let moto = Moto::start().await;
    let proxy = Proxy::start(&moto.endpoint);
    let mut infra = Infra::new("aws");
    let values = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
    let minimal = Infra::example("minimal");
    let applied = run(&infra, &["apply", "-f", &minimal, "--auto-approve"]).await;
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    let again = run(&infra, &["plan", "-f", &minimal, "--detailed-exitcode"]).await;
    assert_eq!(again.code, 0, "{} {}", again.out, again.err);
    let named = "bucket.access_logs,load_balancer.main,log_group.flow_logs";
    let destroyed = run(&infra, &["destroy", "-f", &minimal, "--auto-approve", "--allow-data-loss", named]).await;
    assert_eq!(destroyed.code, 0, "{} {}", destroyed.out, destroyed.err);
    assert_eq!(run(&infra, &["plan", "-f", &minimal, "--destroy", "--detailed-exitcode"]).await.code, 0);
}

#[test]
fn no_credentials_are_a_finding() {
    let infra = Infra::new("no-credentials");
    let mut command = infra.command(&["plan", "-f", &Infra::example("minimal")]);
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", &infra.folder).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let said = said(command.output().unwrap());
    assert_eq!(said.code, 1);
    assert!(said.err.contains("AWS_PROFILE"), "{}", said.err);
}
