//! `infra init`: what it writes is valid and can be applied, whatever is answered, and nothing is overwritten.
use infra::run::Outcome;
use infra::spec::lower::lower;
use infra::spec::starter::Starter;

use super::terminal::{plain, seen};
use super::{Infra, PACE};
use crate::laws::world::{apply, sandbox, settled_plan};

/// Every combination of answers that makes another spec.
fn answers() -> Vec<Starter> {
    let mut all = vec![];
    for image in ["", "ghcr.io/example/shop:1.4.2"] {
        for database in ["", "postgres", "mysql", "mariadb"] {
            for cache in ["", "redis", "valkey"] {
                for (host, zone) in
                    [("", ""), ("www.example.com", "example.com"), ("example.com", "example.com"), ("a.b.example.com", "example.com")]
                {
                    for notify in ["", "ops@example.com"] {
                        let texts = [("shop", "us-east-1"), ("on", "us-east-1")][usize::from(notify.is_empty())];
                        let [image, database, cache, host, zone, notify, stack, region] =
                            [image, database, cache, host, zone, notify, texts.0, texts.1].map(String::from);
                        all.push(Starter { stack, region, image, port: 8080, database, cache, zone, host, notify });
                    }
                }
            }
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn what_is_written_can_be_applied() {
    let mut applied = 0;
    for starter in answers() {
        let text = starter.text();
        let loaded = infra::spec::load(&[("infra.yaml".into(), text.clone())], &|_| None).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert!(loaded.warnings.is_empty(), "{:?}\n{text}", loaded.warnings);
        let stack = lower(&loaded.spec, &|_| None).unwrap();
        let cloud = sandbox(1);
        let plan = settled_plan(&cloud, &stack).await.unwrap_or_else(|e| panic!("{e:?}\n{text}"));
        // Engines and names differ in words alone: one of each is applied.
        let rare = [&starter.database, &starter.cache].iter().any(|e| ["mysql", "mariadb", "valkey"].contains(&e.as_str()));
        if rare || starter.host.starts_with("a.") || starter.notify.is_empty() {
            continue;
        }
        let (outcome, events) = apply(&cloud, &plan, "r1").await;
        assert_eq!(outcome, Outcome::Applied, "{events:#?}\n{text}");
        assert!(settled_plan(&cloud, &stack).await.unwrap().is_empty(), "{text}");
        applied += 1;
    }
    assert_eq!(applied, 2 * 2 * 2 * 3);
}

#[test]
fn a_first_spec_is_written_once() {
    let infra = Infra { env: vec![(PACE, "0.01".into())], ..Infra::new("init") };
    infra.file(".gitignore", "target\n*.infraplan");
    let flags = [
        "init",
        "--stack",
        "shop",
        "--region",
        "eu-central-1",
        "--image",
        "ghcr.io/example/shop:1.4.2",
        "--port",
        "8080",
        "--database",
        "postgres",
    ];
    let more = ["--cache", "redis", "--host", "www.example.com", "--notify", "ops@example.com", "--ci", "github"];
    let flags = [&flags[..], &more[..]].concat();
    let bad = infra.run(&["init", "--stack", "No Stack", "--region", "mars"]);
    assert!(bad.code == 1 && bad.err.contains("mars") && bad.err.contains("No Stack"), "{}", bad.err);
    assert!(!infra.folder.join("infra.yaml").exists(), "nothing is written of a bad answer");
    let said = infra.run(&flags);
    assert_eq!(said.code, 0, "{}", said.err);
    let read = |name: &str| std::fs::read_to_string(infra.folder.join(name)).unwrap();
    super::Said { out: format!("{}{}\n--- infra.yaml\n{}", said.out, said.err, read("infra.yaml")), ..said }.snapshot("init");
    assert_eq!(read(".gitignore"), "target\n*.infraplan\n.infra/\n");
    assert_eq!(read("infra.schema.json"), infra.run(&["schema"]).out);
    assert!(read(".github/workflows/apply.yml").contains("infra apply"));
    assert_eq!(infra.run(&["validate"]).code, 0);
    assert_eq!(infra.run(&["apply", "--cloud", "sandbox", "--auto-approve"]).code, 0);
    let before = read("infra.yaml");
    let again = infra.run(&["init", "--stack", "other"]);
    assert!(again.code == 1 && again.err.contains("infra.yaml is there already"), "{}", again.err);
    assert!(again.err.contains("infra.schema.json is there already"), "all of them are named: {}", again.err);
    assert_eq!(read("infra.yaml"), before);
}

/// On a terminal it asks for what no flag says, and again where the answer can't be; an empty answer is the default.
#[test]
fn it_asks_on_a_terminal() {
    let infra = Infra::new("init-asks");
    let (text, code) = seen(&infra, 100, "My Shop,my-shop,,nginx:1.29,0,80,oracle,postgres,none,-,-,svn,gitlab", &["init", "here"]);
    assert_eq!(code, 0, "{text}");
    let text = plain(&text);
    assert!(text.contains("Name of the stack [here]: ") && text.contains("AWS region [us-east-1]: "), "{text}");
    assert_eq!(
        ["Name of the stack", "Port that", "Database:", "Workflows"].map(|question| text.matches(question).count()),
        [2; 4],
        "{text}"
    );
    let spec = std::fs::read_to_string(infra.folder.join("here/infra.yaml")).unwrap();
    assert!(spec.contains("stack: my-shop\nregion: us-east-1\n") && spec.contains("image: nginx:1.29"), "{spec}");
    assert!(spec.contains("engine: postgres") && !spec.contains("cache:") && !spec.contains("cdn:"), "{spec}");
    assert!(infra.folder.join("here/.gitlab-ci.yml").exists() && !infra.folder.join("here/.github").exists());
}
