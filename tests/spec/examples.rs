//! Every example is read, with all defaults filled in.

/// The YAML that people use to say a thing once.
#[test]
fn anchors_aliases_and_merges() {
    let text = "stack: shop\nregion: us-east-1\ncompute:\n  app: &app\n    image: nginx:1.29\n    port: 80\n  \
        worker:\n    <<: *app\n    port: 81\n    allow_from: &who [vpc]\ncache:\n  main: { allow_from: *who }\n";
    let loaded = infra::spec::load(&[("infra.yaml".into(), text.into())], &|_| None);
    let spec = loaded.unwrap_or_else(|found| panic!("{found}")).spec;
    let worker = &spec.compute["worker"];
    assert_eq!((worker.image.as_ref(), worker.port), (spec.compute["app"].image.as_ref(), Some(81)));
    assert_eq!(spec.cache["main"].allow_from, worker.allow_from);
}

/// Maps merge, lists and scalars replace, `null` removes.
#[test]
fn staging_is_production_made_smaller() {
    let layers = ["examples/production.yaml", "examples/staging.yaml"];
    let spec = super::load(&layers).unwrap_or_else(|found| panic!("{found}")).spec;
    assert_eq!(spec.stack.as_str(), "staging");
    assert!(spec.account.is_none() && spec.vpc.security_groups.is_empty());
    assert_eq!(spec.compute["app"].instances.max, 3);
    assert_eq!(spec.compute["app"].instances.target_cpu, Some(60));
    assert_eq!(spec.database["main"].storage.size.as_gib(), 20);
    let names: Vec<&str> = spec.vpc.subnets.names().map(|name| name.as_str()).collect();
    assert_eq!(names, ["public", "app", "data"]);
}

#[test]
fn load() {
    for layers in [
        &["examples/flags.yaml"][..],
        &["examples/kubernetes.yaml"],
        &["examples/minimal.yaml"],
        &["examples/production.yaml"],
        &["examples/services.yaml"],
        &["examples/production.yaml", "examples/staging.yaml"],
    ] {
        let loaded = super::load(layers).unwrap_or_else(|found| panic!("{found}"));
        assert!(!loaded.spec.vpc.subnets.is_empty());
    }
}
