//! A probe: a request to the environment itself, from the machine that applies.
use super::*;
use crate::wire::probe::{Answer, Ask};

impl Probe {
    /// Sends it; an answer that isn't right comes back as a sentence.
    pub(crate) async fn ask(&self, links: &Links) -> Result<Result<(), String>, CloudError> {
        let url = self.url.resolve(links)?;
        let ask = Ask { method: &self.method, url: &url, within: Duration::from_millis(self.within.into()), any_name: self.any_name };
        Ok(match self.load {
            None => self.judge(&ask.send().await),
            Some(load) => {
                let answers = ask.many(load.requests, load.concurrency).await;
                let wrong: Vec<String> = answers.iter().filter_map(|answer| self.judge(answer).err()).collect();
                let failing = (wrong.len() as u64 * 10_000).checked_div(answers.len() as u64).unwrap_or(0);
                match wrong.first() {
                    Some(first) if failing > u64::from(load.errors) => {
                        Err(format!("{}: {} of {} requests failed; the first: {first}", self.name, wrong.len(), answers.len()))
                    }
                    _ => Ok(()),
                }
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
}
