//! A parameter of an engine, and the values that it takes.

/// What a family says of one of its parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameter {
    /// `ParameterValue`: the family's own.
    pub value: Option<String>,
    /// `DataType`: `boolean`, `integer`, `float`, `string`, `list`.
    pub kind: String,
    /// `AllowedValues`: `0,1`, `-1-3600000`, `0-`, `volatile-lru,noeviction`; nothing where the service leaves it to the engine.
    pub allowed: String,
    /// `IsModifiable`.
    pub modifiable: bool,
    /// Whether a change is in force without a restart (`ApplyType` is `dynamic`, `ChangeType` is `immediate`).
    pub dynamic: bool,
}

impl Parameter {
    /// Whether the value is one of those that are allowed. What has a form that isn't known here is left to the service: formulas (`{DBInstanceClassMemory/4}`)
    /// and patterns.
    pub fn takes(&self, value: &str) -> bool {
        let allowed: Vec<&str> = self.allowed.split(',').map(str::trim).filter(|a| !a.is_empty()).collect();
        let formula = value.contains(['{', '(', '/', '*']);
        if allowed.is_empty() || formula {
            return true;
        }
        match self.kind.as_str() {
            "boolean" | "integer" | "float" => match value.parse::<f64>() {
                Ok(number) => allowed.iter().any(|a| within(a, number).unwrap_or(true)),
                Err(_) => allowed.iter().any(|a| a.eq_ignore_ascii_case(value)),
            },
            _ if !allowed.iter().all(|a| a.chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c))) => true,
            "list" => value.split(',').all(|one| allowed.iter().any(|a| a.eq_ignore_ascii_case(one.trim()))),
            _ => allowed.iter().any(|a| a.eq_ignore_ascii_case(value)),
        }
    }
}

/// Whether a number is the allowed one, or within the allowed range (`10-20`, `-1-20`, `0-`); `None` for what is neither.
fn within(allowed: &str, number: f64) -> Option<bool> {
    if let Ok(only) = allowed.parse::<f64>() {
        return Some(only == number);
    }
    let dash = allowed.char_indices().skip(1).find(|(_, c)| *c == '-')?.0;
    let (least, most) = (allowed[..dash].parse::<f64>().ok()?, &allowed[dash + 1..]);
    let below = if most.is_empty() { true } else { number <= most.parse::<f64>().ok()? };
    Some(least <= number && below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_held_against_what_is_allowed() {
        let takes = |kind: &str, allowed: &str, value: &str| {
            let parameter = Parameter { kind: kind.into(), allowed: allowed.into(), ..Parameter::default() };
            parameter.takes(value)
        };
        for (kind, allowed, yes, no) in [
            ("integer", "-1-2147483647", "-1", "-2"),
            ("integer", "6-8388607", "100", "5"),
            ("integer", "0-", "300", "-1"),
            ("integer", "0,20-500", "0", "10"),
            ("float", "0-1.79769e+308", "0.2", "-0.2"),
            ("boolean", "0,1", "1", "2"),
            ("boolean", "0,1", "0", "on"),
            ("string", "volatile-lru,allkeys-lru", "allkeys-lru", "allkeys-lrux"),
            ("string", "ROW,STATEMENT,MIXED", "row", "rows"),
            ("list", "pg_cron,pgaudit", "pg_cron,pgaudit", "pg_cron,pgadit"),
        ] {
            assert!(takes(kind, allowed, yes), "{kind} {allowed} takes {yes}");
            assert!(!takes(kind, allowed, no), "{kind} {allowed} does not take {no}");
        }
        assert!(takes("integer", "6-8388607", "LEAST({DBInstanceClassMemory/9531392},5000)"), "a formula is the service's business");
        assert!(takes("string", "", "anything"));
        assert!(takes("string", "[a-z]+[0-9]*", "Whatever"), "a pattern is the service's business");
    }
}
