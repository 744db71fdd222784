//! What is kept of a run: a journal that can't be written, notes that are damaged, a line that was being written; and no secret in any of it.
use std::cell::RefCell;

use infra::plan::Plan;
use infra::run::drive::{Sink, Stop, drive};
use infra::run::journal::{Ending, Journal, parse};
use infra::run::{Event, Outcome, Run, intent};
use infra::wire::Notes;

use super::{Ends, Left, Life, checked, live, noted, recover};
use crate::laws::world::{WAYS, settings};
use crate::support::sparse;

/// A journal that can no longer be written: nothing more begins, calls in flight end and are known, and the rest is another process's.
#[tokio::test(start_paused = true)]
async fn an_unwritable_journal_stops_the_run() {
    struct Full<'a>(&'a RefCell<Vec<Event>>, usize, bool);
    impl Sink for Full<'_> {
        fn event(&mut self, _: &Plan, event: &Event) -> std::io::Result<()> {
            let room = self.0.borrow().len() < self.1;
            match room {
                true => self.0.borrow_mut().push(event.clone()),
                false if self.2 => {}
                false => return Err(std::io::Error::other("the disk is full")),
            }
            Ok(())
        }
        fn sync(&mut self) -> std::io::Result<()> {
            if self.2 && self.0.borrow().len() >= self.1 { Err(std::io::Error::other("the disk is gone")) } else { Ok(()) }
        }
    }
    let (mut cases, mut ends) = (0, Ends::new());
    let way = noted(WAYS[3]).await;
    for room in (0..200).step_by(sparse(3, 9)) {
        let case = way.case(room as u64);
        let journal = RefCell::new(vec![]);
        let mut run = Run::new(&case.plan);
        let mut sink = Full(&journal, room, room % 2 == 1);
        let never = &mut std::future::pending::<Stop>;
        let outcome = drive(&mut run, &settings("r1"), &*case.cloud, &mut sink, &[], never).await.unwrap();
        let Outcome::Unfinished(why) = outcome else { break };
        assert_eq!(why.code, "JournalUnwritable");
        let written = |w: fn(&Event) -> bool| journal.borrow().iter().filter(|e| w(e)).count();
        let begun = written(|e| matches!(e, Event::Began(_)));
        assert!(case.cloud.mutations() as usize <= begun, "no effect without its record");
        let tag = format!("a journal of {room} records");
        let (last, _) =
            recover(&case.cloud, &case.plan, "r1", &journal, if room % 2 == 0 { Left::Journal } else { Left::Notes }, None).await;
        checked(&case, &way.to, last, &journal, &tag, &mut ends).await;
        cases += 1;
    }
    println!("journals that can't be written: {cases} cases, {ends:?}");
    assert!(cases > sparse(20, 6));
}

/// Nothing that outlives a process holds a secret: not its journal, not what the cloud notes, packed or not.
#[tokio::test(start_paused = true)]
async fn nothing_that_is_kept_holds_a_secret() {
    let way = noted(WAYS[0]).await;
    let case = way.case(1);
    let journal = RefCell::new(vec![]);
    assert_eq!(live(&case.cloud, &case.plan, "r1", &journal, None, None, false).await, Life::Over(Outcome::Applied));
    let notes = case.cloud.notes("full").await.unwrap();
    let told = intent::read("full", &notes).unwrap().unwrap();
    assert!(told.parts > 0);
    let unpacked = intent::header("full", &notes, &told).unwrap();
    let everything = format!(
        "{notes:?} {} {unpacked:?} {}",
        serde_json::to_string(&unpacked).unwrap(),
        serde_json::to_string(&*journal.borrow()).unwrap()
    );
    assert!(everything.contains("API_TOKEN") && !everything.contains("value-of-"), "a secret is kept");
}

/// What the cloud noted is used whole or not at all.
#[tokio::test(start_paused = true)]
async fn damaged_notes_are_refused() {
    let way = noted(WAYS[0]).await;
    let case = way.case(1);
    let notes = case.cloud.notes("full").await.unwrap();
    let told = intent::read("full", &notes).unwrap().unwrap();
    for name in notes.keys().filter(|n| n.contains("/plan/")) {
        let mut lost = notes.clone();
        lost.remove(name);
        assert!(intent::header("full", &lost, &told).is_err());
        let mut bent = notes.clone();
        bent.get_mut(name).unwrap().insert(10, 'A');
        assert!(intent::header("full", &bent, &told).is_err());
    }
    assert_eq!(intent::header("full", &notes, &told).unwrap().plan.digest, case.plan.digest);
}

/// A last line that was being written when the process died never happened; what is written next stands on a line of its own.
#[test]
fn a_torn_last_line_never_happened() {
    let text = include_bytes!("../../fuzz/corpus/journal/applied");
    let whole = parse(text).unwrap();
    let head = text.iter().position(|b| *b == b'\n').unwrap() + 1;
    for cut in (head..=text.len()).filter(|n| n % 7 == 0 || text[n - 1] == b'\n' || text.get(*n) == Some(&b'\n')) {
        let story = parse(&text[..cut]).unwrap_or_else(|e| panic!("cut at {cut}: {e}"));
        let lines = text[head..cut].iter().filter(|b| **b == b'\n').count();
        assert_eq!(story.entries, whole.entries[..lines], "cut at {cut}");
    }
    assert!(parse(&text[..head - 1]).is_err(), "without a header there is no journal");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("torn.jsonl");
    std::fs::write(&path, &text[..text.len() - 5]).unwrap();
    let (mut journal, story) = Journal::open(&path).unwrap();
    assert_eq!(story.entries.len(), whole.entries.len() - 1);
    journal.end(Ending::Elsewhere).unwrap();
    let again = parse(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!((again.entries.len(), again.ended()), (whole.entries.len(), Some(Ending::Elsewhere)));
}
