//! What asks a workload's pods what they measure: an agent in each of them.
use std::collections::BTreeMap;

use super::super::CLUSTER;
use super::lower::NAMESPACE;
use crate::kinds::deployment::{FILE, Sidecar};
use crate::kinds::launch_template::IMAGE;
use crate::kinds::{ConfigMap, Ref};
use crate::model::digest;
use crate::spec::lower::Lower;
use crate::spec::monitoring::metrics::agent;
use crate::spec::units::Name;

/// Adds the configuration of a workload's agent; `None` where nothing is asked. It is as on an instance, in a map that is named by what is in it; the
/// workspace is another one's to name, so that its id reaches the agent as a variable.
pub fn lower(name: &Name, origin: &str, l: &mut Lower<'_>) -> Option<Sidecar> {
    let agent = agent(l.spec, name)?;
    let data: BTreeMap<String, String> = [(FILE.to_owned(), agent.template().expect("a spec's names and paths are plain"))].into();
    let own = format!("agent.{name}");
    let map = ConfigMap {
        cluster: Ref::to(CLUSTER),
        namespace: Ref::to(NAMESPACE),
        name: format!("{name}-agent-{}", &digest(&data)[..10]),
        data: data.into(),
        uid: Default::default(),
    };
    l.add(&own, origin, map);
    Some(Sidecar { image: IMAGE.into(), config: Ref::to(own), workspace: agent.workspace })
}
