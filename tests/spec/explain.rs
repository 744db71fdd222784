//! What `infra explain` says of every section.
use infra::spec::explain::{defaults, explain};
use infra::spec::sections::SECTIONS;

#[test]
fn sections() {
    for section in SECTIONS {
        let text = explain(section.name).expect(section.name);
        super::settings().bind(|| insta::assert_snapshot!(format!("explain_{}", section.name), text));
    }
    for field in ["compute.health_check", "cdn.records", "cdn.static_assets", "cdn.waf"] {
        let text = explain(field).expect("a field with fields");
        super::settings().bind(|| insta::assert_snapshot!(format!("explain_{}", field.replace('.', "_")), text));
    }
}

#[test]
fn section_defaults() {
    for section in SECTIONS {
        let text = defaults(section.name).expect(section.name);
        super::settings().bind(|| insta::assert_snapshot!(format!("defaults_{}", section.name), text));
    }
}

#[test]
fn every_field_of_the_spec_is_a_section_or_of_the_stack() {
    let schema = infra::spec::schema::typed();
    let own = ["accept", "account", "env", "permissions_boundary", "region", "stack", "tags"];
    for name in schema["properties"].as_object().expect("fields").keys() {
        let known = own.contains(&name.as_str()) || SECTIONS.iter().any(|s| s.name == name);
        assert!(known, "{name} is no section");
    }
}

#[test]
fn unknown_topics_propose() {
    let finding = explain("compute.helth_check").expect_err("misspelt");
    assert!(finding.help.contains("did you mean `health_check`?"), "{}", finding.help);
}
