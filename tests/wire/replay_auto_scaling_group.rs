//! Scaling groups where the emulator is silent: instance refreshes, launches that fail, targets that are ill, warm-up and maintenance.
//! Answers after the API reference.
mod life;
mod refresh;

use infra::cloud::Cloud;
use infra::kinds::{AutoScalingGroup, Links, Live, Ref};
use infra::wire::CloudError;

use super::auto_scaling_group::auto_scaling_group;
use super::replay_world::stamp;
use crate::support::replay::Replay;

const AT: &str = "auto_scaling_group.shop";

/// A group of ours as it is wanted; what it points at is known by physical ids.
fn wanted(template: &str) -> AutoScalingGroup {
    AutoScalingGroup {
        launch_template: Ref::to(format!("={template}")),
        subnets: [Ref::to("=subnet-a"), Ref::to("=subnet-b")].into(),
        target_groups: [Ref::to("=arn:app")].into(),
        default_instance_warmup: 60,
        ..auto_scaling_group()
    }
}

fn live(template: &str) -> Live {
    Live::found("shop-1", wanted(template), stamp(AT))
}

fn ok(action: &str, result: &str) -> (u16, String) {
    (200, format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"))
}

fn error(code: &str, message: &str) -> (u16, String) {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
    (400, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
}

/// An instance in service, launched from a template.
fn instance(id: &str, state: &str, template: &str) -> String {
    format!(
        "<member><InstanceId>{id}</InstanceId><LifecycleState>{state}</LifecycleState><HealthStatus>Healthy</HealthStatus>\
         <LaunchTemplate><LaunchTemplateId>{template}</LaunchTemplateId><Version>1</Version></LaunchTemplate></member>"
    )
}

/// The group with its template, its instances, and whatever else.
fn group(template: &str, instances: &[String], more: &str) -> (u16, String) {
    let tags = [("Name", "shop"), ("infra:stack", "s"), ("infra:address", AT), ("infra:run", "r/7"), ("infra:digest", "0123456789abcdef")];
    let tags: String = tags.map(|(k, v)| format!("<member><Key>{k}</Key><Value>{v}</Value></member>")).concat();
    let template = format!("<LaunchTemplate><LaunchTemplateId>{template}</LaunchTemplateId><Version>1</Version></LaunchTemplate>");
    let shape = "<MinSize>2</MinSize><MaxSize>4</MaxSize><DesiredCapacity>2</DesiredCapacity><HealthCheckType>EC2</HealthCheckType>\
         <HealthCheckGracePeriod>120</HealthCheckGracePeriod><VPCZoneIdentifier>subnet-b,subnet-a</VPCZoneIdentifier>\
         <TargetGroupARNs><member>arn:app</member></TargetGroupARNs><DefaultInstanceWarmup>60</DefaultInstanceWarmup>\
         <InstanceMaintenancePolicy><MinHealthyPercentage>90</MinHealthyPercentage><MaxHealthyPercentage>110</MaxHealthyPercentage></InstanceMaintenancePolicy>";
    let instances = format!("<Instances>{}</Instances>", instances.concat());
    let name = "<AutoScalingGroupName>shop-1</AutoScalingGroupName>";
    let member = format!("<member>{name}{template}{shape}{instances}<Tags>{tags}</Tags>{more}</member>");
    ok("DescribeAutoScalingGroups", &format!("<AutoScalingGroups>{member}</AutoScalingGroups>"))
}

fn nothing() -> (u16, String) {
    ok("DescribeAutoScalingGroups", "<AutoScalingGroups/>")
}

fn policies() -> (u16, String) {
    let metric = "<PredefinedMetricSpecification><PredefinedMetricType>ASGAverageCPUUtilization</PredefinedMetricType></PredefinedMetricSpecification>";
    let tracking = format!("<TargetTrackingConfiguration>{metric}<TargetValue>60.0</TargetValue></TargetTrackingConfiguration>");
    let names = "<AutoScalingGroupName>shop-1</AutoScalingGroupName><PolicyName>shop-1</PolicyName>";
    ok("DescribePolicies", &format!("<ScalingPolicies><member>{names}{tracking}<Enabled>true</Enabled></member></ScalingPolicies>"))
}

/// One of ours, and one that somebody made by hand.
fn told() -> (u16, String) {
    ok("DescribeNotificationConfigurations", "<NotificationConfigurations/>")
}

fn schedules() -> (u16, String) {
    let action = |name: &str, more: &str| {
        let names = format!("<AutoScalingGroupName>shop-1</AutoScalingGroupName><ScheduledActionName>{name}</ScheduledActionName>");
        format!("<member>{names}<Recurrence>0 22 * * *</Recurrence>{more}</member>")
    };
    let all = action("shop-1-night", "<TimeZone>Europe/Berlin</TimeZone><MinSize>0</MinSize>") + &action("by-hand", "<MinSize>9</MinSize>");
    ok("DescribeScheduledActions", &format!("<ScheduledUpdateGroupActions>{all}</ScheduledUpdateGroupActions>"))
}

fn started(id: &str) -> (u16, String) {
    ok("StartInstanceRefresh", &format!("<InstanceRefreshId>{id}</InstanceRefreshId>"))
}

fn refresh(id: &str, status: &str) -> (u16, String) {
    let refresh = format!(
        "<member><InstanceRefreshId>{id}</InstanceRefreshId><Status>{status}</Status><PercentageComplete>50</PercentageComplete>\
         <StatusReason>the health check failed</StatusReason></member>"
    );
    ok("DescribeInstanceRefreshes", &format!("<InstanceRefreshes>{refresh}</InstanceRefreshes>"))
}

fn targets(state: &str) -> (u16, String) {
    let target = |id: &str| {
        let health = format!("<TargetHealth><State>{state}</State><Description>answered with 502</Description></TargetHealth>");
        format!("<member><Target><Id>{id}</Id><Port>80</Port></Target>{health}</member>")
    };
    let all = target("i-1") + &target("i-2");
    ok("DescribeTargetHealth", &format!("<TargetHealthDescriptions>{all}</TargetHealthDescriptions>"))
}

fn pair(one: &str, other: &str) -> [String; 2] {
    [instance("i-1", "InService", one), instance("i-2", "InService", other)]
}

fn clients(answers: &[(u16, String)]) -> (infra::wire::Clients, Replay) {
    Replay::clients(answers.iter().map(|(status, body)| (*status, body.as_str())))
}

/// What an update from one template to another comes to, and what it asks; the answers begin after the group has been looked at.
async fn update(from: &str, instances: &[String], answers: &[(u16, String)]) -> (Result<Live, CloudError>, Vec<String>) {
    let first = [group(from, instances, ""), policies(), schedules()];
    let (cloud, replay) = clients(&[&first[..], answers].concat());
    let answer = cloud.update(&live(from), &wanted("lt-new").into(), &Links::default(), &stamp(AT)).await;
    (answer, replay.asked()[3..].to_vec())
}

fn actions(asked: &[String]) -> Vec<&str> {
    asked.iter().map(|r| r.trim_start_matches("Action=").split('&').next().unwrap()).collect()
}
