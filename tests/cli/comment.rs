//! The one comment of a stack, and the job's summary: as CI runs the binary, against code hosts on loopback.
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;

use super::recover::{signal, started};
use super::{Infra, Said, said};
use crate::support::forge::{Forge, Holder, NUMBER, PROJECT, Reaction, Remark, Reply};

const TOKEN: &str = "glpat-or-ghs-7f3Kq9ZxW2mR5tY8";
const SHA: &str = "5f2c0de5f2c0de5f2c0de5f2c0de5f2c0de5f2c0";
const MARKER: &str = "<!-- infra:stack=minimal -->";
const LIMIT: usize = 1024 * 1024;

#[derive(Clone, Copy, PartialEq)]
enum Host {
    GitHub,
    GitLab,
}

const HOSTS: [Host; 2] = [Host::GitHub, Host::GitLab];

fn bot() -> Holder {
    Holder { login: "github-actions[bot]", id: 41_898_282, app: true, writes: true }
}

fn person() -> Holder {
    Holder { login: "octocat", id: 583_231, app: false, writes: true }
}

/// A job of a code host, and the binary in it.
struct Job {
    fake: Forge,
    infra: Infra,
    host: Host,
}

impl Job {
    /// A job of the open request, whose token is the CI's own; and a plan.
    async fn open(host: Host, name: &str) -> Job {
        let fake = Forge::start();
        fake.token(TOKEN, bot());
        let infra = Infra::new(&format!("comment-{name}-{}", if host == Host::GitHub { "github" } else { "gitlab" }));
        let mut job = Job { fake, infra, host };
        let (number, path) = PROJECT;
        let endpoint = job.fake.endpoint.clone();
        let common = [("CI", "true"), ("INFRA_CLOUD", "sandbox"), ("INFRA_AUTO_APPROVE", "true")];
        common.into_iter().for_each(|(k, v)| job.set(k, v));
        match host {
            Host::GitHub => {
                let summary = job.infra.folder.join("summary.md").display().to_string();
                job.set("GITHUB_ACTIONS", "true");
                job.set("GITHUB_API_URL", &endpoint);
                job.set("GITHUB_EVENT_NAME", "pull_request");
                job.set("GITHUB_REF", &format!("refs/pull/{NUMBER}/merge"));
                job.set("GITHUB_REPOSITORY", path);
                job.set("GITHUB_RUN_ID", "99");
                job.set("GITHUB_SERVER_URL", "https://github.example");
                job.set("GITHUB_SHA", SHA);
                job.set("GITHUB_STEP_SUMMARY", &summary);
            }
            Host::GitLab => {
                job.set("CI_API_V4_URL", &format!("{endpoint}/api/v4"));
                job.set("CI_COMMIT_SHA", SHA);
                job.set("CI_JOB_URL", "https://gitlab.example/acme/shop/-/jobs/99");
                job.set("CI_MERGE_REQUEST_IID", &NUMBER.to_string());
                job.set("CI_PROJECT_ID", number);
                job.set("CI_PROJECT_PATH", path);
                job.set("CI_PROJECT_URL", "https://gitlab.example/acme/shop");
                job.set("GITLAB_CI", "true");
            }
        }
        job.set(job.token(), TOKEN);
        job.plan("minimal").await;
        job
    }

    fn token(&self) -> &'static str {
        if self.host == Host::GitHub { "GITHUB_TOKEN" } else { "GITLAB_TOKEN" }
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.infra.env.retain(|(k, _)| *k != name);
        self.infra.env.push((name, value.into()));
    }

    async fn plan(&self, example: &str) {
        let said = self.run(&["plan", "-f", &Infra::example(example), "--out", "p.infraplan"]).await;
        assert_eq!(said.code, 0, "{}", said.err);
    }

    /// The fake lives in this process, so nobody may stand still meanwhile. The token is in no byte of what is said, here or there.
    async fn run(&self, args: &[&str]) -> Said {
        let said = said(tokio::process::Command::from(self.infra.command(args)).output().await.unwrap());
        let everything = [said.out.clone(), said.err.clone(), self.summary()].concat();
        assert!(!everything.contains(TOKEN) && !everything.contains("7f3Kq9Zx"), "{everything}");
        assert!(self.fake.remarks().iter().all(|r| r.edits.iter().all(|e| !e.contains(TOKEN))));
        said
    }

    async fn comment(&self) -> Said {
        self.run(&["comment", "--plan", "p.infraplan"]).await
    }

    async fn commented(&self) -> Said {
        let said = self.comment().await;
        assert_eq!(said.code, 0, "{} {}", said.out, said.err);
        said
    }

    async fn apply(&self, more: &[&str]) -> Said {
        self.run(&[&["apply", "p.infraplan", "--comment"], more].concat()).await
    }

    fn summary(&self) -> String {
        std::fs::read_to_string(self.infra.folder.join("summary.md")).unwrap_or_default()
    }

    /// The one comment there is.
    fn only(&self) -> Remark {
        let remarks = self.fake.remarks();
        assert_eq!(remarks.len(), 1, "{remarks:#?}");
        remarks[0].clone()
    }

    /// How many calls wrote, or tried to.
    fn writes(&self) -> usize {
        self.fake.log().iter().filter(|c| c.writes()).count()
    }

    /// Where a comment is read.
    fn url(&self, id: u64) -> String {
        match self.host {
            Host::GitHub => format!("https://github.example/acme/shop/pull/{NUMBER}#issuecomment-{id}\n"),
            Host::GitLab => format!("https://gitlab.example/acme/shop/-/merge_requests/{NUMBER}#note_{id}\n"),
        }
    }
}

/// What a host says that is asked too often.
fn limit(host: Host) -> Reply {
    let secondary = json!({
        "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
        "status": "403",
    });
    match host {
        Host::GitHub => Reply::new(403, secondary).with("Retry-After", 1).with("X-RateLimit-Remaining", 4999),
        Host::GitLab => Reply::new(429, json!("Retry later\n")).with("Retry-After", 1).with("RateLimit-Remaining", 0),
    }
}

#[tokio::test]
async fn one_comment_is_made_and_kept() {
    for host in HOSTS {
        let job = Job::open(host, "first").await;
        let said = job.commented().await;
        let first = job.only();
        assert!(first.body.starts_with(&format!("{MARKER}\n")), "{}", first.body);
        assert_eq!(said.out, job.url(first.id));
        assert_eq!(job.summary().contains(MARKER), host == Host::GitHub);
        assert_eq!(job.fake.log().len(), 2, "one look, one creation");

        let said = job.commented().await;
        let again = job.only();
        assert_eq!((again.id, again.edits.len()), (first.id, 2));
        assert_eq!(said.out, job.url(first.id));
    }
}

/// Our own is the first that we wrote ourselves, whatever others say.
#[tokio::test]
async fn what_others_wrote_stays() {
    for host in HOSTS {
        for (ours, theirs) in [(bot(), person()), (person(), bot())] {
            let job = Job::open(host, "others").await;
            job.fake.token(TOKEN, ours.clone());
            let copy = format!("{MARKER}\nmade up\n");
            let other = job.fake.say(theirs.clone(), &copy);
            job.fake.say(ours.clone(), &format!("as `{MARKER}` says\n{MARKER}\n"));
            job.commented().await;
            let mine = job.fake.remarks().last().unwrap().clone();
            assert_eq!((job.fake.remarks().len(), &mine.author.login), (3, &ours.login));
            let later = job.fake.say(ours.clone(), &copy.replace('\n', "\r\n"));
            job.commented().await;
            let remarks = job.fake.remarks();
            let edits: Vec<(u64, usize)> = remarks.iter().map(|r| (r.id, r.edits.len())).collect();
            assert_eq!(edits, [(other, 1), (other + 1, 1), (mine.id, 2), (later, 1)]);
            assert_eq!(remarks[0].body, copy);
        }
    }
}

/// A person may be called as an app is.
#[tokio::test]
async fn a_namesake_is_another() {
    let job = Job::open(Host::GitHub, "namesake").await;
    job.fake.say(Holder { login: "github-actions", ..person() }, &format!("{MARKER}\nmine\n"));
    job.commented().await;
    assert_eq!(job.fake.remarks()[0].body, format!("{MARKER}\nmine\n"));
}

#[tokio::test]
async fn a_comment_is_found_on_the_last_page() {
    for host in HOSTS {
        let job = Job::open(host, "pages").await;
        (0..499).for_each(|i| _ = job.fake.say(person(), &format!("remark {i}")));
        let mine = job.fake.say(bot(), &format!("{MARKER}\nold\n"));
        job.fake.forget_log();
        job.commented().await;
        let remarks = job.fake.remarks();
        assert_eq!((remarks.len(), remarks[499].id, remarks[499].edits.len()), (500, mine, 2));
        let pages = job.fake.log().iter().filter(|c| c.query.contains("per_page=100")).count();
        assert_eq!(pages, 5);
    }
}

/// What a host takes is all that it gets.
#[tokio::test]
async fn a_comment_is_no_longer_than_the_host_takes() {
    let job = Job::open(Host::GitHub, "long").await;
    let records: String =
        (0..700).map(|i| format!("    r{i}: {{ type: txt, content: \"{}\" }}\n", format!("word {i} ").repeat(20).trim_end())).collect();
    let head = "stack: minimal\nregion: us-east-1\nvpc: { nat: none, flow_logs: false }\ncdn:\n  zone: example.com\n  records:\n";
    let spec = job.infra.file("long.yaml", &format!("{head}{records}"));
    let said = job.run(&["plan", "-f", &spec, "--out", "p.infraplan"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    job.commented().await;
    let body = job.only().body;
    assert!(body.starts_with(MARKER) && body.chars().count() <= 65_536, "{}", body.chars().count());
}

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

/// The same comment tells of the plan, of the run, and of its end.
#[tokio::test]
async fn a_run_is_told_in_the_same_comment() {
    for host in HOSTS {
        let job = Job::open(host, "applied").await;
        job.commented().await;
        let planned = job.only();
        let applied = job.apply(&[]).await;
        assert_eq!((applied.code, applied.err.contains("omment")), (0, false), "{}", applied.err);
        let now = job.only();
        assert_eq!((now.id, now.edits.len()), (planned.id, 3), "planned, applying, applied");
        different(&now);
        assert_eq!(job.summary().matches(MARKER).count(), if host == Host::GitHub { 2 } else { 0 });

        let rolled = Job::open(host, "rolled").await;
        rolled.commented().await;
        let planned = rolled.only();
        let failed = rolled.apply(&["--sandbox-fail", "5"]).await;
        assert_eq!(failed.code, 3, "{}", failed.err);
        let back = rolled.only();
        assert_eq!((back.id, back.edits.len()), (planned.id, 3));
        different(&back);
        assert_ne!(back.body, now.body, "it was taken back");

        // The plan itself is of no use any more.
        let stale = job.apply(&[]).await;
        assert_eq!(stale.code, 7, "{}", stale.err);
        let refused = job.only();
        assert_eq!((refused.id, refused.edits.len()), (now.id, 4));
        different(&refused);
    }
}

/// What a comment said before and after is not the same.
fn different(remark: &Remark) {
    let all: BTreeSet<&String> = remark.edits.iter().collect();
    assert_eq!(all.len(), remark.edits.len(), "{:#?}", remark.edits);
}

#[tokio::test]
async fn a_run_that_is_refused_is_told() {
    let job = Job::open(Host::GitHub, "leased").await;
    let run = started(&job.infra, &Infra::example("minimal"), "vpc.main created");
    signal(&run.0, "-STOP");
    let leased = job.apply(&[]).await;
    assert_eq!(leased.code, 6, "{}", leased.err);
    assert_eq!(job.only().edits.len(), 1, "there was no comment yet");
    assert!(job.summary().contains(MARKER));
    signal(&run.0, "-CONT");
    assert_eq!(super::recover::rest(run).code, 0);
}

/// A code host that is away changes nothing of a run.
#[tokio::test]
async fn a_run_needs_no_code_host() {
    for host in HOSTS {
        let job = Job::open(host, "away").await;
        job.commented().await;
        job.fake.rule(|_| Reaction::Cut);
        let applied = job.apply(&[]).await;
        assert_eq!(applied.code, 0, "{}", applied.err);
        assert!(applied.err.contains("No comment could be written"), "{}", applied.err);
        assert_eq!(job.only().edits.len(), 1);

        let mut job = Job::open(host, "nobody").await;
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        job.set("INFRA_API", &format!("http://{nobody}"));
        let applied = job.apply(&[]).await;
        assert_eq!(applied.code, 0, "{}", applied.err);
        assert!(applied.err.contains("No comment could be written"), "{}", applied.err);
        assert!(job.fake.log().is_empty());
    }
}

/// A comment that somebody took away is made anew.
#[tokio::test]
async fn a_comment_that_is_taken_away_comes_back() {
    for host in HOSTS {
        let job = Job::open(host, "away-again").await;
        job.commented().await;
        job.fake.remove(job.only().id);
        job.commented().await;
        job.only();
    }
}
