use super::Infra;

/// A plan that is kept shows the same page as when it was made; the environment is on it when it is asked for.
#[test]
fn a_kept_plan_is_a_page() {
    let mut infra = Infra::new("markdown");
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    let spec = infra
        .file("infra.yaml", "stack: shop\nregion: us-east-1\ncompute: { app: { image: 'nginx:1.29', env: { GREETING: good morning } } }\n");
    let made = infra.run(&["plan", "-f", &spec, "--out", "p.infraplan", "--format", "markdown"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let shown = infra.run(&["show", "p.infraplan", "--format", "markdown"]);
    assert_eq!((shown.code, &shown.out), (0, &made.out), "{}", shown.err);
    assert!(shown.out.starts_with("<!-- infra:stack=shop place=32631 -->\n## `shop` planned: "), "{}", shown.out);
    assert!(!shown.out.contains("good morning"), "{}", shown.out);
    let open = ["show", "p.infraplan", "--format", "markdown", "--show-env"];
    assert!(!infra.run(&open).out.contains("good morning"), "it is not in the file");
    assert_eq!(infra.run(&["plan", "-f", &spec, "--out", "p.infraplan", "--show-env"]).code, 0);
    let open = infra.run(&open);
    assert!(open.out.contains("good morning"), "{}", open.out);
}
