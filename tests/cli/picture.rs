//! The picture of the README, drawn from what is really printed.
use super::Infra;

/// A plan, and the same change failing and being taken back: `INFRA_UPDATE_SCHEMAS=1 cargo test picture` draws it anew.
#[test]
fn the_picture_is_true() {
    let infra = Infra { env: vec![("INFRA_CLOUD", "sandbox".into()), (super::PACE, "0.01".into())], ..Infra::new("picture") };
    let spec = |version: &str, max: &str| {
        let text = std::fs::read_to_string(Infra::example("minimal")).unwrap();
        let text = text.replace("nginx:1.29", version).replace("port: 80\n", &format!("port: 80\n    instances: {{ max: {max} }}\n"));
        infra.file("infra.yaml", &text);
    };
    spec("nginx:1.29", "4");
    let made = infra.run(&["apply", "--auto-approve"]);
    assert_eq!(made.code, 0, "{}", made.err);
    spec("nginx:1.30", "6");
    let plan = infra.run(&["plan", "--color", "always"]);
    let failed = infra.run(&["apply", "--auto-approve", "--color", "always", "--sandbox-fail", "1", "--parallelism", "1"]);
    assert_eq!(failed.code, 3, "{}", failed.err);
    let end = failed.out.strip_prefix(&plan.out).expect("the plan is shown again");
    let story: String = failed.err.lines().filter(|line| line.contains("s  ")).map(|line| format!("{line}\n")).collect();
    let text = format!("$ infra plan\n{}\n$ infra apply\n{story}{end}", plan.out);
    let untimed = regex::Regex::new(r"(?m)^ +\d+s  |after \d+s").unwrap();
    let text = untimed.replace_all(&text, |found: &regex::Captures<'_>| if found[0].starts_with(' ') { "     1s  " } else { "after 1s" });
    let picture = anstyle_svg::Term::new().min_width_px(900).render_svg(&text);
    let path = format!("{}/examples/plan.svg", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("INFRA_UPDATE_SCHEMAS").is_some() {
        std::fs::write(&path, &picture).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == picture, "INFRA_UPDATE_SCHEMAS=1 cargo test picture draws it anew:\n{text}");
}
