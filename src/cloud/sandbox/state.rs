//! The objects of the sandbox: how they are written, whether the world has room for them, and how they come to other processes.
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::time::Instant;

use super::Fault;
use super::file::{File, Line};
use super::index::Index;
use super::offers;
use super::past::Past;
use crate::cloud::neighbours::{Neighbours, gathered};
use crate::kinds::rds::OPTIMIZING;
use crate::kinds::{Address, Bent, Breach, Facts, Kind, Links, Live, Near, Object, Objects, Stamp, rename_refs, resolve_texts, tagging};
use crate::kinds::{DbInstance, Shared};
use crate::model::{Computed, Mode, Moment};
use crate::wire::{Class, CloudError};

/// For so long the storage of a database is optimized, usually.
const OPTIMIZED: Duration = Duration::from_secs(6 * 3600);

/// What there is, and what goes wrong with it.
#[derive(Default)]
pub(super) struct State {
    pub objects: BTreeMap<(Kind, String), Live>,
    pub notes: BTreeMap<String, String>,
    /// When the storage of databases was changed last, where the file tells it.
    pub stored: BTreeMap<String, Moment>,
    /// Buckets that hold something.
    pub filled: BTreeSet<String>,
    /// The region that is looked at.
    pub region: String,
    /// Objects of services that are one for all regions, where another region's stack made them.
    pub abroad: BTreeMap<(Kind, String), String>,
    /// What a list still shows instead, and until when.
    pub stale: BTreeMap<(Kind, String), (Instant, Option<Live>)>,
    pub index: Index,
    pub past: Past,
    pub serial: u64,
    pub rng: fastrand::Rng,
    pub file: Option<File>,
    pub faults: BTreeMap<u64, Fault>,
    /// What is told of how objects fare.
    pub bent: BTreeMap<Address, Bent>,
    /// Since when.
    pub bent_at: Option<Moment>,
    pub mutations: u64,
    pub lists: u64,
    /// The credentials have ended.
    pub expired: bool,
    /// The write that is being made shows in lists much later than usual.
    pub late: bool,
}

impl State {
    /// The object as the cloud keeps it: pointers are physical ids, texts are what they stand for.
    pub fn written(&self, id: &str, want: &Object, links: &Links, stamp: &Stamp, half: bool) -> Result<Live, CloudError> {
        let mut object = want.clone();
        object.simulate(id);
        let mut value = serde_json::to_value(&object).map_err(|e| CloudError::bug(e.to_string()))?;
        let mut told = resolve_texts(&mut value, &|a, attr| links.output(a, attr).ok());
        if half {
            // What a creation can't say again is in its first request.
            let later = want.attributes().into_iter().filter(|a| a.mode == Mode::Update).map(|a| a.name);
            let mut fields = value.as_object_mut().and_then(|o| o.values_mut().next());
            told |= later.into_iter().any(|name| fields.as_mut().and_then(|f| f.get_mut(name)).is_some_and(flip));
        }
        let (mut points, mut lost) = (BTreeSet::new(), None);
        told |= rename_refs(&mut value, |a| match links.id(a) {
            Ok(id) => {
                // What others own need not be here.
                if !a.name.starts_with('=') || self.objects.contains_key(&(a.kind, id.to_owned())) {
                    points.insert(id.to_owned());
                }
                Some(id.into())
            }
            Err(e) => {
                lost = Some(e);
                None
            }
        });
        if let Some(e) = lost {
            return Err(e);
        }
        if told {
            object = serde_json::from_value(value).map_err(|e| CloudError::bug(e.to_string()))?;
        }
        Ok(Live { id: id.into(), object, stamp: stamp.clone(), points })
    }

    /// Other stacks of the region.
    pub fn neighbours(&self, stack: &str) -> Neighbours {
        let here = self.objects.iter().filter(|(key, _)| !self.abroad.contains_key(*key));
        gathered(stack, here.map(|(_, live)| live.stamp.clone()))
    }

    /// Whether the credentials are still good.
    pub fn admitted(&self) -> Result<(), CloudError> {
        let refused = || CloudError::new(Class::Denied, "ExpiredToken", "the security token included in the request is expired");
        if self.expired { Err(refused()) } else { Ok(()) }
    }

    /// Whether the world has room for the object.
    pub fn admit(&self, live: &Live) -> Result<(), CloudError> {
        tagged(live)?;
        live.object.breaches(&at(live), Near(&With { state: self, live })).first().map_or(Ok(()), |breach| Err(refused(breach)))?;
        self.index.admit(live, &|a| self.objects.get(&(a.kind, a.name.clone())).map(|l| l.object.outputs()).unwrap_or_default())
    }

    /// Whether an object can go: nothing uses it, and it holds nothing that somebody laid into it.
    pub fn releases(&self, id: &str) -> Result<(), CloudError> {
        if let Some(user) = self.index.users(id).find(|user| **user != id) {
            return Err(CloudError::new(Class::Conflict, "DependencyViolation", format!("{id} is used by {user}")));
        }
        let held = || CloudError::new(Class::Invalid, "BucketNotEmpty", format!("The bucket {id} you tried to delete is not empty"));
        if self.filled.contains(id) { Err(held()) } else { Ok(()) }
    }

    /// Whether the services go this way, and those that lead to the object can stay as they are beside what it becomes.
    pub fn lets(&self, old: &Live, now: &Live) -> Result<(), CloudError> {
        if old.object == now.object {
            return Ok(());
        }
        let with = With { state: self, live: now };
        let way = now.object.ways(&old.object, Near(&with));
        let users = self.index.users(&now.id).filter(|id| **id != now.id);
        let mut users = users.filter_map(|id| Kind::ALL.iter().find_map(|kind| self.objects.get(&(*kind, id.clone()))));
        let left = users.find_map(|user| user.object.breaches(&at(user), Near(&with)).into_iter().next());
        way.first().or(left.as_ref()).map_or(Ok(()), |breach| Err(refused(breach)))
    }

    /// Whether the region offers what the object asks for.
    pub fn offers(&self, before: Option<&Object>, live: &Live, region: &str) -> Result<(), CloudError> {
        let mut facts = Facts::default();
        loop {
            let found = live.object.unoffered(before, Near(&With { state: self, live }), &facts);
            let open = facts.open();
            if open.is_empty() {
                return found.first().map_or(Ok(()), |breach| Err(refused(breach)));
            }
            for question in open {
                let answer = offers::of(&question, region);
                facts.know(question, answer);
            }
        }
    }

    /// Does something while no other process writes, knowing all that they have written.
    pub fn alone<T>(&mut self, act: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        if let Some(file) = &self.file {
            file.lock()?;
        }
        let out = self.catch_up().map(|()| act(self));
        if let Some(file) = &self.file {
            file.unlock()?;
        }
        out
    }

    /// Takes over what other processes have written.
    pub fn catch_up(&mut self) -> io::Result<()> {
        let news = self.file.as_mut().map_or(Ok(vec![]), File::news)?;
        for line in news {
            match line {
                Line::Put { serial, live, region, stored } => {
                    self.serial = serial.max(self.serial);
                    self.stored.extend(stored.map(|at| (live.id.clone(), at)));
                    self.put_by_another(*live, region);
                }
                Line::Delete(id) => drop(Kind::ALL.iter().find_map(|k| self.drop(&(*k, id.clone())))),
                Line::Note { name, text } => {
                    if let Some(name) = self.here(&name).map(str::to_owned) {
                        self.notes.insert(name, text);
                    }
                }
                Line::Forget(name) => {
                    if let Some(name) = self.here(&name).map(str::to_owned) {
                        self.notes.remove(&name);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes over what another process has put there. What another region holds is nowhere to be seen here, but for what is one for all regions.
    fn put_by_another(&mut self, live: Live, region: String) {
        let key = (live.object.kind(), live.id.clone());
        let away = !region.is_empty() && region != self.region;
        match away {
            true if !key.0.service().global() => return drop(self.drop(&key)),
            true => drop(self.abroad.insert(key, region)),
            false => drop(self.abroad.remove(&key)),
        }
        self.keep(live);
    }

    /// How a note of this region is named in the file.
    pub fn noted(&self, name: &str) -> String {
        format!("{}:{name}", self.region)
    }

    /// The name of a note in the file, where it is one of this region, or of none.
    fn here<'n>(&self, name: &'n str) -> Option<&'n str> {
        match name.split_once(':') {
            Some((region, name)) => (region == self.region).then_some(name),
            None => Some(name),
        }
    }

    pub fn keep(&mut self, live: Live) {
        let key = (live.object.kind(), live.id.clone());
        if let Some(old) = self.objects.get(&key) {
            self.index.remove(old);
        }
        self.index.add(&live);
        self.objects.insert(key, live);
    }

    pub fn drop(&mut self, key: &(Kind, String)) -> Option<Live> {
        let old = self.objects.remove(key)?;
        self.index.remove(&old);
        Some(old)
    }

    pub fn record(&mut self, line: &Line) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.append(line))
    }

    pub fn put(&mut self, live: Live) -> io::Result<()> {
        if self.file.is_some() {
            let (region, stored) = (self.region.clone(), self.restored(&live).then(Moment::now));
            self.stored.extend(stored.map(|at| (live.id.clone(), at)));
            self.record(&Line::Put { serial: self.serial, live: Box::new(live.clone()), region, stored })?;
        }
        self.keep(live);
        Ok(())
    }

    /// Whether this is a database with another storage than it has by now.
    fn restored(&self, live: &Live) -> bool {
        let now = self.objects.get(&(live.object.kind(), live.id.clone()));
        let (Some(Object::DbInstance(before)), Object::DbInstance(after)) = (now.map(|l| &l.object), &live.object) else { return false };
        after.restored(before).is_some()
    }

    /// An object as a list shows it: in its region, and a database in the state that a change of its storage leaves for hours, `scale` of them here.
    pub fn shown(&self, live: &Live, scale: f64) -> Live {
        let key = (live.object.kind(), live.id.clone());
        let region = self.abroad.get(&key).unwrap_or(&self.region);
        let mut shown = live.clone().abroad(region, &self.region);
        let age = self.stored.get(&live.id).map(|at| at.age(SystemTime::now()));
        if let Object::DbInstance(database) = &mut shown.object
            && age.is_some_and(|age| age < OPTIMIZED.mul_f64(scale))
        {
            let state = Computed(Some(OPTIMIZING.into()));
            *database = Shared::new(DbInstance { storage_state: state, ..(**database).clone() });
        }
        shown
    }

    pub fn remove(&mut self, key: &(Kind, String)) -> io::Result<()> {
        match self.drop(key) {
            Some(old) => self.record(&Line::Delete(old.id)),
            None => Ok(()),
        }
    }
}

/// The cloud as rules see it: an object's name is its physical id.
impl Objects for State {
    fn object(&self, address: &Address) -> Option<&Object> {
        self.objects.get(&(address.kind, address.name.clone())).map(|l| &l.object)
    }

    fn objects(&self, kind: Kind) -> Vec<(Address, &Object)> {
        let of = self.objects.range((kind, String::new())..).take_while(|((k, _), _)| *k == kind);
        of.map(|((_, id), l)| (Address::new(kind, id), &l.object)).collect()
    }
}

/// Whether the tags of an object, its stamp's among them, are such as every service takes. Cloudflare's have none.
fn tagged(live: &Live) -> Result<(), CloudError> {
    let own = live.object.attributes().into_iter().find(|a| a.name == "tags");
    let Some(own) = own.and_then(|a| serde_json::from_value(a.value).ok()) else { return Ok(()) };
    let refused = tagging::refused(&live.stamp.tags(&own));
    refused.map_or(Ok(()), |message| Err(CloudError::new(Class::Invalid, "InvalidTag", message)))
}

/// The cloud with one object as it is about to be.
struct With<'a> {
    state: &'a State,
    live: &'a Live,
}

impl Objects for With<'_> {
    fn object(&self, address: &Address) -> Option<&Object> {
        if *address == at(self.live) { Some(&self.live.object) } else { self.state.object(address) }
    }

    fn objects(&self, kind: Kind) -> Vec<(Address, &Object)> {
        let me = at(self.live);
        let others = self.state.objects(kind).into_iter().filter(|(a, _)| *a != me);
        let mut all: Vec<_> = others.collect();
        all.extend((me.kind == kind).then_some((me, &self.live.object)));
        all
    }
}

fn at(live: &Live) -> Address {
    Address::new(live.object.kind(), &live.id)
}

/// The answer to a request that breaks a rule.
fn refused(breach: &Breach) -> CloudError {
    CloudError::new(Class::Invalid, "InvalidParameterCombination", &breach.message)
}

/// Refuses a change that needs a replacement; keeps what is only set at creation as it is.
pub fn unchangeable(old: &Object, new: Object) -> Result<Object, CloudError> {
    let (before, after) = (old.attributes(), new.attributes());
    let fixed = before.iter().zip(&after).find(|(b, a)| b.mode == Mode::Replace && b.value != a.value);
    if let Some((b, a)) = fixed {
        return Err(CloudError::new(
            Class::Invalid,
            "NotModifiable",
            format!("{} can't be changed from {} to {}", b.name, b.value, a.value),
        ));
    }
    let kept: Vec<_> = before.into_iter().filter(|b| b.mode == Mode::Initial).collect();
    if kept.is_empty() {
        return Ok(new);
    }
    let mut value = serde_json::to_value(&new).map_err(|e| CloudError::bug(e.to_string()))?;
    for (name, kept) in kept.into_iter().map(|b| (b.name, b.value)) {
        if let Some(fields) = value.as_object_mut().and_then(|o| o.values_mut().next()).and_then(Value::as_object_mut) {
            fields.insert(name.into(), kept);
        }
    }
    serde_json::from_value(value).map_err(|e| CloudError::bug(e.to_string()))
}

/// One plain attribute not as wanted: the trace of a verb that stopped half way.
fn flip(v: &mut Value) -> bool {
    match v {
        Value::Bool(b) => {
            *b = !*b;
            true
        }
        Value::Object(m) => m.values_mut().any(flip),
        _ => false,
    }
}
