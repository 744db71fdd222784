//! What S3 refuses of what a bucket tells: "Configuring event notifications using object key name filtering" of the user guide, and
//! `PutBucketNotificationConfiguration`.
use super::*;
use crate::diag::Code;

/// The most bytes of an object's key.
const KEY: usize = 1024;

pub(super) fn breaches(notification: &BucketNotification) -> Vec<Breach> {
    let mut found = vec![];
    let all: Vec<(&String, &Told)> = notification.functions.iter().collect();
    for (at, (key, told)) in all.iter().enumerate() {
        let mut say = |code, field: &str, message: String, help: String| {
            found.push(Breach::new(code, format!("functions.{key}{field}"), message, help));
        };
        if told.events.is_empty() {
            say(Code::Count, ".events", format!("`{key}` is told of nothing"), "name an event".into());
        }
        for (field, text) in [("prefix", &told.prefix), ("suffix", &told.suffix)] {
            if text.len() > KEY {
                let message = format!("no key of an object is as long as this {field}: {} bytes", text.len());
                say(Code::Count, &format!(".{field}"), message, format!("S3 takes {KEY} at most"));
            }
        }
        if let Some((other, _)) = all[..at].iter().find(|(_, other)| overlap(told, other)) {
            let message = format!("`{other}` and `{key}` are told of the same objects, and a bucket tells one function of each");
            let help = "let their prefixes or suffixes differ so that no key fits both, or let one function call the other";
            say(Code::Refused, "", message, help.into());
        }
    }
    found
}

/// Whether some event of some object belongs to both.
fn overlap(a: &Told, b: &Told) -> bool {
    let either = |a: &str, b: &str, within: fn(&str, &str) -> bool| within(a, b) || within(b, a);
    let event = |a: &str, b: &str| a == b || a.strip_suffix('*').is_some_and(|kind| b.starts_with(kind));
    let events = a.events.iter().any(|a| b.events.iter().any(|b| event(a, b) || event(b, a)));
    events && either(&a.prefix, &b.prefix, |a, b| a.starts_with(b)) && either(&a.suffix, &b.suffix, |a, b| a.ends_with(b))
}
