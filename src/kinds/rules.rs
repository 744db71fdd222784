//! What a service refuses, whoever asks. A kind's rules stand in its file and are asked while a spec is checked, while a plan is made, and by the sandbox,
//! so that none of them is softer than another.
use super::*;
use crate::diag::Code;

/// A rule of a service that an object breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
    pub code: Code,
    /// The attributes that break it together, or parts of them, as [`crate::model::AttrChange::path`] spells them; the one to change comes first.
    pub attributes: Vec<String>,
    /// The item that is meant of a list which the first attribute is.
    pub item: Option<String>,
    /// What is wrong, with the values: `IOPS are 0.5 to 50 times the GiB`.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

impl Breach {
    pub fn new(code: Code, attribute: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Breach { code, attributes: vec![attribute.into()], item: None, message: message.into(), help: help.into() }
    }

    /// One item of the attribute's list.
    #[must_use]
    pub fn item(mut self, item: &str) -> Self {
        self.item = Some(item.to_owned());
        self
    }

    /// Another attribute that has part in it.
    #[must_use]
    pub fn with(mut self, attribute: impl Into<String>) -> Self {
        self.attributes.push(attribute.into());
        self
    }
}

/// Objects by address: those of a stack, or those of a cloud, whose names are physical ids there.
pub trait Objects {
    fn object(&self, address: &Address) -> Option<&Object>;
    fn objects(&self, kind: Kind) -> Vec<(Address, &Object)>;
}

impl Objects for BTreeMap<Address, Object> {
    fn object(&self, address: &Address) -> Option<&Object> {
        self.get(address)
    }

    fn objects(&self, kind: Kind) -> Vec<(Address, &Object)> {
        let first = Address::new(kind, "");
        self.range(first..).take_while(|(a, _)| a.kind == kind).map(|(a, o)| (a.clone(), o)).collect()
    }
}

/// What stands around an object whose rules are asked for.
#[derive(Clone, Copy)]
pub struct Near<'a>(pub &'a dyn Objects);

impl<'a> Near<'a> {
    /// What a reference leads to; `None` for what is not of the stack.
    pub fn get<K: Resource>(&self, r: &Ref<K>) -> Option<&'a K> {
        self.0.object(&r.address()).and_then(K::of)
    }

    /// All objects of a kind.
    pub fn all<K: Resource>(&self) -> Vec<(Address, &'a K)> {
        self.0.objects(K::KIND).into_iter().filter_map(|(a, o)| Some((a, K::of(o)?))).collect()
    }
}

/// An object as one of its own kind; written by `kinds!`.
pub trait Member: Sized {
    fn of(object: &Object) -> Option<&Self>;
}

/// Every rule that objects break, each with the address of the object whose rule it is.
pub fn broken(objects: &BTreeMap<Address, Object>) -> Vec<(Address, Breach)> {
    each(objects, Object::breaches)
}

/// All that may be refused.
pub fn doubted(objects: &BTreeMap<Address, Object>) -> Vec<(Address, Breach)> {
    each(objects, Object::doubts)
}

fn each(objects: &BTreeMap<Address, Object>, ask: fn(&Object, &Address, Near<'_>) -> Vec<Breach>) -> Vec<(Address, Breach)> {
    let of = |(address, object): (&Address, &Object)| {
        let found = ask(object, address, Near(objects)).into_iter();
        found.map(|breach| (address.clone(), breach)).collect::<Vec<_>>()
    };
    objects.iter().flat_map(of).collect()
}
