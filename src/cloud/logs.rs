//! What applications wrote, read back from CloudWatch Logs. It is theirs: nothing here keeps or hides any of it.
use std::time::SystemTime;

use super::{Backend, ReadOnly, explain};
use crate::wire::{Clients, CloudError, Service};

/// A cloud whose applications' logs can be read.
#[expect(async_fn_in_trait, reason = "one thread drives everything; no future needs to be Send")]
pub trait Logs {
    /// One page of what was written to a log group.
    async fn log_events(&self, query: &LogQuery<'_>) -> Result<LogPage, CloudError>;
}

/// What is asked of a log group.
#[derive(Clone, Copy, Debug)]
pub struct LogQuery<'a> {
    /// The group's own name.
    pub group: &'a str,
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
}

/// Something that was written, mostly a line.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEvent {
    /// What it is known by, when it is read again.
    pub id: String,
    /// When it happened, in milliseconds of Unix time.
    pub at: i64,
    /// Whoever wrote it: a container's instance, or one of a function's.
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
        match self.log_page(query).await {
            Err(e) => Err(explain::explain(self, e, query.group).await),
            page => page,
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
    async fn log_page(&self, query: &LogQuery<'_>) -> Result<LogPage, CloudError> {
        let pattern = query.text.map(phrase).filter(|pattern| pattern.chars().count() <= LONGEST);
        let request = self.logs().filter_log_events().log_group_name(query.group).start_time(query.from.max(0));
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
        let events = page.events.into_iter().flatten().filter_map(read);
        // Patterns fold no case, but what they make of signs is the service's own.
        let has = |event: &LogEvent| query.text.is_none_or(|text| event.message.contains(text));
        Ok(LogPage { events: events.filter(has).collect(), next: page.next_token.filter(|t| !t.is_empty()) })
    }
}

/// The pattern of events that have a text in them.
fn phrase(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
