//! GitHub, and GitHub Enterprise by its own base: comments of a pull request are those of the issue of the same number.
//!
//! **Whose a comment is.** `GET /user` tells the login of a person's token. A token of an app's installation, such as the `GITHUB_TOKEN` of
//! Actions, is refused there (403), and GraphQL's `viewer` tells its login. Where that is refused as well, only `github-actions[bot]` can be
//! known beforehand. An app's login ends with `[bot]`, which GraphQL may leave out, and its author's type is `Bot`.
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::BodyExt;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder, Page};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_service::Service;

use super::transport::{HttpRequest, Transport};
use super::{Comment, ForgeError, ForgeErrorKind, marked, too_many};

/// What every request carries.
pub const HEADERS: &[(&str, &str)] = &[("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")];

/// A hundred comments each; GitHub takes 2,500 comments.
const PAGES: usize = 50;

#[derive(Deserialize)]
struct Posted {
    id: u64,
    html_url: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    login: String,
    #[serde(default, rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Pull {
    number: u64,
    #[serde(default)]
    merge_commit_sha: Option<String>,
    state: String,
}

/// Pull requests of a repository.
pub struct GitHub {
    api: Octocrab,
    graphql: Transport,
    repository: String,
}

impl GitHub {
    pub fn new(transport: Transport, repository: String) -> Result<GitHub, ForgeError> {
        let word = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !repository.split_once('/').is_some_and(|(owner, name)| word(owner) && word(name)) {
            return Err(ForgeError::new(ForgeErrorKind::NoRepository, format!("`{repository}` is no OWNER/NAME of a repository")));
        }
        // Beside `/api/v3` of an Enterprise stands `/api/graphql`; beside `https://api.github.com` stands `/graphql`.
        let base = transport.base();
        let graphql = transport.beside(base.strip_suffix("/v3").unwrap_or(base).to_owned());
        let Ok(api) = OctocrabBuilder::new_empty().with_service(Wire(transport)).with_auth(AuthState::None).build();
        Ok(GitHub { api, graphql, repository })
    }

    /// The first comment with this first line that is our own.
    pub async fn find(&self, number: u64, marker: &str) -> Result<Option<u64>, ForgeError> {
        let mut me = None;
        for n in 1..=PAGES {
            let path = format!("/repos/{}/issues/{number}/comments?per_page=100&page={n}", self.repository);
            let page: Page<Posted> = self.api.get(path, None::<&()>).await.map_err(error)?;
            for posted in page.items.iter().filter(|c| c.body.as_deref().is_some_and(|b| marked(b, marker))) {
                if me.is_none() {
                    me = Some(self.login().await?);
                }
                if posted.user.as_ref().zip(me.as_deref()).is_some_and(|(user, me)| same(user, me)) {
                    return Ok(Some(posted.id));
                }
            }
            if page.next.is_none() {
                return Ok(None);
            }
        }
        Err(too_many(number))
    }

    pub async fn create(&self, number: u64, body: &str) -> Result<Comment, ForgeError> {
        let path = format!("/repos/{}/issues/{number}/comments", self.repository);
        let posted: Posted = self.api.post(path, Some(&json!({ "body": body }))).await.map_err(error)?;
        Ok(posted.into())
    }

    pub async fn update(&self, id: u64, body: &str) -> Result<Comment, ForgeError> {
        let path = format!("/repos/{}/issues/comments/{id}", self.repository);
        let posted: Posted = self.api.patch(path, Some(&json!({ "body": body }))).await.map_err(error)?;
        Ok(posted.into())
    }

    /// The pull request that a commit merged, or else an open one that has it, or else any.
    pub async fn of_commit(&self, sha: &str) -> Result<Option<u64>, ForgeError> {
        let path = format!("/repos/{}/commits/{sha}/pulls?per_page=100", self.repository);
        let pulls: Vec<Pull> = self.api.get(path, None::<&()>).await.map_err(error)?;
        let merged = pulls.iter().find(|p| p.state == "closed" && p.merge_commit_sha.as_deref() == Some(sha));
        Ok(merged.or_else(|| pulls.iter().find(|p| p.state == "open")).or(pulls.first()).map(|p| p.number))
    }

    async fn login(&self) -> Result<String, ForgeError> {
        match self.api.get::<User, _, ()>("/user", None).await.map_err(error) {
            Ok(user) => return Ok(user.login),
            Err(e) if e.kind == ForgeErrorKind::Denied => {}
            Err(e) => return Err(e),
        }
        let query = json!({ "query": "query { viewer { login } }" }).to_string().into_bytes();
        let query = HttpRequest { repeat: true, ..HttpRequest::new(Method::POST, "/graphql".into(), query) };
        let said = match self.graphql.send(&query).await {
            Ok(answer) => serde_json::from_str::<Value>(&answer.body).ok(),
            Err(e) if e.kind == ForgeErrorKind::Denied => None,
            Err(e) => return Err(e),
        };
        let login = said.as_ref().and_then(|s| s.pointer("/data/viewer/login")).and_then(Value::as_str);
        Ok(login.unwrap_or("github-actions[bot]").to_owned())
    }
}

impl From<Posted> for Comment {
    fn from(posted: Posted) -> Comment {
        Comment { id: posted.id, url: posted.html_url }
    }
}

/// Whether this author is the one with this login. Logins know no case.
fn same(author: &User, login: &str) -> bool {
    let bare = |s: &str| s.strip_suffix("[bot]").unwrap_or(s).to_ascii_lowercase();
    match author.kind.as_str() {
        "Bot" => bare(&author.login) == bare(login),
        _ => author.login.eq_ignore_ascii_case(login),
    }
}

/// Our own error comes back within the client's.
fn error(e: octocrab::Error) -> ForgeError {
    let text = |e: &dyn std::fmt::Display| e.to_string().lines().next().unwrap_or_default().to_owned();
    match e {
        octocrab::Error::Service { source, .. } => match source.downcast::<ForgeError>() {
            Ok(ours) => *ours,
            Err(other) => ForgeError::new(ForgeErrorKind::Unreachable, text(&other)),
        },
        other => ForgeError::new(ForgeErrorKind::Lost, format!("the answer can't be read: {}", text(&other))),
    }
}

/// The client's requests go the one way to the host.
struct Wire(Transport);

impl Service<http::Request<OctoBody>> for Wire {
    type Response = http::Response<String>;
    type Error = ForgeError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ForgeError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ForgeError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<OctoBody>) -> Self::Future {
        let transport = self.0.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(error)?.to_bytes().to_vec();
            let path = head.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
            let answer = transport.send(&HttpRequest::new(head.method, path, body)).await?;
            let mut response = http::Response::new(answer.body);
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A person may be called as an app is.
    #[test]
    fn whose_a_comment_is() {
        let user = |login: &str, kind: &str| User { login: login.into(), kind: kind.into() };
        assert!(same(&user("octocat", "User"), "Octocat"));
        assert!(same(&user("github-actions[bot]", "Bot"), "github-actions[bot]"));
        assert!(same(&user("github-actions[bot]", "Bot"), "github-actions"));
        assert!(!same(&user("github-actions", "User"), "github-actions[bot]"));
        assert!(!same(&user("dependabot[bot]", "Bot"), "github-actions[bot]"));
    }
}
