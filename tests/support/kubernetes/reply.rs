//! What the API server says when it refuses: an object `Status`.
use serde_json::{Map, Value, json};

/// A status code and a body.
pub type Reply = Result<(u16, Value), Refusal>;

/// A refusal in the API's own form.
#[derive(Debug)]
pub struct Refusal {
    pub code: u16,
    body: Map<String, Value>,
}

/// What a refusal is about: the group and plural or kind, and its name.
#[derive(Clone, Copy)]
pub struct About<'a> {
    pub group: &'a str,
    pub kind: &'a str,
    pub name: &'a str,
}

impl About<'_> {
    /// `deployments.apps`.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.kind.to_owned() } else { format!("{}.{}", self.kind, self.group) }
    }

    pub fn details(&self) -> Map<String, Value> {
        let all = [("name", self.name), ("group", self.group), ("kind", self.kind)];
        all.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.into(), v.into())).collect()
    }
}

/// A field and what is wrong with it.
pub struct Cause {
    pub reason: &'static str,
    pub field: String,
    pub message: String,
}

impl Cause {
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Cause {
        Cause { reason: "FieldValueInvalid", field: field.into(), message: format!("Invalid value: {}", message.into()) }
    }

    pub fn required(field: impl Into<String>) -> Cause {
        Cause { reason: "FieldValueRequired", field: field.into(), message: "Required value".into() }
    }
}

impl Refusal {
    pub fn new(code: u16, reason: &str, message: impl Into<String>) -> Refusal {
        let body =
            json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message.into(), "code": code });
        let Value::Object(mut body) = body else { unreachable!() };
        if !reason.is_empty() {
            body.insert("reason".into(), reason.into());
        }
        Refusal { code, body }
    }

    fn with(mut self, details: Map<String, Value>, causes: &[Cause]) -> Refusal {
        let mut details = details;
        if !causes.is_empty() {
            let causes = causes.iter().map(|c| json!({ "reason": c.reason, "message": c.message, "field": c.field }));
            details.insert("causes".into(), causes.collect());
        }
        self.body.insert("details".into(), details.into());
        self
    }

    pub fn not_found(about: About<'_>) -> Refusal {
        Refusal::new(404, "NotFound", format!("{} \"{}\" not found", about.qualified(), about.name)).with(about.details(), &[])
    }

    /// A path that leads to no kind.
    pub fn no_such_kind() -> Refusal {
        Refusal::new(404, "NotFound", "the server could not find the requested resource").with(Map::new(), &[])
    }

    pub fn forbidden(about: About<'_>, why: &str, causes: &[Cause]) -> Refusal {
        let name = if about.name.is_empty() { String::new() } else { format!(" \"{}\"", about.name) };
        Refusal::new(403, "Forbidden", format!("{}{name} is forbidden: {why}", about.qualified())).with(about.details(), causes)
    }

    pub fn unauthorized() -> Refusal {
        Refusal::new(401, "Unauthorized", "Unauthorized")
    }

    pub fn conflict(about: About<'_>, why: &str) -> Refusal {
        let message = format!("Operation cannot be fulfilled on {} \"{}\": {why}", about.qualified(), about.name);
        Refusal::new(409, "Conflict", message).with(about.details(), &[])
    }

    /// Fields that others own, with their owners.
    pub fn owned(fields: &[(String, String)]) -> Refusal {
        let cause = |(owner, field): &(String, String)| Cause {
            reason: "FieldManagerConflict",
            message: format!("conflict with {owner}"),
            field: field.clone(),
        };
        let causes: Vec<Cause> = fields.iter().map(cause).collect();
        let text = match fields {
            [(owner, field)] => format!("Apply failed with 1 conflict: conflict with {owner}: {field}"),
            many => {
                let lines = many.iter().map(|(owner, field)| format!("conflict with {owner}: {field}"));
                format!("Apply failed with {} conflicts: {}", many.len(), lines.collect::<Vec<_>>().join("\n"))
            }
        };
        Refusal::new(409, "Conflict", text).with(Map::new(), &causes)
    }

    pub fn invalid(about: About<'_>, causes: &[Cause]) -> Refusal {
        let all: Vec<String> = causes.iter().map(|c| format!("{}: {}", c.field, c.message)).collect();
        let all = if let [one] = &all[..] { one.clone() } else { format!("[{}]", all.join(", ")) };
        let kind = if about.group.is_empty() { about.kind.to_owned() } else { format!("{}.{}", about.kind, about.group) };
        Refusal::new(422, "Invalid", format!("{kind} \"{}\" is invalid: {all}", about.name)).with(about.details(), causes)
    }

    pub fn answer(self) -> (u16, Value) {
        (self.code, self.body.into())
    }
}
