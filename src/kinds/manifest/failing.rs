//! Which container of pods fails, and the last lines that it has written, in which it says why.
use tokio::time::Instant;

use super::*;
use crate::wire::kubernetes::Container;

/// How long what only explains what is known already may take.
pub const HINT: Duration = Duration::from_secs(5);

/// The containers of pods, each with its pod's name.
pub fn containers(pods: &[Value]) -> impl Iterator<Item = (&Value, &Value)> {
    pods.iter().flat_map(|pod| {
        let all = pod["status"]["containerStatuses"].as_array();
        all.into_iter().flatten().map(|container| (&pod["metadata"]["name"], container))
    })
}

/// The container that fails: one that has run and isn't ready, that of the name `own` before those beside it, of the first pod that has one. What one wrote that
/// waits to be started again is in the log of the one before it.
fn ill<'p>(pods: &'p [Value], namespace: &'p str, own: &str) -> Option<Container<'p>> {
    let ran = |container: &Value| ["running", "terminated"].iter().any(|state| !container["state"][state].is_null());
    let ended = |container: &Value| !container["lastState"]["terminated"].is_null();
    let ill = containers(pods).filter(|(_, c)| c["ready"] != true && (ran(c) || ended(c)));
    let (pod, container) = ill.min_by_key(|(_, container)| container["name"] != own)?;
    Some(Container { namespace, pod: pod.as_str()?, name: container["name"].as_str()?, previous: !ran(container) })
}

/// The last lines of the log of the container that fails; nothing where none has run, and where they don't come soon.
pub async fn quoted(cx: &Clients, api: &Kubernetes, namespace: &str, own: &str, pods: &[Value]) -> Option<String> {
    let of = ill(pods, namespace, own)?;
    let log = cx.policy.hint(Instant::now() + HINT, api.log_end(cx, of)).await.ok()?;
    let lines: Vec<&str> = log.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    (!lines.is_empty()).then(|| format!("the log of {} ends with: {}", of.pod, lines.join(" | ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, containers: &[(&str, bool, Value, bool)]) -> Value {
        let status = |(name, ready, state, ended): &(&str, bool, Value, bool)| {
            let last = if *ended { json!({ "terminated": { "exitCode": 1 } }) } else { json!({}) };
            json!({ "name": name, "ready": ready, "state": state, "lastState": last })
        };
        json!({ "metadata": { "name": name }, "status": { "containerStatuses": containers.iter().map(status).collect::<Vec<_>>() } })
    }

    /// One that is ready doesn't fail, whatever it has gone through; nor does one that never ran, of which there is no log.
    #[test]
    fn the_log_is_that_of_the_container_that_fails() {
        let (runs, over) = (|| json!({ "running": {} }), || json!({ "terminated": { "exitCode": 1 } }));
        let (waits, none) = (|| json!({ "waiting": { "reason": "CrashLoopBackOff" } }), None);
        let told = |pods: &[Value]| {
            let of = ill(pods, "wire", "shop")?;
            Some((of.namespace.to_owned(), of.pod.to_owned(), of.name.to_owned(), of.previous))
        };
        let of = |pod: &str, name: &str, previous| Some(("wire".to_owned(), pod.to_owned(), name.to_owned(), previous));
        assert_eq!(told(&[]), none);
        assert_eq!(told(&[pod("a", &[("shop", true, runs(), true)])]), none, "it was started again, and is ready");
        assert_eq!(told(&[pod("a", &[("shop", false, waits(), false)])]), none, "it has never run");
        assert_eq!(told(&[pod("a", &[("shop", false, waits(), true)])]), of("a", "shop", true));
        assert_eq!(told(&[pod("a", &[("shop", false, runs(), true)])]), of("a", "shop", false), "it runs again, and isn't ready");
        assert_eq!(told(&[pod("a", &[("shop", false, over(), true)])]), of("a", "shop", false), "it has ended for the last time");
        let beside = [("shop", true, runs(), false), ("agent", false, waits(), true)];
        assert_eq!(told(&[pod("a", &beside)]), of("a", "agent", true), "the one that fails, not the application");
        let both = [("agent", false, waits(), true), ("shop", false, waits(), true)];
        assert_eq!(told(&[pod("a", &both[..1]), pod("b", &both)]), of("b", "shop", true), "the application before what is beside it");
        let well = [("shop", true, runs(), false)];
        assert_eq!(told(&[pod("a", &well), pod("b", &both[1..]), pod("c", &both[1..])]), of("b", "shop", true), "of the first such pod");
    }
}
