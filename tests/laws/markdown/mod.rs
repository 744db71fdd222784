//! Pages in Markdown: whole at every budget, whatever they hold.
mod hostile;
mod read;

use std::time::{Duration, SystemTime};

use crate::support::sparse;
use infra::kinds::Kind;
use infra::model::Moment;
use infra::observe::Snapshot;
use infra::plan::saved::{CloudProvider, Moved, Scene, SceneZone};
use infra::plan::{Adopted, Plan, Saved, Undo, Verb};
use infra::redact::Redactor;
use infra::render::markdown::{GENEROUS, PageOptions, Stage, page};
use infra::run::{Event, Outcome};
use infra::stack::{Layer, Stack};
use infra::wire::{Class, CloudError};
use serde_json::json;

use super::world::{FULL, settled_plan, stack, with};
use read::{Read, read};

const MINIMAL: &str = include_str!("../../../examples/minimal.yaml");
const PRODUCTION: &str = include_str!("../../../examples/production.yaml");
const STAGING: &str = include_str!("../../../examples/staging.yaml");
const NEXT: &str = "compute: { app: { image: 'ghcr.io/example/shop:1.5.0', instances: { max: 12 } } }\nvpc: { security_groups: { bastion: { ingress: [{ port: 22, from: [198.51.100.0/24], description: new office }] } } }\n";
/// Another engine's database, no cache any more, another environment.
const LOSS: &str = "database: { main: { engine: mysql, version: '8.0' } }\ncache: null\ncompute: { app: { env: { CACHE_URL: null, GREETING: good morning, DATABASE_HOST: 'db.example.com' } } }\noutputs: null\n";
const RULES_BEFORE: &str = "cdn: { waf: { custom: [{ name: no-admin, when: 'http.request.uri.path contains \"/admin\"', action: block }, { name: login, when: 'http.request.uri.path eq \"/login\"', action: log }] } }\n";
const RULES: &str = "cdn: { waf: { custom: [{ name: login, when: 'http.request.uri.path eq \"/login\"', action: log }, { name: new, when: 'http.request.uri.path contains \"/new|old\"', action: log }, { name: no-admin, when: 'http.request.uri.path contains \"/admin\"', action: managed_challenge }] } }\n";

/// A plan as it is kept, made at a moment that never changes.
pub fn saved(stack: Stack, plan: Plan, command: &str) -> Saved {
    let layer = |file: &str| Layer { file: file.into(), digest: "0".repeat(64) };
    let saved = Saved {
        created: Moment(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)),
        command: command.into(),
        scene: Scene {
            provider: CloudProvider::Aws,
            account: "123456789012".into(),
            region: "us-east-1".into(),
            zone: stack.zone.clone().map(|name| SceneZone { name, id: "z1".into() }),
        },
        layers: vec![layer("base.yaml"), layer("envs/production.yaml")],
        spec: String::new(),
        selection: Default::default(),
        allowed: Default::default(),
        stack,
        read: Snapshot::default(),
        plan,
    };
    saved.redacted(&Redactor::default())
}

async fn way(from: &Stack, to: &Stack) -> Saved {
    let plan = settled_plan(&with(from, 1).await, to).await.unwrap_or_else(|e| panic!("{e:?}"));
    saved(to.clone(), plan, if to.nodes.is_empty() { "destroy" } else { "apply" })
}

/// The plans that pages are made of.
const PLANS: [&str; 10] =
    ["minimal", "production", "staging", "replacement", "data_loss", "network", "destroy", "no_changes", "adopted", "rules"];

async fn named(name: &str) -> Saved {
    let nothing = |name: &str| Stack { name: name.into(), ..Stack::default() };
    let production = stack(&[PRODUCTION]);
    let over = |layer| stack(&[PRODUCTION, layer]);
    let (from, to) = match name {
        "minimal" => (nothing("minimal"), stack(&[MINIMAL])),
        "production" => (nothing("production"), production),
        "staging" => (nothing("staging"), over(STAGING)),
        "replacement" => (production, over(NEXT)),
        "data_loss" => (production, over(LOSS)),
        "network" => (stack(&[FULL]), stack(&[FULL, "vpc: {cidr: 10.9.0.0/16}"])),
        "destroy" => (production, nothing("production")),
        "no_changes" | "adopted" => (production.clone(), production),
        "rules" => (over(RULES_BEFORE), over(RULES)),
        other => panic!("{other}"),
    };
    let mut saved = way(&from, &to).await;
    if name == "adopted" {
        saved.plan.adopted = vec![Adopted { address: "dns_record.www".parse().unwrap(), id: "cf-1".into() }];
    }
    saved
}

fn failure() -> CloudError {
    let mut e = CloudError::new(Class::Denied, "UnauthorizedOperation", "you @ops may not do this ``` see #12\n</details> <b>really</b>");
    e.operation = "CreateLaunchTemplate".into();
    e
}

/// What happened in a run of which every second step was taken back after the last one failed.
fn events(plan: &Plan) -> Vec<Event> {
    let n = plan.steps.len();
    let mut all = vec![];
    for i in 0..n {
        all.push(Event::Began(i));
        all.push(if i + 1 == n { Event::Failed(i, failure()) } else { Event::Done(i, None) });
    }
    for i in (0..n.saturating_sub(1)).rev().step_by(2) {
        all.extend([Event::UndoBegan(i), Event::Undone(i, None)]);
    }
    all
}

/// Every stage, each with the name of its snapshot.
fn phases<'a>(outcomes: &'a [(&'static str, Outcome)], events: &'a [Event]) -> Vec<(&'static str, Stage<'a>)> {
    let ended = outcomes.iter().map(|(name, outcome)| (*name, Stage::Ended { outcome, events, seconds: 754 }));
    let others = [
        ("planned", Stage::Planned),
        ("applying", Stage::Applying { run: "0123456789ab", gates: &[] }),
        ("refused", Stage::Refused { why: "The plan is stale:\n  vpc.main: cidr was 10.0.0.0/16, and is 10.1.0.0/16 now", moved: &[] }),
    ];
    others.into_iter().chain(ended).collect()
}

fn outcomes() -> Vec<(&'static str, Outcome)> {
    vec![
        ("applied", Outcome::Applied),
        ("leftovers", Outcome::Leftovers(failure())),
        ("rolled_back", Outcome::RolledBack(Some(failure()))),
        ("interrupted", Outcome::RolledBack(None)),
        ("stuck", Outcome::Stuck(failure())),
        ("stopped", Outcome::Unfinished(failure())),
    ]
}

const LOG: &str = "https://github.com/example/shop/actions/runs/12345678901/job/98765432109?pr=7&copy=1#step:4:1";

/// At every budget, in every stage: within it, whole, and more with more room.
#[tokio::test(start_paused = true)]
async fn pages_are_whole_at_every_budget() {
    let (mut pages, outcomes) = (0, outcomes());
    for name in PLANS {
        let saved = named(name).await;
        let events = events(&saved.plan);
        for (phase_name, stage) in phases(&outcomes, &events) {
            let log = (pages % 2 == 0).then_some(LOG);
            let how = |budget| PageOptions { budget, show_env: false, log };
            let full = page(&saved, stage, how(GENEROUS)).encode_utf16().count();
            let step = if phase_name == "planned" { 97.max(full / sparse(60, 6)) } else { 1013.max(full / sparse(8, 2)) };
            let mut before = Read::default();
            let small = (0..1500).step_by(if phase_name == "planned" { sparse(61, 250) } else { sparse(241, 700) });
            for budget in small.chain((1500..full).step_by(step)).chain([full - 1, full, full + 1, 65_536]) {
                let (text, now) = read(&saved, stage, how(budget));
                assert!(budget < 450 || !now.line_only, "{name} {phase_name} {budget}: {text}");
                if budget >= 1500 && budget <= full {
                    assert!(now.rows >= before.rows, "{name} {phase_name} {budget}: fewer rows in more room");
                    before = now;
                }
                pages += 1;
            }
            let (_, all) = read(&saved, stage, how(full));
            assert_eq!(all.rows, saved.plan.changes.len(), "{name} {phase_name}");
            let words = text_of(phase_name);
            assert!(all.text.contains(words), "{name} {phase_name} {}", all.text);
        }
    }
    println!("pages: {pages}");
    assert!(pages > sparse(1000, 150));
}

fn text_of(stage: &str) -> &'static str {
    match stage {
        "planned" => " planned: ",
        "applying" => " applying: ",
        "refused" => " refused: ",
        "applied" => " applied: ",
        "leftovers" => " applied with leftovers: ",
        "rolled_back" | "interrupted" => " rolled back: ",
        "stuck" => " stuck: ",
        _ => " stopped on the way: ",
    }
}

/// What goes is told before what comes: no row of a creation while one of a deletion is left out, and no details either.
#[tokio::test(start_paused = true)]
async fn what_goes_is_told_first() {
    let saved = named("network").await;
    let count = |f: fn(Verb) -> bool| saved.plan.changes.iter().filter(|c| f(c.verb)).count();
    let (goes, comes) = (count(|v| matches!(v, Verb::Delete | Verb::Replace(_))), count(|v| v == Verb::Create));
    let all = saved.plan.changes.len();
    assert!(goes > 8 && all > goes, "{goes} {comes} {all}");
    let mut cut = 0;
    for budget in (800..20_000).step_by(sparse(53, 331)) {
        let (text, now) = read(&saved, Stage::Planned, PageOptions { budget, show_env: false, log: None });
        let rows = text.lines().filter(|l| l.starts_with("| **")).count();
        assert_eq!(rows, now.rows.min(goes), "{text}");
        cut += usize::from(now.rows < goes && now.rows > 0);
        let left = all - now.rows;
        let told = text.contains(&format!("{left} more change")) || text.contains(&format!("{left} change"));
        assert!(left == 0 || told, "{text}");
        if now.rows == all && now.details > 0 && now.details < all {
            assert!(text.contains(&format!("Details of {} change", all - now.details)), "{} {text}", now.details);
        }
    }
    assert!(cut > 3, "{cut}");
}

/// Whoever reads a comment need not be allowed to read an environment; that it changes is told.
#[tokio::test(start_paused = true)]
async fn environments_are_hidden_unless_asked_for() {
    let saved = named("data_loss").await;
    let show = |show_env| page(&saved, Stage::Planned, PageOptions { budget: GENEROUS, show_env, log: None });
    let (hidden, shown) = (show(false), show(true));
    for secret in ["good morning", "db.example.com"] {
        assert!(!hidden.contains(secret) && shown.contains(secret), "{secret} {hidden}");
    }
    assert!(hidden.contains("boot.container.env.GREETING: (hidden)") && hidden.contains("env.DATABASE_HOST"), "{hidden}");
    let moved = |path: &str| Moved::Field {
        address: "launch_template.app".parse().unwrap(),
        path: path.into(),
        wanted: true,
        then: Some("let me in".into()),
        now: Some(json!({ "$text": [{ "literal": "#!/bin/sh\necho stay out" }] })),
    };
    for path in ["boot.container.env.GREETING", "boot.user_data", "boot.container"] {
        let moved = [moved(path)];
        let refused = Stage::Refused { why: "The plan is stale:", moved: &moved };
        let show = |show_env| page(&saved, refused, PageOptions { budget: GENEROUS, show_env, log: None });
        assert!(show(true).contains("let me in") && show(true).contains("stay out"), "{}", show(true));
        assert!(!show(false).contains("let me in") && !show(false).contains("stay out"), "{}", show(false));
        assert!(
            show(false).contains(&format!("! The plan is stale:\n! - launch_template.app: {path} was (hidden) when")),
            "{}",
            show(false)
        );
    }
    let script = stack(&[
        PRODUCTION,
        "compute: { app: { image: null, env: null, ami: ami-0123456789abcdef0, user_data: 'echo let me in' } }\noutputs: null",
    ]);
    let other = stack(&[
        PRODUCTION,
        "compute: { app: { image: null, env: null, ami: ami-0123456789abcdef0, user_data: 'echo stay out' } }\noutputs: null",
    ]);
    for saved in [
        way(&stack(&[PRODUCTION]), &script).await,
        way(&script, &other).await,
        way(&Stack { name: "production".into(), ..Stack::default() }, &script).await,
    ] {
        let show = |show_env| page(&saved, Stage::Planned, PageOptions { budget: GENEROUS, show_env, log: None });
        assert!(!show(false).contains("echo") && show(true).contains("echo"), "{}", show(false));
        assert!(show(false).contains("(hidden)") && saved.plan.changes.iter().any(|c| c.address.kind == Kind::LaunchTemplate));
    }
}

/// The same plan gives the same page.
#[tokio::test(start_paused = true)]
async fn what_people_read() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(&format!("infra {}", regex::escape(env!("CARGO_PKG_VERSION"))), "infra [version]");
    let look = |name: &str, saved: &Saved, stage, budget| {
        let how = PageOptions { budget, show_env: false, log: Some(LOG) };
        let text = page(saved, stage, how);
        assert_eq!(text, page(saved, stage, how));
        settings.bind(|| insta::assert_snapshot!(format!("markdown_{name}"), text));
    };
    for name in ["production", "replacement", "data_loss", "no_changes", "adopted", "rules", "destroy"] {
        look(name, &named(name).await, Stage::Planned, 65_536);
    }
    look("cut", &named("data_loss").await, Stage::Planned, 2_400);
    look("small", &named("network").await, Stage::Planned, 400);
    let (saved, outcomes) = (named("replacement").await, outcomes());
    let events = events(&saved.plan);
    for (name, stage) in phases(&outcomes, &events).into_iter().filter(|(name, _)| *name != "planned") {
        look(name, &saved, stage, 65_536);
    }
    assert!(saved.plan.changes.iter().any(|c| c.undo == Undo::Delete));
}
