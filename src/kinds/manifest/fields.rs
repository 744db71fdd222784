//! What an object of a cluster says, and what of it is ours (`managedFields`).
use std::collections::BTreeSet;

use serde_json::Value;

use super::MANAGER;

/// The text at a place; empty where there is none.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The number at a place. A share of others (`25%`) reads as something that differs from all that is wanted.
pub fn number(value: &Value, usual: i32) -> i32 {
    match value {
        Value::Null => usual,
        value => value.as_i64().and_then(|n| i32::try_from(n).ok()).unwrap_or(-1),
    }
}

/// The names of the entries of a map, or of the items of a list that are known by their `name`, which our own applies have set.
pub fn own(object: &Value, path: &[&str]) -> BTreeSet<String> {
    let managers = object["metadata"]["managedFields"].as_array();
    let mine = managers.into_iter().flatten().find(|m| m["manager"] == MANAGER && m["operation"] == "Apply");
    let fields = mine.and_then(|mine| path.iter().try_fold(&mine["fieldsV1"], |at, step| at.get(*step)));
    let name = |key: &String| match key.split_once(':')? {
        ("f", name) => Some(name.to_owned()),
        ("k", item) => serde_json::from_str::<Value>(item).ok()?["name"].as_str().map(String::from),
        _ => None,
    };
    fields.and_then(Value::as_object).into_iter().flat_map(|fields| fields.keys()).filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_others_own_is_theirs() {
        let env = json!({ ".": {}, "k:{\"name\":\"A\"}": { ".": {}, "f:name": {} }, "k:{\"name\":\"B:C\"}": {} });
        let fields = json!({ "f:spec": { "k:{\"name\":\"shop\"}": { "f:env": env } } });
        let theirs = json!({ "f:spec": { "k:{\"name\":\"shop\"}": { "f:env": { "k:{\"name\":\"D\"}": {} } } } });
        let object = json!({ "metadata": { "managedFields": [
            { "manager": "infra", "operation": "Update", "fieldsV1": theirs },
            { "manager": "other", "operation": "Apply", "fieldsV1": theirs },
            { "manager": "infra", "operation": "Apply", "fieldsV1": fields },
        ] } });
        assert_eq!(own(&object, &["f:spec", "k:{\"name\":\"shop\"}", "f:env"]), ["A".to_owned(), "B:C".to_owned()].into());
        assert!(own(&object, &["f:status"]).is_empty() && own(&json!({}), &[]).is_empty());
    }
}
