//! The code host (forge): GitHub or GitLab, and the one comment of a stack there.
//!
//! A stack's comment is found by its hidden first line *and* by being our own. The first of several is the one; the others are left alone, as
//! is everybody else's, whatever it says.
pub mod detect;
mod github;
mod gitlab;
mod transport;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use reqwest::header::HeaderValue;

use crate::visible::visible;

pub use detect::{Asked, ChangeRequest, Ci, Site};
use github::GitHub;
use gitlab::GitLab;
use transport::Transport;

/// How often a creation is made again whose answer was lost and which isn't there.
const TRIES: usize = 2;
/// How often it is looked for before it is believed not to be there, and the wait before each look: reads may lag behind writes.
const LOOKS: usize = 3;
const LAG: Duration = Duration::from_secs(1);

/// The code hosts that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    GitHub,
    GitLab,
}

impl Provider {
    /// How many characters a comment may have.
    pub const fn limit(self) -> usize {
        match self {
            Provider::GitHub => 65_536,
            Provider::GitLab => 1_000_000,
        }
    }
}

impl FromStr for Provider {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "github" => Ok(Provider::GitHub),
            "gitlab" => Ok(Provider::GitLab),
            _ => Err("write `github` or `gitlab`".into()),
        }
    }
}

/// The access token of a code host. Neither `Debug` nor an error shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Trims white space: pasting adds it.
    pub fn new(text: &str) -> Token {
        Token(text.trim().to_owned())
    }

    fn header(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Why a request to the code host failed, as far as the help differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgeErrorKind {
    /// Nothing tells which host.
    NoHost,
    /// Nothing tells which repository.
    NoRepository,
    /// No pull or merge request is there.
    NoRequest,
    /// The environment holds no token for this host.
    NoToken(Provider),
    /// The token may not do it, or not see it: a fork's can't comment.
    Denied,
    /// The host doesn't know the token.
    Token,
    /// A rate limit asks for more time than there is.
    Busy,
    /// No connection, or no answer to a request that may be repeated.
    Unreachable,
    /// The answer was lost: whether it was done isn't known.
    Lost,
    /// The host refused it for a reason of its own.
    Refused,
}

/// Why a comment can't be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgeError {
    pub kind: ForgeErrorKind,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// A part of a sentence.
    pub message: String,
}

impl ForgeError {
    /// An error without a status.
    pub fn new(kind: ForgeErrorKind, message: impl Into<String>) -> ForgeError {
        ForgeError { kind, status: None, message: message.into() }
    }

    /// Whether no comment can be written from this job at all, so that the job's summary does instead.
    pub fn elsewhere(&self) -> bool {
        matches!(
            self.kind,
            ForgeErrorKind::NoHost
                | ForgeErrorKind::NoRepository
                | ForgeErrorKind::NoRequest
                | ForgeErrorKind::NoToken(_)
                | ForgeErrorKind::Denied
        )
    }
}

impl fmt::Display for ForgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(&self.message))
    }
}

impl std::error::Error for ForgeError {}

/// A comment that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: u64,
    /// Where a person reads it.
    pub url: String,
}

enum Host {
    GitHub(GitHub),
    GitLab(GitLab),
}

/// A client for the one comment of a stack.
pub struct Forge {
    host: Host,
    provider: Provider,
    transport: Transport,
    marker: String,
    request: ChangeRequest,
    /// The id of the comment, once it is known.
    comment: Option<u64>,
}

impl Forge {
    /// Makes a client; sends nothing yet. `marker` is the first line of the stack's comment; all waits together take no longer than `patience`.
    pub fn open(site: &Site, marker: String, patience: Duration) -> Result<Forge, ForgeError> {
        let none = || ForgeError::new(ForgeErrorKind::NoRepository, "nothing tells the repository");
        let repository = site.repository.clone().ok_or_else(none)?;
        if site.request == ChangeRequest::Unknown {
            return Err(ForgeError::new(ForgeErrorKind::NoRequest, "this job is of no pull or merge request"));
        }
        let (transport, host) = match site.provider {
            Provider::GitHub => {
                let transport = Transport::new(site, github::HEADERS, patience)?;
                (transport.clone(), Host::GitHub(GitHub::new(transport, repository)?))
            }
            Provider::GitLab => {
                let transport = Transport::new(site, &[], patience)?;
                (transport.clone(), Host::GitLab(GitLab::new(transport, repository, site.web.clone())))
            }
        };
        Ok(Forge { host, provider: site.provider, transport, marker, request: site.request.clone(), comment: None })
    }

    /// How many characters a comment may have.
    pub fn limit(&self) -> usize {
        self.provider.limit()
    }

    /// Creates or updates the stack's comment. A creation whose answer was lost is looked for before it is tried
    /// again, so that there never are two.
    pub async fn upsert(&mut self, body: &str) -> Result<Comment, ForgeError> {
        let number = self.number().await?;
        let mut there = match self.comment {
            Some(id) => Some(id),
            None => self.find(number).await?,
        };
        let mut tries = 0;
        let written = loop {
            tries += 1;
            there = match there {
                Some(id) => match self.update(number, id, body).await {
                    // Somebody has taken it away since it was last seen.
                    Err(e) if self.comment.take() == Some(id) && e.status == Some(404) => self.find(number).await?,
                    other => break other?,
                },
                None => match self.create(number, body).await {
                    Err(e) if e.kind == ForgeErrorKind::Lost && tries <= TRIES => self.look(number, e).await?,
                    other => break other?,
                },
            };
        };
        self.comment = Some(written.id);
        Ok(written)
    }

    /// The pull or merge request's number, looked up by its commit if need be.
    async fn number(&mut self) -> Result<u64, ForgeError> {
        let found = match &self.request {
            ChangeRequest::Number(number) => return Ok(*number),
            ChangeRequest::OfCommit(sha) => match &self.host {
                Host::GitHub(host) => host.of_commit(sha).await?,
                Host::GitLab(host) => host.of_commit(sha).await?,
            }
            .ok_or_else(|| ForgeError::new(ForgeErrorKind::NoRequest, format!("commit {sha} is of no pull or merge request")))?,
            ChangeRequest::Unknown => return Err(ForgeError::new(ForgeErrorKind::NoRequest, "this job is of no pull or merge request")),
        };
        self.request = ChangeRequest::Number(found);
        Ok(found)
    }

    async fn find(&self, number: u64) -> Result<Option<u64>, ForgeError> {
        match &self.host {
            Host::GitHub(host) => host.find(number, &self.marker).await,
            Host::GitLab(host) => host.find(number, &self.marker).await,
        }
    }

    /// Looks for a comment whose creation's answer was lost.
    async fn look(&self, number: u64, lost: ForgeError) -> Result<Option<u64>, ForgeError> {
        for _ in 0..LOOKS {
            self.transport.pause(Duration::ZERO, LAG).await.ok_or_else(|| lost.clone())?;
            if let Some(id) = self.find(number).await? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    async fn create(&self, number: u64, body: &str) -> Result<Comment, ForgeError> {
        match &self.host {
            Host::GitHub(host) => host.create(number, body).await,
            Host::GitLab(host) => host.create(number, body).await,
        }
    }

    async fn update(&self, number: u64, id: u64, body: &str) -> Result<Comment, ForgeError> {
        match &self.host {
            Host::GitHub(host) => host.update(id, body).await,
            Host::GitLab(host) => host.update(number, id, body).await,
        }
    }
}

/// Whether a comment starts with this line. Hosts may give lines other ends.
fn marked(body: &str, marker: &str) -> bool {
    body.lines().next().is_some_and(|line| line.trim_end() == marker)
}

/// A request whose comments have no end. Another comment isn't written beside one that may be further on.
fn too_many(number: u64) -> ForgeError {
    ForgeError::new(ForgeErrorKind::Refused, format!("{number} has more comments than are looked through"))
}
