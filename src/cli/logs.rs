//! `infra logs`.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clap::Args;

use super::args::{CloudArgs, SpecArgs};
use super::complete;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::cloud::{Backend, LogEvent, LogQuery, Logs as _, Observe, Source, now};
use crate::diag::{Code, Exit, Finding};
use crate::kinds::{Address, Kind};
use crate::render::logs;
use crate::spec::monitoring::logging::{Written, written};

/// Prints what the instances of a compute entry, a function, the nodes of a cache, or the pods of a workload or a job wrote, in the order in which it happened. What
/// pods wrote is read from them, and is gone with them. It is shown as the application wrote it, secrets and all: infra hides nothing of it, and keeps nothing.
/// Only control characters and what a CI system would take for a command are told by their numbers.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  infra logs compute.app --since 1h --grep timeout\n  infra logs kubernetes.workloads.shop --follow\n\nIt needs `logs:FilterLogEvents`, which the policy that only plans doesn't give; of what runs in a cluster it needs that \
                  the cluster lets it read `pods/log`, as it does whom `kubernetes.cluster.viewers` names."
)]
pub struct Logs {
    /// Whose: `compute.NAME`, `functions.NAME`, `cache.NAME`, `kubernetes.workloads.NAME` or `kubernetes.jobs.NAME`
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
        let address = match written(&loaded.spec, &self.entry) {
            Written::To(address) => address,
            Written::Nowhere(why, help) => return Err(Finding::error(Code::Logs, why, help).into()),
        };
        let world = flow::world(&self.cloud, &loaded).await?;
        let stack = loaded.spec.stack.as_str();
        let all = world.read_only().list(address.kind, stack).await.map_err(|e| Failure::looking(&loaded, e))?;
        match all.iter().find(|live| live.stamp.stack == stack && live.stamp.address == address) {
            Some(group) if address.kind == Kind::LogGroup => self.tell(&world, Source::Group(&group.id), printer).await,
            Some(live) => self.tell(&world, Source::Pods(live), printer).await,
            None => Err(self.absent(&world, stack, &address).await?.into()),
        }
    }

    /// There is nothing yet that keeps what is written.
    async fn absent(&self, world: &Backend, stack: &str, address: &Address) -> Result<Finding, Failure> {
        let entry = &self.entry;
        let none = |message: String, help: &str| Ok(Finding::error(Code::Logs, message, help));
        if address.kind == Kind::LogGroup {
            return none(format!("`{entry}` has no log group yet"), "`infra apply` makes it; from then on what is written is kept");
        }
        let clusters = world.read_only().list(Kind::EksCluster, stack).await?;
        match clusters.iter().any(|live| live.stamp.stack == stack) {
            true => none(format!("`{entry}` isn't in the cluster yet"), "`infra apply` makes it"),
            false => none(format!("{stack} has no Kubernetes cluster yet"), "`infra apply` makes it, and what runs in it"),
        }
    }

    /// Prints events, page by page. What was seen isn't printed again, though it is asked for again as long as something may arrive late.
    async fn tell(&self, world: &Backend, of: Source<'_>, printer: &Printer) -> Result<Exit, Failure> {
        let mut from = now() - i64::try_from(self.since.as_millis()).unwrap_or(i64::MAX);
        let mut seen: BTreeMap<String, i64> = BTreeMap::new();
        let mut said: BTreeSet<String> = BTreeSet::new();
        let mut writers: Vec<String> = vec![];
        loop {
            let (mut next, mut newest): (Option<String>, _) = (None, from);
            loop {
                let query = LogQuery { of, from, text: self.grep.as_deref(), page: next.as_deref() };
                let page = world.read_only().log_events(&query).await?;
                newest = newest.max(page.newest.unwrap_or(from));
                if page.nobody && !self.follow {
                    let message = format!("`{}` has no pod", self.entry);
                    return Err(Finding::error(
                        Code::Logs,
                        message,
                        "what its pods wrote is gone with them; `infra status` tells how it fares",
                    )
                    .into());
                }
                let fresh: Vec<_> = page.events.into_iter().filter(|e| seen.insert(e.id.clone(), e.at).is_none()).collect();
                match self.json {
                    true => printer.verbatim_json(&fresh.iter().map(|e| logs::json(&self.entry, e)).collect::<String>()),
                    false => {
                        let text = |e: &LogEvent| logs::text(e, nth(&mut writers, &e.stream), printer.style, printer.width);
                        printer.verbatim(&fresh.iter().map(text).collect::<String>());
                    }
                }
                page.notes.into_iter().filter(|note| said.insert(note.clone())).for_each(|note| printer.say(&note));
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
