//! Prefix lists where the emulator is too simple: it changes at once, whatever the version, and neither size nor descriptions. Answers after
//! the API reference.
use std::time::Duration;

use infra::cloud::Cloud;
use infra::kinds::{Links, Live, PrefixList};
use infra::wire::{Class, Clients, CloudError};

use super::prefix_list::prefix_list;
use super::replay_world::{has, stamp};
use crate::support::replay::Replay;

const AT: &str = "prefix_list.edge";
const DELETED: &str =
    "<DeleteManagedPrefixListResponse><prefixList><prefixListId>pl-1</prefixListId></prefixList></DeleteManagedPrefixListResponse>";
const CREATED: &str = "<CreateManagedPrefixListResponse><prefixList><prefixListId>pl-1</prefixListId><state>create-in-progress</state></prefixList>\
    </CreateManagedPrefixListResponse>";
const MODIFIED: &str =
    "<ModifyManagedPrefixListResponse><prefixList><prefixListId>pl-1</prefixListId></prefixList></ModifyManagedPrefixListResponse>";

type Answer = (u16, String);

fn ok(body: &str) -> Answer {
    (200, body.into())
}

fn error(code: &str) -> Answer {
    (400, format!("<Response><Errors><Error><Code>{code}</Code><Message>no</Message></Error></Errors></Response>"))
}

/// What DescribeManagedPrefixLists says.
fn shown(state: &str, version: i64, max: i32) -> Answer {
    let list = format!(
        "<prefixListId>pl-1</prefixListId><state>{state}</state><stateMessage/><version>{version}</version><maxEntries>{max}</maxEntries>"
    );
    ok(&format!(
        "<DescribeManagedPrefixListsResponse><prefixListSet><item>{list}</item></prefixListSet></DescribeManagedPrefixListsResponse>"
    ))
}

fn told(state: &str, message: &str) -> Answer {
    let (status, body) = shown(state, 1, 5);
    (status, body.replace("<stateMessage/>", &format!("<stateMessage>{message}</stateMessage>")))
}

fn gone() -> Answer {
    ok("<DescribeManagedPrefixListsResponse><prefixListSet/></DescribeManagedPrefixListsResponse>")
}

/// What GetManagedPrefixListEntries says.
fn entries(all: &[(&str, &str)]) -> Answer {
    page(all, "")
}

fn page(all: &[(&str, &str)], more: &str) -> Answer {
    let each = all.iter().map(|(cidr, text)| format!("<item><cidr>{cidr}</cidr><description>{text}</description></item>"));
    let (set, next) = (each.collect::<String>(), if more.is_empty() { String::new() } else { format!("<nextToken>{more}</nextToken>") });
    ok(&format!("<GetManagedPrefixListEntriesResponse><entrySet>{set}</entrySet>{next}</GetManagedPrefixListEntriesResponse>"))
}

fn list(max_entries: i32, all: &[(&str, &str)]) -> PrefixList {
    let entries = all.iter().map(|(cidr, text)| ((*cidr).to_owned(), (*text).to_owned())).collect();
    PrefixList { max_entries, entries, ..prefix_list() }
}

/// So many blocks, from the one of that number on.
fn blocks(from: usize, many: usize) -> Vec<(String, String)> {
    (from..from + many).map(|i| (format!("10.{}.{}.0/24", i / 250, i % 250), String::new())).collect()
}

fn short(all: &[(String, String)]) -> Vec<(&str, &str)> {
    all.iter().map(|(cidr, text)| (cidr.as_str(), text.as_str())).collect()
}

fn replay(answers: &[Answer]) -> (Clients, Replay) {
    Replay::clients(answers.iter().map(|(status, body)| (*status, body.as_str())))
}

async fn create(cloud: &Clients, want: &PrefixList) -> Result<Live, CloudError> {
    cloud.create(&want.clone().into(), &Links::default(), &stamp(AT)).await
}

/// An update, and what was asked for it.
async fn update(from: &PrefixList, to: &PrefixList, answers: &[Answer]) -> (Result<Live, CloudError>, Vec<String>) {
    let (cloud, http) = replay(answers);
    let live = Live::found("pl-1", from.clone(), stamp(AT));
    let done = cloud.update(&live, &to.clone().into(), &Links::default(), &stamp(AT)).await;
    (done, http.asked())
}

/// How many entries a request adds and removes.
fn counts(request: &str) -> (usize, usize) {
    let count = |word: &str| request.split('&').filter(|p| p.starts_with(word) && p.contains(".Cidr=")).count();
    (count("AddEntry."), count("RemoveEntry."))
}

const OLD: &[(&str, &str)] = &[("198.51.100.0/24", "edge"), ("203.0.113.0/24", "")];

#[tokio::test(start_paused = true)]
async fn a_creation_waits_until_the_list_is_complete() {
    let lost = (503, error("Unavailable").1);
    let answers = [
        lost,
        ok(CREATED),
        error("InvalidPrefixListID.NotFound"),
        shown("create-in-progress", 1, 5),
        shown("create-complete", 1, 5),
        entries(OLD),
    ];
    let (cloud, http) = replay(&answers);
    assert_eq!(create(&cloud, &prefix_list()).await.unwrap().id, "pl-1");
    let asked = http.asked();
    let name = stamp(AT).physical_name(&infra::kinds::prefix_list::NAMES);
    let (token, named) = (format!("ClientToken={name}"), format!("PrefixListName={name}"));
    for request in &asked[..2] {
        has(request, &["Action=CreateManagedPrefixList", &token, &named, "AddressFamily=IPv4", "MaxEntries=5", "infra%3Aaddress"]);
        has(request, &["Entry.1.Cidr=198.51.100.0%2F24", "Entry.1.Description=edge", "Entry.2.Cidr=203.0.113.0%2F24"]);
        assert!(!request.contains("Entry.2.Description"), "{request}");
    }
    has(&asked[5], &["Action=GetManagedPrefixListEntries", "TargetVersion=1"]);
}

#[tokio::test(start_paused = true)]
async fn many_entries_are_made_in_chunks() {
    let all = blocks(0, 250);
    let want = list(250, &short(&all));
    // In the order of the keys, as they are sent.
    let sorted: Vec<_> = want.entries.clone().into_iter().collect();
    let sorted = short(&sorted);
    let answers = [
        ok(CREATED),
        shown("create-complete", 1, 250),
        entries(&sorted[..100]),
        ok(MODIFIED),
        shown("modify-in-progress", 1, 250),
        shown("modify-complete", 2, 250),
        page(&sorted[..100], "more"),
        entries(&sorted[100..200]),
        ok(MODIFIED),
        shown("modify-complete", 3, 250),
        entries(&sorted),
    ];
    let (cloud, http) = replay(&answers);
    create(&cloud, &want).await.unwrap();
    let asked = http.asked();
    has(&asked[0], &["Entry.100.Cidr"]);
    assert!(!asked[0].contains("Entry.101."));
    has(&asked[3], &["Action=ModifyManagedPrefixList", "CurrentVersion=1", "PrefixListId=pl-1"]);
    has(&asked[7], &["NextToken=more", "TargetVersion=2"]);
    has(&asked[8], &["CurrentVersion=2"]);
    assert_eq!((counts(&asked[3]), counts(&asked[8])), ((100, 0), (50, 0)));
}

/// One request makes one version: nothing is cut that stays. A description is changed by adding its entry again.
#[tokio::test(start_paused = true)]
async fn what_comes_and_what_goes_is_one_request() {
    let new = [("192.0.2.0/24", "new"), ("203.0.113.0/24", "office")];
    let answers = [shown("create-complete", 4, 5), entries(OLD), ok(MODIFIED), shown("modify-complete", 5, 5), entries(&new)];
    let (done, asked) = update(&list(5, OLD), &list(5, &new), &answers).await;
    done.unwrap();
    has(
        &asked[2],
        &[
            "AddEntry.1.Cidr=192.0.2.0%2F24",
            "AddEntry.1.Description=new",
            "AddEntry.2.Cidr=203.0.113.0%2F24",
            "AddEntry.2.Description=office",
        ],
    );
    has(&asked[2], &["RemoveEntry.1.Cidr=198.51.100.0%2F24", "CurrentVersion=4"]);
    assert!(!asked[2].contains("MaxEntries"), "size and entries can't be changed together");
    assert_eq!(counts(&asked[2]), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn additions_come_before_removals_where_there_is_room() {
    let (before, after) = (blocks(0, 150), blocks(150, 150));
    let (old, new) = (list(300, &short(&before)), list(300, &short(&after)));
    let keys: Vec<_> = new.entries.clone().into_iter().collect();
    let first: Vec<_> = short(&before).into_iter().chain(short(&keys[..100])).collect();
    let left: Vec<_> = old.entries.clone().into_iter().skip(100).collect();
    let second: Vec<_> = short(&left).into_iter().chain(short(&keys)).collect();
    let state = |version| shown("modify-complete", version, 300);
    let answers = [
        state(1),
        entries(&short(&before)),
        ok(MODIFIED),
        state(2),
        entries(&first),
        ok(MODIFIED),
        state(3),
        entries(&second),
        ok(MODIFIED),
        state(4),
        entries(&short(&keys)),
    ];
    let (done, asked) = update(&old, &new, &answers).await;
    done.unwrap();
    assert_eq!([2, 5, 8].map(|i| counts(&asked[i])), [(100, 0), (50, 100), (0, 50)]);
    // A full list has no room for both: what goes makes room for what comes.
    let (old, new) = (list(150, &short(&before)), list(150, &short(&after)));
    let middle: Vec<_> = short(&left).into_iter().chain(short(&keys[..100])).collect();
    let state = |version| shown("modify-complete", version, 150);
    let answers =
        [state(1), entries(&short(&before)), ok(MODIFIED), state(2), entries(&middle), ok(MODIFIED), state(3), entries(&short(&keys))];
    let (done, asked) = update(&old, &new, &answers).await;
    done.unwrap();
    assert_eq!([2, 5].map(|i| counts(&asked[i])), [(100, 100), (50, 50)]);
}

#[tokio::test(start_paused = true)]
async fn a_list_grows_before_its_entries_come_and_shrinks_after_they_are_gone() {
    let three = [OLD, &[("192.0.2.0/24", "")]].concat();
    let grow = [
        shown("create-complete", 1, 2),
        entries(OLD),
        ok(MODIFIED),
        shown("modify-in-progress", 1, 2),
        shown("modify-complete", 1, 3),
        entries(OLD),
        ok(MODIFIED),
        shown("modify-complete", 2, 3),
        entries(&three),
    ];
    let (done, asked) = update(&list(2, OLD), &list(3, &three), &grow).await;
    done.unwrap();
    has(&asked[2], &["Action=ModifyManagedPrefixList", "MaxEntries=3"]);
    assert!(!asked[2].contains("CurrentVersion"), "{}", asked[2]);
    assert_eq!((counts(&asked[2]), counts(&asked[6])), ((0, 0), (1, 0)));
    let shrink = [
        shown("modify-complete", 2, 3),
        entries(&three),
        ok(MODIFIED),
        shown("modify-complete", 3, 3),
        entries(OLD),
        ok(MODIFIED),
        shown("modify-complete", 3, 2),
        entries(OLD),
    ];
    let (done, asked) = update(&list(3, &three), &list(2, OLD), &shrink).await;
    done.unwrap();
    has(&asked[5], &["MaxEntries=2"]);
    assert_eq!((counts(&asked[2]), counts(&asked[5])), ((0, 1), (0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_has_passed_is_read_again() {
    let new = [("192.0.2.0/24", "")];
    let theirs = [OLD, &[("10.0.0.0/8", "theirs")]].concat();
    for code in ["PrefixListVersionMismatch", "IncorrectState"] {
        let answers = [
            shown("create-complete", 1, 5),
            entries(OLD),
            error(code),
            shown("modify-complete", 2, 5),
            entries(&theirs),
            ok(MODIFIED),
            shown("modify-complete", 3, 5),
            entries(&new),
        ];
        let (done, asked) = update(&list(5, OLD), &list(5, &new), &answers).await;
        done.unwrap();
        has(&asked[4], &["TargetVersion=2"]);
        has(&asked[5], &["CurrentVersion=2"]);
        assert_eq!((counts(&asked[2]), counts(&asked[5])), ((1, 2), (1, 3)), "{code}");
    }
}

/// It took effect, so that its repetition is refused; what is read then is what is wanted.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_changes_nothing_twice() {
    let new = [("192.0.2.0/24", "")];
    let lost = (503, error("Unavailable").1);
    let answers = [
        shown("create-complete", 1, 5),
        entries(OLD),
        lost,
        error("PrefixListVersionMismatch"),
        shown("modify-complete", 2, 5),
        entries(&new),
    ];
    let (done, asked) = update(&list(5, OLD), &list(5, &new), &answers).await;
    done.unwrap();
    assert_eq!(asked.iter().filter(|a| a.contains("Action=ModifyManagedPrefixList")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_lags_is_waited_for() {
    let new = [("192.0.2.0/24", "")];
    let old = || [shown("create-complete", 1, 5), entries(OLD)];
    let answers = [old().to_vec(), vec![ok(MODIFIED)], old().to_vec(), old().to_vec(), vec![shown("modify-complete", 2, 5), entries(&new)]];
    let (done, asked) = update(&list(5, OLD), &list(5, &new), &answers.concat()).await;
    done.unwrap();
    assert_eq!(asked.iter().filter(|a| a.contains("Action=ModifyManagedPrefixList")).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fails_says_why() {
    let full = "sg-1 has no room for 90 entries";
    let answers = [told("modify-failed", "of long ago"), entries(OLD), ok(MODIFIED), told("modify-failed", full)];
    let (done, _) = update(&list(5, OLD), &list(90, OLD), &answers).await;
    let e = done.unwrap_err();
    assert_eq!((e.class, e.code.as_str(), e.message.as_str()), (Class::Ambiguous, "modify-failed", full));
    let refused = [shown("create-complete", 1, 5), entries(OLD), error("InvalidParameterValue")];
    let (done, _) = update(&list(5, OLD), &list(90, OLD), &refused).await;
    assert_eq!(done.unwrap_err().class, Class::Invalid, "nothing has changed yet");
    // It would never have entries, and read like one that is only empty.
    let (cloud, http) = replay(&[ok(CREATED), told("create-failed", "no"), ok(DELETED), gone()]);
    let e = create(&cloud, &prefix_list()).await.unwrap_err();
    assert_eq!((e.class, e.code.as_str()), (Class::Invalid, "create-failed"));
    has(&http.asked()[2], &["Action=DeleteManagedPrefixList", "PrefixListId=pl-1"]);
    let slow = || shown("create-in-progress", 1, 5);
    let (mut cloud, _) = replay(&[ok(CREATED), slow(), slow(), slow()]);
    cloud.policy.poll = Duration::from_secs(9999);
    let e = create(&cloud, &prefix_list()).await.unwrap_err();
    assert_eq!((e.class, e.message.as_str()), (Class::Ambiguous, "waited 2m for pl-1 to take its entries: pl-1 is create-in-progress"));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_waits_until_the_list_is_gone_and_may_come_twice() {
    let live = Live::found("pl-1", prefix_list(), stamp(AT));
    for end in [gone(), shown("delete-complete", 1, 5), error("InvalidPrefixListID.NotFound")] {
        let (cloud, _) = replay(&[ok(DELETED), shown("delete-in-progress", 1, 5), end]);
        cloud.delete(&live).await.unwrap();
    }
    let (cloud, _) = replay(&[error("InvalidPrefixListID.NotFound"), gone()]);
    cloud.delete(&live).await.unwrap();
    let (cloud, _) = replay(&[ok(DELETED), told("delete-failed", "sg-1 uses it")]);
    let e = cloud.delete(&live).await.unwrap_err();
    assert_eq!((e.class, e.message.as_str()), (Class::Conflict, "sg-1 uses it"));
    let groups = |ids: &str| {
        ok(&format!("<DescribeSecurityGroupsResponse><securityGroupInfo>{ids}</securityGroupInfo></DescribeSecurityGroupsResponse>"))
    };
    let (cloud, http) = replay(&[error("DependencyViolation"), groups("<item><groupId>sg-1</groupId></item>"), groups("")]);
    let e = cloud.delete(&live).await.unwrap_err();
    assert_eq!((e.class, e.message.as_str()), (Class::Conflict, "no; pl-1 is held by sg-1 (names it in a rule)"));
    has(&http.asked()[1], &["Filter.1.Name=ip-permission.prefix-list-id", "Filter.1.Value.1=pl-1"]);
}
