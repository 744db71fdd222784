//! A probe: a request to the environment itself, from the machine that applies.
use super::*;
use crate::wire::probe::{Answer, Ask, Many};

impl Probe {
    /// Sends it; an answer that isn't right comes back as a sentence.
    pub(crate) async fn ask(&self, links: &Links) -> Result<Result<(), String>, CloudError> {
        let url = self.url.resolve(links)?;
        let within = Duration::from_millis(self.within.into());
        let ask = Ask { method: &self.method, url: &url, headers: &self.headers, within, any_name: self.any_name };
        Ok(match self.load {
            None => self.judge(&ask.send().await),
            Some(load) => {
                let time = load.seconds.map(|seconds| Duration::from_secs(seconds.into()));
                let sent = ask.many((load.requests, time), load.concurrency, &|answer| self.judge(answer)).await;
                self.bears(load, &sent)
            }
        })
    }

    /// Whether an answer is right.
    pub fn judge(&self, answer: &Result<Answer, String>) -> Result<(), String> {
        let wrong = |why: String| Err(format!("{} {why}", self.name));
        match answer {
            Err(why) => wrong(format!("had no answer: {why}")),
            Ok(answer) if answer.status != self.status => wrong(format!("answered {}, not {}", answer.status, self.status)),
            Ok(answer) => match self.contains.as_ref().filter(|text| !answer.body.contains(text.as_str())) {
                Some(text) => wrong(format!("has no `{text}` in its answer")),
                None => Ok(()),
            },
        }
    }

    /// Whether many requests went as they should.
    pub fn bears(&self, load: Load, sent: &Many) -> Result<(), String> {
        let all = sent.took.len();
        let failing = (sent.failed as u64 * 10_000).checked_div(all as u64).unwrap_or(10_000);
        if failing > u64::from(load.errors) {
            let first = sent.first.as_deref().unwrap_or("none was sent");
            return Err(format!("{}: {} of {all} requests failed; the first: {first}", self.name, sent.failed));
        }
        let slow = sent.slowest(99).filter(|slow| load.latency.is_some_and(|most| *slow > most));
        match (slow, load.latency) {
            (Some(slow), Some(most)) => {
                Err(format!("{}: 99 of 100 answers took {} at most, not {}; {all} were asked for", self.name, millis(slow), millis(most)))
            }
            _ => Ok(()),
        }
    }
}
