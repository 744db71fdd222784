//! What a job of CI tells and lacks: its request, its token, its summary.
use super::{HOSTS, Host, Job, LIMIT, MARKER, SHA, TOKEN, bot};
use crate::support::forge::{Holder, NUMBER};

/// A fork's token can't comment, and says so only when it tries.
#[tokio::test]
async fn a_token_that_cannot_comment_has_the_summary() {
    for host in HOSTS {
        let mut job = Job::open(host, "fork").await;
        job.fake.token(TOKEN, Holder { writes: false, ..bot() });
        let summary = job.infra.folder.join("summary.md").display().to_string();
        job.set("GITHUB_STEP_SUMMARY", &summary);
        let said = job.comment().await;
        assert_eq!((said.code, said.out.as_str()), (0, ""), "{}", said.err);
        assert!(said.err.contains("The plan is in the job's summary instead."), "{}", said.err);
        assert!(job.summary().contains(MARKER));
        assert_eq!(job.writes(), 1, "it is tried once");

        job.set("GITHUB_STEP_SUMMARY", "");
        let said = job.comment().await;
        assert_eq!((said.code, said.out.as_str()), (1, ""));
        assert!(said.err.contains("infra::comment") && said.err.contains("pull-requests: write"), "{}", said.err);
        assert!(job.fake.remarks().is_empty());
    }
}

/// After a merge there is no number, but a commit.
#[tokio::test]
async fn the_request_of_a_merge_is_found() {
    for host in HOSTS {
        let mut job = Job::open(host, "merge").await;
        for (name, value) in [("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF", "refs/heads/main"), ("CI_MERGE_REQUEST_IID", "")] {
            job.set(name, value);
        }
        job.fake.commit(SHA, 3, "closed", Some("0000000000000000000000000000000000000000"));
        job.fake.commit(SHA, NUMBER, "closed", Some(SHA));
        let said = job.commented().await;
        assert_eq!(said.out, job.url(job.only().id));

        job.set("GITHUB_SHA", "0123456789012345678901234567890123456789");
        job.set("CI_COMMIT_SHA", "0123456789012345678901234567890123456789");
        job.fake.commit("0123456789012345678901234567890123456789", NUMBER, "open", None);
        job.commented().await;
        assert_eq!(job.only().edits.len(), 2);
    }
}

/// Whatever the environment leaves out can be given, and what is missing is told.
#[tokio::test]
async fn flags_and_what_is_missing() {
    for host in HOSTS {
        let mut job = Job::open(host, "flags").await;
        job.infra.env.retain(|(k, _)| !k.starts_with("GITHUB") && !k.starts_with("GITLAB") && !k.starts_with("CI"));
        let missing = async |job: &Job, args: &[&str], word: &str| {
            let said = job.run(&[&["comment", "--plan", "p.infraplan"], args].concat()).await;
            assert_eq!((said.code, said.out.as_str()), (1, ""), "{}", said.err);
            assert!(said.err.contains(word), "{word}: {}", said.err);
        };
        let (provider, api) = match host {
            Host::GitHub => ("github", job.fake.endpoint.clone()),
            Host::GitLab => ("gitlab", format!("{}/api/v4/", job.fake.endpoint)),
        };
        missing(&job, &[], "--provider").await;
        missing(&job, &["--provider", provider], "--repository").await;
        missing(&job, &["--provider", provider, "--repository", "acme/shop"], "--number").await;
        let all = ["--provider", provider, "--repository", "acme/shop", "--number", "7", "--api", &api];
        missing(&job, &all, job.token()).await;
        job.set("INFRA_FORGE_TOKEN", "nobody's-4Kq8mZ2x");
        missing(&job, &all, "401").await;
        job.set("INFRA_FORGE_TOKEN", TOKEN);
        missing(&job, &["--provider", provider, "--repository", "acme/shop", "--number", "7", "--api", "nowhere"], "no address").await;
        let said = job.run(&[&["comment", "--plan", "p.infraplan"], &all[..]].concat()).await;
        assert_eq!(said.code, 0, "{}", said.err);
        job.only();
        missing(&job, &["--provider", provider, "--repository", "acme/other", "--number", "7", "--api", &api], "404").await;
    }
    let mut job = Job::open(Host::GitHub, "none").await;
    job.set("GITHUB_TOKEN", "");
    let said = job.comment().await;
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("there is no token") && job.summary().contains(MARKER), "{}", said.err);
    assert!(job.fake.log().is_empty());
}

#[tokio::test]
async fn the_summary_stays_within_its_limit() {
    let job = Job::open(Host::GitHub, "summary").await;
    let file = job.infra.folder.join("summary.md");
    job.commented().await;
    job.commented().await;
    assert_eq!(job.summary().matches(MARKER).count(), 2, "it is added to what is there");
    for left in [0, 3, 4000] {
        std::fs::write(&file, "é".repeat((LIMIT - left) / 2)).unwrap();
        let before = job.summary().len();
        let said = job.commented().await;
        let after = job.summary().len();
        assert!(after <= LIMIT, "{left}: {after}");
        if left < 10 {
            assert!(after == before && said.err.contains("The job's summary could not be written"), "{left}: {}", said.err);
        } else {
            assert!(after > before, "{left}");
        }
    }
}
