//! Buckets where the emulator is silent: S3 is still busy with what was asked before, and says so in every other answer.
use std::time::Duration;

use infra::cloud::Cloud;
use infra::kinds::{Links, Live};

use super::bucket::storage;
use super::replay_world::stamp;
use crate::support::replay::Replay;

const AT: &str = "bucket.uploads";
const BUSY: (u16, &str) = (
    409,
    "<Error><Code>OperationAborted</Code><Message>A conflicting conditional operation is currently in progress against this resource. Please try again.</Message></Error>",
);

/// A deletion waits for what goes on, and so does a creation where a bucket of that name is only just gone.
#[tokio::test(start_paused = true)]
async fn what_s3_is_busy_with_is_asked_for_again() {
    let (mut cloud, replay) = Replay::clients([BUSY, BUSY, (204, ""), (404, "")]);
    cloud.policy.conflicts = Duration::from_secs(600);
    cloud.delete(&Live::found("s-uploads-12345678", storage(), stamp(AT))).await.unwrap();
    assert_eq!(replay.asked().len(), 4);
    let caller = "<Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>x</UserId><Account>123456789012</Account>";
    let caller =
        format!("<GetCallerIdentityResponse><GetCallerIdentityResult>{caller}</GetCallerIdentityResult></GetCallerIdentityResponse>");
    let over = "<Error><Code>TooManyBuckets</Code><Message>You have attempted to create more buckets than allowed.</Message></Error>";
    let (mut cloud, replay) = Replay::clients([(200, caller.as_str()), BUSY, BUSY, (400, over)]);
    cloud.policy.conflicts = Duration::from_secs(600);
    let e = cloud.create(&storage().into(), &Links::default(), &stamp(AT)).await.unwrap_err();
    assert_eq!(e.code, "TooManyBuckets", "it was asked for again until S3 said another thing");
    replay.asked();
}
