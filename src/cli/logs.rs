//! `infra logs`.
use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;

use super::args::{CloudArgs, SpecArgs};
use super::complete;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::cloud::{Backend, LogEvent, LogQuery, Logs as _, Observe, now};
use crate::diag::{Code, Exit, Finding};
use crate::kinds::{Address, Kind};
use crate::render::logs;
use crate::spec::monitoring::logging::{Written, written};

/// Prints what the instances of a compute entry, a function or the nodes of a cache wrote, in the order in which it happened. It is shown as the application wrote it, secrets
/// and all: infra hides nothing of it, and keeps nothing. Only control characters and what a CI system would take for a command are told by their numbers.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  infra logs compute.app --since 1h --grep timeout\n\nIt needs `logs:FilterLogEvents`, which the policy that only plans doesn't give."
)]
pub struct Logs {
    /// Whose: `compute.NAME`, `functions.NAME` or `cache.NAME`
    #[arg(add = complete::entries())]
    entry: String,
    /// How far back it begins
    #[arg(long, value_name = "TIME", env = "INFRA_SINCE", default_value = "10m", value_parser = humantime::parse_duration)]
    since: Duration,
    /// Go on with what is written from now on; Ctrl-C ends it
    #[arg(long, env = "INFRA_FOLLOW")]
    follow: bool,
    /// Only what has this text in it
    #[arg(long, value_name = "TEXT", env = "INFRA_GREP")]
    grep: Option<String>,
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    /// Print one JSON object an event, a line each
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
}

/// How often more is asked for.
const POLL: Duration = Duration::from_secs(2);

/// An event may arrive so much later than it happened, in milliseconds: it is still shown.
const LATE: i64 = 60_000;

impl Logs {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        if !self.follow {
            return self.read(printer).await;
        }
        // Whoever has seen the first line may end it.
        tokio::select! {
            biased;
            interrupted = tokio::signal::ctrl_c() => Ok(interrupted.map(|()| Exit::Done)?),
            ended = self.read(printer) => ended,
        }
    }

    async fn read(&self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let name = match written(&loaded.spec, &self.entry) {
            Written::To(name) => name,
            Written::Nowhere(why, help) => return Err(Finding::error(Code::Logs, why, help).into()),
        };
        let world = flow::world(&self.cloud, &loaded).await?;
        let address = Address::new(Kind::LogGroup, name);
        let groups = world.read_only().list(Kind::LogGroup, loaded.spec.stack.as_str()).await;
        let groups = groups.map_err(|e| Failure::looking(&loaded, e))?;
        let Some(group) = groups.into_iter().find(|live| live.stamp.address == address) else {
            let message = format!("`{}` has no log group yet", self.entry);
            return Err(Finding::error(Code::Logs, message, "`infra apply` makes it; from then on what is written is kept").into());
        };
        self.tell(&world, &group.id, printer).await
    }

    /// Prints the events of a group, page by page. What was seen isn't printed again, though it is asked for again as long as something may arrive late.
    async fn tell(&self, world: &Backend, group: &str, printer: &Printer) -> Result<Exit, Failure> {
        let mut from = now() - i64::try_from(self.since.as_millis()).unwrap_or(i64::MAX);
        let mut seen: BTreeMap<String, i64> = BTreeMap::new();
        let mut writers: Vec<String> = vec![];
        loop {
            let mut next: Option<String> = None;
            loop {
                let query = LogQuery { group, from, text: self.grep.as_deref(), page: next.as_deref() };
                let page = world.read_only().log_events(&query).await?;
                let fresh: Vec<_> = page.events.into_iter().filter(|e| seen.insert(e.id.clone(), e.at).is_none()).collect();
                match self.json {
                    true => printer.verbatim_json(&fresh.iter().map(|e| logs::json(&self.entry, e)).collect::<String>()),
                    false => {
                        let text = |e: &LogEvent| logs::text(e, nth(&mut writers, &e.stream), printer.style, printer.width);
                        printer.verbatim(&fresh.iter().map(text).collect::<String>());
                    }
                }
                if page.next.is_none() || page.next == next {
                    break;
                }
                next = page.next;
            }
            if !self.follow {
                if seen.is_empty() {
                    printer.say(&self.nothing());
                }
                return Ok(Exit::Done);
            }
            let newest = seen.values().max().copied().unwrap_or(from);
            from = from.max(newest - LATE);
            seen.retain(|_, at| *at >= from);
            world.policy().dwell("more to be written", POLL).await?;
        }
    }

    fn nothing(&self) -> String {
        let with = if self.grep.is_some() { " with this text" } else { "" };
        format!("`{}` wrote nothing{with} in the last {}.", self.entry, humantime::format_duration(self.since))
    }
}

/// The place of whoever wrote among those who did, in the order in which they first appeared.
fn nth(writers: &mut Vec<String>, stream: &str) -> usize {
    writers.iter().position(|known| known == stream).unwrap_or_else(|| {
        writers.push(stream.to_owned());
        writers.len() - 1
    })
}
