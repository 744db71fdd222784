//! GitHub's REST API, version 2022-11-28, as far as comments of a pull request go; and GraphQL's `viewer`.
use serde_json::{Value, json};

use super::{Call, Holder, NUMBER, PROJECT, Paged, Remark, Reply, World};

/// Characters of a comment.
const LONGEST: usize = 65_536;

pub fn answer(world: &mut World, call: &Call, holder: Option<Holder>) -> Reply {
    route(world, call, holder).with("X-RateLimit-Limit", 5000).with("X-RateLimit-Remaining", 4987).with("X-RateLimit-Reset", 1_900_000_000)
}

fn route(world: &mut World, call: &Call, holder: Option<Holder>) -> Reply {
    let Some(holder) = holder else { return refusal(401, "Bad credentials", "") };
    let integration = || refusal(403, "Resource not accessible by integration", "/issues/comments");
    let parts: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
    let home = format!("repos/{}", PROJECT.1);
    let home: Vec<&str> = home.split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["user"]) if holder.app => integration(),
        ("GET", ["user"]) => Reply::new(200, user(&holder)),
        ("POST", ["graphql"]) => Reply::new(200, json!({ "data": { "viewer": { "login": holder.login } } })),
        (method, [a, b, c, rest @ ..]) if [*a, *b, *c] == home[..] => match (method, rest) {
            ("GET", ["issues", n, "comments"]) if is_it(n) => list(world, call),
            ("POST", ["issues", n, "comments"]) if is_it(n) && holder.writes => match text(call) {
                Ok(text) => {
                    let remark = world.say(holder, text);
                    Reply::new(201, comment(&world.endpoint, &remark))
                }
                Err(refused) => refused,
            },
            ("PATCH", ["issues", "comments", id]) if holder.writes => match (text(call), id.parse()) {
                (Ok(text), Ok(id)) => match world.edit(id, text) {
                    Some(remark) => Reply::new(200, comment(&world.endpoint, &remark)),
                    None => missing(),
                },
                (Err(refused), _) => refused,
                _ => missing(),
            },
            ("POST" | "PATCH", ["issues", ..]) if !holder.writes => integration(),
            ("GET", ["commits", sha, "pulls"]) => match world.commits.get(*sha) {
                Some(all) => Reply::new(200, all.iter().map(|(n, state, merged)| pull(*n, state, merged.as_deref())).collect()),
                None => refusal(422, &format!("No commit found for SHA: {sha}"), "/commits/commits"),
            },
            _ => missing(),
        },
        _ => missing(),
    }
}

fn is_it(number: &str) -> bool {
    number.parse() == Ok(NUMBER)
}

fn text(call: &Call) -> Result<&str, Reply> {
    let invalid = |errors: Value| {
        let page = "https://docs.github.com/rest/issues/comments#create-an-issue-comment";
        Reply::new(422, json!({ "message": "Validation Failed", "errors": errors, "documentation_url": page, "status": "422" }))
    };
    let said = |text: &str| json!([{ "resource": "IssueComment", "code": "unprocessable", "field": "data", "message": text }]);
    match call.text() {
        None => Err(invalid(json!([{ "resource": "IssueComment", "code": "missing_field", "field": "body" }]))),
        Some(text) if text.chars().count() > LONGEST => Err(invalid(said("Body is too long (maximum is 65536 characters)"))),
        Some(text) => Ok(text),
    }
}

fn list(world: &World, call: &Call) -> Reply {
    let Paged { items, page, per_page, pages } = world.page(call, 30);
    let reply = Reply::new(200, items.iter().map(|r| comment(&world.endpoint, r)).collect());
    // GitHub links to the repository by its number.
    let path = format!("{}/repositories/{}/issues/{NUMBER}/comments", world.endpoint, PROJECT.0);
    let link = |to: usize, rel: &str| format!("<{path}?per_page={per_page}&page={to}>; rel=\"{rel}\"");
    let mut links = vec![];
    if page > 1 {
        links.extend([link(page - 1, "prev"), link(1, "first")]);
    }
    if page < pages {
        links.extend([link(page + 1, "next"), link(pages, "last")]);
    }
    if links.is_empty() { reply } else { reply.with("Link", links.join(", ")) }
}

fn user(holder: &Holder) -> Value {
    json!({
        "login": holder.login,
        "id": holder.id,
        "node_id": "MDQ6VXNlcjE=",
        "type": if holder.app { "Bot" } else { "User" },
        "user_view_type": "public",
        "site_admin": false,
    })
}

fn comment(endpoint: &str, remark: &Remark) -> Value {
    let (number, name) = PROJECT;
    json!({
        "url": format!("{endpoint}/repos/{name}/issues/comments/{}", remark.id),
        "html_url": format!("https://github.example/{name}/pull/{NUMBER}#issuecomment-{}", remark.id),
        "issue_url": format!("{endpoint}/repositories/{number}/issues/{NUMBER}"),
        "id": remark.id,
        "node_id": "IC_kwDO",
        "user": user(&remark.author),
        "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:04:05Z",
        "author_association": "CONTRIBUTOR",
        "body": remark.body,
        "performed_via_github_app": null,
    })
}

fn pull(number: u64, state: &str, merged_by: Option<&str>) -> Value {
    json!({
        "id": number * 1000,
        "number": number,
        "state": state,
        "merge_commit_sha": merged_by,
        "merged_at": (state == "closed").then_some("2026-01-02T03:04:05Z"),
        "head": { "ref": "work", "sha": "0000000000000000000000000000000000000000" },
    })
}

fn missing() -> Reply {
    refusal(404, "Not Found", "")
}

fn refusal(status: u16, message: &str, page: &str) -> Reply {
    Reply::new(
        status,
        json!({ "message": message, "documentation_url": format!("https://docs.github.com/rest{page}"), "status": status.to_string() }),
    )
}
