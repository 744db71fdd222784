//! What applications wrote, read back from CloudWatch Logs, or from the pods of a cluster. It is theirs: nothing here keeps or hides any of it.
use std::time::{Duration, SystemTime};

use super::{Backend, ReadOnly, explain};
use crate::kinds::{Live, pods};
use crate::wire::{Clients, CloudError, Service};

/// A cloud whose applications' logs can be read.
#[expect(async_fn_in_trait, reason = "one thread drives everything; no future needs to be Send")]
pub trait Logs {
    /// One page of what was written.
    async fn log_events(&self, query: &LogQuery<'_>) -> Result<LogPage, CloudError>;
}

/// Where what was written is read.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// In a log group, by its own name.
    Group(&'a str),
    /// In the pods behind a deployment, a job or a cron job.
    Pods(&'a Live),
}

/// What is asked of what was written.
#[derive(Clone, Copy, Debug)]
pub struct LogQuery<'a> {
    pub of: Source<'a>,
    /// Nothing that happened before, in milliseconds of Unix time.
    pub from: i64,
    /// Only what has this text in it.
    pub text: Option<&'a str>,
    /// Where the page begins: [`LogPage::next`] of the one before.
    pub page: Option<&'a str>,
}

/// Events in the order in which they happened, and where they go on; an empty page need not be the last one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogPage {
    pub events: Vec<LogEvent>,
    pub next: Option<String>,
    /// When the newest happened of all that was read, whatever text it has.
    pub newest: Option<i64>,
    /// What isn't told, and why.
    pub notes: Vec<String>,
    /// Whether there is no pod that could have written anything.
    pub nobody: bool,
}

/// Something that was written, mostly a line.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEvent {
    /// What it is known by, when it is read again.
    pub id: String,
    /// When it happened, in milliseconds of Unix time.
    pub at: i64,
    /// Whoever wrote it: a container's instance, one of a function's, or a pod.
    pub stream: String,
    pub message: String,
}

/// Characters of a filter pattern at most (`FilterPattern`).
const LONGEST: usize = 1024;

impl Logs for ReadOnly<'_> {
    async fn log_events(&self, query: &LogQuery<'_>) -> Result<LogPage, CloudError> {
        match self.0 {
            Backend::Aws(c) => c.log_events(query).await,
            Backend::Sandbox(s) => s.log_events(query).await,
        }
    }
}

impl Logs for Clients {
    async fn log_events(&self, query: &LogQuery<'_>) -> Result<LogPage, CloudError> {
        match query.of {
            Source::Pods(live) => self.pod_page(live, query).await,
            Source::Group(group) => match self.log_page(group, query).await {
                Err(e) => Err(explain::explain(self, e, group).await),
                page => page,
            },
        }
    }
}

/// The moment, in milliseconds of Unix time.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default()
}

impl Clients {
    /// One page of a group's events (`FilterLogEvents`), at most 10,000 or 1 MB of them.
    async fn log_page(&self, group: &str, query: &LogQuery<'_>) -> Result<LogPage, CloudError> {
        let pattern = query.text.map(phrase).filter(|pattern| pattern.chars().count() <= LONGEST);
        let request = self.logs().filter_log_events().log_group_name(group).start_time(query.from.max(0));
        let request = request.set_filter_pattern(pattern).set_next_token(query.page.map(String::from));
        let page = self.safe(Service::CloudWatchLogs, "FilterLogEvents", async || request.clone().send().await).await?;
        let read = |event: aws_sdk_cloudwatchlogs::types::FilteredLogEvent| {
            Some(LogEvent {
                id: event.event_id?,
                at: event.timestamp?,
                stream: event.log_stream_name.unwrap_or_default(),
                message: event.message.unwrap_or_default(),
            })
        };
        let events = page.events.into_iter().flatten().filter_map(read).collect();
        Ok(LogPage { next: page.next_token.filter(|t| !t.is_empty()), ..query.page_of(events) })
    }

    /// One page of what pods have written.
    async fn pod_page(&self, live: &Live, query: &LogQuery<'_>) -> Result<LogPage, CloudError> {
        let begin = || Duration::from_millis(query.from.max(0).unsigned_abs());
        let from = query.page.and_then(|second| second.parse().ok()).map_or_else(begin, Duration::from_secs);
        let page = pods::written(self, live, from).await?;
        let at = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let read = |line: pods::Line| LogEvent { id: line.id, at: at(line.at), stream: line.pod, message: line.text };
        let events = page.lines.into_iter().map(read).collect();
        let next = page.next.map(|second| second.to_string());
        Ok(LogPage { next, notes: page.notes, nobody: page.pods == 0, ..query.page_of(events) })
    }
}

impl LogQuery<'_> {
    /// Of what was read what has the text: patterns of CloudWatch Logs fold no case, but what they make of signs is the service's own.
    pub fn page_of(&self, mut events: Vec<LogEvent>) -> LogPage {
        let newest = events.iter().map(|event| event.at).max();
        events.retain(|event| self.text.is_none_or(|text| event.message.contains(text)));
        LogPage { events, newest, ..LogPage::default() }
    }
}

/// The pattern of events that have a text in them.
fn phrase(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
