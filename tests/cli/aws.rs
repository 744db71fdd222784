use super::Infra;
use crate::support::moto::Moto;

/// The binary over the real wire: endpoint and credentials as every AWS SDK takes them.
#[tokio::test]
async fn minimal_over_the_wire() {
    let moto = Moto::start().await;
    let mut infra = Infra::new("aws");
    let values = [("AWS_ENDPOINT_URL", moto.endpoint.as_str()), ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];
    infra.env.extend(values.map(|(k, v)| (k, v.to_owned())));
    let minimal = Infra::example("minimal");
    let applied = infra.run(&["apply", "-f", &minimal, "--auto-approve"]);
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
    let again = infra.run(&["plan", "-f", &minimal, "--detailed-exitcode"]);
    assert_eq!(again.code, 0, "{} {}", again.out, again.err);
    let named = "bucket.access_logs,load_balancer.main,log_group.flow_logs";
    let destroyed = infra.run(&["destroy", "-f", &minimal, "--auto-approve", "--allow-data-loss", named]);
    assert_eq!(destroyed.code, 0, "{} {}", destroyed.out, destroyed.err);
    assert_eq!(infra.run(&["plan", "-f", &minimal, "--destroy", "--detailed-exitcode"]).code, 0);
}

#[test]
fn no_credentials_are_a_finding() {
    let infra = Infra::new("no-credentials");
    let mut command = infra.command(&["plan", "-f", &Infra::example("minimal")]);
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", &infra.folder).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let said = super::said(command.output().unwrap());
    assert_eq!(said.code, 1);
    assert!(said.err.contains("AWS_PROFILE"), "{}", said.err);
}
