//! What containers have written (`pods/log`): the last lines of it, or all since a moment, and never more bytes than were asked for.
use std::time::SystemTime;

use reqwest::Method;

use super::{Asker, Kubernetes, PODS, Request, Type};
use crate::wire::policy::Repeat;
use crate::wire::{CloudError, Service};

/// It is asked for as it is.
const PLAIN: &str = "text/plain, */*";

/// Lines and bytes of a log's end at most.
const LINES: usize = 8;
const BYTES: usize = 4096;

/// A container of a pod.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    pub namespace: &'a str,
    pub pod: &'a str,
    pub name: &'a str,
    /// The one that ended last, in place of which another was started, or will be.
    pub previous: bool,
}

/// What a container has written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub text: String,
    /// Whether it fills what was asked for: then there may be more, and the last line may not be whole.
    pub cut: bool,
}

impl Kubernetes {
    /// The last lines that a container has written.
    pub async fn log_end(&self, by: &impl Asker, of: Container<'_>) -> Result<String, CloudError> {
        let lines = ("tailLines", LINES.to_string());
        self.log(by, of, [lines], BYTES).await.map(|written| written.text)
    }

    /// What a container has written since a moment, whose seconds alone count, the oldest first: so many bytes at most, each line behind the moment at which it
    /// was written.
    pub async fn log_since(&self, by: &impl Asker, of: Container<'_>, since: SystemTime, most: usize) -> Result<Written, CloudError> {
        let since = ("sinceTime", humantime::format_rfc3339_seconds(since).to_string());
        self.log(by, of, [since, ("timestamps", true.to_string())], most).await
    }

    async fn log(
        &self,
        by: &impl Asker,
        of: Container<'_>,
        what: impl IntoIterator<Item = (&'static str, String)>,
        most: usize,
    ) -> Result<Written, CloudError> {
        let path = format!("{}/log", PODS.one(of.namespace, of.pod));
        let request = Request::new("get", Type { plural: "pods/log", ..PODS }, Method::GET, path);
        let own = [("container", of.name.to_owned()), ("previous", of.previous.to_string()), ("limitBytes", most.to_string())];
        let request = Request { accept: PLAIN, patient: false, query: own.into_iter().chain(what).collect(), ..request };
        let body = async || self.once(by, &request).await.map(|(_, body)| body);
        let body = by.policy().request(Service::Kubernetes, Repeat::Read, body).await?;
        Ok(Written { text: String::from_utf8_lossy(&body).into_owned(), cut: body.len() >= most })
    }
}
