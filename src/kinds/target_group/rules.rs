//! What Elastic Load Balancing refuses of a target group.
use super::*;
use crate::diag::Code;

/// `CreateTargetGroup`: what each type of targets must have and can't have; `Matcher.HttpCode`: from 200 to 499, several or a range.
pub(super) fn breaches(group: &TargetGroup) -> Vec<Breach> {
    let mut found = vec![];
    let mut say = |code, attribute: &str, message: String, help: &str| found.push(Breach::new(code, attribute, message, help));
    let place = [group.vpc.is_some(), group.port.is_some(), group.protocol.is_some()];
    if place.iter().any(|there| *there != group.function.is_none()) {
        let message = "a target group has instances, with a VPC, a port and a protocol, or a function".into();
        say(Code::Refused, "function", message, "give it one of them");
    }
    if group.function.is_some() && group.cluster.is_some() {
        let message = "a target group has pods or a function".into();
        say(Code::Refused, "cluster", message, "give it one of them");
    }
    if group.function.is_none() && (group.health_check.is_none() || group.deregistration_delay.is_none()) {
        let message = "the health of instances is always checked, and they always take a time to leave".into();
        say(Code::Refused, "health_check", message, "say how");
    }
    if group.function.is_some() && (group.deregistration_delay.is_some() || group.stickiness > 0) {
        let message = "a function doesn't take its time to leave, and no client stays with it".into();
        say(Code::Refused, "stickiness", message, "leave both out");
    }
    let spoken = group.health_check.as_ref().map(|c| c.protocol.as_deref());
    if spoken.is_some_and(|p| group.function.is_none() != p.is_some_and(|p| ["HTTP", "HTTPS"].contains(&p))) {
        let message = "instances are asked for their health over HTTP or HTTPS, and a function is called".into();
        say(Code::Refused, "health_check.protocol", message, "write `http` or `https`");
    }
    if let Some(matcher) = group.health_check.as_ref().map(|c| &c.matcher).filter(|matcher| !codes(matcher)) {
        let message = format!("`{matcher}` are no status codes of a good answer");
        let help = "write codes from 200 to 499, such as `200,204`, or a range such as `200-299`";
        say(Code::BadText, "health_check.matcher", message, help);
    }
    found
}
