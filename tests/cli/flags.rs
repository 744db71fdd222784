//! Feature flags as a newcomer tries them on the sandbox: a change comes step by step, and an alarm takes it back.
use super::Infra;

#[test]
fn a_change_of_flags_comes_in_steps_and_an_alarm_takes_it_back() {
    let mut infra = Infra::new("flags");
    infra.env.push(("INFRA_CLOUD", format!("sandbox:{}", infra.folder.join("cloud.jsonl").display())));
    let spec = Infra::example("flags");
    infra.run(&["plan", "-f", &spec]).snapshot("plan_flags");
    let made = infra.run(&["apply", "-f", &spec, "--auto-approve"]);
    assert_eq!(made.code, 0, "{} {}", made.out, made.err);
    let next = infra.file("next.yaml", "feature_flags: { new_checkout: { enabled: true } }\n");
    infra.run(&["plan", "-f", &spec, "-f", &next]).snapshot("plan_flags_turned");
    let short = infra.run(&["apply", "-f", &spec, "-f", &next, "--auto-approve", "--time-limit", "30m"]);
    assert!(short.code == 1 && short.flat().contains("there are 30 min, and this plan may take "), "{}", short.err);
    let bad = infra.run(&["apply", "-f", &spec, "-f", &next, "--auto-approve", "--sandbox-bend", "logs.mistakes=50"]);
    assert_eq!(bad.code, 3, "{} {}", bad.out, bad.err);
    assert!(bad.out.contains("the alarm rule.mistakes fires"), "{}", bad.out);
    assert_eq!(infra.run(&["plan", "-f", &spec, "--detailed-exitcode"]).code, 0, "it is as before");
    let done = infra.run(&["apply", "-f", &spec, "-f", &next, "--auto-approve"]);
    assert_eq!(done.code, 0, "{} {}", done.out, done.err);
    // A strategy alone is changed in a moment: nothing is deployed.
    let other = infra.file("other.yaml", "feature_flags: { deployment: { strategy: all_at_once, bake: 1h } }\n");
    let plan = infra.run(&["plan", "-f", &spec, "-f", &next, "-f", &other]);
    assert!(plan.out.contains("strategy.bake: 15 -> 60  (feature_flags.deployment.bake)"), "{}", plan.out);
    assert!(plan.out.contains("Time: about 15s"), "{}", plan.out);
    // Quickly back, whatever alarms say.
    let at_once = infra.file("back.yaml", "feature_flags: { deployment: null }\n");
    let back = infra.run(&["apply", "-f", &spec, "-f", &at_once, "--auto-approve", "--sandbox-bend", "logs.mistakes=50"]);
    assert_eq!(back.code, 0, "{} {}", back.out, back.err);
}
