//! What containers have written, as the API server and a kubelet tell it (`pods/log`): the rules are those of `validateContainerLogStatus` and `ReadLogs` of the
//! kubelet, and of `ValidatePodLogOptions` and `LogLocation` of the API server.
use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::reply::{About, Cause, Refusal, Reply};
use super::route::Target;
use super::world::{Key, Kind, Object, World};

/// When a container wrote something, and what: a line with its end, or a piece of one.
pub type Entry = (SystemTime, String);

type Query = BTreeMap<String, String>;

/// The log of a container.
pub fn log(world: &World, target: &Target, query: &Query) -> Reply {
    let bad = |message: String| Err(Refusal::new(400, "BadRequest", message));
    let options = Options::read(target, query)?;
    let pod = world.objects.get(&target.key()).ok_or_else(|| Refusal::not_found(target.about()))?;
    let (name, own) = (query.get("container").map_or("", String::as_str), pod.body["spec"]["containers"].as_array().unwrap());
    if name.is_empty() && own.len() > 1 {
        let all: Vec<&str> = own.iter().filter_map(|c| c["name"].as_str()).collect();
        return bad(format!("a container name must be specified for pod {}, choose one of: [{}]", target.name, all.join(" ")));
    }
    let name = if name.is_empty() { own[0]["name"].as_str().unwrap() } else { name };
    if !own.iter().any(|c| c["name"] == name) {
        return bad(format!("container {name} is not valid for pod {}", target.name));
    }
    let container = match running(&pod.body["status"], name, options.previous) {
        Ok(id) => id,
        Err(why) => return bad(why.replace("{}", &format!("container {name:?} in pod {:?}", target.name))),
    };
    let all = world.written.get(&container).cloned().unwrap_or_else(|| {
        let text = world.logs.get(name).map_or("", String::as_str);
        text.lines().map(|line| (SystemTime::now(), format!("{line}\n"))).collect()
    });
    Ok((200, options.tell(&all).into()))
}

/// The id of the container whose log is told, or why there is none.
fn running(status: &Value, name: &str, previous: bool) -> Result<String, String> {
    let all = status["containerStatuses"].as_array().into_iter().flatten();
    let own = all.into_iter().find(|c| c["name"] == name).ok_or("{} is not available")?;
    let id = |of: &Value| of["containerID"].as_str().filter(|id| !id.is_empty()).map(String::from);
    let (state, last) = (&own["state"], &own["lastState"]["terminated"]);
    match state["waiting"]["reason"].as_str() {
        _ if previous => id(last).ok_or_else(|| "previous terminated {} not found".into()),
        _ if !state["running"].is_null() => id(own).ok_or_else(|| "{} has no id".into()),
        _ if !state["terminated"].is_null() => id(&state["terminated"]).or_else(|| id(last)).ok_or_else(|| "{} is terminated".into()),
        _ if !last.is_null() => id(last).ok_or_else(|| "{} is terminated".into()),
        Some("ErrImagePull") => Err("{} is waiting to start: image can't be pulled".into()),
        Some("ImagePullBackOff") => Err("{} is waiting to start: trying and failing to pull image".into()),
        Some(reason) => Err(format!("{{}} is waiting to start: {reason}")),
        None => Err("{} is waiting to start - no logs yet".into()),
    }
}

struct Options {
    previous: bool,
    timestamps: bool,
    /// Its seconds alone count.
    since: Option<SystemTime>,
    tail: usize,
    limit: usize,
}

impl Options {
    fn read(target: &Target, query: &Query) -> Result<Options, Refusal> {
        let bad = |message: String| Refusal::new(400, "BadRequest", message);
        let number = |name: &str, least: i64| match query.get(name) {
            None => Ok(None),
            Some(text) => {
                let n: i64 = text.parse().map_err(|_| bad(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")))?;
                let than = if least == 0 { "greater than or equal to 0" } else { "greater than 0" };
                let cause = Cause::invalid(name, format!("{n}: must be {than}"));
                let about = About { group: "", kind: "PodLogOptions", name: &target.name };
                if n < least { Err(Refusal::invalid(about, &[cause])) } else { Ok(usize::try_from(n).ok()) }
            }
        };
        let flag = |name: &str| query.get(name).is_some_and(|text| !["false", "0"].contains(&text.to_lowercase().as_str()));
        let time = |text: &String| {
            let at = humantime::parse_rfc3339(text).map_err(|_| bad(format!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\"")))?;
            let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
            Ok(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(since))
        };
        Ok(Options {
            previous: flag("previous"),
            timestamps: flag("timestamps"),
            since: query.get("sinceTime").map(time).transpose()?,
            tail: number("tailLines", 0)?.unwrap_or(usize::MAX),
            limit: number("limitBytes", 1)?.unwrap_or(usize::MAX),
        })
    }

    /// The moment stands before lines alone, not before what goes on with one. Where the limit is in the middle of a character, the half of it is shown as one.
    fn tell(&self, all: &[Entry]) -> String {
        let (mut said, mut begins) = (vec![], true);
        for (at, text) in &all[all.len().saturating_sub(self.tail)..] {
            if self.since.is_none_or(|since| *at >= since) {
                if self.timestamps && begins {
                    said.extend(format!("{} ", humantime::format_rfc3339_nanos(*at)).bytes());
                }
                said.extend(text.bytes());
            }
            begins = text.ends_with('\n');
        }
        said.truncate(self.limit);
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl World {
    fn pod(&mut self, name: &str) -> &mut Object {
        let found = self.objects.iter_mut().find(|(key, _)| key.1 == "pods" && key.3 == name);
        found.unwrap_or_else(|| panic!("no pod {name}")).1
    }

    /// The names of the pods with a label `app.kubernetes.io/name`.
    pub fn pods(&self, label: &str) -> Vec<String> {
        let of = |object: &Object| object.meta()["labels"]["app.kubernetes.io/name"] == label;
        self.of("", "pods").filter(|(_, pod)| of(pod)).map(|(key, _)| key.3.clone()).collect()
    }

    /// A running pod of one container, which are called the same as their label.
    pub fn run(&mut self, namespace: &str, label: &str, pod: &str) {
        let kind: Kind = self.kinds.iter().find(|k| k.name == "Pod").unwrap().clone();
        let (uid, made, version) = (self.uid(), self.now(), self.bump());
        let id = format!("containerd://{uid}-0");
        let status =
            json!({ "name": label, "ready": true, "restartCount": 0, "containerID": id, "state": { "running": {} }, "lastState": {} });
        let body = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": pod, "namespace": namespace, "uid": uid, "creationTimestamp": made, "resourceVersion": version,
                "labels": { "app.kubernetes.io/name": label },
            },
            "spec": { "containers": [{ "name": label, "image": "example:1" }] },
            "status": { "phase": "Running", "containerStatuses": [status] },
        });
        self.objects.insert(World::key(&kind, namespace, pod), Object { body, managers: vec![] });
    }

    /// A pod's first container writes: a line with its end, or a piece of one.
    pub fn write(&mut self, pod: &str, at: SystemTime, text: &str) {
        let id = self.pod(pod).body["status"]["containerStatuses"][0]["containerID"].as_str().unwrap().to_owned();
        self.written.entry(id).or_default().push((at, text.into()));
    }

    /// A pod's first container ends, and another one takes its place, which waits for a reason if one is given.
    pub fn restart(&mut self, pod: &str, at: SystemTime, waits: Option<&str>) {
        let own = &mut self.pod(pod).body["status"]["containerStatuses"][0];
        let before = own["containerID"].as_str().unwrap().to_owned();
        let (uid, n) = before.rsplit_once('-').map(|(uid, n)| (uid.to_owned(), n.parse::<u64>().unwrap())).unwrap();
        let at = humantime::format_rfc3339_seconds(at).to_string();
        own["lastState"] = json!({ "terminated": { "containerID": before, "exitCode": 1, "reason": "Error", "finishedAt": at } });
        match waits {
            Some(reason) => own["state"] = json!({ "waiting": { "reason": reason } }),
            None => {
                (own["restartCount"], own["containerID"]) = ((n + 1).into(), format!("{uid}-{}", n + 1).into());
                own["state"] = json!({ "running": {} });
            }
        }
    }

    /// A pod that is gone, with all that it wrote.
    pub fn lose(&mut self, pod: &str) {
        let key: Key = self.objects.keys().find(|key| key.1 == "pods" && key.3 == pod).unwrap().clone();
        self.objects.remove(&key);
    }
}
