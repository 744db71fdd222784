//! A Kubernetes API server on loopback: stateful, strict, with server-side apply, and with faults on demand.
//!
//! It is held to a real server's answers by `tests/wire/kubernetes_fake.rs`. Controllers go on a step each time that somebody looks, so that what was just
//! written reads old for a moment.
mod access;
mod children;
mod defaults;
mod fields;
mod http;
mod log;
mod patch;
pub mod real;
mod reply;
pub mod rollout;
pub mod route;
mod scaling;
mod schema;
mod security;
mod service;
pub mod transcript;
mod valid;
mod verbs;
pub mod world;

use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use tokio::task::AbortHandle;

use self::rollout::Fate;
use self::route::Request;
use self::world::World;
use super::cloudflare::{Call, Reaction};

/// The token of somebody who may do everything.
pub const TOKEN: &str = "test-token";

/// The answer to a request, once it has happened.
pub fn answer(world: &mut World, request: &Request) -> (u16, Value) {
    route::answer(world, request).unwrap_or_else(reply::Refusal::answer)
}

/// A controller's write to an object.
pub fn update_as(world: &mut World, target: &route::Target, manager: &str, change: impl FnOnce(&mut Value)) {
    let write = verbs::Write { manager: Some(manager), force: false, dry: false };
    verbs::update(world, target, &write, change).unwrap_or_else(|e| panic!("{e:?}"));
}

/// A test's say over every request; the number counts earlier calls of the same method and path, from zero.
type Rule = Box<dyn Fn(&Call, usize) -> Reaction + Send>;

struct Shared {
    world: Mutex<World>,
    log: Mutex<Vec<Call>>,
    rule: Mutex<Rule>,
}

/// A running fake; it ends with its owner.
pub struct Kubernetes {
    /// `http://127.0.0.1:PORT`.
    pub endpoint: String,
    shared: Arc<Shared>,
    accepting: AbortHandle,
}

impl Kubernetes {
    /// Starts one on a free port of the loopback interface, within the runtime of the caller. It knows [`TOKEN`], and EKS's custom resources.
    pub fn start() -> Kubernetes {
        let mut world = World::new();
        world.tokens.insert(TOKEN.into(), ("admin".into(), vec![access::MASTERS.into()]));
        world.define("eks.amazonaws.com/v1", "targetgroupbindings", "TargetGroupBinding", true);
        world.define("karpenter.sh/v1", "nodepools", "NodePool", false);
        let shared = Shared { world: Mutex::new(world), log: Mutex::default(), rule: Mutex::new(Box::new(|_, _| Reaction::Pass)) };
        let shared = Arc::new(shared);
        let (address, accepting) = http::listen(shared.clone()).unwrap();
        Kubernetes { endpoint: format!("http://{address}"), shared, accepting }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().unwrap()
    }

    /// Decides what becomes of a deployment's new pods, by its name, or of another container of theirs, by the container's.
    pub fn fate(&self, deployment: &str, fate: Fate) {
        self.world().fates.insert(deployment.into(), fate);
    }

    /// Decides how many pods a deployment's load asks for.
    pub fn load(&self, deployment: &str, pods: i64) {
        self.world().loads.insert(deployment.into(), pods);
    }

    /// Every call so far, in the order of their answers.
    pub fn log(&self) -> Vec<Call> {
        self.shared.log.lock().unwrap().clone()
    }

    /// Decides what happens to every call from now on.
    pub fn rule(&self, rule: impl Fn(&Call, usize) -> Reaction + Send + 'static) {
        *self.shared.rule.lock().unwrap() = Box::new(rule);
    }
}

impl Drop for Kubernetes {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
