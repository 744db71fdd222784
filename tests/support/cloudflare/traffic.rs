//! What came by, and what a test has happen to it.
use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// One request that came by.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub method: String,
    /// Without the API's base: `/zones/ID/dns_records/batch`.
    pub path: String,
    /// What follows the path, as it came: `name=example.com&per_page=50`.
    pub query: String,
    pub body: Option<Value>,
    /// The HTTP status that the caller saw; 0 when the connection was cut.
    pub status: u16,
}

impl Call {
    /// The method and the path with every id as `:id`: `GET /zones/:id/dns_records`.
    pub fn shape(&self) -> String {
        let plain = |s: &str| if is_id(s) { ":id".to_owned() } else { s.to_owned() };
        format!("{} {}", self.method, self.path.split('/').map(plain).collect::<Vec<_>>().join("/"))
    }
}

/// Whether a text looks like an id of Cloudflare's.
pub fn is_id(s: &str) -> bool {
    s.len() == 32 && s.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Reaction {
    Pass,
    /// Nothing happens; this is the answer.
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Value,
    },
    /// It happens, but this is the answer.
    After {
        status: u16,
        headers: Vec<(String, String)>,
        body: Value,
    },
    /// Nothing happens, and the connection ends.
    Cut,
    /// It happens, and the connection ends.
    CutAfter,
    /// It happens after a while.
    Delay(Duration),
}

/// A test's say over every request.
pub type Rule = Box<dyn Fn(&Call, usize) -> Reaction + Send>;

/// The requests so far.
#[derive(Default)]
pub struct Traffic {
    pub log: Vec<Call>,
    /// By shape; a request counts when it comes in.
    pub counts: BTreeMap<String, usize>,
}
