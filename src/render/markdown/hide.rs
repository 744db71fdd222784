//! Values that a page hides beyond what no output shows: many may read it who may not read the environment of a container.
use serde_json::{Value, json};

use crate::canon::{self, Form};
use crate::kinds::Kind;
use crate::model::AttrChange;
use crate::plan::Change;
use crate::plan::saved::Moved;
use crate::render::values::value;

/// Something that has moved since a plan was made, as a page shows it: without what an instance starts with.
pub fn moved(moved: &Moved, show_env: bool) -> Moved {
    let mut moved = moved.clone();
    if let Moved::Field { address, path, then, now, .. } = &mut moved
        && !show_env
        && address.kind == Kind::LaunchTemplate
        && path.split('.').next() == Some("boot")
    {
        then.iter_mut().chain(now).for_each(whole);
    }
    moved
}

/// The changes as a page shows them. That a hidden value changes is still told.
pub fn changes(all: &[Change], show_env: bool) -> Vec<Change> {
    let mut all = all.to_vec();
    if !show_env {
        let templates = all.iter_mut().filter(|c| c.address.kind == Kind::LaunchTemplate);
        templates.flat_map(|c| &mut c.attrs).for_each(attribute);
    }
    all
}

fn attribute(a: &mut AttrChange) {
    let inside = a.path.split('.').any(|part| ["env", "user_data"].contains(&part));
    for v in a.before.iter_mut().chain(&mut a.after) {
        match v {
            // The whole map, or a single value of it.
            Value::Object(m) if a.path.ends_with(".env") => m.values_mut().for_each(whole),
            v if inside => whole(v),
            v => within(v),
        }
    }
}

/// Hides what is in a part of an object's attributes.
fn within(v: &mut Value) {
    let Some(m) = v.as_object_mut() else { return };
    for (key, v) in m {
        match (key.as_str(), v) {
            ("env", Value::Object(env)) => env.values_mut().for_each(whole),
            ("env" | "user_data", v) => whole(v),
            (_, v) => within(v),
        }
    }
}

/// A secret says so itself, and nothing has nothing to hide.
fn whole(v: &mut Value) {
    if !v.is_null() && !matches!(Form::of(v), Form::Secret(_)) && !value(v).is_empty() {
        *v = json!({ canon::TEXT: [{ "literal": "(hidden)" }] });
    }
}
