//! A code host that is busy, or whose answers are lost.
use std::time::{Duration, Instant};

use serde_json::json;

use super::{HOSTS, Host, Job, MARKER, limit};
use crate::support::forge::{Reaction, Reply};

#[tokio::test]
async fn a_limit_is_waited_out() {
    for host in HOSTS {
        let job = Job::open(host, "limit").await;
        let mut met = 0;
        job.fake.rule(move |call| {
            met += usize::from(call.writes());
            if call.writes() && met == 1 { Reaction::Answer(limit(host)) } else { Reaction::Pass }
        });
        let started = Instant::now();
        job.commented().await;
        assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
        assert_eq!(job.writes(), 2, "it is asked once more, not again and again");
        job.only();
    }
}

/// A limit that asks for more time than there is ends the try.
#[tokio::test]
async fn a_limit_that_takes_too_long_is_said() {
    let job = Job::open(Host::GitHub, "busy").await;
    job.fake.rule(|_| {
        let mut reply = limit(Host::GitHub);
        reply.headers = vec![("Retry-After", "3600".into())];
        Reaction::Answer(reply)
    });
    let said = job.comment().await;
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("secondary rate limit"), "{}", said.err);
    assert_eq!(job.fake.log().len(), 1);
    assert!(job.summary().contains(MARKER), "the summary needs no host");
}

/// Whether a creation happened isn't known when its answer is lost: it is looked for.
#[tokio::test]
async fn a_lost_answer_makes_no_second_comment() {
    for host in HOSTS {
        for happened in [true, false] {
            let job = Job::open(host, "lost").await;
            let mut met = 0;
            job.fake.rule(move |call| {
                let creates = call.method == "POST" && call.writes();
                met += usize::from(creates);
                match (creates, met, happened) {
                    (true, 1, true) => Reaction::CutAfter,
                    (true, 1, false) => Reaction::Answer(Reply::new(502, json!("<html>Bad Gateway</html>"))),
                    _ => Reaction::Pass,
                }
            });
            let said = job.commented().await;
            let only = job.only();
            assert_eq!(said.out, job.url(only.id));
            let created = job.fake.log().iter().filter(|c| c.method == "POST" && c.writes()).count();
            assert_eq!(created, if happened { 1 } else { 2 });
        }
    }
}

/// Reads, and writes that say the same twice, are sent again.
#[tokio::test]
async fn what_fails_in_passing_is_sent_again() {
    for host in HOSTS {
        let job = Job::open(host, "passing").await;
        job.commented().await;
        let mut n = 0;
        job.fake.rule(move |_| {
            n += 1;
            match n % 3 {
                1 => Reaction::Cut,
                2 => Reaction::Answer(Reply::new(503, json!({ "message": "Service Unavailable" }))),
                _ => Reaction::Pass,
            }
        });
        job.commented().await;
        assert_eq!(job.only().edits.len(), 2);
    }
}
