//! What the controller of autoscalers does, a step at a time: it sets a deployment's number of pods by what the test says of its load.
use serde_json::{Value, json};

use super::route::Target;
use super::update_as;
use super::world::{Object, World};

const MANAGER: &str = "kube-controller-manager";

/// A look at one autoscaler. So many pods as [`World::loads`] says, between its bounds; as many as there are where nothing is said.
pub fn step(world: &mut World, target: &Target, object: &Object) {
    let (spec, text) = (&object.body["spec"], |v: &Value| v.as_str().unwrap_or_default().to_owned());
    let kind = world.kinds.iter().find(|k| k.name == "Deployment").unwrap().clone();
    let scaled = Target { kind, namespace: target.namespace.clone(), name: text(&spec["scaleTargetRef"]["name"]), part: String::new() };
    let condition = |kind: &str, yes: bool, reason: &str, message: &str| {
        let status = if yes { "True" } else { "False" };
        json!({ "type": kind, "status": status, "reason": reason, "message": message })
    };
    let Some(now) = world.objects.get(&scaled.key()).map(|o| o.body["spec"]["replicas"].as_i64().unwrap_or(1)) else {
        let lost = condition("AbleToScale", false, "FailedGetScale", "the HPA controller was unable to get the target's current scale");
        return update_as(world, target, MANAGER, |body| body["status"]["conditions"] = json!([lost]));
    };
    let bound = |field: &str| spec[field].as_i64().unwrap_or(1);
    let asked = world.loads.get(&scaled.name).copied().unwrap_or(now);
    let wanted = if now == 0 { 0 } else { asked.clamp(bound("minReplicas"), bound("maxReplicas")) };
    if wanted != now {
        update_as(world, &scaled, MANAGER, |body| body["spec"]["replicas"] = wanted.into());
    }
    let active = match now {
        0 => condition("ScalingActive", false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero"),
        _ => condition("ScalingActive", true, "ValidMetricFound", "the HPA was able to successfully calculate a replica count"),
    };
    update_as(world, target, MANAGER, |body| {
        body["status"] = json!({ "currentReplicas": now, "desiredReplicas": wanted, "conditions": [active] });
    });
}
