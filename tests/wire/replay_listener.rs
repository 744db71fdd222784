//! A listener and the targets that came before it: the emulator finds every target healthy.
use infra::cloud::Cloud;
use infra::kinds::listener::Action;
use infra::kinds::{Links, Listener, Ref};

use super::listener::listener;
use super::replay_world::stamp;
use crate::support::replay::Replay;

const AT: &str = "listener.web";
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
    let want = Listener { load_balancer: Ref::to("=arn:balancer"), action: Action::Forward(Ref::to("=arn:group")), ..listener() };
    let (cloud, replay) = Replay::clients(answers.iter().map(|body| (200, body.as_str())));
    let answer = cloud.create(&want.into(), &Links::default(), &stamp(AT)).await;
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

const CHANGED: &str = "<ModifyListenerResponse><ModifyListenerResult><Listeners/></ModifyListenerResult></ModifyListenerResponse>";
const OLD: &str = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/old/1";
const NEW: &str = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/new/2";

async fn turned(answers: Vec<(u16, String)>) -> (Result<(), infra::wire::CloudError>, Vec<String>) {
    let to = |group: &str| Listener {
        load_balancer: Ref::to("=arn:balancer"),
        action: Action::Forward(Ref::to(format!("={group}"))),
        ..listener()
    };
    let live = infra::kinds::Live::made("arn:listener", to(OLD), &stamp(AT), &Links::default()).unwrap();
    let (cloud, replay) = Replay::clients(answers.iter().map(|(status, body)| (*status, body.as_str())));
    let answer = cloud.update(&live, &to(NEW).into(), &Links::default(), &stamp(AT)).await;
    (answer.map(drop), replay.asked())
}

/// A group that nobody has checked stands beside the one that answers, without a share, until its targets are healthy; requests turn to it only then.
#[tokio::test(start_paused = true)]
async fn requests_turn_to_a_group_whose_targets_are_healthy() {
    let (idle, starting, healthy) = (("unused", "Target.NotInUse"), ("initial", "Elb.InitialHealthChecking"), ("healthy", ""));
    let mut answers = vec![health(&[idle]), CHANGED.to_owned(), health(&[starting]), health(&[healthy]), CHANGED.to_owned()];
    let good = |answers: &[String]| answers.iter().map(|a| (200, a.clone())).collect::<Vec<_>>();
    let (answer, asked) = turned(good(&answers)).await;
    assert!(answer.is_ok(), "{answer:?}");
    let says = |i: usize, what: &str| assert!(asked[i].contains(what), "{i}: {what} in {}", asked[i]);
    says(1, "targetgroup%2Fold%2F1&DefaultActions.member.1.ForwardConfig.TargetGroups.member.1.Weight=1");
    says(1, "targetgroup%2Fnew%2F2&DefaultActions.member.1.ForwardConfig.TargetGroups.member.2.Weight=0");
    says(4, "DefaultActions.member.1.TargetGroupArn=arn%3Aaws%3Aelasticloadbalancing%3Aus-east-1%3A1%3Atargetgroup%2Fnew%2F2");
    assert_eq!(asked.len(), 5);
    // They are healthy already: one request.
    assert_eq!(turned(good(&[health(&[healthy]), CHANGED.into()])).await.1.len(), 2);
    // What becomes of them can't be seen: the old one answers alone again.
    let denied = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    answers.truncate(2);
    let answers = answers.into_iter().map(|a| (200, a)).chain([(403, denied.to_owned()), (200, CHANGED.to_owned())]);
    let (answer, asked) = turned(answers.collect()).await;
    assert_eq!(answer.unwrap_err().code, "AccessDenied");
    assert!(asked[3].contains("TargetGroupArn=arn%3Aaws%3Aelasticloadbalancing%3Aus-east-1%3A1%3Atargetgroup%2Fold%2F1"), "{}", asked[3]);
}
