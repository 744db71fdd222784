//! The parts of a page, each rendered within limits.
use std::collections::BTreeSet;

use super::escape::{bold, code, length, link};
use super::outcome::OutcomeSection;
use super::warnings::{Danger, alert, danger, rank, refusal};
use super::{PageOptions, Stage, count, detail, hide, marker, table};
use crate::kinds::Gate;
use crate::plan::{Change, Saved, Step, Verb};
use crate::render::rollout::{approval, rollouts, stage, title};
use crate::render::text::{deciding, groups, hourly, taking, undoing};
use crate::render::values::seconds;
use crate::render::words;
use crate::run::Outcome;

/// More new objects than these are folded, and more that go.
const FEW: usize = 8;
/// So many lines are told as a diff alone.
const SMALL: usize = 12;

/// How much of each part is shown.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Names in one line of the alert, of those adopted, and of layers.
    pub names: usize,
    /// Lines of what happened.
    pub story: usize,
    /// Rows of the table, by importance.
    pub rows: usize,
    /// Changes with details, by importance.
    pub details: usize,
    /// How long it takes, what undo there is, where it comes from.
    pub facts: bool,
    /// Whether the log's address is told.
    pub log: bool,
}

/// Everything that a page may show.
pub struct PageParts<'a> {
    saved: &'a Saved,
    stage: Stage<'a>,
    log: Option<&'a str>,
    changes: Vec<Change>,
    /// Places of changes, the most important first.
    order: Vec<usize>,
    rows: Vec<String>,
    lines: Vec<Vec<String>>,
    story: OutcomeSection,
}

impl<'a> PageParts<'a> {
    pub fn of(saved: &'a Saved, stage: Stage<'a>, options: PageOptions<'a>) -> Self {
        let changes = hide::changes(&saved.plan.changes, options.show_env);
        let mut order: Vec<usize> = (0..changes.len()).collect();
        order.sort_by_key(|i| rank(&changes[*i]));
        let (rows, lines) = changes.iter().map(|c| (table::row(c), detail::lines(c))).unzip();
        PageParts {
            saved,
            stage,
            log: options.log,
            order,
            rows,
            lines,
            story: OutcomeSection::of(&saved.plan, stage, options.show_env),
            changes,
        }
    }

    pub fn text(&self, limits: Limits) -> String {
        let mut out = format!("{}\n## {}\n\n", marker(self.saved), self.heading());
        if limits.names > 0 {
            out += &format!("{}\n\n", self.place());
        }
        if limits.facts {
            out += &self.facts(limits);
        }
        out += &self.story.text(limits.story);
        out += &alert(&self.changes, self.stage, limits.names);
        out += &refusal(&self.saved.plan.refused, self.stage, limits.names);
        out += &self.table(limits);
        out += &self.details(limits);
        out += &self.adopted(limits);
        out + &self.foot(limits)
    }

    /// A page of which nothing else fits; without even its marker it would be nobody's.
    pub fn line(&self, budget: usize) -> String {
        let first = format!("{}\n", marker(self.saved));
        let words = format!("{} {}: {}\n", code(&self.saved.stack.name), self.came(), self.counts());
        let fitting = [format!("{first}{words}"), first];
        fitting.into_iter().find(|text| length(text) <= budget).unwrap_or_default()
    }

    /// How far it has come, and a sign of it.
    fn came(&self) -> &'static str {
        match self.stage {
            Stage::Planned => "planned",
            Stage::Applying { .. } => "applying",
            Stage::Refused { .. } => "refused",
            Stage::Ended { outcome, .. } => words::outcome(outcome),
        }
    }

    fn counts(&self) -> String {
        match self.stage {
            _ if self.changes.is_empty() => "no changes".into(),
            Stage::Ended { outcome: Outcome::Applied, .. } => words::done(self.saved.plan.counts()),
            _ => words::to_do(self.saved.plan.counts()),
        }
    }

    fn heading(&self) -> String {
        let ahead = matches!(self.stage, Stage::Planned | Stage::Applying { .. });
        let danger = danger(&self.changes);
        let sign = match self.stage {
            Stage::Ended { outcome: Outcome::Applied, .. } => "✅ ",
            Stage::Ended { outcome: Outcome::Stuck(_) | Outcome::Unfinished(_), .. } => "🛑 ",
            Stage::Ended { outcome: Outcome::RolledBack(_), .. } | Stage::Refused { .. } => "❌ ",
            Stage::Ended { outcome: Outcome::Leftovers(_), .. } => "⚠️ ",
            _ => match danger {
                Danger::Data => "⛔ ",
                Danger::Goes => "⚠️ ",
                Danger::None => "",
            },
        };
        let destroy = if self.saved.command == "destroy" { " destroy" } else { "" };
        let lost = if ahead && danger == Danger::Data { ", **data is lost**" } else { "" };
        let refused = if ahead && !self.saved.plan.refused.is_empty() { ", **refused without permission**" } else { "" };
        format!("{sign}{}{destroy} {}: {}{lost}{refused}", code(&self.saved.stack.name), self.came(), self.counts())
    }

    fn place(&self) -> String {
        let scene = &self.saved.scene;
        let zone = scene.zone.as_ref().map(|z| format!(", zone {}", code(&z.name))).unwrap_or_default();
        format!("Account {}, region {}{zone}.", code(&scene.account), code(&scene.region))
    }

    fn chosen(&self, n: usize) -> BTreeSet<usize> {
        self.order.iter().take(n).copied().collect()
    }

    /// Places of changes, by section, of those that are chosen.
    fn sections(&self, chosen: &BTreeSet<usize>) -> Vec<(String, Vec<usize>)> {
        let groups = groups(&self.changes).into_iter().map(|((_, name), places)| {
            let places: Vec<usize> = places.into_iter().filter(|i| chosen.contains(i)).collect();
            (name.to_owned(), places)
        });
        groups.filter(|(_, places)| !places.is_empty()).collect()
    }

    fn table(&self, limits: Limits) -> String {
        if self.changes.is_empty() {
            return if self.saved.command == "destroy" { "Nothing is left.\n\n" } else { "It is as the spec says.\n\n" }.into();
        }
        if self.is_small() && limits.details == self.changes.len() {
            return String::new();
        }
        let mut out = String::new();
        let (new, other): (BTreeSet<usize>, BTreeSet<usize>) =
            self.chosen(limits.rows).into_iter().partition(|i| self.changes[*i].verb == Verb::Create);
        // What goes without a loss has been named by the alert.
        let (gone, other): (BTreeSet<usize>, BTreeSet<usize>) =
            other.into_iter().partition(|i| self.changes[*i].verb == Verb::Delete && !detail::loses(&self.changes[*i]));
        let (many, few): (Vec<_>, Vec<_>) =
            [("New", "create", new), ("Going", "delete", gone)].into_iter().partition(|(.., c)| c.len() > FEW);
        out += &self.rows(&few.into_iter().flat_map(|(.., chosen)| chosen).chain(other).collect());
        many.iter().for_each(|(what, verb, chosen)| out += &self.folded(what, verb, chosen));
        match (self.changes.len() - limits.rows, limits.rows) {
            (0, _) => {}
            (n, 0) => out += &format!("{} not shown here: see {}.\n\n", count(n, "change"), self.log(limits)),
            (n, _) => out += &format!("{} not shown here: see {}.\n\n", count(n, "more change"), self.log(limits)),
        }
        out
    }

    /// How many changes of a verb each section has, and a table of them for those who open it.
    fn folded(&self, what: &str, verb: &str, chosen: &BTreeSet<usize>) -> String {
        let by_section: Vec<String> =
            self.sections(chosen).iter().map(|(name, places)| format!("{} {}", bold(name), places.len())).collect();
        let summary = format!("<summary>{} to {verb}</summary>", chosen.len());
        format!("{what}: {}.\n\n<details>\n{summary}\n\n{}</details>\n\n", by_section.join(", "), self.rows(chosen))
    }

    /// A table of some of the changes, by section; nothing of none.
    fn rows(&self, chosen: &BTreeSet<usize>) -> String {
        if chosen.is_empty() {
            return String::new();
        }
        let mut out = table::HEAD.to_owned();
        for (name, places) in self.sections(chosen) {
            out += &table::section(&name);
            places.iter().for_each(|i| out += &self.rows[*i]);
        }
        out + "\n"
    }

    /// Whether the lines of all changes are few enough to be read without a table before them.
    fn is_small(&self) -> bool {
        self.changes.iter().all(|c| c.verb != Verb::Create) && self.lines.iter().map(Vec::len).sum::<usize>() <= SMALL
    }

    fn details(&self, limits: Limits) -> String {
        let mut out = String::new();
        for (name, places) in self.sections(&self.chosen(limits.details)) {
            let lines: Vec<String> = places.iter().flat_map(|i| self.lines[*i].clone()).collect();
            out += &detail::group(&name, places.len(), &lines);
        }
        let without = self.changes.len() - limits.details;
        if without > 0 && limits.rows == self.changes.len() {
            out += &format!("Details of {} not shown here: see {}.\n\n", count(without, "change"), self.log(limits));
        }
        out
    }

    fn adopted(&self, limits: Limits) -> String {
        let all = &self.saved.plan.adopted;
        if all.is_empty() {
            return String::new();
        }
        let said = all.iter().take(limits.names).map(|a| format!("{} ({})", code(&a.address.to_string()), code(&a.id)));
        let mut said: Vec<String> = said.collect();
        let more = all.len() - said.len();
        said.extend((more > 0).then(|| count(more, if said.is_empty() { "object" } else { "more object" })));
        format!("Somebody else's, used as it is, never changed or deleted: {}.\n\n", said.join(", "))
    }

    fn facts(&self, limits: Limits) -> String {
        let plan = &self.saved.plan;
        let over = matches!(self.stage, Stage::Ended { .. } | Stage::Refused { .. });
        if over || plan.is_empty() {
            return String::new();
        }
        let path: Vec<String> = deciding(plan).iter().map(|s| format!("{} ({})", code(&words::named(s)), taking(s))).collect();
        let by = if path.is_empty() { String::new() } else { format!(", decided by {}", path.join(", then ")) };
        let rollouts: String = rollouts(plan).into_iter().map(|(entry, gates)| rolled(entry, &gates)).collect();
        let cost = hourly(plan).map(|new| format!("- **Cost:** billed by the hour from then on: {new}.\n")).unwrap_or_default();
        let next = match (self.stage, plan.refused.is_empty()) {
            (Stage::Planned, true) => format!(
                "- **Next:** once somebody has approved it, a job applies exactly this plan with {}; see {}.\n",
                code(&format!("infra apply PLANFILE --digest {}", plan.digest)),
                self.log(limits)
            ),
            _ => String::new(),
        };
        let time = format!("- **Time:** about {}{by}.\n", seconds(plan.expected.as_secs()));
        format!("{time}- **Undo:** {}\n{cost}{rollouts}{next}\n", undoing(plan))
    }

    /// The digest that an approval is for, and what it was made from.
    fn foot(&self, limits: Limits) -> String {
        let digest = code(&self.saved.plan.digest);
        if !limits.facts {
            return format!("Plan {digest}.\n");
        }
        let layers = &self.saved.layers;
        let mut from: Vec<String> = layers.iter().take(limits.names).map(|l| code(&l.file)).collect();
        let more = layers.len() - from.len();
        from.extend((more > 0).then(|| count(more, "more file")));
        let from = if from.is_empty() { String::new() } else { format!(" from {}", from.join(", ")) };
        let made = humantime::format_rfc3339_seconds(self.saved.created.0);
        let only = if matches!(self.stage, Stage::Planned) { " Only this digest is applied." } else { "" };
        format!("Plan {digest}, made {made}{from} by infra {}.{only}\n", env!("CARGO_PKG_VERSION"))
    }

    fn log(&self, limits: Limits) -> String {
        link("the job's log", self.log.filter(|_| limits.log))
    }
}

/// How the requests of an entry pass to its new instances, in a line.
fn rolled(entry: &str, gates: &[(&Step, &Gate)]) -> String {
    let one = |(_, gate): &(&Step, &Gate)| {
        let probes: Vec<String> = gate.probes.iter().map(|probe| code(&probe.name)).collect();
        let (share, minutes, _) = stage(gate);
        let probes = probes.join(", ");
        let asks = approval(gate).map(|asks| format!(" and {asks}")).unwrap_or_default();
        match gate.old {
            Some(_) if probes.is_empty() => format!("{share} for {minutes}{asks}"),
            Some(_) => format!("{share} for {minutes} and {probes}{asks}"),
            None if gate.stage.share == 0 => format!("{share} and {probes}"),
            None => probes,
        }
    };
    let stages: Vec<String> = gates.iter().map(one).collect();
    format!("- **Rollout:** {} {}: {}.\n", code(entry), title(gates), stages.join(", then "))
}
