//! The progress of a run: which steps run, for how long, how long they usually take, and what they wait for. Bars on a terminal, lines elsewhere.
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::values::{count, seconds};
use super::{report, stream, words};
use crate::plan::{Plan, Undo};
use crate::run::{Event, Settlement};
use crate::visible::visible;

/// Where progress is shown.
pub enum Screen<'s> {
    /// To a program: an object a line.
    Json(Box<dyn FnMut(&str) + 's>),
    /// A line an event, and every ten seconds what still runs.
    Lines(Box<dyn FnMut(&str) + 's>),
    Terminal(MultiProgress),
}

struct Running {
    since: Instant,
    typical: Duration,
    /// How long it usually takes from its start to the end of the plan.
    tail: Duration,
    what: String,
    undo: bool,
    bar: Option<ProgressBar>,
}

/// The progress of one run.
pub struct Progress<'s> {
    screen: Screen<'s>,
    running: BTreeMap<usize, Running>,
    total: Option<ProgressBar>,
    /// Steps that are over, one way or the other.
    finished: usize,
    /// Steps whose effect stands.
    standing: BTreeSet<usize>,
    /// Whether nothing new starts any more: a step has failed, or somebody has interrupted the run.
    turned: bool,
    /// How many steps have been taken back, once the run goes back.
    undone: Option<usize>,
    /// How long a way back usually takes from each step on, with all that it stands on.
    heads: Vec<Duration>,
    started: Instant,
}

impl<'s> Progress<'s> {
    /// A screen of bars on stderr.
    pub fn terminal() -> Screen<'s> {
        Screen::Terminal(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
    }

    /// Progress that begins now; `standing` are the steps that an earlier life of the run has done.
    pub fn new(screen: Screen<'s>, plan: &Plan, standing: BTreeSet<usize>) -> Self {
        let total = match &screen {
            Screen::Terminal(bars) => {
                Some(bars.add(ProgressBar::new(plan.steps.len() as u64).with_style(bar("{bar:30} {pos}/{len}  {wide_msg}"))))
            }
            _ => None,
        };
        let mut heads: Vec<Duration> = vec![];
        for step in &plan.steps {
            let before = step.after.iter().filter_map(|i| heads.get(*i)).max().copied().unwrap_or_default();
            heads.push(before + step.typical);
        }
        let finished = standing.len();
        Progress {
            screen,
            running: BTreeMap::new(),
            total,
            finished,
            standing,
            turned: false,
            undone: None,
            heads,
            started: Instant::now(),
        }
    }

    /// Shows an event.
    pub fn event(&mut self, plan: &Plan, event: &Event) -> io::Result<()> {
        let mut elapsed = 0;
        self.count(plan, event);
        match event {
            Event::Began(i) => self.start(plan, *i, false),
            Event::UndoBegan(i) => self.start(plan, *i, true),
            Event::Done(i, _) | Event::Failed(i, _) | Event::Undone(i, _) | Event::UndoFailed(i, _) | Event::Unwatched(i) => {
                self.finished += 1;
                if let Some(running) = self.running.remove(i) {
                    elapsed = running.since.elapsed().as_secs();
                    running.bar.iter().for_each(ProgressBar::finish_and_clear);
                }
            }
            _ => {}
        }
        if let Some(total) = &self.total {
            let (done, all) = match self.undone {
                Some(undone) => (undone, undone + self.standing.len()),
                None => (self.finished.min(plan.steps.len()), plan.steps.len()),
            };
            total.set_length(all as u64);
            total.set_position(done as u64);
        }
        let line = match event {
            Event::Interrupted => Some(self.interrupted(plan)),
            _ => report::brief(plan, event),
        };
        match (&mut self.screen, line) {
            (Screen::Lines(say), Some(line)) => say(&format!("{:>7}  {line}", seconds(self.started.elapsed().as_secs()))),
            (Screen::Terminal(bars), Some(line)) => bars.println(visible(&line))?,
            (Screen::Json(say), _) => say(&stream::event(plan, event, elapsed)),
            _ => {}
        }
        Ok(())
    }

    /// Counts what stands, and what has been taken back.
    fn count(&mut self, plan: &Plan, event: &Event) {
        match event {
            Event::Done(i, _) | Event::Settled(i, _, Settlement::Whole | Settlement::Partial) if plan.steps[*i].undo != Undo::Nothing => {
                self.standing.insert(*i);
            }
            Event::Interrupted => self.turned = true,
            Event::Failed(i, _) if *i < plan.commit => self.turned = true,
            Event::UndoBegan(_) if self.undone.is_none() => {
                self.undone = Some(0);
                self.total.iter().for_each(|total| total.set_style(bar("taking back {bar:30} {pos}/{len}  {wide_msg}")));
            }
            Event::Undone(i, _) if self.standing.remove(i) => self.undone = self.undone.map(|n| n + 1),
            _ => {}
        }
    }

    /// How long the way back usually takes from here.
    fn back(&self) -> Duration {
        self.standing.iter().chain(self.running.keys()).map(|i| self.heads[*i]).max().unwrap_or_default()
    }

    /// How long the run usually goes on.
    fn left(&self) -> Duration {
        let of = |(i, r): (&usize, &Running)| {
            match (r.undo, self.turned) {
                (true, _) => self.heads[*i],
                (false, true) => r.typical,
                (false, false) => r.tail,
            }
            .saturating_sub(r.since.elapsed())
        };
        let running = self.running.iter().map(of).max().unwrap_or_default();
        if self.turned && self.undone.is_none() { running + self.back() } else { running }
    }

    /// What the first signal leads to, and what a second one would.
    fn interrupted(&self, plan: &Plan) -> String {
        let names: Vec<String> = self.running.keys().map(|i| words::named(&plan.steps[*i])).collect();
        let first = match names.len() {
            0 => String::new(),
            1 => format!(" {} ends first.", names[0]),
            n => format!(" {n} steps end first ({}).", names.join(", ")),
        };
        let touched = self.standing.iter().chain(self.running.keys()).collect::<BTreeSet<_>>().len();
        let (back, left) = match touched {
            0 => (String::new(), "it"),
            n => {
                let (are, left) = if n == 1 { ("is", "it") } else { ("are", "them") };
                (format!(" Then {} {are} taken back, in about {}.", count(n, "step"), seconds(self.back().as_secs())), left)
            }
        };
        format!("! Interrupted: nothing new starts.{first}{back} Another Ctrl-C stops at once and leaves {left} to `infra recover`.")
    }

    fn start(&mut self, plan: &Plan, i: usize, undo: bool) {
        let step = &plan.steps[i];
        let what = words::begun(step, undo);
        let bar = match (&self.screen, &self.total) {
            (Screen::Terminal(bars), Some(total)) => {
                let style = ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
                Some(bars.insert_before(total, ProgressBar::new_spinner().with_style(style).with_message(what.clone())))
            }
            _ => None,
        };
        self.running.insert(i, Running { since: Instant::now(), typical: step.typical, tail: step.tail, what, undo, bar });
    }

    /// Redraws; to be called once a second. `waits` says what each step waits for.
    pub fn tick(&mut self, plan: &Plan, waits: &BTreeMap<usize, String>) {
        let elapsed = self.started.elapsed();
        let left = self.left().as_secs();
        if let Some(total) = &self.total {
            let eta = if left > 0 { format!("about {} left", seconds(left)) } else { "longer than usual".into() };
            total.set_message(format!("{}, {eta}", seconds(elapsed.as_secs())));
        }
        for (i, r) in &self.running {
            let line = r.describe(waits.get(i));
            match (&mut self.screen, &r.bar) {
                (Screen::Terminal(_), Some(bar)) => {
                    bar.set_message(visible(&line).into_owned());
                    bar.tick();
                }
                (Screen::Json(say), _) if elapsed.as_secs().is_multiple_of(10) && r.since.elapsed().as_secs() >= 5 => {
                    say(&stream::progress(&plan.steps[*i], r.undo, r.since.elapsed().as_secs(), waits.get(i), &line));
                }
                (Screen::Lines(say), _) if elapsed.as_secs().is_multiple_of(10) && r.since.elapsed().as_secs() >= 5 => {
                    say(&format!("{:>7}  … {line}", seconds(elapsed.as_secs())));
                }
                _ => {}
            }
        }
    }

    /// Removes the bars.
    pub fn finish(&mut self) {
        if let Some(total) = self.total.take() {
            total.finish_and_clear();
        }
    }
}

/// A bar's looks.
fn bar(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Running {
    fn describe(&self, waits: Option<&String>) -> String {
        let waits = waits.map(|w| format!(", waiting for {w}")).unwrap_or_default();
        format!("{}: {} (usually {}){waits}", self.what, seconds(self.since.elapsed().as_secs()), seconds(self.typical.as_secs()))
    }
}
