//! An object by its attributes: what the spec governs of it, its digest, and it with attributes of another.
use super::*;

impl Object {
    /// What the spec governs of the object. What the cloud decides, and what is left to it, is not among it.
    pub fn governed(&self) -> Governed<'_> {
        Governed(self)
    }

    /// The object with some attributes of another of its kind.
    #[must_use]
    pub fn with(&self, other: &Object, taken: &dyn Fn(&str) -> bool) -> Object {
        let fields = |o: &Object| match serde_json::to_value(o).expect("objects are plain data") {
            Value::Object(mut map) => map.values_mut().next().map(Value::take).unwrap_or_default(),
            other => other,
        };
        let (mut own, theirs) = (fields(self), fields(other));
        if let (Value::Object(own), Value::Object(theirs)) = (&mut own, theirs) {
            own.extend(theirs.into_iter().filter(|(name, _)| taken(name)));
        }
        serde_json::from_value(serde_json::json!({ self.kind().label(): own })).expect("attributes of one kind")
    }

    /// A digest over what the spec governs, by which a stamp tells what was last asked for.
    pub fn digest(&self) -> String {
        self.memo().digest.get_or_init(|| digest(&(self.kind().label(), self.governed()))).clone()
    }
}

/// The attributes of an object that a plan compares, by name.
pub struct Governed<'a>(&'a Object);

impl Serialize for Governed<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        self.0.compared(&mut map)?;
        map.end()
    }
}
