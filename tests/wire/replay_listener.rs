//! A listener and the targets that came before it: the emulator finds every target healthy.
use infra::cloud::Cloud;
use infra::kinds::listener::Action;
use infra::kinds::{Links, Listener, Ref, Stamp};

use super::listener::listener;
use crate::support::address;
use crate::support::replay::Replay;

const MADE: &str = "<CreateListenerResponse><CreateListenerResult><Listeners><member><ListenerArn>arn:listener</ListenerArn></member></Listeners>\
    </CreateListenerResult></CreateListenerResponse>";

fn health(states: &[(&str, &str)]) -> String {
    let one = |(state, reason): &(&str, &str)| {
        let health = format!("<State>{state}</State><Reason>{reason}</Reason>");
        format!("<member><Target><Id>i-{state}{reason}</Id></Target><TargetHealth>{health}</TargetHealth></member>")
    };
    let all: String = states.iter().map(one).collect();
    format!(
        "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>{all}</TargetHealthDescriptions>\
         </DescribeTargetHealthResult></DescribeTargetHealthResponse>"
    )
}

async fn made(answers: Vec<String>) -> (Result<String, infra::wire::CloudError>, Vec<String>) {
    let stamp = Stamp {
        stack: "s".into(),
        address: address("listener.web"),
        run: "r".into(),
        step: 1,
        identity: String::new(),
        digest: String::new(),
    };
    let want = Listener { load_balancer: Ref::to("=arn:balancer"), action: Action::Forward(Ref::to("=arn:group")), ..listener() };
    let (cloud, replay) = Replay::clients(answers.iter().map(|body| (200, body.as_str())));
    let answer = cloud.create(&want.into(), &Links::default(), &stamp).await;
    (answer.map(|live| live.id), replay.asked())
}

/// Targets that nobody checked before the listener came are waited for.
#[tokio::test(start_paused = true)]
async fn a_listener_waits_for_the_targets_that_are_there() {
    let (idle, starting, ill) =
        (("unused", "Target.NotInUse"), ("initial", "Elb.InitialHealthChecking"), ("unhealthy", "Target.FailedHealthChecks"));
    let (healthy, zone) = (("healthy", ""), ("unused", "Target.NotInUse"));
    let looks = [vec![idle], vec![starting], vec![healthy, ill], vec![healthy, zone]];
    let mut answers = vec![MADE.to_owned()];
    answers.extend(looks.iter().map(|states| health(states)));
    let (answer, asked) = made(answers).await;
    assert_eq!((answer.unwrap().as_str(), asked.len()), ("arn:listener", 5));
    let (answer, asked) = made(vec![MADE.into(), health(&[])]).await;
    assert_eq!((answer.is_ok(), asked.len()), (true, 2), "their scaling group waits for those that come later");
}
