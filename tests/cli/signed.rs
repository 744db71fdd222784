//! Saved plans that are signed, and applied only if they are: `plan --sign`, `show` and `apply --verify`.
use ssh_key::private::Ed25519Keypair;
use ssh_key::{LineEnding, PrivateKey};

use super::Infra;

const COMMIT: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// Two pairs of keys, and a key with a passphrase (`ssh-keygen -t ed25519 -N locked`).
fn keys(infra: &Infra) {
    for (name, seed) in [("ours", 1), ("theirs", 2)] {
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]));
        infra.file(name, &key.to_openssh(LineEnding::LF).unwrap());
        infra.file(&format!("{name}.pub"), &format!("{}\n", key.public_key().to_openssh().unwrap()));
    }
    infra.file("locked", include_str!("keys/locked"));
}

fn desk(name: &str) -> Infra {
    let mut infra = Infra::new(name);
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    infra.env.push(("GITHUB_SHA", COMMIT.into()));
    infra.file("infra.yaml", &std::fs::read_to_string(Infra::example("minimal")).unwrap());
    keys(&infra);
    infra
}

/// Signed by whom, for which commit: told by `show`, demanded by `apply`. Everything else is refused before anything is looked at: no signature,
/// another key's, another commit, and a signature that was taken from another plan.
#[test]
fn only_a_signed_plan_is_applied() {
    let infra = desk("signed");
    let plan = |args: &[&str]| {
        let said = infra.run(&[&["plan", "--out", "p.infraplan"], args].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        std::fs::read_to_string(infra.folder.join("p.infraplan")).unwrap()
    };
    let refused = |args: &[&str], code: i32, why: &str| {
        for command in ["show", "apply"] {
            let said = infra.run(&[&[command, "p.infraplan"], args].concat());
            assert_eq!((said.code, said.out.as_str()), (code, ""), "{command} {args:?}: {}", said.err);
            assert!(said.flat().contains(why), "{command} {args:?}: {}", said.err);
        }
    };
    let ours = ["--verify", "ours.pub"];
    plan(&[]);
    refused(&ours, 1, "it is not signed");
    let stranger = plan(&["--sign", "theirs"]);
    refused(&ours, 1, "another key signed it: SHA256:");
    let signed = plan(&["--sign", "ours", "--allow-data-loss", "db_instance.main"]);
    refused(&["--verify", "ours.pub", "--commit", "0000000"], 7, &format!("{COMMIT} was signed, and this is 0000000"));
    // The commit is a part of what is signed; so are the plan and all that the file holds.
    infra.file("p.infraplan", &signed.replacen(COMMIT, "0000000", 1));
    refused(&["--verify", "ours.pub", "--commit", "0000000"], 1, "its signature does not fit");
    let (head, body) = signed.split_once('\n').unwrap();
    let (other_head, other_body) = stranger.split_once('\n').unwrap();
    let part = |head: &str, name: &str| serde_json::from_str::<serde_json::Value>(head).unwrap()[name].clone();
    assert_ne!(part(head, "digest"), part(other_head, "digest"), "each file has its own time");
    let grafted = head.replace(part(head, "digest").as_str().unwrap(), part(other_head, "digest").as_str().unwrap());
    infra.file("p.infraplan", &format!("{grafted}\n{other_body}"));
    refused(&ours, 1, "its signature does not fit");

    infra.file("p.infraplan", &format!("{head}\n{body}"));
    let shown = infra.run(&["show", "p.infraplan"]);
    assert!(shown.err.contains(&format!("Signed for commit {COMMIT} by SHA256:")) && shown.err.contains("not verified"), "{}", shown.err);
    super::Said { out: shown.err, err: String::new(), code: shown.code }.snapshot("show_binds");
    // One of several keys is enough.
    let both = ["theirs.pub", "ours.pub"].map(|name| std::fs::read_to_string(infra.folder.join(name)).unwrap());
    infra.file("keys", &both.concat());
    let shown = infra.run(&["show", "p.infraplan", "--verify", "keys"]);
    assert!(shown.code == 0 && shown.err.contains("(verified)"), "{}", shown.err);
    let applied = infra.run(&["apply", "p.infraplan", "--verify", "keys"]);
    assert_eq!(applied.code, 0, "{} {}", applied.out, applied.err);
}

/// A key that can't be used is told, and no plan is written.
#[test]
fn a_key_that_cannot_sign_is_told() {
    let infra = desk("signed-keys");
    for (key, why) in [("locked", "locked with a passphrase"), ("infra.yaml", "no key in OpenSSH's format"), ("none", "none: No such file")]
    {
        let said = infra.run(&["plan", "--out", "p.infraplan", "--sign", key]);
        assert!(said.code == 1 && said.flat().contains(why), "{key}: {}", said.err);
        assert!(!infra.folder.join("p.infraplan").exists(), "{key}");
    }
    assert_eq!(infra.run(&["plan", "--out", "p.infraplan"]).code, 0);
    let said = infra.run(&["apply", "p.infraplan", "--verify", "infra.yaml"]);
    assert!(said.code == 1 && said.flat().contains("no key in OpenSSH's format"), "{}", said.err);
    let said = infra.run(&["apply", "--auto-approve", "--verify", "ours.pub"]);
    assert_eq!(said.code, 1, "without a plan there is no signature: {}", said.err);
}
