//! The call table against the requests that are really made: those that the proxy sees while every kind obeys its laws, and those that the source
//! names.
mod s3;
mod scenes;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use infra::cloud::{Cloud, Observe};
use infra::kinds::calls::{Call, GENERAL};
use infra::kinds::{Kind, Links, Live, Object, Sign, Stamp};
use infra::run::Outcome;
use infra::stack::Stack;
use infra::wire::{CloudError, Identity, Service, Zone};
use tokio::sync::Mutex;

use super::{Case, Why, cases, check, sends};
use crate::support::models::parameters;
use crate::support::reference::Reference;
use crate::support::{amp, appconfig, apply, eks, lambda, one_way, plan_for, proxy, stack};

pub use scenes::Scene;
use scenes::{TRIAL, beside, scene};

/// Lists, and the verbs that change something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Read,
    Write,
}

pub type Request = (Service, String);

/// One request, and whose it was.
pub struct Asked {
    pub kind: Kind,
    pub part: Part,
    pub request: Request,
    pub call: proxy::Call,
}

/// A cloud that lets one verb at a time pass, so that every request is known to be that verb's.
struct Watched {
    reference: Reference,
    /// What is listed; of other kinds there is nothing.
    kinds: RefCell<BTreeSet<Kind>>,
    turn: Mutex<()>,
    seen: RefCell<BTreeMap<(Kind, Part), BTreeSet<Request>>>,
    asked: RefCell<Vec<Asked>>,
}

impl Watched {
    async fn start() -> Watched {
        let kinds = RefCell::new(Kind::ALL.iter().copied().collect());
        Watched { reference: Reference::start().await, kinds, turn: Mutex::new(()), seen: RefCell::default(), asked: RefCell::default() }
    }

    /// Goes through a scene.
    async fn play(&self, scene: &Scene) {
        self.kinds.replace(scene.kinds());
        for (i, state) in scene.states.iter().enumerate() {
            self.run(state, &format!("r{i}")).await;
        }
        if scene.name == TRIAL {
            self.leave_a_trial(&scene.name).await;
        }
        self.run(&stack(&scene.name, []), "destroy").await;
    }

    /// Tells what a scene has shown. With the last of all the table is held to it.
    fn tell(&self, scene: &Scene) {
        let (judged, refused) = super::allowed::refused(scene, &self.asked.take());
        assert!(refused.is_empty(), "{refused:#?}");
        let mut shown = SHOWN.lock().unwrap_or_else(|e| e.into_inner());
        self.seen.take().into_iter().for_each(|(whose, requests)| shown.seen.entry(whose).or_default().extend(requests));
        shown.judged += judged;
        shown.left.remove(&scene.name);
        if shown.left.is_empty() {
            hold(&shown);
        }
    }

    async fn watch<T>(&self, kind: Kind, part: Part, verb: impl Future<Output = T>) -> T {
        let _turn = self.turn.lock().await;
        self.reference.proxy.reset();
        let answer = verb.await;
        let requests = self.reference.proxy.log();
        self.seen.borrow_mut().entry((kind, part)).or_default().extend(requests.iter().map(request));
        let asked = requests.into_iter().map(|call| Asked { kind, part, request: request(&call), call });
        self.asked.borrow_mut().extend(asked);
        answer
    }

    /// Makes a stack what is wanted.
    async fn run(&self, want: &Stack, run: &str) {
        if one_way(&plan_for(self, want).await) {
            Box::pin(self.run(&stack(&want.name, []), &format!("{run}-anew"))).await;
        }
        let plan = plan_for(self, want).await.unwrap_or_else(|e| panic!("{} {run}: {e:#?}", want.name));
        let (outcome, events) = apply(self, &plan, run).await;
        assert_eq!(outcome, Outcome::Applied, "{} {run}: {events:#?}", want.name);
    }

    /// Puts into the stack's bucket what Elastic Load Balancing leaves there.
    async fn leave_a_trial(&self, stack: &str) {
        let cloud = &self.reference.cloud;
        let bucket = cloud.list(Kind::Bucket, stack).await.unwrap().remove(0).id;
        cloud.s3().put_object().bucket(bucket).key("AWSLogs/123456789012/ELBAccessLogTestFile").send().await.unwrap();
    }
}

impl Observe for Watched {
    async fn look_at(
        &self,
        gate: &infra::kinds::Gate,
        links: &Links,
        since: infra::model::Moment,
    ) -> Result<infra::kinds::Seen, CloudError> {
        self.reference.cloud.look_at(gate, links, since).await
    }
    async fn edge_ranges(&self) -> Result<BTreeSet<String>, CloudError> {
        self.reference.cloud.edge_ranges().await
    }
    async fn availability_zones(&self) -> Result<BTreeSet<String>, CloudError> {
        self.reference.cloud.availability_zones().await
    }
    async fn offers(&self, question: &infra::kinds::Question) -> Result<Option<infra::kinds::Fact>, CloudError> {
        self.reference.cloud.offers(question).await
    }
    async fn about_zone(&self, zone: &str) -> Result<Zone, CloudError> {
        self.reference.cloud.about_zone(zone).await
    }
    async fn identity(&self) -> Result<Identity, CloudError> {
        self.reference.cloud.identity().await
    }
    async fn health(&self, live: &Live) -> Result<Vec<Sign>, CloudError> {
        self.reference.cloud.health(live).await
    }
    async fn list(&self, kind: Kind, stack: &str) -> Result<Vec<Live>, CloudError> {
        if !self.kinds.borrow().contains(&kind) {
            return Ok(vec![]);
        }
        self.watch(kind, Part::Read, self.reference.cloud.list(kind, stack)).await
    }
}

impl Cloud for Watched {
    async fn batch(&self, calls: Vec<infra::kinds::Call<'_>>) -> Vec<Result<Option<Live>, CloudError>> {
        let kind = calls[0].kind();
        let send = async { Ok::<_, CloudError>(self.reference.cloud.batch(calls).await) };
        self.watch(kind, Part::Write, send).await.unwrap_or_default()
    }
    async fn create(&self, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        self.watch(want.kind(), Part::Write, self.reference.cloud.create(want, links, stamp)).await
    }
    async fn update(&self, live: &Live, want: &Object, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        self.watch(want.kind(), Part::Write, self.reference.cloud.update(live, want, links, stamp)).await
    }
    async fn delete(&self, live: &Live) -> Result<(), CloudError> {
        self.watch(live.object.kind(), Part::Write, self.reference.cloud.delete(live)).await
    }
}

/// A request by its service and the API's own name.
pub fn request(call: &proxy::Call) -> Request {
    let name = match call.service.as_str() {
        "monitoring" => "cloudwatch",
        "tagging" => "tag",
        other => other,
    };
    let service = Service::ALL.iter().copied().find(|s| s.prefix() == name).unwrap_or_else(|| panic!("{call:?} is of no service"));
    let operation = match service {
        Service::Amp => amp::operation(call).to_owned(),
        Service::AppConfig => appconfig::operation(call).to_owned(),
        Service::Eks => eks::operation(call).to_owned(),
        Service::Lambda => lambda::operation(call).to_owned(),
        Service::S3 => s3::operation(call).to_owned(),
        _ => call.operation.clone(),
    };
    (service, operation)
}

fn requests(calls: &[Call]) -> BTreeSet<Request> {
    calls.iter().map(|c| (c.service, c.operation.to_owned())).collect()
}

/// Entries of the table that no run over the emulator shows, by kind and request.
fn unseen() -> Vec<(Kind, &'static str, &'static Why)> {
    sends().iter().flat_map(|s| s.unseen.iter().map(|(operation, why)| (s.kind, *operation, why))).collect()
}

/// What the scenes of this process have shown.
struct Shown {
    seen: BTreeMap<(Kind, Part), BTreeSet<Request>>,
    judged: usize,
    /// Scenes that are still to come.
    left: BTreeSet<String>,
}

static SHOWN: LazyLock<std::sync::Mutex<Shown>> = LazyLock::new(|| {
    let scenes = cases().into_iter().map(scene).chain(beside());
    std::sync::Mutex::new(Shown { seen: BTreeMap::new(), judged: 0, left: scenes.map(|s| s.name).collect() })
});

/// Goes through a kind's laws, and tells what that sends.
pub async fn obeys(case: Case) {
    let watched = Watched::start().await;
    let scene = scene(case.clone());
    watched.kinds.replace(scene.kinds());
    check(&watched, case).await;
    watched.tell(&scene);
}

#[tokio::test]
async fn what_no_case_has_is_sent() {
    let watched = Watched::start().await;
    assert!(plan_for(&watched, &stack("nothing", [])).await.unwrap().is_empty());
    watched.asked.take();
    for scene in beside() {
        watched.play(&scene).await;
        watched.tell(&scene);
    }
}

/// Every kind is made, listed, changed in every attribute and deleted: what that sends is in the kind's part of the table, and the table has
/// nothing that isn't sent.
fn hold(Shown { seen, judged, .. }: &Shown) {
    let sent = |kind: Kind, part: Part| seen.get(&(kind, part)).cloned().unwrap_or_default();
    let mut wrong: Vec<String> = vec![];
    let mut shown = 0;
    for kind in Kind::ALL {
        let (read, write) = (requests(kind.calls().read), requests(kind.calls().write));
        let lists = &read | &requests(GENERAL.read);
        let allowed = &(&lists | &write) | &requests(GENERAL.write);
        let label = kind.label();
        wrong.extend((&sent(*kind, Part::Read) - &lists).iter().map(|r| format!("{label}: a list sends {r:?}")));
        wrong.extend((&sent(*kind, Part::Write) - &allowed).iter().map(|r| format!("{label}: a change sends {r:?}")));
        for (part, table) in [(Part::Read, read), (Part::Write, write)] {
            for (service, operation) in table {
                let excused = unseen().iter().any(|(k, o, _)| k == kind && *o == operation);
                let is_sent = sent(*kind, part).contains(&(service, operation.clone()));
                shown += usize::from(is_sent);
                match (is_sent, excused) {
                    (false, false) => wrong.push(format!("{label}: nothing sends {operation} ({part:?})")),
                    (true, true) => wrong.push(format!("{label}: {operation} is sent and needs no excuse")),
                    _ => {}
                }
            }
        }
    }
    wrong.extend(parameters::unsaid());
    println!("{shown} entries seen, {} not; {judged} questions to IAM", unseen().len());
    assert!(*judged > 2_000, "{judged}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Every excuse is of an entry that there is. A replay test that it names shows the request.
#[test]
fn every_excuse_is_of_an_entry() {
    for (kind, operation, why) in unseen() {
        let calls = kind.calls();
        assert!(calls.read.iter().chain(calls.write).any(|c| c.operation == operation), "{}: {operation}", kind.label());
        match why {
            Why::Rare(reason) => assert!(!reason.is_empty(), "{operation}"),
            Why::Replay(file) => {
                let path = format!("{}/tests/wire/{file}.rs", env!("CARGO_MANIFEST_DIR"));
                assert!(std::fs::read_to_string(path).unwrap().contains(operation), "{file} shows no {operation}");
            }
        }
    }
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

/// The requests that a text sends: `cx.safe(Service::Ec2, "CreateVpc", …)`, whatever the method.
fn named(text: &str) -> BTreeSet<(String, String)> {
    let pair = |(i, word): (usize, &str)| {
        let method = text[..i].trim_end().strip_suffix('(')?;
        let sends = method.trim_end_matches(|c: char| c.is_ascii_lowercase() || c == '_').ends_with('.');
        let (service, rest) = text[i + word.len()..].split_once(',').filter(|_| sends)?;
        let operation = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        Some((service.to_owned(), operation.to_owned()))
    };
    text.match_indices("Service::").filter_map(pair).collect()
}

/// A request that the source sends is in the table: in the part of its kind, when its file is a kind's. And the table names no request of a kind
/// that the source doesn't.
#[test]
fn every_request_of_the_source_is_in_the_table() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = vec![];
    files(&src, &mut all);
    let key = |c: &Call| (format!("{:?}", c.service), c.operation.to_owned());
    let of = |kind: Kind| -> BTreeSet<_> { kind.calls().read.iter().chain(kind.calls().write).map(key).collect() };
    let general: BTreeSet<_> = GENERAL.read.iter().chain(GENERAL.write).map(key).collect();
    let any: BTreeSet<_> = Kind::ALL.iter().flat_map(|kind| of(*kind)).chain(general.clone()).collect();
    let (mut wrong, mut source) = (vec![], BTreeSet::new());
    for file in &all {
        let place = file.strip_prefix(&src).unwrap();
        let text = std::fs::read_to_string(file).unwrap();
        let room: Vec<_> = place.iter().map(|p| p.to_str().unwrap().trim_end_matches(".rs")).collect();
        let kind = Kind::ALL.iter().find(|kind| room[0] == "kinds" && room.get(1) == Some(&kind.label()));
        let table = kind.map_or_else(|| any.clone(), |kind| &of(*kind) | &general);
        let here = named(&text);
        wrong.extend((&here - &table).iter().map(|r| format!("{} sends {r:?}", place.display())));
        source.extend(here);
        // Only the generic list passes on a name that it was given.
        let methods = ["cx.hint(", "cx.pages(", "cx.safe(", "cx.write("];
        let sends: Vec<&str> = methods.iter().flat_map(|method| text.split(method).skip(1)).collect();
        let (sends, literal) = (sends.len(), sends.iter().filter(|t| t.trim_start().starts_with("Service::")).count());
        assert_eq!(sends, literal, "{}: a request without its service and name", place.display());
    }
    wrong.extend(Kind::ALL.iter().flat_map(|kind| &of(*kind) - &source).map(|r| format!("nothing in the source sends {r:?}")));
    assert!(source.len() > 120, "{}", source.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
