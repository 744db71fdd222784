//! Whatever a spec, a tag, an error, a lease or a file says: a terminal and a log get it as text, every character of which is seen, in the lines that are
//! ours, and none of them is a command.
use std::cell::Cell;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use infra::cloud::lease::{AtGate, Holder, Lease, Standing};
use infra::cloud::{AuditEvent, AuditLog};
use infra::diag::{Code, Finding, render};
use infra::kinds::{Address, Kind, Live, Object, Secret, Stamp};
use infra::model::{AttrChange, Computed, FieldName, Mode, Moment, Order, Spelling};
use infra::plan::drift::{Cause, Deviation};
use infra::plan::saved::Moved;
use infra::plan::{Act, Adopted, Change, Drift, Guarded, Plan, Step, Undo, Verb};
use infra::render::history::Found;
use infra::render::style::Style;
use infra::render::text::Detail;
use infra::render::{drift, history, report, status, terraform, text, values};
use infra::run::history::Line;
use infra::run::intent::Intent;
use infra::run::journal::{Damaged, Ending, Entry, Record, parse};
use infra::run::left::left_to_do;
use infra::run::{Direction, Event, Outcome, Run, Settlement};
use infra::spec::load;
use infra::stack::Stack;
use infra::visible::{is_visible, json, lines, visible};
use infra::wire::{Class, CloudError};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::crash::header;
use super::markdown::saved;

/// What moves a cursor, hides or turns a text, ends a line, or commands a CI system. The last ones are seen, and stay.
const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\u{1b}[1F\u{1b}[0Jvpc\n    ~ security_group.bastion\n",
    "\u{1b}[31m",
    "\u{1b}[8m",
    "\u{1b}]0;title\u{7}",
    "\u{9b}2J",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{e0041}",
    "\n::error title=x::y",
    "::set-output name=code::0",
    "::stop-commands::x",
    "##[group]x",
    "\n##vso[task.setvariable variable=x]y",
    "\nsection_start:1560896352:x\r\u{1b}[0K",
    "\nOnly `yes` does: yes\n",
    "\"",
    "${vpc.id}",
    " ",
    "word",
    "\u{1f468}\u{200d}\u{1f469}",
    "\u{5d0}\u{5d1}",
];

/// No piece has a backslash, so that two texts that differ look different, too.
fn texts() -> impl Strategy<Value = Vec<String>> {
    let one = prop::collection::vec(select(PIECES), 0..5).prop_map(|p| p.concat());
    let any = any::<String>().prop_map(|s| s.replace('\\', "/"));
    prop::collection::vec(prop_oneof![6 => one, 1 => any], 7..23)
}

/// The next of the texts, again and again.
struct Words<'t>(&'t [String], Cell<usize>);

impl Words<'_> {
    fn next(&self) -> String {
        self.1.set(self.1.get() + 1);
        self.0[self.1.get() % self.0.len()].clone()
    }

    fn value(&self, shape: usize) -> Value {
        match shape % 8 {
            0 => json!(self.next()),
            1 => json!({ "$text": [{ "literal": self.next() }, { "output": { "ref": self.next(), "attr": self.next() } }] }),
            2 => json!({ "$plain": { "$text": [{ "literal": self.next() }] } }),
            3 => json!({ "$ref": self.next() }),
            4 => json!({ "$ranked": [[self.next(), { "action": self.next() }]] }),
            5 => json!({ format!("key {}", self.next()): [self.next()] }),
            6 => {
                json!({ "protocol": self.next(), "from_port": -1, "to_port": -1, "peer": { "cidr": self.next() }, "description": self.next() })
            }
            _ => json!({ "$computed": self.next() }),
        }
    }

    fn attribute(&self, shape: usize) -> AttrChange {
        AttrChange {
            field: Some(FieldName { path: self.next(), spelling: Spelling::Other, place: Some(self.next()) }),
            path: format!("tags.{}", self.next()),
            before: (!shape.is_multiple_of(3)).then(|| self.value(shape)),
            after: (shape % 3 != 1).then(|| self.value(shape + 1)),
            reversal: Default::default(),
            mode: Mode::Replace,
            cascade: shape.is_multiple_of(2),
            waits: shape.is_multiple_of(2),
            told: Some(self.next()),
        }
    }

    fn change(&self, verb: Verb) -> Change {
        Change {
            address: Address::new(Kind::ZoneSetting, self.next()),
            origin: Some(self.next()),
            verb,
            id: Some(self.next()),
            attrs: (0..8).map(|shape| self.attribute(shape)).collect(),
            undo: Undo::Never,
            renamed_from: Some(Address::new(Kind::Vpc, self.next())),
            leftover: true,
            loses_data: true,
            seconds: 7,
        }
    }

    fn error(&self) -> CloudError {
        let mut e = CloudError::new(Class::Invalid, self.next(), self.next());
        (e.operation, e.request_id) = (self.next(), Some(self.next()));
        e
    }

    fn login(&self) -> Object {
        Secret { value: None, username: self.next(), length: 7, arn: Computed(None), tags: [(self.next(), self.next())].into() }.into()
    }

    fn live(&self) -> Live {
        let address = Address::new(Kind::Secret, self.next());
        Live::found(
            self.next(),
            self.login(),
            Stamp { stack: self.next(), address, run: self.next(), step: 0, identity: String::new(), digest: self.next() },
        )
    }

    fn step(&self, id: usize, act: Act) -> Step {
        let (address, typical) = (Address::new(Kind::Secret, self.next()), Duration::from_secs(9));
        let (back, held, after, timeouts) = Default::default();
        let undo = if matches!(act, Act::Delete { .. }) { Undo::Never } else { Undo::Delete };
        Step { id, address, act, back, held, after, undo, typical, tail: typical, timeouts }
    }

    fn plan(&self) -> Plan {
        let verbs = [Verb::Create, Verb::Update, Verb::Replace(Order::CreateFirst), Verb::Delete];
        let steps = vec![self.step(0, Act::Create { object: self.login() }), self.step(1, Act::Delete { live: self.live() })];
        Plan {
            stack: self.next(),
            identity: String::new(),
            digest: self.next(),
            changes: verbs.map(|verb| self.change(verb)).into(),
            allowed: steps.iter().map(|s| s.address.clone()).collect(),
            steps,
            adopted: vec![Adopted { address: Address::new(Kind::Vpc, self.next()), id: self.next() }],
            refused: vec![Guarded {
                address: Address::new(Kind::DbInstance, self.next()),
                replaced: true,
                data: true,
                shrinks: Some(self.next()),
            }],
            commit: 1,
            old: vec![],
            expected: Duration::from_secs(9),
            critical: vec![0],
        }
    }

    fn holder(&self) -> Holder {
        Holder { user: self.next(), host: self.next(), pid: 7, process: None, job: Some(self.next()), mark: None }
    }

    fn lease(&self) -> Lease {
        let at = Moment(UNIX_EPOCH);
        let (run, ended) = (Some(self.next()), Some(self.next()));
        let gates = vec![AtGate { step: 1, entry: self.next(), share: 10, next: None, told: self.next(), asks: true }];
        Lease { holder: self.holder(), command: self.next(), run, taken: at, beat: at, done: 1, of: 2, gates, ended }
    }
}

/// Everything that a person reads, in one style.
fn said(words: &Words<'_>, style: Style) -> Vec<(&'static str, String)> {
    let mut out = vec![];
    let plan = words.plan();
    for verbose in [false, true] {
        out.push(("plan", text::plan(&plan, Detail { style, verbose })));
    }
    out.push((
        "no plan",
        text::plan(&Plan { changes: vec![], steps: vec![], critical: vec![], ..plan.clone() }, Detail { style, verbose: true }),
    ));
    let events = [
        Event::Began(0),
        Event::Unsettled(0, words.error()),
        Event::Settled(0, None, Settlement::Partial),
        Event::Failed(1, words.error()),
        Event::UndoFailed(0, words.error()),
    ];
    for event in &events {
        out.push(("event", report::sentence(&plan, event)));
        out.push(("event", report::brief(&plan, event).unwrap_or_default()));
    }
    let e = words.error();
    for outcome in [
        Outcome::Applied,
        Outcome::Leftovers(e.clone()),
        Outcome::RolledBack(Some(e.clone())),
        Outcome::Stuck(e.clone()),
        Outcome::Unfinished(e),
    ] {
        out.push(("outcome", report::outcome(&plan, &events, &outcome, 7, Detail { style, verbose: true })));
    }
    let causes = [Cause::Changed, Cause::Missing, Cause::Unapplied, Cause::Unclear, Cause::Unwanted, Cause::Leftover];
    let found = causes.map(|cause| Deviation {
        address: Address::new(Kind::Vpc, words.next()),
        origin: Some(words.next()),
        cause,
        live: Some(words.live()),
        attrs: (0..8).map(|shape| words.attribute(shape)).collect(),
        renamed_from: Some(Address::new(Kind::Vpc, words.next())),
    });
    let who = |d: &Deviation| {
        let event = AuditEvent { when: Moment(UNIX_EPOCH), who: words.next(), what: words.next(), from: words.next(), with: words.next() };
        (d.live.as_ref().unwrap().id.clone(), vec![event])
    };
    let log = AuditLog { events: found.iter().map(who).collect(), unread: vec![words.error()] };
    let drifted = Drift { stack: words.next(), found: found.into(), ..Drift::default() };
    out.push(("drift", drift::text(&drifted, &log, style)));
    out.push(("no drift", drift::text(&Drift { stack: words.next(), ..Drift::default() }, &log, style)));
    let intent = Intent {
        run: words.next(),
        command: words.next(),
        digest: words.next(),
        spec: words.next(),
        holder: words.holder(),
        started: Moment(UNIX_EPOCH),
        life: 1,
        parts: 1,
        sum: words.next(),
        seal: words.next(),
    };
    let unread = Err(Damaged { line: 0, why: words.next() });
    for noted in [&Ok(Some(intent)), &unread] {
        for standing in [Standing::Alive(words.lease()), Standing::Dead(words.lease()), Standing::Unreadable, Standing::Free] {
            let last = words.lease();
            out.push(("status", status::text(&words.next(), &standing, Some(&last), noted, UNIX_EPOCH)));
        }
    }
    let moved = [
        Moved::Gone { address: Address::new(Kind::Vpc, words.next()), id: words.next() },
        Moved::Come { address: Address::new(Kind::Vpc, words.next()), id: words.next() },
        Moved::Field {
            address: Address::new(Kind::Vpc, words.next()),
            path: words.next(),
            wanted: true,
            then: Some(words.value(0)),
            now: Some(words.value(1)),
        },
    ];
    moved.iter().for_each(|m| out.push(("moved", values::moved(m))));
    out.push(("object", values::object(&words.login())));
    out.push(("damage", Damaged { line: 7, why: words.next() }.to_string()));
    out
}

/// The story of a run, and what a recovery says. A journal's addresses are read, so that none of them is hostile.
fn told(words: &Words<'_>, style: Style) -> Vec<(&'static str, String)> {
    let quiet = Words(&["a".to_owned()], Cell::new(0)).plan();
    let plan = Plan { digest: words.next(), adopted: vec![], ..quiet };
    let mut header = header(&plan, &words.next());
    (header.command, header.account, header.region, header.infra) = (words.next(), words.next(), words.next(), words.next());
    header.holder = words.holder();
    let entries = [
        Record::Event(Event::Began(0)),
        Record::Event(Event::Failed(0, CloudError { class: Class::Ambiguous, ..words.error() })),
        Record::Event(Event::Unsettled(0, words.error())),
        Record::Ended(Ending::Abandoned),
    ];
    let entries = entries.map(|what| Entry { at: Moment(UNIX_EPOCH), what });
    let mut bytes = format!("{}\n", json!(header));
    entries.iter().for_each(|e| bytes += &format!("{}\n", json!(e)));
    let run = Run::replay(&header.plan, &[Event::Began(0), Event::Done(0, None)]).unwrap();
    let (left, detail) = (left_to_do(&run, Direction::Unwinding), Detail { style, verbose: true });
    let mut out = vec![("recovery", history::recovery(&header, &run, Direction::Unwinding, &left, detail))];
    let recorded = parse(bytes.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    out.push(("story", history::run(&recorded, style)));
    let damaged = Damaged { line: 1, why: words.next() };
    let line = Line {
        run: words.next(),
        stack: words.next(),
        command: words.next(),
        holder: words.next(),
        job: Some(words.next()),
        commit: Some(words.next()),
        digest: words.next(),
        started: Moment(UNIX_EPOCH),
        seconds: 9,
        counts: plan.counts(),
        ended: words.next(),
    };
    let journals = vec![(PathBuf::from("a"), Ok(recorded)), (PathBuf::from(words.next()), Err(damaged))];
    let runs = Found { journals, lines: vec![line] };
    out.push(("history", history::runs(&runs, style)));
    out
}

/// A text without the colours that are ours.
fn bare(text: &str) -> String {
    ["0", "1", "1;31", "2", "31", "32", "33", "35"].iter().fold(text.to_owned(), |text, code| text.replace(&format!("\u{1b}[{code}m"), ""))
}

fn commands(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso["))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_character_is_seen_in_a_line_of_ours(texts in texts()) {
        let seen: Vec<String> = texts.iter().map(|t| visible(t).into_owned()).collect();
        let all = |texts: &[String], style| {
            let words = Words(texts, Cell::new(0));
            [said(&words, style), told(&words, style)].concat()
        };
        let (hostile, harmless, coloured) = (all(&texts, Style::PLAIN), all(&seen, Style::PLAIN), all(&texts, Style { color: true }));
        for (((what, hostile), (_, harmless)), (_, coloured)) in hostile.iter().zip(&harmless).zip(&coloured) {
            for line in hostile.lines() {
                prop_assert!(is_visible(line), "{what}: {line:?}");
            }
            prop_assert_eq!(hostile.lines().count(), harmless.lines().count(), "{}: {:?}", what, hostile);
            prop_assert_eq!(&bare(coloured), hostile, "{}", what);
            prop_assert!(!commands(&lines(hostile, false)), "{what}: {hostile:?}");
        }
    }

    /// What a tool reads line by line has values in quotes; what these leave is taken by the last net.
    #[test]
    fn the_last_net_holds(texts in texts()) {
        let words = Words(&texts, Cell::new(0));
        let saved = saved(Stack { name: "shop".into(), ..Stack::default() }, words.plan(), "apply");
        for text in [terraform::text::plan(&saved), texts.concat(), texts.join("\n")] {
            let shown = lines(&text, true);
            prop_assert!(!commands(&shown), "{shown:?}");
            prop_assert!(shown.split('\n').all(|line| is_visible(&bare(line))), "{shown:?}");
        }
        let document = serde_json::to_string_pretty(&texts).unwrap();
        let shown = json(&document);
        prop_assert!(!commands(&shown) && shown.lines().all(is_visible), "{shown:?}");
        prop_assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), texts);
    }

    /// A spec holds no such character but in a script; what is said of one that does has none either.
    #[test]
    fn a_spec_deceives_nobody(text in texts().prop_map(|texts| texts.concat()), at in 0..5usize) {
        let quoted = json!(text);
        let spec = match at {
            0 => format!("stack: shop\nregion: us-east-1\ntags: {{ team: {quoted} }}\n"),
            1 => format!("stack: shop\nregion: us-east-1\ntags: {{ {quoted}: a, {quoted}: b }}\n"),
            2 => format!("stack: {quoted}\nregion: us-east-1\n"),
            3 => format!("stack: shop\nregion: us-east-1\noutputs: {{ url: {quoted} }}\n"),
            _ => format!("stack: shop\nregion: us-east-1\ncdn: {{ zone: example.com, waf: {{ custom: [{{ name: a, when: {quoted}, action: block }}] }} }}\n"),
        };
        let odd = text.chars().any(|c| infra::visible::unseen(c) && !(at >= 3 && ['\n', '\t'].contains(&c)));
        let found = load(&[("infra.yaml".into(), spec.clone())], &|_| None);
        let findings: Vec<Finding> = match found {
            Ok(loaded) => {
                prop_assert!(!odd, "{spec:?}");
                loaded.warnings
            }
            Err(findings) => findings.0,
        };
        prop_assert!(!odd || findings.iter().any(|f| f.code == Code::BadText || f.code == Code::Syntax), "{spec:?}: {findings:#?}");
        for line in lines(&render(&findings, true, 100), true).split('\n') {
            prop_assert!(is_visible(&uncoloured(line)), "{line:?}");
        }
    }
}

/// A line without any colour.
fn uncoloured(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find("\u{1b}[") {
        out += &rest[..start];
        let end = rest[start..].find('m').map_or(rest.len(), |m| start + m + 1);
        rest = &rest[end..];
    }
    out + rest
}
