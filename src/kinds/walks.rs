//! What an object names: found in its canonical form, renamed, and spelled out.
use super::*;
use crate::canon;

/// Every address of the stack that an object points at, found in its canonical form; sorted, each once.
pub fn refs(object: &Object) -> impl Iterator<Item = &Address> {
    named(object).iter().filter(|a| !a.name.starts_with('='))
}

/// Everything that an object points at, what the stack doesn't own among it.
pub fn named(object: &Object) -> &[Address] {
    object.memo().named.get_or_init(|| {
        let mut out: Vec<Address> = vec![];
        for a in object.attributes() {
            canon::addresses(&a.value, &mut |address| out.extend(address.parse().ok()));
        }
        out.sort();
        out.dedup();
        out
    })
}

/// The addresses of the stack that an object points at by references; what its texts name is not among them.
pub fn pointers(object: &Object) -> BTreeSet<Address> {
    let mut out = BTreeSet::new();
    for a in object.attributes() {
        canon::walk(&a.value, &mut |form| {
            if let canon::Form::Ref(address) = form {
                out.extend(address.parse().ok().filter(|a: &Address| !a.name.starts_with('=')));
            }
            true
        });
    }
    out
}

/// The object with every reference renamed by `f`; `None` leaves one as it is.
pub fn map_refs(object: &Object, f: impl FnMut(&Address) -> Option<String>) -> Object {
    let mut value = serde_json::to_value(object).expect("objects are plain data");
    if rename_refs(&mut value, f) { serde_json::from_value(value).expect("a reference keeps its kind") } else { object.clone() }
}

/// Renames every reference in a canonical form by `f`; `None` leaves one as it is. Tells whether one was renamed.
pub fn rename_refs(value: &mut Value, mut f: impl FnMut(&Address) -> Option<String>) -> bool {
    let mut hit = false;
    let mut rename = |address: &mut Value| {
        let Some(a) = address.as_str().and_then(|s| s.parse::<Address>().ok()) else { return };
        if let Some(name) = f(&a) {
            *address = Address::new(a.kind, name).to_string().into();
            hit = true;
        }
    };
    canon::walk_mut(value, &mut |v| {
        if let Some(address) = canon::marked_mut(v, canon::REF) {
            rename(address);
            return true;
        }
        let Some(parts) = canon::marked_mut(v, canon::TEXT).and_then(Value::as_array_mut) else { return false };
        parts.iter_mut().filter_map(|part| part.get_mut("output")?.get_mut("ref")).for_each(&mut rename);
        true
    });
    hit
}

/// Replaces every text all of whose references `lookup` knows by the plain string it stands for. Tells whether there was one.
pub fn resolve_texts(v: &mut Value, lookup: &dyn Fn(&Address, &str) -> Option<String>) -> bool {
    let mut hit = false;
    canon::walk_mut(v, &mut |v| {
        let Some(Value::Array(parts)) = canon::marked_mut(v, canon::TEXT) else { return false };
        let plain = |part: &Value| match canon::Part::of(part)? {
            canon::Part::Literal(s) => Some(s.to_owned()),
            canon::Part::Output(address, attr) => lookup(&address.parse().ok()?, attr),
        };
        if let Some(plain) = parts.iter().map(plain).collect::<Option<String>>() {
            *v = Value::String(plain);
            hit = true;
        }
        true
    });
    hit
}
