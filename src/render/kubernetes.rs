//! What a plan wants of its clusters in Kubernetes' own form, for tools that read manifests: a YAML document for each object, as it would be applied.
use crate::kinds::{Address, Live, manifests};
use crate::plan::{Saved, Verb};
use crate::wire::CloudError;

/// The documents, namespaces first; nothing where the stack has no cluster. What isn't known before it is made has `<ADDRESS>` in its place.
///
/// # Errors
/// A plan whose objects point at none of it.
pub fn documents(saved: &Saved) -> Result<String, CloudError> {
    let renewed =
        |address: &Address| saved.plan.changes.iter().any(|c| c.address == *address && matches!(c.verb, Verb::Create | Verb::Replace(_)));
    let standing = |address: &Address| -> Option<Live> {
        let generations = saved.read.live.get(address).filter(|_| !renewed(address))?;
        generations.first().filter(|_| generations.len() == 1).cloned()
    };
    let all = manifests(&saved.stack.name, &saved.stack.nodes, &standing)?;
    Ok(all.iter().map(|object| format!("---\n{}", serde_yaml::to_string(object).expect("plain data"))).collect())
}
