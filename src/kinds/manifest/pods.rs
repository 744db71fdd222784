//! What the pods of a deployment, a job or a cron job have written, read from the pods themselves. What is gone with its pod is told nowhere.
//!
//! A kubelet tells a log from a second on (`sinceTime`), the oldest lines first, each behind its moment (`timestamps`), and cuts it in mid-line where `limitBytes`
//! ends. Of a log that was rotated it reads the newest file, 10 MiB at most (`containerLogMaxSize`, "Logging Architecture").
use std::time::UNIX_EPOCH;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::*;
use crate::wire::kubernetes::{Container, PODS, Written};

/// Bytes of a container's log that are asked for at once, and of all of them together, as long as each still gets some.
const MOST: usize = 1 << 20;
const TOGETHER: usize = 64 << 20;
const LEAST: usize = 1 << 16;

/// How long a node may take to tell a log: others' are told without it.
const PATIENCE: Duration = Duration::from_secs(15);

/// Characters of what a kubelet says in place of a log, at most.
const SAYS: usize = 200;

/// A line that the application's container of a pod has written.
#[derive(Debug)]
pub struct Line {
    /// What it is known by, when it is read again.
    pub id: String,
    /// When it was written, in Unix time.
    pub at: Duration,
    pub pod: String,
    pub text: String,
}

/// What all pods have written, in the order in which it was written.
#[derive(Debug, Default)]
pub struct Page {
    pub lines: Vec<Line>,
    /// From which second of Unix time on there is more.
    pub next: Option<u64>,
    /// What isn't told, and why.
    pub notes: Vec<String>,
    /// How many pods there are.
    pub pods: usize,
}

/// A log of a pod's container.
struct Log {
    pod: String,
    uid: String,
    previous: bool,
}

/// What was told of a log.
struct Piece {
    pod: String,
    lines: Vec<Line>,
    /// Where it was cut, if it was: when what was told last was written.
    cut: Option<Duration>,
}

/// What the pods behind a deployment, a job or a cron job have written since a moment of Unix time, page by page. A page ends where the first log that was cut
/// ends: later lines of others come with the next one.
///
/// # Errors
/// A cluster that can't be reached, and a reader who may not read. What can't be read of one pod is a note.
pub async fn written(cx: &Clients, live: &Live, from: Duration) -> Result<Page, CloudError> {
    let (at, name) = (Place::of(&live.id), container(&live.object)?);
    let gone = || CloudError::new(Class::NotFound, "ResourceNotFoundException", format!("the cluster {} is gone", at.cluster));
    let api = eks_cluster::api_of(cx, &at.cluster).await?.ok_or_else(gone)?;
    let pods = api.within(cx, PODS, &at.namespace, &format!("{NAME}={name}")).await.map_err(|e| away(&at.cluster, e))?;
    let mut notes = vec![];
    let logs: Vec<Log> = pods.iter().flat_map(|pod| logs(pod, name, from, &mut notes)).collect();
    let most = (TOGETHER / logs.len().max(1)).clamp(LEAST, MOST);
    let told = logs.iter().map(async |log| {
        let of = Container { namespace: &at.namespace, pod: &log.pod, name, previous: log.previous };
        cx.policy.hint(Instant::now() + PATIENCE, api.log_since(cx, of, UNIX_EPOCH + from, most)).await
    });
    let mut pieces = vec![];
    for (log, told) in logs.iter().zip(join_all(told).await) {
        match told {
            Ok(written) => pieces.push(piece(log, &written, from, &mut notes)),
            Err(e) if e.class == Class::Denied => return Err(e),
            // It went meanwhile.
            Err(e) if e.class == Class::NotFound => {}
            Err(e) if e.code == "TooSlow" => notes.push(format!("{} isn't read: its node doesn't answer", log.pod)),
            Err(e) => notes.push(format!("{} isn't read: {}", log.pod, e.message)),
        }
    }
    Ok(Page { pods: pods.len(), ..page(pieces, from, most, notes) })
}

/// The name of the application's container, which its pods bear in a label, too.
pub fn container(object: &Object) -> Result<&str, CloudError> {
    let named = Deployment::of(object).map(|d| &d.name).or_else(|| Job::of(object).map(|j| &j.name));
    let named = named.or_else(|| CronJob::of(object).map(|c| &c.name));
    named.map(String::as_str).ok_or_else(|| CloudError::bug("nothing of this kind has pods"))
}

/// The logs of a pod's own container: of the one that runs or ran last, and of the one before it, where that ended since.
fn logs(pod: &Value, name: &str, from: Duration, notes: &mut Vec<String>) -> Vec<Log> {
    let (text, status) = (fields::text, &pod["status"]);
    let own = status["containerStatuses"].as_array().into_iter().flatten().find(|container| container["name"] == name);
    let own = own.unwrap_or(&Value::Null);
    let (state, ended) = (&own["state"], &own["lastState"]["terminated"]);
    let ran = ["running", "terminated"].iter().any(|known| !state[known].is_null());
    let since = |at: Duration| at.as_secs() >= from.as_secs();
    let previous = !ended.is_null() && moment(&text(&ended["finishedAt"])).is_none_or(since);
    let log = |previous| Log { pod: text(&pod["metadata"]["name"]), uid: text(&pod["metadata"]["uid"]), previous };
    if !ran && ended.is_null() {
        let placed = status["conditions"].as_array().into_iter().flatten().find(|c| c["type"] == "PodScheduled" && c["status"] == "False");
        let why = [&state["waiting"], placed.unwrap_or(&Value::Null)].into_iter().find(|why| !why["reason"].is_null());
        let why = why.map_or_else(|| text(&status["phase"]), |why| format!("{}: {}", text(&why["reason"]), text(&why["message"])));
        notes.push(format!("{} has written nothing yet: {}", log(false).pod, why.trim_end_matches([':', ' '])));
    }
    [(previous, true), (ran, false)].into_iter().filter(|(there, _)| *there).map(|(_, previous)| log(previous)).collect()
}

/// The lines of a log that was told. Where it was cut, the last one isn't whole, and its moment alone counts.
fn piece(log: &Log, written: &Written, from: Duration, notes: &mut Vec<String>) -> Piece {
    let end = if written.cut { written.text.rfind('\n').map_or(0, |end| end + 1) } else { written.text.len() };
    let (whole, rest) = written.text.split_at(end);
    let (mut lines, mut same) = (vec![], BTreeMap::<Duration, usize>::new());
    for line in whole.split_terminator('\n') {
        match line.split_once(' ').and_then(|(at, text)| Some((moment(at)?, text))) {
            Some((at, text)) => {
                let nth = same.entry(at).and_modify(|nth| *nth += 1).or_default();
                let id = format!("{}/{}/{nth}", log.uid, at.as_nanos());
                lines.push(Line { id, at, pod: log.pod.clone(), text: text.into() });
            }
            // The kubelet's own words, or the end of a line that began before.
            None => notes.push(format!("{}: {}", log.pod, line.chars().take(SAYS).collect::<String>())),
        }
    }
    let last = || lines.last().map_or(from, |line| line.at);
    let cut = written.cut.then(|| rest.split_once(' ').and_then(|(at, _)| moment(at)).unwrap_or_else(last));
    Piece { pod: log.pod.clone(), lines, cut }
}

/// What can be shown of what was told: up to the second in which the first log was cut. A log of which so much is of one second that no answer holds it goes on with
/// the next one.
fn page(pieces: Vec<Piece>, from: Duration, most: usize, mut notes: Vec<String>) -> Page {
    let first = from.as_secs();
    let next = pieces.iter().filter_map(|piece| piece.cut).map(|cut| cut.as_secs().max(first + 1)).min();
    for full in pieces.iter().filter(|piece| piece.cut.is_some_and(|cut| cut.as_secs() <= first)) {
        let second = humantime::format_rfc3339_seconds(UNIX_EPOCH + from);
        notes.push(format!("{} wrote more than {} KiB in the second {second}: the rest of them is left out", full.pod, most >> 10));
    }
    let shown = |line: &Line| line.at >= from && next.is_none_or(|next| line.at.as_secs() < next);
    let mut lines: Vec<Line> = pieces.into_iter().flat_map(|piece| piece.lines).filter(shown).collect();
    lines.sort_by(|a, b| (a.at, &a.pod).cmp(&(b.at, &b.pod)));
    Page { lines, next, notes, pods: 0 }
}

/// A moment as the API and kubelets write it (RFC 3339), in Unix time. A node may write its own time zone.
fn moment(text: &str) -> Option<Duration> {
    let zone = text.len().checked_sub(6).and_then(|at| text.split_at_checked(at)).filter(|(_, zone)| zone.starts_with(['+', '-']));
    let (plain, ahead) = match zone {
        Some((plain, zone)) => {
            let (hours, minutes) = zone[1..].split_once(':')?;
            let minutes = hours.parse::<u64>().ok()? * 60 + minutes.parse::<u64>().ok()?;
            (plain, Some((zone.starts_with('+'), Duration::from_secs(60 * minutes))))
        }
        None => (text.strip_suffix('Z')?, None),
    };
    let at = humantime::parse_rfc3339(&format!("{plain}Z")).ok()?.duration_since(UNIX_EPOCH).ok()?;
    match ahead {
        Some((true, ahead)) => at.checked_sub(ahead),
        Some((false, behind)) => at.checked_add(behind),
        None => Some(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_any_zone() {
        let read = |text| moment(text).map(|at| (at.as_secs(), at.subsec_nanos()));
        assert_eq!(read("2026-01-01T00:00:00Z"), Some((1_767_225_600, 0)));
        assert_eq!(read("2026-01-01T00:00:00.000000007Z"), Some((1_767_225_600, 7)));
        assert_eq!(read("2026-01-01T02:00:00.5+02:00"), Some((1_767_225_600, 500_000_000)));
        assert_eq!(read("2025-12-31T18:30:00.5-05:30"), Some((1_767_225_600, 500_000_000)));
        for other in ["", "unable", "2026-01-01", "2026-01-01T00:00:00", "rpc-error", "+01:00", "ä+01:00"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
