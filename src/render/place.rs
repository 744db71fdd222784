//! Where a plan is made and carried out, in a few words.
use crate::plan::saved::{CloudProvider, Scene};
use crate::visible::visible;

/// The cloud, the account, the region, the zone: `AWS 123456789012, us-east-1; zone example.com`.
pub fn place(scene: &Scene) -> String {
    let zone = scene.zone.as_ref().map(|z| format!("; zone {}", visible(&z.name))).unwrap_or_default();
    let region = visible(&scene.region);
    match scene.provider {
        CloudProvider::Aws => format!("AWS {}, {region}{zone}", visible(&scene.account)),
        CloudProvider::Sandbox => format!("the sandbox, {region}{zone}"),
    }
}

/// What a person is asked before a run begins: `Apply this to production (AWS 123456789012, us-east-1)?`
pub fn question(command: &str, stack: &str, scene: &Scene) -> String {
    let (stack, place) = (visible(stack), place(scene));
    match command {
        "destroy" => format!("Destroy {stack} ({place})?"),
        _ => format!("Apply this to {stack} ({place})?"),
    }
}
