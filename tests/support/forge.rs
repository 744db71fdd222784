//! Code hosts on loopback: GitHub's API at the root, GitLab's below `/api/v4`; both over the same requests and remarks.
//!
//! It is a real server, so that processes can be pointed at it. What it doesn't know it refuses as the APIs would.
mod github;
mod gitlab;
mod http;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use tokio::task::AbortHandle;

/// The one repository of each: its number, and its path.
pub const PROJECT: (&str, &str) = ("42", "acme/shop");
/// The one request of it that is open.
pub const NUMBER: u64 = 7;

/// Who acts with a token.
#[derive(Clone, Debug)]
pub struct Holder {
    pub login: &'static str,
    pub id: u64,
    /// An app's installation: GitHub answers it differently.
    pub app: bool,
    /// Whether it may comment; a fork's can't.
    pub writes: bool,
}

/// What somebody said on the request.
#[derive(Clone, Debug)]
pub struct Remark {
    pub id: u64,
    pub author: Holder,
    pub body: String,
    /// How often it was written.
    pub edits: Vec<String>,
}

/// One call that came by.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    /// As it came, encoded.
    pub path: String,
    pub query: String,
    pub token: Option<String>,
    pub body: Option<Value>,
}

impl Call {
    fn query(&self, name: &str) -> Option<&str> {
        self.query.split('&').filter_map(|p| p.split_once('=')).find(|(k, _)| *k == name).map(|(_, v)| v)
    }

    fn number(&self, name: &str, otherwise: usize) -> usize {
        self.query(name).and_then(|n| n.parse().ok()).unwrap_or(otherwise)
    }

    /// What the body says to say.
    fn text(&self) -> Option<&str> {
        self.body.as_ref()?.get("body")?.as_str()
    }

    pub fn writes(&self) -> bool {
        self.method != "GET" && !self.path.ends_with("/graphql")
    }
}

/// What happens to a call.
pub enum Reaction {
    Pass,
    /// Nothing happens; this is the answer.
    Answer(Reply),
    /// Nothing happens, and the connection ends.
    Cut,
    /// It happens, and the connection ends.
    CutAfter,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Value,
}

impl Reply {
    pub fn new(status: u16, body: Value) -> Reply {
        Reply { status, headers: vec![], body }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Reply {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// A page of a list: its items, its number, how many there are.
struct Paged<'l> {
    items: &'l [Remark],
    page: usize,
    per_page: usize,
    pages: usize,
}

/// A request that brought a commit: its number, its state, and the commit of its merge.
type Brought = (u64, &'static str, Option<String>);

struct World {
    endpoint: String,
    tokens: BTreeMap<String, Holder>,
    remarks: Vec<Remark>,
    /// Requests by commits: number, state, the commit that merged it.
    commits: BTreeMap<String, Vec<Brought>>,
    next: u64,
    log: Vec<Call>,
    rule: Box<dyn FnMut(&Call) -> Reaction + Send>,
}

impl World {
    fn say(&mut self, author: Holder, body: &str) -> Remark {
        self.next += 1;
        let remark = Remark { id: self.next, author, body: body.into(), edits: vec![body.into()] };
        self.remarks.push(remark.clone());
        remark
    }

    fn edit(&mut self, id: u64, body: &str) -> Option<Remark> {
        let remark = self.remarks.iter_mut().find(|r| r.id == id)?;
        remark.body = body.into();
        remark.edits.push(body.into());
        Some(remark.clone())
    }

    fn page(&self, call: &Call, usual: usize) -> Paged<'_> {
        let per_page = call.number("per_page", usual).clamp(1, 100);
        let page = call.number("page", 1).max(1);
        let from = ((page - 1) * per_page).min(self.remarks.len());
        let items = &self.remarks[from..(from + per_page).min(self.remarks.len())];
        Paged { items, page, per_page, pages: self.remarks.len().div_ceil(per_page).max(1) }
    }

    fn answer(&mut self, call: &Call) -> Reply {
        let holder = call.token.as_ref().and_then(|t| self.tokens.get(t)).cloned();
        match call.path.strip_prefix("/api/v4") {
            Some(path) => gitlab::answer(self, call, path, holder),
            None => github::answer(self, call, holder),
        }
    }
}

/// A running fake; it ends with its owner.
pub struct Forge {
    /// `http://127.0.0.1:PORT`.
    pub endpoint: String,
    world: Arc<Mutex<World>>,
    accepting: AbortHandle,
}

impl Forge {
    /// Starts one on a free port of the loopback interface, within the runtime of the caller. Nobody has said anything, and no token is known.
    pub fn start() -> Forge {
        let world = World {
            endpoint: String::new(),
            tokens: BTreeMap::new(),
            remarks: vec![],
            commits: BTreeMap::new(),
            next: 1000,
            log: vec![],
            rule: Box::new(|_| Reaction::Pass),
        };
        let world = Arc::new(Mutex::new(world));
        let (address, accepting) = http::listen(world.clone()).unwrap();
        let endpoint = format!("http://{address}");
        world.lock().unwrap().endpoint = endpoint.clone();
        Forge { endpoint, world, accepting }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub fn token(&self, token: &str, holder: Holder) {
        self.world().tokens.insert(token.into(), holder);
    }

    /// Somebody says something.
    pub fn say(&self, author: Holder, body: &str) -> u64 {
        self.world().say(author, body).id
    }

    /// A commit is of a request.
    pub fn commit(&self, sha: &str, number: u64, state: &'static str, merged_by: Option<&str>) {
        self.world().commits.entry(sha.into()).or_default().push((number, state, merged_by.map(String::from)));
    }

    pub fn remarks(&self) -> Vec<Remark> {
        self.world().remarks.clone()
    }

    pub fn remove(&self, id: u64) {
        self.world().remarks.retain(|r| r.id != id);
    }

    pub fn log(&self) -> Vec<Call> {
        self.world().log.clone()
    }

    pub fn forget_log(&self) {
        self.world().log.clear();
    }

    /// Decides what happens to every call from now on.
    pub fn rule(&self, rule: impl FnMut(&Call) -> Reaction + Send + 'static) {
        self.world().rule = Box::new(rule);
    }
}

impl Drop for Forge {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
