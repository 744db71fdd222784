//! Every example is read, with all defaults filled in.

#[test]
fn load() {
    for layers in [
        &["examples/minimal.yaml"][..],
        &["examples/production.yaml"],
        &["examples/production.yaml", "examples/staging.yaml"],
    ] {
        let loaded = super::load(layers).unwrap_or_else(|found| panic!("{found}"));
        assert!(!loaded.spec.vpc.subnets.is_empty());
    }
}
