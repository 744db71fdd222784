//! JSON Schemas of a spec and of a layer, generated from the types.
use super::sections::{SECTIONS, Spec};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// Where a default follows from other fields, this says how.
pub const DERIVED: &str = "x-default";

/// How keys at the top begin that are the user's own: nothing is made of them, and what they anchor stands elsewhere.
pub const EXTENSION: &str = "x-";

/// What only the first layer has.
const FIRST: &str = "env";

/// The schema as the types have it; fields whose default is derived are not required.
pub fn typed() -> &'static Value {
    static TYPED: LazyLock<Value> = LazyLock::new(generate);
    &TYPED
}

fn generate() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Spec>().to_value();
    each_object(&mut schema, &mut |object| {
        let derived: Vec<String> = match object.get("properties").and_then(Value::as_object) {
            Some(properties) => {
                properties.iter().filter(|(_, property)| property.get(DERIVED).is_some()).map(|(name, _)| name.clone()).collect()
            }
            None => return,
        };
        if let Some(Value::Array(required)) = object.get_mut("required") {
            required.retain(|name| !derived.iter().any(|known| name == known));
        }
    });
    schema
}

/// The schema of a whole spec, for editors: what is not free text may also be read from the environment. A key without a value, which stands for its
/// default, is taken by `infra` and not by the schema: editors would offer `null`.
pub fn infra_schema() -> Value {
    let mut schema = typed().clone();
    each_object(&mut schema, &mut without_null);
    for_editors(&mut schema, "spec", "A whole spec of infra.");
    schema
}

/// Takes away `null`, by which the types say that a field may be left out.
fn without_null(object: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| *name != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            object.insert("type".into(), one);
        }
    }
    if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
        branches.retain(|branch| branch.get("type").is_none_or(|name| *name != "null"));
        if let [Value::Object(only)] = branches.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            for (word, value) in only {
                object.entry(word).or_insert(value);
            }
        }
    }
}

/// The schema of a layer: nothing is required, and `null` removes anything.
pub fn layer_schema() -> Value {
    let mut schema = typed().clone();
    for_editors(&mut schema, "layer", "A layer of a spec of infra.");
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        fields.remove(FIRST);
    }
    each_object(&mut schema, &mut |object| {
        object.remove("required");
        object.remove("minProperties");
        object.remove("maxProperties");
        nullable(object);
        removable(object);
    });
    schema
}

/// Lets fields of a struct be `null`.
fn nullable(object: &mut Map<String, Value>) {
    if let Some(Value::Object(fields)) = object.get_mut("properties") {
        fields.values_mut().for_each(or_null);
    }
}

/// Lets entries of a map be `null`.
fn removable(object: &mut Map<String, Value>) {
    if let Some(Value::Object(entries)) = object.get_mut("patternProperties") {
        entries.values_mut().for_each(or_null);
    }
    if let Some(others) = object.get_mut("additionalProperties")
        && others.is_object()
    {
        or_null(others);
    }
}

/// What describes a field without narrowing it.
const WORDS: &[&str] = &["default", "defaultSnippets", "description", "examples", "markdownDescription", DERIVED];

fn or_null(schema: &mut Value) {
    let Value::Object(inner) = schema else {
        return;
    };
    let mut outer = Map::new();
    for word in WORDS {
        if let Some(value) = inner.remove(*word) {
            outer.insert((*word).into(), value);
        }
    }
    outer.insert("anyOf".into(), json!([inner, { "type": "null" }]));
    *schema = Value::Object(outer);
}

fn for_editors(schema: &mut Value, what: &str, description: &str) {
    each_object(schema, &mut |object| {
        object.remove("format");
        told(object);
        apart(object);
        if let Some(Value::Array(mut branches)) = object.remove("oneOf") {
            if branches.iter().all(|branch| branch.get("const").is_some()) {
                branches.push(env());
            }
            object.insert("anyOf".into(), Value::Array(branches));
        }
        let narrow = ["maxLength", "pattern"].iter().any(|word| object.contains_key(*word));
        match super::schema_view::kind(object) {
            Some("boolean" | "integer" | "number") => or_env(object),
            Some("string") if narrow => or_env(object),
            _ => {}
        }
    });
    if let Value::Object(root) = schema {
        root.insert("$id".into(), json!(format!("urn:infra:{}:{what}", env!("CARGO_PKG_VERSION"))));
        // A title would stand above every hover.
        root.remove("title");
        root.insert("description".into(), json!(description));
        root.insert("patternProperties".into(), json!({ format!("^{EXTENSION}"): {} }));
    }
}

/// A field beside named entries is none of them, though its name is like theirs: their pattern leaves it out.
fn apart(object: &mut Map<String, Value>) {
    let beside: Vec<String> = object.get("properties").and_then(Value::as_object).into_iter().flat_map(|all| all.keys().cloned()).collect();
    let Some(Value::Object(named)) = object.get_mut("patternProperties").filter(|_| !beside.is_empty()) else { return };
    let others = |pattern: String| format!("^(?!({})$){}", beside.join("|"), pattern.trim_start_matches('^'));
    *named = std::mem::take(named).into_iter().map(|(pattern, entry)| (others(pattern), entry)).collect();
}

/// What editors show: of a text what it is like rather than its pattern, of a field its default; of a section with entries a first one.
fn told(object: &mut Map<String, Value>) {
    let said = |object: &Map<String, Value>| object.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
    if object.contains_key("pattern") {
        let example = object.get("examples").and_then(|all| all.get(0)).and_then(Value::as_str);
        let such = example.map(|example| format!(" Such as `{example}`.")).unwrap_or_default();
        let message = format!("{}{such}", said(object));
        object.insert("patternErrorMessage".into(), message.trim().into());
    }
    let required: Vec<Value> = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for (name, field) in object.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let fallback = super::explain::fallback(field);
        let Value::Object(field) = field else { continue };
        let rule = match fallback {
            _ if required.iter().any(|key| key == name) => "Required.".to_owned(),
            Some(fallback) => format!("Default: {fallback}."),
            None => continue,
        };
        let text = format!("{}\n\n{rule}", said(field));
        field.insert("markdownDescription".into(), text.trim().into());
        let section = SECTIONS.iter().find(|section| section.name == name.as_str() && section.named);
        let example = section.and_then(|section| serde_yaml::from_str::<Value>(section.minimal).ok()?.get(name.as_str()).cloned());
        // As text, in which `$` begins a place to fill in: editors write an empty map as nothing, which is no entry.
        if let Some(text) = example.and_then(|example| serde_yaml::to_string(&example).ok()) {
            let text = text.trim_end().replace('$', "\\$");
            field.insert("defaultSnippets".into(), json!([{ "label": "a first entry", "bodyText": text }]));
        }
    }
}

fn env() -> Value {
    json!({ "type": "string", "pattern": "\\$\\{env\\.[A-Za-z_]" })
}

/// Lets a scalar be text that reads the environment.
fn or_env(object: &mut Map<String, Value>) {
    let narrow: Map<String, Value> = std::mem::take(object);
    let (outer, inner) = narrow.into_iter().partition::<Map<_, _>, _>(|(word, _)| WORDS.contains(&word.as_str()));
    *object = outer;
    object.insert("anyOf".into(), json!([inner, env()]));
}

/// Every object of the schema that is itself a schema, innermost first.
fn each_object(schema: &mut Value, act: &mut impl FnMut(&mut Map<String, Value>)) {
    let Value::Object(object) = schema else {
        return;
    };
    for group in ["$defs", "properties", "patternProperties"] {
        if let Some(Value::Object(members)) = object.get_mut(group) {
            members.values_mut().for_each(|member| each_object(member, act));
        }
    }
    for list in ["anyOf", "oneOf"] {
        if let Some(Value::Array(members)) = object.get_mut(list) {
            members.iter_mut().for_each(|member| each_object(member, act));
        }
    }
    for one in ["items", "additionalProperties"] {
        if let Some(member) = object.get_mut(one) {
            each_object(member, act);
        }
    }
    act(object);
}
