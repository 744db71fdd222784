//! The one comment of a stack, and the job's summary: as CI runs the binary, against code hosts on loopback.
mod job;
mod kept;
mod run;
mod wire;

use serde_json::json;

use super::{Infra, Said, said};
use crate::support::forge::{Forge, Holder, NUMBER, PROJECT, Remark, Reply};

const TOKEN: &str = "glpat-or-ghs-7f3Kq9ZxW2mR5tY8";
const SHA: &str = "5f2c0de5f2c0de5f2c0de5f2c0de5f2c0de5f2c0";
const MARKER: &str = "<!-- infra:stack=minimal place=32631 -->";
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
