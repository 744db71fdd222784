//! The progress of a run: which steps run, for how long, how long they usually take, and what they wait for. Bars on a terminal, lines elsewhere.
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use super::values::seconds;
use super::{report, stream, words};
use crate::plan::Plan;
use crate::run::Event;
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
    finished: usize,
    started: Instant,
}

impl<'s> Progress<'s> {
    /// A screen of bars on stderr.
    pub fn terminal() -> Screen<'s> {
        Screen::Terminal(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
    }

    /// Progress that begins now.
    pub fn new(screen: Screen<'s>, plan: &Plan) -> Self {
        let total = match &screen {
            Screen::Terminal(bars) => {
                let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
                Some(bars.add(ProgressBar::new(plan.steps.len() as u64).with_style(style)))
            }
            _ => None,
        };
        Progress { screen, running: BTreeMap::new(), total, finished: 0, started: Instant::now() }
    }

    /// Shows an event.
    pub fn event(&mut self, plan: &Plan, event: &Event) -> io::Result<()> {
        let mut elapsed = 0;
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
            total.set_position(self.finished.min(plan.steps.len()) as u64);
        }
        match (&mut self.screen, report::brief(plan, event)) {
            (Screen::Lines(say), Some(line)) => say(&format!("{:>7}  {line}", seconds(self.started.elapsed().as_secs()))),
            (Screen::Terminal(bars), Some(line)) => bars.println(visible(&line))?,
            (Screen::Json(say), _) => say(&stream::event(plan, event, elapsed)),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, plan: &Plan, i: usize, undo: bool) {
        let step = &plan.steps[i];
        let what = words::begun(step, undo);
        let bar = match (&self.screen, &self.total) {
            (Screen::Terminal(bars), Some(total)) => {
                let style = ProgressStyle::with_template("{spinner} {msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
                Some(bars.insert_before(total, ProgressBar::new_spinner().with_style(style).with_message(what.clone())))
            }
            _ => None,
        };
        self.running.insert(i, Running { since: Instant::now(), typical: step.typical, tail: step.tail, what, undo, bar });
    }

    /// Redraws; to be called once a second. `waits` says what each step waits for.
    pub fn tick(&mut self, plan: &Plan, waits: &BTreeMap<usize, String>) {
        let elapsed = self.started.elapsed();
        let left = self.running.values().map(|r| r.tail.saturating_sub(r.since.elapsed())).max().unwrap_or_default().as_secs();
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

impl Running {
    fn describe(&self, waits: Option<&String>) -> String {
        let waits = waits.map(|w| format!(", waiting for {w}")).unwrap_or_default();
        format!("{}: {} (usually {}){waits}", self.what, seconds(self.since.elapsed().as_secs()), seconds(self.typical.as_secs()))
    }
}
