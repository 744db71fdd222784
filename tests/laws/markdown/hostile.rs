//! Whatever a spec, a cloud or a file says: a page holds it as text, and as nothing else.
use infra::cloud::lease::AtGate;
use infra::kinds::{Address, Kind};
use infra::model::{AttrChange, FieldName, Mode, Order, Spelling};
use infra::plan::saved::Moved;
use infra::plan::{Adopted, Change, Plan, Undo, Verb};
use infra::render::markdown::{GENEROUS, PageOptions, Stage};
use infra::run::{Event, Outcome};
use infra::stack::{Layer, Stack};
use infra::wire::{Class, CloudError};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::read::read;
use super::saved;
use crate::support::all_kills;

const PIECES: &[&str] = &[
    "`",
    "``",
    "```",
    "\n```\n",
    "~~~",
    "\n~~~~~\n",
    "|",
    "\\|",
    "\\",
    "\n",
    "\r\n",
    "\n\n",
    "\t",
    "</details>",
    "\n</details>\n\n# Hello\n",
    "<summary>",
    "<script>alert(1)</script>",
    "-->",
    "<!--",
    "@octocat",
    " @octocat/team ",
    "#1",
    " #123 ",
    "GH-1",
    "![x](http://example.com/x.png)",
    "[x](http://example.com)",
    "http://example.com/",
    "www.example.com",
    "a@example.com",
    "**",
    "__",
    "~~",
    "$x$",
    "$`x`$",
    "<b>",
    "&lt;",
    "&#64;octocat",
    "> [!CAUTION]\n",
    "- [x] done",
    "[^1]",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{0}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{1f468}\u{200d}\u{1f469}",
    "\u{5d0}\u{5d1}",
    "word",
    " ",
    "  ",
    "/close",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(select(PIECES), 0..6).prop_map(|p| p.concat());
    let long = (select(PIECES), 1..10_000usize).prop_map(|(p, n)| p.chars().cycle().take(if p.is_empty() { 0 } else { n }).collect());
    prop_oneof![8 => pieces, 1 => long, 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        text().prop_map(|t| json!(t)),
        text().prop_map(|t| json!({ "$text": [{ "literal": t }] })),
        text().prop_map(|t| json!({ "$plain": { "$text": [{ "literal": t }] } })),
        text().prop_map(|t| json!({ "$ref": t })),
        text().prop_map(|t| json!({ "$ranked": [[t, { "action": t }]] })),
    ];
    (one, text()).prop_map(|(v, key)| if key.len() % 3 == 0 { json!({ key: v }) } else { v })
}

fn change() -> impl Strategy<Value = Change> {
    let verb = select(vec![Verb::Create, Verb::Update, Verb::Replace(Order::CreateFirst), Verb::Replace(Order::DeleteFirst), Verb::Delete]);
    let attr = (text(), prop::option::of(value()), prop::option::of(value()), any::<bool>());
    let attrs = prop::collection::vec(attr, 0..4);
    (verb, attrs, text(), prop::option::of(text()), any::<[bool; 4]>()).prop_map(|(verb, attrs, name, origin, [lost, left, old, id])| {
        Change {
            address: Address::new(if lost { Kind::DbInstance } else { Kind::LaunchTemplate }, name.clone()),
            origin: origin.clone(),
            verb,
            id: id.then(|| name.clone()),
            attrs: attrs
                .into_iter()
                .map(|(path, before, after, cascade)| AttrChange {
                    field: Some(FieldName { path: path.clone(), spelling: Spelling::Other, place: Some(path.clone()) }),
                    path: format!("tags.{path}"),
                    before,
                    after,
                    reversal: Default::default(),
                    mode: if cascade { Mode::Replace } else { Mode::Update },
                    cascade,
                    waits: cascade,
                    told: origin.clone(),
                })
                .collect(),
            undo: if verb == Verb::Delete { Undo::Never } else { Undo::Recreate },
            renamed_from: old.then(|| Address::new(Kind::Vpc, origin.unwrap_or_default())),
            leftover: left,
            loses_data: lost,
            seconds: 7,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if all_kills() { 100 } else { 30 }, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nothing_breaks_out(changes in prop::collection::vec(change(), 0..6), more in prop::array::uniform6(text()), budgets in prop::array::uniform3(150..6_000usize)) {
        let [file, id, region, error, why, log] = more;
        let moved: Vec<Moved> = changes
            .iter()
            .flat_map(|c| c.attrs.iter().map(|a| (c.address.clone(), a.clone())))
            .map(|(address, a)| Moved::Field { address, path: a.path, wanted: a.cascade, then: a.before, now: a.after })
            .collect();
        let plan = Plan {
            stack: "shop".into(),
            digest: "0123456789abcdef".into(),
            adopted: vec![Adopted { address: Address::new(Kind::Vpc, file.clone()), id }],
            changes,
            ..Plan::default()
        };
        let mut saved = saved(Stack { name: "shop".into(), ..Stack::default() }, plan, "apply");
        saved.layers = vec![Layer { file, digest: String::new() }];
        saved.scene.region = region;
        let e = CloudError::new(Class::Invalid, "Bad", error);
        let outcomes = [Outcome::RolledBack(Some(e.clone())), Outcome::Stuck(e)];
        let events: [Event; 0] = [];
        let gates = [AtGate { step: 1, entry: log.clone(), share: 10, next: Some(50), told: why.clone(), asks: true }];
        let ended = outcomes.iter().map(|outcome| Stage::Ended { outcome, events: &events, seconds: 1 });
        for stage in ended.chain([Stage::Planned, Stage::Applying { run: &log, gates: &gates }, Stage::Refused { why: &why, moved: &moved }]) {
            for budget in budgets.into_iter().chain([GENEROUS]) {
                read(&saved, stage, PageOptions { budget, show_env: budget % 2 == 0, log: None });
            }
        }
        for log in ["https://example.com/a?b=1&copy=2", &log] {
            read(&saved, Stage::Planned, PageOptions { budget: 900, show_env: true, log: Some(log) });
        }
    }
}
