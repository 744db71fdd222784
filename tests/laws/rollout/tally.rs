//! What looks come to: minutes that are good, bad or neither, and gates that pass or fail by them.
use infra::kinds::gate::{Figures, Judgement, Stage, Tally};
use infra::kinds::{Gate, Reading, Seen};
use infra::model::Moment;

use crate::support::{address, limits};

/// A gate of an entry of which nothing else is known.
pub fn gate(share: u8, minutes: u32) -> Gate {
    Gate {
        entry: "compute.app".into(),
        stage: Stage { share, minutes, approve: None },
        limits: limits(),
        own_alarms: vec![],
        probes: vec![],
        new: address("target_group.app"),
        next: None,
        old: Some("old".into()),
        balancer: None,
        splitters: vec![],
    }
}

fn minute(new: (u64, u64, u32), old: (u64, u64, u32)) -> Seen {
    let figures = |(requests, errors, latency)| Figures { requests, errors, latency: Some(latency) };
    Seen::Minute { new: figures(new), old: figures(old) }
}

fn judged(gate: &Gate, looks: &[Seen]) -> Judgement {
    let mut tally = Tally::default();
    for look in looks {
        tally.note(gate, look);
        let judgement = tally.judgement(gate);
        if judgement != Judgement::Open {
            return judgement;
        }
    }
    Judgement::Open
}

fn failed(judgement: &Judgement) -> bool {
    matches!(judgement, Judgement::Failed(..))
}

/// What a minute is worth, row by row.
#[test]
fn a_minute_is_good_bad_or_neither() {
    let (gate, well) = (gate(10, 5), (1000, 0, 100));
    let of = |looks: &[Seen]| judged(&gate, looks);
    let many = |seen: Seen, n: usize| vec![seen; n];
    assert_eq!(of(&many(minute((100, 0, 100), well), 5)), Judgement::Passed);
    assert_eq!(of(&many(minute((100, 0, 100), well), 4)), Judgement::Open);
    assert!(failed(&of(&many(minute((100, 5, 100), well), 2))), "5% of the requests fail");
    assert_eq!(of(&many(minute((100, 5, 100), well), 1)), Judgement::Open, "one bad minute is none");
    assert_eq!(of(&many(minute((100, 2, 100), (1000, 0, 100)), 5)), Judgement::Passed, "two bad answers are no sign");
    assert!(failed(&of(&many(minute((100, 0, 3000), well), 3))), "slow");
    assert_eq!(of(&many(minute((100, 0, 3000), well), 2)), Judgement::Open);
    // The old ones fare no better: the clock stands, and in three times its time the gate fails.
    assert_eq!(of(&many(minute((100, 5, 100), (1000, 50, 100)), 10)), Judgement::Open);
    assert!(failed(&of(&many(minute((100, 5, 100), (1000, 50, 100)), 18))));
    assert_eq!(of(&many(minute((100, 0, 3000), (1000, 0, 2500)), 10)), Judgement::Open);
    assert!(failed(&of(&many(Seen::Bad("ill".into()), 2))));
    assert!(matches!(of(&many(Seen::Blind("denied".into()), 10)), Judgement::Failed("GateBlind", _)));
    assert_eq!(of(&many(Seen::Blind("denied".into()), 9)), Judgement::Open);
    let patchy = [minute((100, 5, 100), well), minute((100, 0, 100), well), minute((100, 5, 100), well)];
    assert_eq!(of(&patchy), Judgement::Open, "bad minutes count in a row only");
    // A quiet environment is judged by targets and probes; where requests must have come, none is bad.
    assert_eq!(of(&many(minute((5, 0, 100), (45, 0, 100)), 5)), Judgement::Passed);
    assert_eq!(of(&many(minute((0, 0, 100), (0, 0, 100)), 5)), Judgement::Passed, "10% of nothing is nothing");
    let half = self::gate(50, 5);
    assert_eq!(judged(&half, &many(minute((0, 0, 100), (600, 0, 100)), 5)), Judgement::Open);
    assert!(failed(&judged(&half, &many(minute((0, 0, 100), (600, 0, 100)), 10))), "half of 600 requests a minute, and none has come");
    assert_eq!(of(&many(Seen::Nothing, 17)), Judgement::Open);
    assert!(failed(&of(&many(Seen::Nothing, 18))), "CloudWatch tells nothing");
}

/// A tally from the journal is the one that the process before had, wherever it was cut.
#[test]
fn a_history_that_is_cut_anywhere_is_the_same() {
    let mut gate = gate(25, 9);
    gate.stage.approve = Some(4);
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..200 {
        let draw = |rng: &mut fastrand::Rng| match rng.u8(0..8) {
            0 => Seen::Bad("ill".into()),
            1 => Seen::Blind("no".into()),
            2 => Seen::Mute("no data".into()),
            3 => Seen::Approved("ana".into()),
            4 => Seen::Short(Box::new(Seen::Well), "too few".into()),
            _ => minute((rng.u64(0..120), rng.u64(0..4), rng.u32(50..3000)), (rng.u64(0..900), rng.u64(0..9), rng.u32(50..3000))),
        };
        let all: Vec<Reading> = (0..12).map(|_| Reading { at: Moment::now(), seen: draw(&mut rng), told: String::new() }).collect();
        let whole = Tally::of(&gate, &all);
        for cut in 0..all.len() {
            let mut tally = Tally::of(&gate, &all[..cut]);
            all[cut..].iter().for_each(|reading| tally.note(&gate, &reading.seen));
            assert_eq!(tally, whole);
        }
    }
}

/// A gate that asks for approval passes once its minutes are good and somebody has said so, in whatever order; it fails when nobody does in time, and
/// as ever when minutes are bad meanwhile.
#[test]
fn a_gate_waits_for_approval() {
    let mut gate = gate(10, 2);
    gate.stage.approve = Some(3);
    let (good, bad, yes) =
        (minute((100, 0, 100), (900, 0, 100)), minute((100, 9, 100), (900, 0, 100)), Seen::Approved("ana@laptop".into()));
    let of = |looks: &[&Seen]| judged(&gate, &looks.iter().copied().cloned().collect::<Vec<_>>());
    assert_eq!(of(&[&good, &good]), Judgement::Open);
    assert_eq!(of(&[&good, &good, &good, &good]), Judgement::Open);
    assert!(matches!(of(&[&good, &good, &good, &good, &good]), Judgement::Failed("NotApproved", _)), "three minutes have passed");
    assert_eq!(of(&[&good, &good, &yes]), Judgement::Passed);
    assert_eq!(of(&[&good, &yes]), Judgement::Open, "a word is no good minute");
    assert_eq!(of(&[&good, &yes, &good]), Judgement::Passed);
    assert!(matches!(of(&[&good, &good, &bad, &bad]), Judgement::Failed("GateFailed", _)), "it goes on looking while it waits");
    assert!(matches!(of(&[&yes, &bad, &bad]), Judgement::Failed("GateFailed", _)), "a word makes no version good");
    let told = |looks: &[&Seen]| {
        let mut tally = Tally::default();
        looks.iter().for_each(|seen| tally.note(&gate, seen));
        tally.told(&gate)
    };
    assert!(told(&[&good, &good, &good]).ends_with("; waits for approval, 2 min left"), "{}", told(&[&good, &good, &good]));
    assert!(told(&[&good, &yes]).ends_with("; approved by ana@laptop"));
    // The time that it waits is no time in which its minutes had to be good.
    gate.stage.approve = Some(100);
    let many = vec![good; 60];
    assert_eq!(judged(&gate, &many), Judgement::Open);
}

/// A larger share comes once the new instances are as many, by that share, as the old ones are; bad minutes are bad all the same.
#[test]
fn a_larger_share_needs_its_instances() {
    let gate = Gate { next: Some(50), ..gate(10, 2) };
    let good = minute((100, 0, 100), (900, 0, 100));
    for (new, old, enough) in
        [(2, 4, true), (2, 5, false), (3, 5, true), (1, 0, true), (1, 2, true), (1, 3, false), (50, 100, true), (49, 100, false)]
    {
        let seen = gate.with_fleets(good.clone(), new, old);
        assert_eq!(seen == good, enough, "{new} beside {old}: {seen:?}");
        assert_eq!(judged(&gate, &[seen.clone(), seen]) == Judgement::Passed, enough, "{new} beside {old}");
    }
    let short = gate.with_fleets(good.clone(), 2, 5);
    assert_eq!(judged(&gate, &[short.clone(), short.clone(), short.clone(), good]), Judgement::Passed, "they have come meanwhile");
    let Judgement::Failed("GateFailed", why) = judged(&gate, &vec![short; 30]) else { panic!("they never come") };
    assert!(why.ends_with("50% of the requests need 3 healthy new instances, and there are 2"), "{why}");
    let bad = gate.with_fleets(minute((100, 9, 100), (900, 0, 100)), 2, 5);
    assert!(failed(&judged(&gate, &[bad.clone(), bad])), "too few instances hide no errors");
    let last = Gate { next: None, ..gate };
    assert_eq!(last.with_fleets(Seen::Well, 1, 100), Seen::Well);
}
