//! GitLab, its own or self-managed: comments of a merge request are its notes.
//!
//! **Whose a comment is.** `GET /user` tells the id behind a token; that of a project's or a group's token is a bot user's. A job's own token
//! (`CI_JOB_TOKEN`) can't comment at all.
//!
//! The kept client `gitlab` gives its endpoints only together with its own HTTP stack, a second one, so requests are written out here.
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::transport::{Answer, HttpRequest, Transport};
use super::{Comment, ForgeError, ForgeErrorKind, marked, too_many};

/// What stands for itself in a part of a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// Notes of a page, at most.
const PER_PAGE: usize = 100;
const PAGES: usize = 100;

#[derive(Deserialize)]
struct Note {
    id: u64,
    #[serde(default)]
    body: String,
    author: User,
    /// Whether GitLab itself wrote it.
    #[serde(default)]
    system: bool,
}

#[derive(Deserialize)]
struct User {
    id: u64,
}

#[derive(Deserialize)]
struct Merge {
    iid: u64,
    state: String,
    #[serde(default)]
    merge_commit_sha: Option<String>,
    #[serde(default)]
    squash_commit_sha: Option<String>,
}

/// Merge requests of a project.
pub struct GitLab {
    transport: Transport,
    /// `/projects/ID`, with the id or the encoded path.
    project: String,
    /// The project's page.
    web: Option<String>,
}

impl GitLab {
    pub fn new(transport: Transport, repository: String, web: Option<String>) -> GitLab {
        GitLab { transport, project: format!("/projects/{}", utf8_percent_encode(&repository, PART)), web }
    }

    /// The first note with this first line that is our own.
    pub async fn find(&self, number: u64, marker: &str) -> Result<Option<u64>, ForgeError> {
        let mut me = None;
        for n in 1..=PAGES {
            let path = self.notes(number);
            let path = format!("{path}?order_by=created_at&sort=asc&per_page={PER_PAGE}&page={n}");
            let answer = self.transport.send(&HttpRequest::get(path)).await?;
            let notes: Vec<Note> = read(&answer)?;
            for note in notes.iter().filter(|n| !n.system && marked(&n.body, marker)) {
                if me.is_none() {
                    me = Some(read::<User>(&self.transport.send(&HttpRequest::get("/user".into())).await?)?.id);
                }
                if me == Some(note.author.id) {
                    return Ok(Some(note.id));
                }
            }
            // Empty on the last page; left out by what stands between, perhaps.
            let more = answer.headers.get("x-next-page").map_or(notes.len() == PER_PAGE, |next| !next.is_empty());
            if !more {
                return Ok(None);
            }
        }
        Err(too_many(number))
    }

    pub async fn create(&self, number: u64, body: &str) -> Result<Comment, ForgeError> {
        let note: Note = self.write(Method::POST, self.notes(number), body).await?;
        Ok(self.comment(number, note.id))
    }

    pub async fn update(&self, number: u64, id: u64, body: &str) -> Result<Comment, ForgeError> {
        let note: Note = self.write(Method::PUT, format!("{}/{id}", self.notes(number)), body).await?;
        Ok(self.comment(number, note.id))
    }

    /// The merge request that a commit merged, or else an open one that has it, or else any.
    pub async fn of_commit(&self, sha: &str) -> Result<Option<u64>, ForgeError> {
        let path = format!("{}/repository/commits/{sha}/merge_requests?per_page={PER_PAGE}", self.project);
        let found: Vec<Merge> = read(&self.transport.send(&HttpRequest::get(path)).await?)?;
        let is = |commit: &Option<String>| commit.as_deref() == Some(sha);
        let merged = found.iter().find(|m| is(&m.merge_commit_sha) || is(&m.squash_commit_sha));
        Ok(merged.or_else(|| found.iter().find(|m| m.state == "opened")).or(found.first()).map(|m| m.iid))
    }

    async fn write(&self, method: Method, path: String, body: &str) -> Result<Note, ForgeError> {
        let body = json!({ "body": body }).to_string().into_bytes();
        read(&self.transport.send(&HttpRequest::new(method, path, body)).await?)
    }

    fn notes(&self, number: u64) -> String {
        format!("{}/merge_requests/{number}/notes", self.project)
    }

    fn comment(&self, number: u64, id: u64) -> Comment {
        let url = match &self.web {
            Some(web) => format!("{web}/-/merge_requests/{number}#note_{id}"),
            None => format!("{}{}/{id}", self.transport.base(), self.notes(number)),
        };
        Comment { id, url }
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, ForgeError> {
    serde_json::from_str(&answer.body).map_err(|e| ForgeError::new(ForgeErrorKind::Lost, format!("the answer can't be read: {e}")))
}
