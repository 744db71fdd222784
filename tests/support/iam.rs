//! IAM's evaluation of policies, as far as ours go: whether a request is allowed, and what AWS supplies to decide it by.
//!
//! After "Policy evaluation logic" and "IAM JSON policy elements" of the IAM user guide. What is not known here fails the test.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

/// One question to IAM.
#[derive(Clone, Debug)]
pub struct Request {
    /// `rds:CreateDBInstance`.
    pub action: String,
    /// Which of the action's resources it is, as the Service Authorization Reference calls it: `db`; `-` where there is none.
    pub kind: &'static str,
    /// Its ARN, or `*`.
    pub resource: String,
    /// Values by condition key, whether or not AWS supplies it here.
    pub context: BTreeMap<String, Vec<String>>,
}

impl Request {
    pub fn new(action: impl Into<String>, kind: &'static str, resource: impl Into<String>) -> Self {
        let global = [("aws:PrincipalAccount", "123456789012"), ("aws:RequestedRegion", "us-east-1")];
        let request = Request { action: action.into(), kind, resource: resource.into(), context: BTreeMap::new() };
        global.into_iter().fold(request, |request, (key, value)| request.with(key, value))
    }

    /// The same request with one more value of a key.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.context.entry(key.into()).or_default().push(value.into());
        self
    }

    /// The request of somebody who gives these tags.
    #[must_use]
    pub fn tagging(self, tags: &[(&str, &str)]) -> Self {
        tags.iter().fold(self, |r, (key, value)| r.with(&format!("aws:RequestTag/{key}"), value).with("aws:TagKeys", key))
    }

    /// The request about what carries a stack's tag.
    #[must_use]
    pub fn of(self, stack: &str) -> Self {
        self.with("aws:ResourceTag/infra:stack", stack)
    }

    /// The values of a key; `None` where AWS supplies none for the action and this kind of resource. Names of keys have no case.
    fn get(&self, key: &str) -> Option<&Vec<String>> {
        let plain = key.split('/').next().unwrap_or(key);
        let global = ["aws:PrincipalAccount", "aws:RequestedRegion"].contains(&plain);
        let supplied = global || keys(&self.action, self.kind).iter().any(|k| k.eq_ignore_ascii_case(plain));
        self.context.iter().find(|(k, _)| supplied && k.eq_ignore_ascii_case(key)).map(|(_, values)| values)
    }
}

/// AWS's reference, of which `tests/reference/authorization.py` makes an extract.
pub static REFERENCE: LazyLock<BTreeMap<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../reference/authorization.json")).unwrap());

/// The condition keys that AWS supplies for an action on a kind of resource.
pub fn keys(action: &str, kind: &str) -> Vec<String> {
    let row = REFERENCE.get(action).unwrap_or_else(|| panic!("{action} is not in tests/reference/authorization.json"));
    let of = |kind: &str| row["on"][kind].as_array().into_iter().flatten().map(|k| k.as_str().unwrap().to_owned());
    of(kind).chain(of("-")).collect()
}

/// Whether policies allow a request: one statement allows it and none denies it; a boundary must allow it, too.
pub fn allowed(policies: &[&Value], boundary: Option<&Value>, request: &Request) -> bool {
    let fits =
        |policy: &Value, effect: &str| policy["Statement"].as_array().unwrap().iter().any(|s| s["Effect"] == effect && applies(s, request));
    let all = || policies.iter().copied().chain(boundary);
    !all().any(|p| fits(p, "Deny")) && policies.iter().any(|p| fits(p, "Allow")) && boundary.is_none_or(|b| fits(b, "Allow"))
}

fn applies(statement: &Value, request: &Request) -> bool {
    let known = ["Action", "Condition", "Effect", "Resource", "Sid"];
    assert!(statement.as_object().unwrap().keys().all(|k| known.contains(&k.as_str())), "{statement}");
    let named = |key: &str, fits: &dyn Fn(&str) -> bool| match &statement[key] {
        Value::String(one) => fits(one),
        many => many.as_array().unwrap().iter().any(|one| fits(one.as_str().unwrap())),
    };
    let acts = named("Action", &|a| {
        a.eq_ignore_ascii_case(&request.action) || a.contains('*') && glob(&a.to_lowercase(), &request.action.to_lowercase())
    });
    let fits = acts && named("Resource", &|r| glob(r, &request.resource));
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    fits && conditions.into_iter().all(|(operator, keys)| keys.as_object().unwrap().iter().all(|(k, v)| holds(operator, k, v, request)))
}

/// One line of a condition: every key must hold, one of its values does.
fn holds(operator: &str, key: &str, wanted: &Value, request: &Request) -> bool {
    let wanted: Vec<String> = texts(wanted).iter().map(|w| filled(w, request)).collect();
    let found = request.get(key);
    if operator == "Null" {
        return wanted == [found.is_none().to_string()];
    }
    let (set, operator) = operator.strip_prefix("ForAllValues:").map_or((false, operator), |o| (true, o));
    let (if_exists, operator) = operator.strip_suffix("IfExists").map_or((false, operator), |o| (true, o));
    let (not, compare): (bool, fn(&str, &str) -> bool) = match operator {
        "ArnEquals" | "ArnLike" => (false, arn),
        "StringEquals" => (false, |w, f| w == f),
        "StringLike" => (false, glob),
        "StringNotEquals" => (true, |w, f| w == f),
        other => panic!("the operator {other} is not known here"),
    };
    let one = |f: &String| wanted.iter().any(|w| compare(w, f)) != not;
    match found {
        // A negated operator holds of what isn't there, and all of no values hold.
        None => set || if_exists || not,
        Some(found) if set => found.iter().all(one),
        Some(found) => found.iter().any(one),
    }
}

/// A value with its variables filled in.
fn filled(text: &str, request: &Request) -> String {
    let mut out = text.to_owned();
    while let Some((before, rest)) = out.clone().split_once("${") {
        let (key, after) = rest.split_once('}').unwrap();
        out = format!("{before}{}{after}", request.get(key).unwrap_or_else(|| panic!("no value of {key}"))[0]);
    }
    out
}

/// Part by part: a wildcard doesn't reach over a colon of the first five.
pub fn arn(wanted: &str, found: &str) -> bool {
    let (w, f): (Vec<_>, Vec<_>) = (wanted.splitn(6, ':').collect(), found.splitn(6, ':').collect());
    w.len() == f.len() && w.iter().zip(f).all(|(w, f)| glob(w, f))
}

/// `*` for any text, `?` for one character.
pub fn glob(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?']) || pattern == "*" {
        return pattern == "*" || pattern == text;
    }
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for p in pattern {
        let mut next = vec![false; text.len() + 1];
        for i in 0..=text.len() {
            next[i] = match p {
                '*' => ends[i] || (i > 0 && next[i - 1]),
                p => i > 0 && ends[i - 1] && (p == '?' || p == text[i - 1]),
            };
        }
        ends = next;
    }
    ends[text.len()]
}

fn texts(v: &Value) -> Vec<String> {
    match v {
        Value::String(one) => vec![one.clone()],
        many => many.as_array().unwrap_or_else(|| panic!("{many}")).iter().map(|t| t.as_str().unwrap().to_owned()).collect(),
    }
}
