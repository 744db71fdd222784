//! The identity of a stack, from outside: made once, kept in its notes, taken over only by whoever names it.
use std::path::{Path, PathBuf};

use infra::cloud::Sandbox;
use infra::cloud::sandbox::Pace;
use infra::wire::Notes;
use infra::wire::policy::Policy;

use super::Infra;

const SPEC: &str = "stack: shop\nregion: us-east-1\nvpc: {availability_zones: [us-east-1a, us-east-1b], nat: none, flow_logs: false}\n";

fn site(name: &str) -> (Infra, PathBuf) {
    let mut infra = Infra::new(name);
    let file = infra.folder.join("cloud.jsonl");
    infra.env.push(("INFRA_CLOUD", format!("sandbox:{}", file.display())));
    infra.env.push(("GITHUB_REPOSITORY", "acme/shop".into()));
    infra.file("infra.yaml", SPEC);
    let applied = infra.run(&["apply", "--auto-approve"]);
    assert_eq!(applied.code, 0, "{}{}", applied.out, applied.err);
    (infra, file)
}

fn cloud(file: &Path) -> Sandbox {
    Sandbox::open(file, "us-east-1", Pace::INSTANT, Policy::new(10)).unwrap()
}

/// The identities that objects bear.
fn borne(file: &Path) -> std::collections::BTreeSet<String> {
    cloud(file).objects().into_iter().map(|l| l.stamp.identity).collect()
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

const NOTE: &str = "shop/identity";

fn noted(file: &Path) -> Option<String> {
    wait(cloud(file).notes("shop")).unwrap().remove(NOTE)
}

#[test]
fn a_lost_identity_is_never_made_a_second_time() {
    let (infra, file) = site("identity-lost");
    let (first, note) = (borne(&file), noted(&file).unwrap());
    let identity = first.iter().next().unwrap().clone();
    assert!(first.len() == 1 && identity.len() == 6 && note.contains(&identity), "{first:?} {note}");
    wait(cloud(&file).forget(&[NOTE.into()])).unwrap();
    infra.file("infra.yaml", &SPEC.replace("vpc: {", "vpc: {cidr: 10.9.0.0/16, "));
    let plan = infra.run(&["plan"]);
    assert!(
        plan.code == 0 && plan.flat().contains(&format!("objects of its name bear the identity {identity}")),
        "{}{}",
        plan.out,
        plan.err
    );
    for how in [&["apply", "--auto-approve"][..], &["destroy", "--auto-approve"], &["apply", "--auto-approve", "--take-over", "zzzzzz"]] {
        let refused = infra.run(how);
        assert!(refused.code == 1 && refused.flat().contains(&format!("go on with `--take-over {identity}`")), "{how:?} {}", refused.err);
    }
    assert_eq!((noted(&file), borne(&file)), (None, first.clone()));
    let taken = infra.run(&["apply", "--auto-approve", "--take-over", &identity]);
    assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
    assert_eq!((noted(&file), borne(&file)), (Some(note), first));
    let settled = infra.run(&["plan", "--detailed-exitcode"]);
    assert!(settled.code == 0 && settled.err.is_empty(), "{}{}", settled.out, settled.err);
}

#[test]
fn another_repository_takes_a_stack_only_by_its_identity() {
    let (mut infra, file) = site("identity-origin");
    let (identity, before) = (borne(&file).pop_first().unwrap(), cloud(&file).objects());
    infra.env.push(("GITHUB_REPOSITORY", "acme/other".into()));
    let plan = infra.run(&["plan"]);
    assert!(plan.code == 0 && plan.flat().contains("shop is run from the repository acme/shop, and this is acme/other"), "{}", plan.err);
    let refused = infra.run(&["destroy", "--auto-approve"]);
    assert!(refused.code == 1 && refused.flat().contains(&format!("`--take-over {identity}`")), "{}", refused.err);
    assert_eq!(cloud(&file).objects(), before);
    // A note that says otherwise counts for nothing without the stack's seal.
    let forged = noted(&file).unwrap().replace("acme/shop", "acme/other");
    wait(cloud(&file).note(NOTE, &forged)).unwrap();
    let refused = infra.run(&["destroy", "--auto-approve"]);
    assert!(refused.code == 1 && refused.flat().contains("noted without the stack's seal"), "{}", refused.err);
    assert_eq!(cloud(&file).objects(), before);
    let taken = infra.run(&["destroy", "--auto-approve", "--take-over", &identity]);
    assert_eq!(taken.code, 0, "{}{}", taken.out, taken.err);
    assert!(cloud(&file).objects().is_empty() && noted(&file).unwrap().contains("acme/other"));
    // What is made after a destruction is the same stack.
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    assert_eq!(borne(&file), [identity].into());
}

/// Each region has its own objects, as on AWS. A stack that stands in another one is named, and begun here only when that is said; each then lives by itself.
#[test]
fn a_stack_is_not_moved_by_its_region() {
    let (infra, file) = site("identity-region");
    let spec = format!("{}compute: {{app: {{image: nginx}}}}\n", SPEC.replace("nat: none", "nat: single"));
    infra.file("infra.yaml", &spec);
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    // A file of an earlier version tells of no region: it is of whichever looks.
    let lines = std::fs::read_to_string(&file).unwrap();
    let old = lines.replace(",\"region\":\"us-east-1\"}", "}").replace("\"us-east-1:", "\"");
    std::fs::write(&file, &old).unwrap();
    assert!(old != lines && infra.run(&["plan", "--detailed-exitcode"]).code == 0);
    std::fs::write(&file, &lines).unwrap();
    let here = cloud(&file).objects();
    let text = infra.run(&["output", "--json"]).out;
    infra.file("infra.yaml", &spec.replace("us-east-1", "eu-west-1"));
    let plan = infra.run(&["plan"]);
    assert!(plan.code == 0 && plan.flat().contains("shop stands in us-east-1, and nothing of it in eu-west-1"), "{}{}", plan.out, plan.err);
    assert!(plan.out.contains(&format!("{} to create", here.len())), "{}", plan.out);
    let refused = infra.run(&["apply", "--auto-approve"]);
    assert!(refused.code == 1 && refused.flat().contains("`region: us-east-1` and run `infra destroy` first"), "{}", refused.err);
    assert_eq!(cloud(&file).objects(), here);
    let both = infra.run(&["apply", "--auto-approve", "--another-region"]);
    assert_eq!(both.code, 0, "{}{}", both.out, both.err);
    let settled = infra.run(&["plan", "--detailed-exitcode"]);
    assert!(settled.code == 0 && !settled.err.contains("stands in"), "{}{}", settled.out, settled.err);
    assert_eq!(infra.run(&["destroy", "--auto-approve"]).code, 0);
    infra.file("infra.yaml", &spec);
    assert_eq!(
        (cloud(&file).objects(), infra.run(&["plan", "--detailed-exitcode"]).code, infra.run(&["output", "--json"]).out),
        (here, 0, text)
    );
}

/// A new name makes nothing move. A stack that is what the spec makes under its own name is named, unless its spec is still there, the two differ, or the name
/// is read from the environment; another is begun beside it when that is said.
#[test]
fn a_stack_is_not_moved_by_its_name() {
    let (mut infra, file) = site("identity-name");
    let here = cloud(&file).objects();
    let spec = SPEC.replace("stack: shop", "stack: store");
    let said = format!("shop is what this spec makes under that name, with {} objects", here.len());
    infra.file("infra.yaml", &spec);
    let plan = infra.run(&["plan", "--out", "p.infraplan"]);
    assert!(plan.code == 0 && plan.flat().contains(&said), "{}{}", plan.out, plan.err);
    for how in [&["apply", "--auto-approve"][..], &["apply", "p.infraplan"]] {
        let refused = infra.run(how);
        assert!(refused.code == 1 && refused.flat().contains(&said), "{how:?} {}", refused.err);
        assert!(refused.flat().contains("write `stack: shop` and run `infra destroy` first"), "{}", refused.err);
    }
    assert_eq!(cloud(&file).objects(), here);
    let silent = |infra: &Infra, why: &str| {
        let plan = infra.run(&["plan"]);
        assert!(plan.code == 0 && !plan.err.contains("under that name"), "{why}: {}{}", plan.out, plan.err);
    };
    infra.file("infra.yaml", &spec.replace("vpc: {", "vpc: {cidr: 10.9.0.0/16, "));
    silent(&infra, "it is another network");
    infra.file("infra.yaml", &spec);
    std::fs::create_dir(infra.folder.join("shop")).unwrap();
    infra.file("shop/infra.yaml", SPEC);
    silent(&infra, "shop goes on under its name");
    infra.file("shop/infra.yaml", "");
    infra.env.push(("INFRA_VAR_STACK", "store".into()));
    infra.file("infra.yaml", &spec.replace("stack: store", "stack: \"${env.INFRA_VAR_STACK}\""));
    silent(&infra, "one spec is many stacks");
    infra.file("infra.yaml", &spec);
    let both = infra.run(&["apply", "--auto-approve", "--another-stack"]);
    assert_eq!((both.code, cloud(&file).objects().len()), (0, 2 * here.len()), "{}{}", both.out, both.err);
    silent(&infra, "it stands");
    infra.file("infra.yaml", SPEC);
    let settled = infra.run(&["plan", "--detailed-exitcode"]);
    assert!(settled.code == 0 && settled.err.is_empty(), "{}{}", settled.out, settled.err);
}

/// Partners may have noted an address by which a stack reaches them: it goes only when it is named, unless all of the stack goes.
#[test]
fn an_elastic_address_goes_only_when_it_is_named() {
    let (infra, file) = site("identity-address");
    infra.file("infra.yaml", &SPEC.replace("nat: none", "nat: single"));
    assert_eq!(infra.run(&["apply", "--auto-approve"]).code, 0);
    let address = |l: &infra::kinds::Live| l.object.kind() == infra::kinds::Kind::ElasticIp;
    let named = cloud(&file).objects().into_iter().find(address).unwrap().stamp.address.to_string();
    let less = infra.file("less.yaml", "vpc: {nat: none}\n");
    let refused = infra.run(&["apply", "-f", "infra.yaml", "-f", &less, "--auto-approve"]);
    let why = format!("{named} may be in allow-lists of others and would be deleted");
    assert!(refused.code == 1 && refused.flat().contains(&why), "{}", refused.err);
    assert!(cloud(&file).objects().iter().any(address));
    let allowed = infra.run(&["apply", "-f", "infra.yaml", "-f", &less, "--auto-approve", "--allow-data-loss", &named]);
    assert!(allowed.code == 0 && !cloud(&file).objects().iter().any(address), "{}", allowed.err);
    assert_eq!((infra.run(&["apply", "--auto-approve"]).code, infra.run(&["destroy", "--auto-approve"]).code), (0, 0));
    assert!(cloud(&file).objects().is_empty());
}
