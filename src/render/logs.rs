//! What applications wrote, as a person and as a program reads it.
use std::time::{Duration, UNIX_EPOCH};

use serde_json::json;

use super::style::Style;
use crate::cloud::LogEvent;
use crate::model::Moment;
use crate::visible::visible;

/// A terminal narrower than this shows times without their dates.
const NARROW: usize = 80;

/// An event: when, who, what. Each further line of its text stands under the first, with the same in front. `nth` tells whoever wrote it from others.
pub fn text(event: &LogEvent, nth: usize, style: Style, width: usize) -> String {
    let at = moment(event).to_string();
    let time = if width < NARROW { at.get(11..19).unwrap_or(&at) } else { &at };
    let who = instance(&event.stream);
    let head = format!("{time} {}", style.nth(nth, &visible(who)));
    let lines = event.message.trim_end().split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).replace('\t', "    "));
    lines.map(|line| format!("{head} {}\n", visible(&line))).collect()
}

/// An event as a line of JSON.
pub fn json(entry: &str, event: &LogEvent) -> String {
    format!("{}\n", json!({ "at": moment(event), "entry": entry, "instance": instance(&event.stream), "message": event.message }))
}

fn moment(event: &LogEvent) -> Moment {
    Moment(UNIX_EPOCH + Duration::from_millis(event.at.try_into().unwrap_or_default()))
}

/// Who wrote, by the stream's name: an instance's id is all of it, a function's is what follows its version (`2026/01/31/[4]0f1e…`), of which eight digits tell enough.
/// A cache's says which node it is (`elasticache/redis/shop-main-001/0001/slow-log`).
fn instance(stream: &str) -> &str {
    if let ["elasticache", _, node, ..] = stream.split('/').collect::<Vec<_>>()[..] {
        return node;
    }
    match stream.rsplit_once(']') {
        Some((_, id)) => id.get(..8).unwrap_or(id),
        None => stream,
    }
}
