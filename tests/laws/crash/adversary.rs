//! Somebody edits notes, stamps and the journal between a crash and the recovery: whatever they write, what isn't the stack's stays as it is.
use infra::run::journal;

use super::*;

/// Bends a JSON text in one place: a word, a number or a flag becomes another that stands somewhere in the world.
fn bend(value: &mut serde_json::Value, words: &[String], rng: &mut fastrand::Rng) {
    use serde_json::Value;
    let mut leaves = vec![];
    fn walk<'v>(v: &'v mut Value, out: &mut Vec<&'v mut Value>) {
        match v {
            Value::Object(m) => m.values_mut().for_each(|v| walk(v, out)),
            Value::Array(a) => a.iter_mut().for_each(|v| walk(v, out)),
            leaf => out.push(leaf),
        }
    }
    walk(value, &mut leaves);
    let i = rng.usize(..leaves.len());
    *leaves[i] = match &*leaves[i] {
        Value::Bool(b) => Value::Bool(!b),
        Value::Number(n) => (n.as_u64().unwrap_or(0) + rng.u64(1..3)).into(),
        _ => words[rng.usize(..words.len())].clone().into(),
    };
}

/// Says of one of the stack's objects, wherever it is told of, that it is a neighbour's of its kind: what somebody writes who wants that one gone.
fn aim(text: &str, ours: &[Live], theirs: &[Live], rng: &mut fastrand::Rng) -> String {
    let told: Vec<&Live> = ours.iter().filter(|l| text.contains(&format!("\"{}\"", l.id))).collect();
    let Some(one) = told.get(rng.usize(..told.len().max(1))) else { return text.into() };
    let targets: Vec<&Live> = theirs.iter().filter(|l| l.object.kind() == one.object.kind()).collect();
    let Some(target) = targets.get(rng.usize(..targets.len().max(1))) else { return text.into() };
    text.replace(&format!("\"{}\"", one.id), &format!("\"{}\"", target.id))
}

/// Objects of the neighbour: the stack's own, given to another.
fn neighbours(all: &[Live]) -> Vec<Live> {
    let other = |l: &Live| {
        let mut theirs = l.clone();
        theirs.id = format!("{}-other", l.id);
        theirs.stamp.stack = "other".into();
        theirs.points = l.points.iter().map(|p| format!("{p}-other")).collect();
        theirs.object = infra::kinds::map_refs(&l.object, |a| Some(format!("{}-other", a.name)));
        theirs
    };
    all.iter().map(other).collect()
}

#[tokio::test(start_paused = true)]
async fn an_adversary_changes_nothing_of_others() {
    let local = tokio::task::LocalSet::new();
    let tries = async {
        let way = Way::open(("full", "another network", 65)).await;
        let mut rng = fastrand::Rng::with_seed(7);
        let (mut refused, mut driven) = (0, 0);
        let cases = std::env::var("INFRA_TEST_CASES").ok().and_then(|s| s.parse().ok()).unwrap_or(20);
        for n in 0..cases {
            let case = way.case(n);
            for theirs in neighbours(&case.cloud.objects()) {
                case.cloud.put(theirs).unwrap();
            }
            note(&case).await;
            let theirs = |cloud: &Sandbox| cloud.objects().into_iter().filter(|l| l.stamp.stack == "other").collect::<Vec<_>>();
            let before = theirs(&case.cloud);
            let (log, kill) = (RefCell::new(vec![]), Kill { at: rng.usize(..120), before: rng.bool() });
            live(&case.cloud, &case.plan, "r1", &log, None, Some(kill), false).await;
            let words: Vec<String> =
                before.iter().flat_map(|l| [l.id.clone(), l.stamp.address.to_string(), "other".into(), "r1".into()]).collect();
            // A stamp of one of ours tells of another stack, address or run.
            let ours: Vec<Live> = case.cloud.objects().into_iter().filter(|l| l.stamp.stack == "full").collect();
            if rng.bool() && !ours.is_empty() {
                let mut bent = ours[rng.usize(..ours.len())].clone();
                match rng.usize(..4) {
                    0 => bent.stamp.run = "r9".into(),
                    1 => bent.stamp.identity = "zzzzzz".into(),
                    2 => bent.stamp.address = ours[rng.usize(..ours.len())].stamp.address.clone(),
                    _ => bent.stamp.step += 1 + rng.usize(..3),
                }
                case.cloud.put(bent).unwrap();
            }
            // The journal, as its lines; or the notes' header.
            let head = serde_json::to_value(header(&case.plan, "r1")).unwrap();
            let events = log.borrow().iter().map(|e| serde_json::to_value(e).unwrap()).collect::<Vec<_>>();
            let mut told = serde_json::Value::Array([vec![head], events].concat());
            if rng.bool() {
                (0..rng.usize(1..6)).for_each(|_| bend(&mut told, &words, &mut rng));
            } else {
                let aimed = (0..rng.usize(1..6)).fold(told.to_string(), |text, _| aim(&text, &ours, &before, &mut rng));
                told = serde_json::from_str(&aimed).unwrap();
            }
            let lines = told.as_array().unwrap();
            let mut text = lines[0].to_string() + "\n";
            for event in &lines[1..] {
                text +=
                    &format!("{}\n", serde_json::json!({ "at": infra::model::Moment(std::time::UNIX_EPOCH), "what": { "event": event } }));
            }
            let Ok(recorded) = journal::parse(text.as_bytes()) else {
                refused += 1;
                assert_eq!(theirs(&case.cloud), before);
                continue;
            };
            let plan = recorded.header.plan.clone();
            let history: Vec<Event> = match rng.bool() {
                true => recorded.events().cloned().collect(),
                false => {
                    tokio::time::sleep(Duration::from_secs(3)).await;
                    look_back(&plan, "r1", &*case.cloud).await.unwrap()
                }
            };
            let Ok(run) = Run::replay(&plan, &history) else {
                refused += 1;
                continue;
            };
            let way = if rng.bool() { run.way() } else { Direction::Unwinding };
            if run.built() && way == Direction::Unwinding {
                continue;
            }
            drop(run);
            let log = RefCell::new(history);
            live(&case.cloud, &plan, "r1", &log, Some(way), None, false).await;
            driven += 1;
            assert_eq!(theirs(&case.cloud), before, "{n}: {:#?}", log.borrow());
        }
        println!("adversary: {refused} refused, {driven} driven, nothing of others changed");
        assert!(refused > 2 && driven > 2, "{refused} refused, {driven} driven");
    };
    local.run_until(tries).await;
}

/// Notes in which somebody has changed a character, and notes that somebody has written with a key of their own: none tells of a run with the stack's seal, but
/// the one that was noted.
#[tokio::test(start_paused = true)]
async fn edited_notes_prove_nothing() {
    let way = Way::open(("full", "another network", 65)).await;
    let mut rng = fastrand::Rng::with_seed(11);
    let (mut edited, mut written, mut whole) = (0, 0, 0);
    for n in 0..80 {
        let case = way.case(n);
        note(&case).await;
        let before = case.cloud.notes("full").await.unwrap();
        let told = intent::read("full", &before).unwrap().unwrap();
        let genuine = intent::header("full", &before, &told).unwrap();
        let who = infra::wire::Identity { account: genuine.account.clone(), region: genuine.region.clone() };
        assert!(told.proved(&*case.cloud, "full", &who).await.unwrap(), "what was noted is proved");
        let genuine = serde_json::to_value(&genuine).unwrap();
        if rng.bool() {
            let told: Vec<(&String, &String)> =
                before.iter().filter(|(name, _)| name.contains("/run/") || name.contains("/plan/")).collect();
            let (name, text) = told[rng.usize(..told.len())];
            let mut bytes = text.clone().into_bytes();
            let at = rng.usize(..bytes.len());
            bytes[at] = b"aZ09+/{}\":,"[rng.usize(..11)];
            case.cloud.note(name, &String::from_utf8(bytes).unwrap()).await.unwrap();
            edited += 1;
        } else {
            let elsewhere = crate::laws::world::sandbox(9);
            let mut bent = header(&case.plan, "r1");
            bent.command = "destroy".into();
            intent::write(&elsewhere, &bent, 1).await.unwrap();
            for (name, text) in elsewhere.notes("full").await.unwrap() {
                case.cloud.note(&name, &text).await.unwrap();
            }
            written += 1;
        }
        let after = case.cloud.notes("full").await.unwrap();
        let Ok(Some(found)) = intent::read("full", &after) else { continue };
        if found.proved(&*case.cloud, "full", &who).await.unwrap()
            && let Ok(header) = intent::header("full", &after, &found)
        {
            whole += 1;
            assert_eq!(serde_json::to_value(&header).unwrap(), genuine, "{n}");
        }
    }
    println!("adversary: {edited} notes edited, {written} written with another key; {whole} say what they said before");
    assert!(edited > 25 && written > 25 && whole < edited / 2, "{edited} {written} {whole}");
}
