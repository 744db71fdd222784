use infra::canon::Open;
use infra::kinds::dashboard::{Line, Widget};
use infra::kinds::metric_alarm::{Math, Metric, Number};
use infra::kinds::{Dashboard, Kind, Ref, Text};
use infra::model::Ranked;
use infra::run::Outcome;
use infra::stack::Stack;
use serde_json::{Value, json};

use super::metric_alarm::alarm;
use super::{Case, Sends, topic};
use crate::support::moto::Moto;
use crate::support::{apply, plan_for, stack};

fn metric(name: &str, statistic: &str) -> Metric {
    let dimensions = [("LoadBalancer".to_owned(), Text::literal("app/shop/0123456789abcdef"))].into();
    Metric { namespace: "AWS/ApplicationELB".into(), name: name.into(), dimensions, statistic: statistic.into(), period: 60 }
}

fn line(metric: Metric) -> Line {
    Line { metric: Some(metric), math: None }
}

fn dashboard() -> Dashboard {
    let metrics: Open<Metric> =
        [("failed".into(), metric("HTTPCode_ELB_5XX_Count", "Sum")), ("all".into(), metric("RequestCount", "Sum"))].into();
    let share = Line { metric: None, math: Some(Math { expression: "100*FILL(failed,0)/all".into(), metrics }) };
    let plain = Metric { dimensions: Open::new(), ..metric("Length", "Maximum") };
    let many = ["a", "b", "c", "d"]
        .map(|of| (format!("queues {of}"), Widget { lines: [(of.into(), line(plain.clone()))].into(), ..Widget::default() }));
    let requests = [("here".into(), line(metric("RequestCount", "Sum"))), ("p99".into(), line(metric("TargetResponseTime", "p99")))].into();
    let first = [
        ("load_balancer requests".to_owned(), Widget { lines: requests, marks: [("many".into(), Number(2.5))].into() }),
        (
            "load_balancer errors, %".to_owned(),
            Widget { lines: [("errors".into(), share)].into(), marks: [("load_balancer.errors".into(), Number(5.0))].into() },
        ),
    ];
    Dashboard { widgets: Ranked(first.into_iter().chain(many).collect()), alarms: [Ref::to("load_balancer.errors")].into() }
}

/// The charts of a dashboard, by their titles, in their order.
type Charts = Vec<(String, Widget)>;

/// What somebody does to a body.
type Bend<'b> = &'b dyn Fn(&mut Value);

pub fn case() -> Case {
    let changed = |change: &dyn Fn(&mut Charts)| {
        let mut dashboard = dashboard();
        change(&mut dashboard.widgets.0);
        dashboard.into()
    };
    let variants = vec![
        ("one chart more", changed(&|all| all.push(("queues e".into(), all[2].1.clone())))),
        ("one chart less", changed(&|all| drop(all.remove(0)))),
        ("another order", changed(&|all| all.swap(0, 1))),
        (
            "another statistic",
            changed(&|all| all[0].1.lines.insert("here".into(), line(metric("RequestCount", "Average"))).map(drop).unwrap()),
        ),
        ("another mark", changed(&|all| all[0].1.marks.insert("many".into(), Number(3.0)).map(drop).unwrap())),
        ("no alarms", Dashboard { alarms: [].into(), ..dashboard() }.into()),
    ];
    let world = vec![
        ("topic.alerts", topic::topic().into()),
        ("metric_alarm.load_balancer.errors", alarm().into()),
        ("dashboard.main", dashboard().into()),
    ];
    Case { address: "dashboard.main", world, variants }
}

pub const SENDS: Sends = Sends { kind: Kind::Dashboard, lists: &["ListDashboards"], creates: &[("PutDashboard", 1)], unseen: &[] };

/// Dashboards stand in no region: those of an equally named stack elsewhere, and of one whose name begins alike, stay. What somebody has changed by hand is
/// mended, whatever it is.
#[tokio::test]
async fn what_is_changed_by_hand_is_mended_and_others_stay() {
    let moto = Moto::start().await;
    let cloud = Moto::clients(&moto.endpoint);
    let want = stack("wire-dash", case().world);
    let foreign = ["infra_wire-dash-2_us-east-1_main_r1-0", "infra_wire-dash_eu-west-1_main_r1-0", "infra_wire-dash_us-east-1_by-hand"];
    let text = json!({ "type": "text", "x": 0, "y": 40, "width": 6, "height": 2, "properties": { "markdown": "Call Ann." } });
    let put = async |name: &str, body: Value| {
        cloud.cloudwatch().put_dashboard().dashboard_name(name).dashboard_body(body.to_string()).send().await.unwrap();
    };
    for name in foreign {
        put(name, json!({ "widgets": [text] })).await;
    }
    let mut run = 0;
    let mut go = async |want: &Stack| {
        run += 1;
        let plan = plan_for(&cloud, want).await.unwrap();
        let (outcome, events) = apply(&cloud, &plan, &format!("r{run}")).await;
        assert_eq!(outcome, Outcome::Applied, "{run} {events:#?}");
        assert!(plan_for(&cloud, want).await.unwrap().is_empty(), "{run}");
        plan.changes.iter().map(|c| c.address.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(go(&want).await.len(), 3);
    let names = async || {
        let found = cloud.cloudwatch().list_dashboards().send().await.unwrap().dashboard_entries.unwrap_or_default();
        found.into_iter().filter_map(|entry| entry.dashboard_name).collect::<Vec<_>>()
    };
    let name = names().await.into_iter().find(|name| !foreign.contains(&name.as_str())).unwrap();
    let body = async || -> Value {
        let seen = cloud.cloudwatch().get_dashboard().dashboard_name(&name).send().await.unwrap();
        serde_json::from_str(&seen.dashboard_body.unwrap()).unwrap()
    };
    let made = body().await;
    let bent: [(&str, Bend<'_>); 8] = [
        ("a widget of others", &|body| body["widgets"].as_array_mut().unwrap().push(text.clone())),
        ("a chart is gone", &|body| drop(body["widgets"].as_array_mut().unwrap().remove(2))),
        ("a chart is elsewhere", &|body| body["widgets"][1]["y"] = 30.into()),
        ("a chart is coloured", &|body| body["widgets"][1]["properties"]["metrics"][0][4]["color"] = "#ff0000".into()),
        ("another metric", &|body| body["widgets"][1]["properties"]["metrics"][0][1] = "NewFlowCount".into()),
        ("no alarm is shown", &|body| drop(body["widgets"].as_array_mut().unwrap().remove(0))),
        ("alarms have another title", &|body| body["widgets"][0]["properties"]["title"] = "!".into()),
        ("nothing is left", &|body| body["widgets"] = json!([])),
    ];
    for (what, bend) in bent {
        let mut now = made.clone();
        bend(&mut now);
        put(&name, now).await;
        assert_eq!(go(&want).await, ["dashboard.main"], "{what}");
        let strip = |mut body: Value| body["widgets"].as_array_mut().map(|all| all.pop()).map(|_| body["widgets"].take());
        assert_eq!(strip(body().await), strip(made.clone()), "{what}");
    }
    go(&stack("wire-dash", [])).await;
    assert_eq!(names().await, foreign);
}
