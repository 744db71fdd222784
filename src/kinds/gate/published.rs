//! One look of a function's gate at AWS: the weights of its alias, the state of the new version, and what CloudWatch counts of each version.
use super::look::{Metrics, asked, figures, minute};
use super::*;
use crate::kinds::function::{self, LIVE};

/// What counts, as Lambda sends it ("Types of metrics for Lambda functions"): calls, those that ended with an error, and milliseconds of each. Calls that
/// were throttled are neither calls nor errors there.
const METRICS: Metrics = Metrics {
    namespace: "AWS/Lambda",
    all: &[("requests", "Invocations", "Sum"), ("errors", "Errors", "Sum"), ("latency", "Duration", "p99")],
    millis: 1.0,
};

/// Looks once. `since`: when the calls were shifted; minutes before that don't count.
pub(super) async fn look(cx: &Clients, gate: &Gate, links: &Links, since: Moment) -> Result<Seen, CloudError> {
    let name = links.id(&gate.new)?;
    let Some(alias) = function::alias(cx, name).await? else { return Ok(Seen::Bad(format!("{} can't be called any more", gate.new))) };
    let made = links.0.get(&gate.new).and_then(|live| Function::of(&live.object)?.version.0.as_deref());
    let version = made.unwrap_or_else(|| alias.own());
    if let Some(old) = &gate.old {
        let share = match alias.routing() {
            _ if alias.own() != version || version == old => 0,
            Some(routing) if routing.old == *old => routing.weight,
            Some(_) => 0,
            None => 100,
        };
        if share != gate.asked() {
            return Ok(Seen::Bad(gate.astray(&gate.new, share)));
        }
    }
    let seen = function::version(cx, name, Some(version)).await?.and_then(|f| f.configuration);
    match seen.as_ref().and_then(|f| f.state()).map(|state| function::serving(state.as_str())) {
        Some(sign) if sign.level == Level::Critical => return Ok(Seen::Bad(format!("version {version} is {}", sign.text))),
        Some(sign) if sign.level == Level::Warning => return Ok(Seen::Mute(format!("version {version} is {}", sign.text))),
        Some(_) => {}
        None => return Ok(Seen::Bad(format!("there is no version {version}"))),
    }
    if let Some(seen) = asked(cx, gate, links).await? {
        return Ok(seen);
    }
    let Some(old) = &gate.old else { return Ok(Seen::Well) };
    // With weights each version has figures of its own.
    let resource = format!("{name}:{LIVE}");
    let of = |version| vec![("ExecutedVersion", version), ("FunctionName", name), ("Resource", resource.as_str())];
    match minute(since) {
        Some(end) => figures(cx, &METRICS, [("new", of(version)), ("old", of(old))], end).await,
        None => Ok(Seen::Nothing),
    }
}
