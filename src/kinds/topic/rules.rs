//! What SNS refuses of a topic, and what would make it silent.
use super::*;
use crate::diag::Code;

/// How many may be told of a topic: as many as its tag notes. SNS itself takes 12.5 million.
pub const MOST: usize = 60;

/// `DisplayName` of a topic with mails ("Amazon SNS supports at most 100 characters").
const DISPLAY: usize = 100;

/// The key with which SNS encrypts by itself, and under which CloudWatch can't publish ("Amazon SNS encryption" of CloudWatch's user guide).
const OWN_KEY: &str = "alias/aws/sns";

/// `Protocol` of an endpoint; `None` for what nobody here is told by.
pub fn protocol(endpoint: &str) -> Option<&'static str> {
    let mail = || endpoint.contains('@') && !endpoint.contains("://");
    if endpoint.starts_with("https://") { Some("https") } else { mail().then_some("email") }
}

pub(super) fn breaches(topic: &Topic) -> Vec<Breach> {
    let mut found = vec![];
    for subscriber in topic.subscribers.iter().filter(|s| protocol(s).is_none()) {
        let message = format!("nobody can be told at `{subscriber}`");
        found.push(Breach::new(Code::Refused, "subscribers", message, "write a mail address, or a URL with https").item(subscriber));
    }
    if topic.subscribers.len() > MOST {
        let message = format!("{} are told at once", topic.subscribers.len());
        found.push(Breach::new(Code::Count, "subscribers", message, format!("name {MOST} at most; a mailing list has room for more")));
    }
    if topic.display_name.chars().count() > DISPLAY {
        let message = format!("whom mails are from has more than {DISPLAY} characters");
        found.push(Breach::new(Code::Count, "display_name", message, "write a shorter one"));
    }
    if topic.kms_key.as_deref() == Some(OWN_KEY) {
        let message = format!("CloudWatch can't publish under `{OWN_KEY}`: no alarm would be heard");
        found.push(Breach::new(Code::Refused, "kms_key", message, "leave the key out, or name one whose policy lets CloudWatch use it"));
    }
    found
}
