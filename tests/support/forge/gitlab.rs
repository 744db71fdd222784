//! GitLab's REST API, version 4, as far as notes of a merge request go.
use serde_json::{Value, json};

use super::{Call, Holder, NUMBER, PROJECT, Paged, Remark, Reply, World};

/// Characters of a note.
const LONGEST: usize = 1_000_000;

pub fn answer(world: &mut World, call: &Call, path: &str, holder: Option<Holder>) -> Reply {
    let Some(holder) = holder else { return refusal(401, "401 Unauthorized") };
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let encoded = PROJECT.1.replace('/', "%2F");
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["user"]) => Reply::new(200, user(&holder)),
        (method, ["projects", project, rest @ ..]) if [PROJECT.0, &encoded].contains(project) => match (method, rest) {
            ("GET", ["merge_requests", n, "notes"]) if is_it(n) => list(world, call),
            ("POST" | "PUT", ["merge_requests", ..]) if !holder.writes => refusal(403, "403 Forbidden"),
            ("POST", ["merge_requests", n, "notes"]) if is_it(n) => match text(call) {
                Ok(text) => Reply::new(201, note(&world.say(holder, text))),
                Err(refused) => refused,
            },
            ("PUT", ["merge_requests", n, "notes", id]) if is_it(n) => match (text(call), id.parse()) {
                (Ok(text), Ok(id)) => match world.edit(id, text) {
                    Some(remark) => Reply::new(200, note(&remark)),
                    None => refusal(404, "404 Note Not Found"),
                },
                (Err(refused), _) => refused,
                _ => refusal(404, "404 Note Not Found"),
            },
            ("GET", ["repository", "commits", sha, "merge_requests"]) => match world.commits.get(*sha) {
                Some(all) => Reply::new(200, all.iter().map(|(n, state, merged)| merge(*n, state, merged.as_deref())).collect()),
                None => refusal(404, "404 Commit Not Found"),
            },
            _ => refusal(404, "404 Not found"),
        },
        ("GET" | "POST" | "PUT", ["projects", ..]) => refusal(404, "404 Project Not Found"),
        _ => Reply::new(404, json!({ "error": "404 Not Found" })),
    }
}

fn is_it(number: &str) -> bool {
    number.parse() == Ok(NUMBER)
}

fn text(call: &Call) -> Result<&str, Reply> {
    match call.text() {
        None => Err(Reply::new(400, json!({ "error": "body is missing" }))),
        Some(text) if text.chars().count() > LONGEST => {
            Err(Reply::new(400, json!({ "message": { "note": ["is too long (maximum is 1000000 characters)"] } })))
        }
        Some(text) => Ok(text),
    }
}

/// From the newest on, unless it is asked for otherwise.
fn list(world: &World, call: &Call) -> Reply {
    assert_eq!(call.query("sort"), Some("asc"), "the first of several must stay the first");
    let Paged { items, page, per_page, pages } = world.page(call, 20);
    let next = if page < pages { (page + 1).to_string() } else { String::new() };
    let previous = if page > 1 { (page - 1).to_string() } else { String::new() };
    Reply::new(200, items.iter().map(note).collect())
        .with("X-Page", page)
        .with("X-Per-Page", per_page)
        .with("X-Next-Page", next)
        .with("X-Prev-Page", previous)
        .with("X-Total", world.remarks.len())
        .with("X-Total-Pages", pages)
}

fn user(holder: &Holder) -> Value {
    json!({ "id": holder.id, "username": holder.login, "name": holder.login, "state": "active", "bot": holder.app })
}

fn note(remark: &Remark) -> Value {
    json!({
        "id": remark.id,
        "type": null,
        "body": remark.body,
        "author": user(&remark.author),
        "created_at": "2026-01-02T03:04:05.678Z",
        "updated_at": "2026-01-02T03:04:05.678Z",
        "system": false,
        "noteable_id": 77,
        "noteable_type": "MergeRequest",
        "project_id": 42,
        "noteable_iid": NUMBER,
        "resolvable": false,
        "confidential": false,
        "internal": false,
    })
}

fn merge(number: u64, state: &str, merged_by: Option<&str>) -> Value {
    let state = if state == "open" { "opened" } else { "merged" };
    json!({ "id": number * 1000, "iid": number, "project_id": 42, "state": state, "merge_commit_sha": merged_by, "squash_commit_sha": null })
}

fn refusal(status: u16, message: &str) -> Reply {
    Reply::new(status, json!({ "message": message }))
}
