//! What the service refuses of a workspace.
use super::*;
use crate::diag::Code;

/// Days that a workspace keeps what is measured ("Configure your workspace" of AWS's user guide).
pub const KEPT: std::ops::RangeInclusive<i32> = 1..=1095;

/// Bytes of a rules file, and of an alert manager's definition ("Service quotas" of AWS's user guide): no quota raises them.
const LARGEST: usize = 1024 * 1024;

/// Rules of a workspace by its quota, which can be raised.
const RULES: usize = 2_000;

pub(super) fn breaches(workspace: &MetricsWorkspace) -> Vec<Breach> {
    let mut found = vec![];
    let days = workspace.retention_days;
    if !KEPT.contains(&days) {
        let message = format!("Managed Prometheus doesn't keep metrics for {days} days");
        found.push(Breach::new(Code::OutOfRange, "retention_days", message, "write 1 to 1095 days"));
    }
    for (name, rule) in workspace.rules.iter() {
        found.extend(of_rule(name, rule));
    }
    let size = rules_file::render(&workspace.rules).len();
    if size > LARGEST {
        let message = format!("the rules have {size} bytes as a file");
        found.push(Breach::new(Code::Count, "rules", message, format!("Managed Prometheus takes {LARGEST} at most; leave some out")));
    } else if workspace.rules.len() > RULES {
        let message = format!("a workspace doesn't have {} rules", workspace.rules.len());
        found.push(Breach::new(Code::Count, "rules", message, format!("its quota is {RULES}; leave some out")));
    }
    found
}

/// What the service refuses of a rules file (`CreateRuleGroupsNamespace`): an expression that is none, a time before now. A severity is a value of a label.
fn of_rule(name: &str, rule: &AlertRule) -> Vec<Breach> {
    let at = |field: &str| format!("rules.{name}.{field}");
    let mut found = vec![];
    if let Err(no) = promql::check(&rule.expr) {
        let message = format!("the expression of `{name}` is none that Prometheus takes, {}: {}", no.place(&rule.expr), no.wrong);
        found.push(Breach::new(Code::BadText, at("expr"), message, no.help));
    }
    if rule.lasting < 0 {
        found.push(Breach::new(Code::OutOfRange, at("for"), format!("`{name}` can't last {} seconds", rule.lasting), "write 0 or more"));
    }
    if rule.severity.is_empty() {
        let message = format!("`{name}` has no severity, by which it finds those who are told");
        found.push(Breach::new(Code::Missing, at("severity"), message, "write `critical` or `warning`"));
    }
    found
}
