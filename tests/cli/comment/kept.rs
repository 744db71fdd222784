//! One comment of a stack among those of others: made, found again, kept.
use super::{HOSTS, Host, Job, MARKER, TOKEN, bot, person};
use crate::support::forge::Holder;

#[tokio::test]
async fn one_comment_is_made_and_kept() {
    for host in HOSTS {
        let job = Job::open(host, "first").await;
        let said = job.commented().await;
        let first = job.only();
        assert!(first.body.starts_with(&format!("{MARKER}\n")), "{}", first.body);
        assert_eq!(said.out, job.url(first.id));
        assert_eq!(job.summary().contains(MARKER), host == Host::GitHub);
        assert_eq!(job.fake.log().len(), 2, "one look, one creation");

        let said = job.commented().await;
        let again = job.only();
        assert_eq!((again.id, again.edits.len()), (first.id, 2));
        assert_eq!(said.out, job.url(first.id));
    }
}

/// Our own is the first that we wrote ourselves, whatever others say.
#[tokio::test]
async fn what_others_wrote_stays() {
    for host in HOSTS {
        for (ours, theirs) in [(bot(), person()), (person(), bot())] {
            let job = Job::open(host, "others").await;
            job.fake.token(TOKEN, ours.clone());
            let copy = format!("{MARKER}\nmade up\n");
            let other = job.fake.say(theirs.clone(), &copy);
            job.fake.say(ours.clone(), &format!("as `{MARKER}` says\n{MARKER}\n"));
            job.commented().await;
            let mine = job.fake.remarks().last().unwrap().clone();
            assert_eq!((job.fake.remarks().len(), &mine.author.login), (3, &ours.login));
            let later = job.fake.say(ours.clone(), &copy.replace('\n', "\r\n"));
            job.commented().await;
            let remarks = job.fake.remarks();
            let edits: Vec<(u64, usize)> = remarks.iter().map(|r| (r.id, r.edits.len())).collect();
            assert_eq!(edits, [(other, 1), (other + 1, 1), (mine.id, 2), (later, 1)]);
            assert_eq!(remarks[0].body, copy);
        }
    }
}

/// A person may be called as an app is.
#[tokio::test]
async fn a_namesake_is_another() {
    let job = Job::open(Host::GitHub, "namesake").await;
    job.fake.say(Holder { login: "github-actions", ..person() }, &format!("{MARKER}\nmine\n"));
    job.commented().await;
    assert_eq!(job.fake.remarks()[0].body, format!("{MARKER}\nmine\n"));
}

/// An equally named stack of another place has a comment of its own, and each keeps to its own.
#[tokio::test]
async fn a_namesake_elsewhere_has_its_own() {
    for host in HOSTS {
        let job = Job::open(host, "elsewhere").await;
        job.commented().await;
        let first = job.only();
        let text = std::fs::read_to_string(super::Infra::example("minimal")).unwrap().replace("us-east-1", "eu-west-1");
        let there = job.infra.file("there.yaml", &text);
        let plans = [(there, 2), (super::Infra::example("minimal"), 2)];
        for (spec, comments) in plans {
            let said = job.run(&["plan", "-f", &spec, "--out", "p.infraplan"]).await;
            assert_eq!(said.code, 0, "{}", said.err);
            job.commented().await;
            assert_eq!(job.fake.remarks().len(), comments);
        }
        let remarks = job.fake.remarks();
        assert_eq!(remarks.iter().map(|r| r.edits.len()).collect::<Vec<_>>(), [2, 1]);
        assert!(remarks[0].id == first.id && !remarks[1].body.starts_with(MARKER) && remarks[1].body.contains("eu-west-1"));
    }
}

#[tokio::test]
async fn a_comment_is_found_on_the_last_page() {
    for host in HOSTS {
        let job = Job::open(host, "pages").await;
        (0..499).for_each(|i| _ = job.fake.say(person(), &format!("remark {i}")));
        let mine = job.fake.say(bot(), &format!("{MARKER}\nold\n"));
        job.fake.forget_log();
        job.commented().await;
        let remarks = job.fake.remarks();
        assert_eq!((remarks.len(), remarks[499].id, remarks[499].edits.len()), (500, mine, 2));
        let pages = job.fake.log().iter().filter(|c| c.query.contains("per_page=100")).count();
        assert_eq!(pages, 5);
    }
}

/// What a host takes is all that it gets.
#[tokio::test]
async fn a_comment_is_no_longer_than_the_host_takes() {
    let job = Job::open(Host::GitHub, "long").await;
    let records: String =
        (0..700).map(|i| format!("    r{i}: {{ type: txt, content: \"{}\" }}\n", format!("word {i} ").repeat(20).trim_end())).collect();
    let head = "stack: minimal\nregion: us-east-1\nvpc: { nat: none, flow_logs: false }\ncdn:\n  zone: example.com\n  records:\n";
    let spec = job.infra.file("long.yaml", &format!("{head}{records}"));
    let said = job.run(&["plan", "-f", &spec, "--out", "p.infraplan"]).await;
    assert_eq!(said.code, 0, "{}", said.err);
    job.commented().await;
    let body = job.only().body;
    assert!(body.starts_with(MARKER) && body.chars().count() <= 65_536, "{}", body.chars().count());
}

/// A comment that somebody took away is made anew.
#[tokio::test]
async fn a_comment_that_is_taken_away_comes_back() {
    for host in HOSTS {
        let job = Job::open(host, "away-again").await;
        job.commented().await;
        job.fake.remove(job.only().id);
        job.commented().await;
        job.only();
    }
}
