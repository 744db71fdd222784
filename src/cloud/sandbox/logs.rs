//! What the applications and caches of the sandbox write: always the same at the same moment, so that whoever reads it again reads it again.
use std::time::Duration;

use super::state::State;
use super::{Sandbox, broken};
use crate::cloud::{LogEvent, LogPage, LogQuery, Logs, Source, now};
use crate::kinds::launch_template::Boot;
use crate::kinds::replication_group::SLOW_LOG;
use crate::kinds::{AutoScalingGroup, Deployment, Function, Kind, LaunchTemplate, Live, Member, ReplicationGroup, pods};
use crate::model::digest;
use crate::wire::CloudError;

/// How often each writes something, before the sandbox's pace is taken into account.
const EVERY: Duration = Duration::from_secs(400);

/// Events of a page.
const PAGE: usize = 1000;

/// One who writes.
struct Writer {
    stream: String,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Instance,
    Job,
    Function,
    SlowLog,
    EngineLog,
}

impl Logs for Sandbox {
    async fn log_events(&self, query: &LogQuery<'_>) -> Result<LogPage, CloudError> {
        let mut state = self.state.borrow_mut();
        state.admitted()?;
        state.catch_up().map_err(broken)?;
        Ok(page(&state, query, self.pace.scale, now()))
    }
}

/// One page of what is written to a group until `now`, in milliseconds.
fn page(state: &State, query: &LogQuery<'_>, scale: f64, now: i64) -> LogPage {
    let writers = match query.of {
        Source::Group(group) => writers(state, group),
        Source::Pods(live) => state.objects.get(&(live.object.kind(), live.id.clone())).map(pods_of).unwrap_or_default(),
    };
    let nobody = writers.is_empty() && matches!(query.of, Source::Pods(_));
    let every = (EVERY.mul_f64(scale).as_millis() as i64).max(100);
    let from = query.page.and_then(|at| at.parse().ok()).unwrap_or(query.from).max(0);
    let mut events: Vec<LogEvent> = vec![];
    for turn in from / every..=now / every {
        if events.len() >= PAGE {
            return LogPage { next: Some((turn * every).to_string()), ..query.page_of(events) };
        }
        let mut all: Vec<LogEvent> = writers.iter().map(|writer| event(writer, turn, every)).collect();
        all.retain(|e| (from..=now).contains(&e.at));
        all.sort_by(|a, b| (a.at, &a.stream).cmp(&(b.at, &b.stream)));
        events.extend(all);
        // Who finds nothing is told so page by page.
        if writers.is_empty() {
            break;
        }
    }
    LogPage { nobody, ..query.page_of(events) }
}

/// The pods of a deployment, as it names them; of a job the one that has run.
fn pods_of(live: &Live) -> Vec<Writer> {
    let name = pods::container(&live.object).unwrap_or_default();
    let (count, what, template) = match Deployment::of(&live.object) {
        Some(deployment) => (deployment.pods(), What::Instance, digest(&(&live.id, &deployment.image))),
        None => (1, What::Job, digest(&live.id)),
    };
    let stream = |n| format!("{name}-{}-{}", &template[..10], &digest(&(&template, n))[..5]);
    (0..count).map(|n| Writer { stream: stream(n), what }).collect()
}

/// The running instances of scaling groups whose boot script names the group, and functions and nodes of caches that do.
fn writers(state: &State, group: &str) -> Vec<Writer> {
    let all = |kind: Kind| state.objects.range((kind, String::new())..).take_while(move |((k, _), _)| *k == kind).map(|(_, live)| live);
    let writes = |live: &&Live| {
        let template = LaunchTemplate::of(&live.object);
        template.is_some_and(|t| matches!(&t.boot, Boot::Container(c) if c.logs.as_ref().and_then(|l| l.plain()).as_deref() == Some(group)))
    };
    let templates: Vec<&str> = all(Kind::LaunchTemplate).filter(writes).map(|live| live.id.as_str()).collect();
    let mut out = vec![];
    for live in all(Kind::AutoScalingGroup) {
        let Some(scaled) = AutoScalingGroup::of(&live.object).filter(|g| templates.contains(&g.launch_template.0.as_str())) else {
            continue;
        };
        let id = |n| format!("i-{}", &digest(&(&live.id, &scaled.launch_template.0, n))[..17]);
        out.extend((0..scaled.desired).map(|n| Writer { stream: id(n), what: What::Instance }));
    }
    for live in all(Kind::Function) {
        if Function::of(&live.object).is_some_and(|f| f.log_group.0 == group) {
            out.push(Writer { stream: format!("2026/01/01/[1]{}", &digest(&live.id)[..32]), what: What::Function });
        }
    }
    for live in all(Kind::ReplicationGroup) {
        let Some(cache) = ReplicationGroup::of(&live.object) else { continue };
        for (log, _) in cache.log_delivery.iter().filter(|(_, to)| to.log_group.0 == group) {
            let what = if log == SLOW_LOG { What::SlowLog } else { What::EngineLog };
            let node = |n| format!("elasticache/{}/{}-{n:03}/0001/{log}", cache.engine, live.id);
            out.extend((1..=cache.replicas + 1).map(|n| Writer { stream: node(n), what }));
        }
    }
    out
}

/// What one writes in its turn.
fn event(writer: &Writer, turn: i64, every: i64) -> LogEvent {
    let drawn = digest(&(&writer.stream, turn));
    let number = |at: usize, most: i64| i64::from_str_radix(&drawn[at..at + 7], 16).unwrap_or_default() % most;
    let (order, took) = (number(0, 900) + 100, number(7, 90) + 5);
    let message = match (writer.what, number(14, 24)) {
        (What::SlowLog, _) => {
            format!(r#"{{"Id":{order},"Duration (us)":{}000,"Command":"HGETALL cart (1 more arguments)","ClientName":""}}"#, took)
        }
        (What::EngineLog, _) => r#"{"LogLevel":"NOTICE","Role":"M","Message":"Background saving terminated with success"}"#.to_owned(),
        (What::Function, 0) => format!("ERROR RequestId: {}-{} the object is no picture", &drawn[..8], &drawn[8..12]),
        (What::Function, _) => format!("REPORT RequestId: {}-{} Duration: {took}.12 ms Max Memory Used: 58 MB", &drawn[..8], &drawn[8..12]),
        (What::Job, 0) => format!(r#"{{"level":"warning","message":"order {order} is done already"}}"#),
        (What::Job, _) => format!(r#"{{"level":"info","message":"order {order} is done","took_ms":{took}}}"#),
        (What::Instance, 0) => {
            format!(r#"{{"level":"error","path":"/orders/{order}","status":500,"message":"the database does not answer"}}"#)
        }
        (What::Instance, 1..=3) => format!(r#"{{"level":"info","path":"/health","status":200,"took_ms":{}}}"#, took % 4),
        (What::Instance, _) => format!(r#"{{"level":"info","path":"/orders/{order}","status":200,"took_ms":{took}}}"#),
    };
    // Each has a moment of its own in every turn.
    let moment = i64::from_str_radix(&digest(&writer.stream)[..7], 16).unwrap_or_default() % every;
    LogEvent { id: format!("{}-{turn}", writer.stream), at: turn * every + moment, stream: writer.stream.clone(), message }
}
