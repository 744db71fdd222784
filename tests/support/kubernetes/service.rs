//! Addresses and ports that the server gives to services.
use serde_json::{Value, json};

use super::reply::Cause;
use super::world::{Key, World};

/// Gives a service its address and node ports; what others hold is refused.
pub fn allocate(world: &World, key: &Key, body: &mut Value, dry: bool) -> Vec<Cause> {
    let others = || world.of("", "services").filter(|(k, _)| *k != key).map(|(_, o)| &o.body["spec"]);
    let ports: Vec<u64> =
        others().flat_map(|s| s["ports"].as_array().into_iter().flatten()).filter_map(|p| p["nodePort"].as_u64()).collect();
    let count = world.of("", "services").count();
    let spec = body["spec"].as_object_mut().unwrap();
    let inside = spec["type"] == "ClusterIP";
    let mut causes = vec![];
    for (i, port) in spec["ports"].as_array_mut().into_iter().flatten().enumerate() {
        match port["nodePort"].as_u64() {
            Some(asked) if ports.contains(&asked) => {
                let message = format!("{asked}: provided port is already allocated");
                causes.push(Cause::invalid(format!("spec.ports[{i}].nodePort"), message));
            }
            Some(_) => {}
            None if !inside => port["nodePort"] = (30000 + count * 100 + i).into(),
            None => drop(port.as_object_mut().map(|p| p.remove("nodePort"))),
        }
    }
    if !dry && !spec.contains_key("clusterIP") {
        let address = format!("10.96.0.{}", 10 + count);
        spec.insert("clusterIPs".into(), json!([address]));
        spec.insert("clusterIP".into(), address.into());
    }
    causes
}
