//! What requests to CloudWatch name: alarms, dashboards, and rules that silence alarms.
use super::{PLACE, Said, Thing};

pub fn things(said: &Said) -> Vec<Thing> {
    let new = !said.tags().is_empty();
    let thing = |kind: &'static str, name: &str| Thing { kind, arn: format!("arn:aws:cloudwatch:{PLACE}:{kind}:{name}"), new };
    let alarms = said.all("AlarmName").chain(said.all("AlarmNames")).map(|name| thing("alarm", name));
    let dashboards = said.one("DashboardName").into_iter().chain(said.all("DashboardNames"));
    let dashboards =
        dashboards.map(|name| Thing { kind: "dashboard", arn: format!("arn:aws:cloudwatch::123456789012:dashboard/{name}"), new: false });
    let mutes = said.one("AlarmMuteRuleName").or(said.one("Name").filter(|_| said.operation == "PutAlarmMuteRule"));
    let mutes = mutes.map(|name| thing("alarm-mute-rule", name));
    alarms.chain(dashboards).chain(mutes).collect()
}
