//! What is there: an object, whose it is, and what it points at.
use super::*;

/// An object as it exists in the cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// The id by which the cloud knows it, and by which other objects point at it.
    pub id: String,
    pub object: Object,
    pub stamp: Stamp,
    /// The physical ids this object really points at; an address alone can't tell two generations apart.
    pub points: BTreeSet<String>,
}

impl Live {
    /// An object that was read: its [`Ref`]s hold physical ids.
    pub fn found(id: impl Into<String>, object: impl Into<Object>, stamp: Stamp) -> Self {
        let object = object.into();
        let points = refs(&object).map(|a| a.name.clone()).collect();
        Live { id: id.into(), object, stamp, points }
    }

    /// Refuses another address for an object that carries its own in its name.
    pub fn keeps_name(&self, stamp: &Stamp) -> Result<(), CloudError> {
        if stamp.address == self.stamp.address {
            return Ok(());
        }
        let message = format!("{} carries its address in its name and can't become {}", self.id, stamp.address);
        Err(CloudError::new(Class::Invalid, "NameIsFixed", message))
    }

    /// An object that was just written: its [`Ref`]s are addresses, resolved by `links`.
    pub fn made(id: impl Into<String>, object: impl Into<Object>, stamp: &Stamp, links: &Links) -> Result<Self, CloudError> {
        let object = object.into();
        let points = named(&object).iter().map(|a| links.id(a).map(String::from)).collect::<Result<_, _>>()?;
        Ok(Live { id: id.into(), object, stamp: stamp.clone(), points })
    }

    /// The object as it is seen from the region `here`: one of an equally named stack in another region is nobody's, and has that region's name.
    #[must_use]
    pub fn abroad(self, region: &str, here: &str) -> Self {
        if region == here {
            return self;
        }
        let kind = self.object.kind();
        Live { stamp: Stamp { address: Address::new(kind, foreign(region)), ..Stamp::nobody(kind) }, ..self }
    }

    /// The value of an attribute that a text may name: `id`, `dimension`, or one of the kind's outputs.
    pub fn output(&self, attr: &str) -> Option<String> {
        if attr == "id" { Some(self.id.clone()) } else { dimension::output(attr, &self.id).or_else(|| self.object.outputs().remove(attr)) }
    }

    /// The object as its own kind.
    pub fn of<K: Resource>(&self) -> Result<K, CloudError> {
        K::try_from(self.object.clone())
    }
}
