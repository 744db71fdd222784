//! Detects the code host from the CI's environment: which one, the repository, the pull or merge request, and the token.
//!
//! | | GitHub Actions | GitLab CI |
//! |---|---|---|
//! | repository | `GITHUB_REPOSITORY` | `CI_MERGE_REQUEST_PROJECT_ID`, `CI_OPEN_MERGE_REQUESTS`, `CI_PROJECT_ID`, `CI_PROJECT_PATH` |
//! | number | the event, `GITHUB_REF`, or by `GITHUB_SHA` | `CI_MERGE_REQUEST_IID`, `CI_OPEN_MERGE_REQUESTS`, or by `CI_COMMIT_SHA` |
//! | token | `INFRA_FORGE_TOKEN`, `GITHUB_TOKEN`, `GH_TOKEN` | `INFRA_FORGE_TOKEN`, `GITLAB_TOKEN` |
//! | API | `GITHUB_API_URL`, `GITHUB_SERVER_URL` | `CI_API_V4_URL`, `CI_SERVER_URL` |
//!
//! What is asked for by name goes first. A number of the environment belongs to the repository of the environment, and counts for no other.
use std::path::PathBuf;

use serde_json::Value;

use super::{Provider, Token};

/// What the command line gives; it goes before the environment.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub api: Option<String>,
    pub number: Option<u64>,
    pub provider: Option<Provider>,
    pub repository: Option<String>,
}

/// How the pull or merge request is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeRequest {
    Number(u64),
    /// The one that brought this commit.
    OfCommit(String),
    Unknown,
}

/// The repository, the request and the access to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub provider: Provider,
    pub api: String,
    /// `OWNER/NAME`; at GitLab also deeper, or a number.
    pub repository: Option<String>,
    pub request: ChangeRequest,
    pub token: Option<Token>,
    /// The page of the project, where it is known.
    pub web: Option<String>,
    /// Files of certificates that are trusted beside the usual ones.
    pub roots: Vec<PathBuf>,
}

/// What is known of the CI job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ci {
    pub site: Option<Site>,
    /// The address of the job's log.
    pub log: Option<String>,
    /// The file of the step's summary.
    pub summary: Option<PathBuf>,
}

/// A variable that is set, and not to nothing.
pub type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The event that GitHub Actions started the job for.
pub fn event(env: Env<'_>) -> Option<Value> {
    serde_json::from_str(&std::fs::read_to_string(env("GITHUB_EVENT_PATH")?).ok()?).ok()
}

/// Detects everything from arguments, environment and the event that [`event`] reads.
pub fn detect(asked: &Asked, env: Env<'_>, event: Option<&Value>) -> Ci {
    let is = |name: &str| env(name).is_some_and(|v| v == "true");
    let provider = asked.provider.or(match (is("GITHUB_ACTIONS"), is("GITLAB_CI")) {
        (true, _) => Some(Provider::GitHub),
        (_, true) => Some(Provider::GitLab),
        _ => None,
    });
    let site = provider.map(|provider| match provider {
        Provider::GitHub => github(asked, env, event),
        Provider::GitLab => gitlab(asked, env),
    });
    let run = || Some(format!("{}/{}/actions/runs/{}", server(env), env("GITHUB_REPOSITORY")?, env("GITHUB_RUN_ID")?));
    Ci { site, log: run().or_else(|| env("CI_JOB_URL")), summary: env("GITHUB_STEP_SUMMARY").map(PathBuf::from) }
}

fn server(env: Env<'_>) -> String {
    env("GITHUB_SERVER_URL").unwrap_or("https://github.com".into()).trim_end_matches('/').to_owned()
}

fn token(env: Env<'_>, names: &[&str]) -> Option<Token> {
    names.iter().find_map(|name| env(name)).map(|text| Token::new(&text))
}

fn roots(env: Env<'_>) -> Vec<PathBuf> {
    ["SSL_CERT_FILE", "CI_SERVER_TLS_CA_FILE"].iter().filter_map(|name| env(name)).map(PathBuf::from).collect()
}

/// Where the request is told by number, or by what the environment says of its own repository.
fn request(asked: &Asked, home: Option<&str>, told: impl FnOnce() -> ChangeRequest) -> ChangeRequest {
    let elsewhere = asked.repository.as_deref().is_some_and(|r| home.is_none_or(|home| !r.eq_ignore_ascii_case(home)));
    match asked.number {
        Some(number) => ChangeRequest::Number(number),
        None if elsewhere => ChangeRequest::Unknown,
        None => told(),
    }
}

fn github(asked: &Asked, env: Env<'_>, event: Option<&Value>) -> Site {
    let home = env("GITHUB_REPOSITORY");
    let server = server(env);
    let enterprise = (server != "https://github.com").then(|| format!("{server}/api/v3"));
    Site {
        provider: Provider::GitHub,
        api: asked.api.clone().or(env("GITHUB_API_URL")).or(enterprise).unwrap_or("https://api.github.com".into()),
        request: request(asked, home.as_deref(), || pull(env, event)),
        repository: asked.repository.clone().or(home),
        token: token(env, &["INFRA_FORGE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"]),
        web: None,
        roots: roots(env),
    }
}

/// The pull request of a job. An event of an issue is of no pull request unless it says so, and a schedule's commit is of none.
fn pull(env: Env<'_>, event: Option<&Value>) -> ChangeRequest {
    let number = |path: &str| event.and_then(|e| e.pointer(path)).and_then(Value::as_u64);
    let text = |path: &str| event.and_then(|e| e.pointer(path)).and_then(Value::as_str).map(String::from);
    let issue = || number("/issue/number").filter(|_| event.is_some_and(|e| e.pointer("/issue/pull_request").is_some()));
    let told = number("/pull_request/number").or_else(issue).or_else(|| number("/workflow_run/pull_requests/0/number"));
    let reference = env("GITHUB_REF").unwrap_or_default();
    let of_ref = || reference.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok();
    // refs/heads/gh-readonly-queue/main/pr-7-<commit>
    let of_queue = || reference.strip_prefix("refs/heads/gh-readonly-queue/")?.rsplit_once("/pr-")?.1.split('-').next()?.parse().ok();
    if let Some(number) = told.or_else(of_ref).or_else(of_queue) {
        return ChangeRequest::Number(number);
    }
    let other = ["issue_comment", "issues", "schedule"].contains(&env("GITHUB_EVENT_NAME").unwrap_or_default().as_str());
    let commit = text("/workflow_run/head_sha").or_else(|| env("GITHUB_SHA")).filter(|_| !other);
    commit.map_or(ChangeRequest::Unknown, ChangeRequest::OfCommit)
}

fn gitlab(asked: &Asked, env: Env<'_>) -> Site {
    let number = env("CI_MERGE_REQUEST_IID").and_then(|n| n.parse().ok());
    // A pipeline of a fork's request may run in the fork; the request stands in its target.
    let target = number.and_then(|n: u64| Some((env("CI_MERGE_REQUEST_PROJECT_ID")?, env("CI_MERGE_REQUEST_PROJECT_URL"), n)));
    let own = env("CI_PROJECT_ID").or_else(|| env("CI_PROJECT_PATH"));
    let open = || {
        let all = env("CI_OPEN_MERGE_REQUESTS")?;
        let (project, number) = all.split(',').next()?.split_once('!')?;
        Some((project.to_owned(), None, number.parse().ok()?))
    };
    let here = || Some((own.clone()?, env("CI_PROJECT_URL"), number?));
    let told = target.or_else(here).or_else(open);
    let server = env("CI_SERVER_URL").unwrap_or("https://gitlab.com".into()).trim_end_matches('/').to_owned();
    let path = |project: &str| project.parse::<u64>().is_err().then(|| format!("{server}/{project}"));
    let commit = || env("CI_COMMIT_SHA").filter(|_| env("CI_PIPELINE_SOURCE").as_deref() != Some("schedule"));
    let names = [env("CI_PROJECT_ID"), env("CI_PROJECT_PATH"), env("CI_MERGE_REQUEST_PROJECT_ID"), env("CI_MERGE_REQUEST_PROJECT_PATH")];
    let home = asked.repository.as_deref().filter(|r| names.iter().flatten().any(|n| n == r));
    let request = request(asked, home, || match &told {
        Some((.., number)) => ChangeRequest::Number(*number),
        None => commit().map_or(ChangeRequest::Unknown, ChangeRequest::OfCommit),
    });
    let (repository, page) = match (&asked.repository, told) {
        (Some(asked), _) => (Some(asked.clone()), None),
        (None, Some((project, page, _))) => (Some(project), page),
        (None, None) => (own, env("CI_PROJECT_URL")),
    };
    Site {
        provider: Provider::GitLab,
        api: asked.api.clone().or(env("CI_API_V4_URL")).unwrap_or_else(|| format!("{server}/api/v4")),
        web: page.or_else(|| path(repository.as_deref()?)),
        repository,
        request,
        token: token(env, &["INFRA_FORGE_TOKEN", "GITLAB_TOKEN"]),
        roots: roots(env),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Vars<'v> = &'v [(&'v str, &'v str)];

    const SHA: &str = "5f2c0de5f2c0de5f2c0de5f2c0de5f2c0de5f2c0";

    fn at(vars: &[(&str, &str)], asked: &Asked, event: Option<&Value>) -> Ci {
        let env = |name: &str| vars.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned());
        detect(asked, &env, event)
    }

    fn site(vars: &[(&str, &str)], asked: &Asked, event: Option<&Value>) -> Site {
        at(vars, asked, event).site.expect("a code host")
    }

    #[test]
    fn nothing_is_told_outside_of_ci() {
        let ci = at(&[("CI", "true"), ("GITHUB_TOKEN", "t"), ("GITHUB_ACTIONS", "false")], &Asked::default(), None);
        assert_eq!(ci, Ci { site: None, log: None, summary: None });
    }

    #[test]
    fn which_pull_request() {
        use ChangeRequest::{Number, OfCommit, Unknown};
        let commit = || OfCommit(SHA.into());
        let queue = format!("refs/heads/gh-readonly-queue/main/pr-9-{SHA}");
        let cases = [
            ("pull_request", "refs/pull/7/merge", json!({ "number": 7, "pull_request": { "number": 7 } }), Number(7)),
            ("pull_request", "refs/pull/7/merge", json!(null), Number(7)),
            ("pull_request_target", "refs/heads/main", json!({ "pull_request": { "number": 7 } }), Number(7)),
            ("issue_comment", "refs/heads/main", json!({ "issue": { "number": 7, "pull_request": { "url": "…" } } }), Number(7)),
            ("issue_comment", "refs/heads/main", json!({ "issue": { "number": 7 } }), Unknown),
            ("issues", "refs/heads/main", json!({ "issue": { "number": 7 } }), Unknown),
            ("merge_group", &queue, json!({}), Number(9)),
            ("push", "refs/heads/main", json!({ "ref": "refs/heads/main" }), commit()),
            ("workflow_dispatch", "refs/heads/work", json!({}), commit()),
            ("schedule", "refs/heads/main", json!({}), Unknown),
            (
                "workflow_run",
                "refs/heads/main",
                json!({ "workflow_run": { "head_sha": "abc", "pull_requests": [{ "number": 7 }] } }),
                Number(7),
            ),
            (
                "workflow_run",
                "refs/heads/main",
                json!({ "workflow_run": { "head_sha": "abc", "pull_requests": [] } }),
                OfCommit("abc".into()),
            ),
        ];
        for (name, reference, event, expected) in cases {
            let vars = [
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_EVENT_NAME", name),
                ("GITHUB_REF", reference),
                ("GITHUB_REPOSITORY", "acme/shop"),
                ("GITHUB_SHA", SHA),
            ];
            assert_eq!(site(&vars, &Asked::default(), Some(&event)).request, expected, "{name} {event}");
            let other = Asked { repository: Some("acme/other".into()), ..Asked::default() };
            assert_eq!(site(&vars, &other, Some(&event)).request, Unknown, "a number is of its own repository");
            let same = Asked { repository: Some("Acme/Shop".into()), ..Asked::default() };
            assert_eq!(site(&vars, &same, Some(&event)).request, expected);
            let number = Asked { number: Some(1), ..Asked::default() };
            assert_eq!(site(&vars, &number, Some(&event)).request, Number(1));
        }
    }

    #[test]
    fn which_merge_request() {
        use ChangeRequest::{Number, OfCommit, Unknown};
        let own = [("GITLAB_CI", "true"), ("CI_PROJECT_ID", "42"), ("CI_PROJECT_PATH", "acme/shop"), ("CI_COMMIT_SHA", SHA)];
        let cases: [(Vars<'_>, &str, ChangeRequest); 6] = [
            (&[("CI_MERGE_REQUEST_IID", "7")], "42", Number(7)),
            (&[("CI_MERGE_REQUEST_IID", "7"), ("CI_MERGE_REQUEST_PROJECT_ID", "41")], "41", Number(7)),
            (&[("CI_OPEN_MERGE_REQUESTS", "acme/shop!8,acme/shop!9")], "acme/shop", Number(8)),
            (&[("CI_PIPELINE_SOURCE", "push")], "42", OfCommit(SHA.into())),
            (&[("CI_PIPELINE_SOURCE", "schedule")], "42", Unknown),
            (&[("CI_MERGE_REQUEST_IID", "none")], "42", OfCommit(SHA.into())),
        ];
        for (more, repository, request) in cases {
            let found = site(&[&own, more].concat(), &Asked::default(), None);
            assert_eq!((found.repository.as_deref(), found.request), (Some(repository), request), "{more:?}");
        }
        let other = Asked { repository: Some("acme/other".into()), ..Asked::default() };
        assert_eq!(site(&[&own[..], &[("CI_MERGE_REQUEST_IID", "7")]].concat(), &other, None).request, Unknown);
    }

    #[test]
    fn which_api_and_which_token() {
        let cases: [(Vars<'_>, &str, Option<&str>); 8] = [
            (&[("GITHUB_ACTIONS", "true")], "https://api.github.com", None),
            (&[("GITHUB_ACTIONS", "true"), ("GH_TOKEN", "b"), ("GITHUB_TOKEN", "a")], "https://api.github.com", Some("a")),
            (&[("GITHUB_ACTIONS", "true"), ("GITHUB_TOKEN", "a"), ("INFRA_FORGE_TOKEN", " c\n")], "https://api.github.com", Some("c")),
            (
                &[("GITHUB_ACTIONS", "true"), ("GITHUB_SERVER_URL", "https://ghe.example/"), ("GITLAB_TOKEN", "a")],
                "https://ghe.example/api/v3",
                None,
            ),
            (
                &[("GITHUB_ACTIONS", "true"), ("GITHUB_API_URL", "https://api.example"), ("GITHUB_SERVER_URL", "https://x")],
                "https://api.example",
                None,
            ),
            (&[("GITLAB_CI", "true"), ("CI_JOB_TOKEN", "j")], "https://gitlab.com/api/v4", None),
            (
                &[("GITLAB_CI", "true"), ("CI_SERVER_URL", "https://git.example"), ("GITLAB_TOKEN", "a")],
                "https://git.example/api/v4",
                Some("a"),
            ),
            (
                &[("GITLAB_CI", "true"), ("CI_API_V4_URL", "https://git.example/gl/api/v4"), ("GITHUB_TOKEN", "a")],
                "https://git.example/gl/api/v4",
                None,
            ),
        ];
        for (vars, api, token) in cases {
            let found = site(vars, &Asked::default(), None);
            assert_eq!((found.api.as_str(), found.token.clone()), (api, token.map(Token::new)), "{vars:?}");
            assert!(!format!("{found:?}").contains("\"a\""), "a token is shown");
            let asked = Asked { api: Some("https://asked.example".into()), ..Asked::default() };
            assert_eq!(site(vars, &asked, None).api, "https://asked.example");
        }
        let both = Asked { provider: Some(Provider::GitLab), ..Asked::default() };
        assert_eq!(site(&[("GITHUB_ACTIONS", "true"), ("GITHUB_TOKEN", "a")], &both, None).token, None);
    }

    #[test]
    fn where_the_log_is() {
        let vars = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_RUN_ID", "99"),
            ("GITHUB_SERVER_URL", "https://ghe.example"),
            ("GITHUB_STEP_SUMMARY", "/tmp/summary"),
        ];
        let ci = at(&vars, &Asked::default(), None);
        assert_eq!(ci.log.as_deref(), Some("https://ghe.example/acme/shop/actions/runs/99"));
        assert_eq!(ci.summary, Some("/tmp/summary".into()));
        let ci = at(&[("GITLAB_CI", "true"), ("CI_JOB_URL", "https://git.example/-/jobs/1")], &Asked::default(), None);
        assert_eq!((ci.log.as_deref(), ci.summary), (Some("https://git.example/-/jobs/1"), None));
    }
}
