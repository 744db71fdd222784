//! Bodies in CBOR, as smithy's `rpc-v2-cbor` has them, read into JSON's tree.
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use serde_json::{Map, Value};

/// A whole body; `None` when it is none. Without one there is nothing in it.
pub fn json(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return Some(Value::Object(Map::new()));
    }
    let mut decoder = Decoder::new(body);
    let read = value(&mut decoder).ok()?;
    (decoder.position() == body.len()).then_some(read)
}

/// The operation that a path asks for: `/service/GraniteServiceVersion20100801/operation/PutMetricAlarm`; with its service's name in the API.
pub fn operation(path: &str) -> Option<(&str, &str)> {
    let path = path.split_once("://").map_or(path, |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
    path.strip_prefix("/service/")?.split_once("/operation/")
}

fn value(d: &mut Decoder) -> Result<Value, Error> {
    Ok(match d.datatype()? {
        Type::Bool => d.bool()?.into(),
        Type::Null | Type::Undefined => d.skip().map(|()| Value::Null)?,
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => d.i64()?.into(),
        Type::F16 | Type::F32 | Type::F64 => d.f64()?.into(),
        Type::String => d.str()?.into(),
        Type::StringIndef => d.str_iter()?.collect::<Result<String, _>>()?.into(),
        Type::Array | Type::ArrayIndef => {
            let (length, mut items) = (d.array()?, vec![]);
            while more(d, length, items.len())? {
                items.push(value(d)?);
            }
            items.into()
        }
        Type::Map | Type::MapIndef => {
            let (length, mut read, mut fields) = (d.map()?, 0, Map::new());
            while more(d, length, read)? {
                fields.insert(d.str()?.to_owned(), value(d)?);
                read += 1;
            }
            fields.into()
        }
        Type::Tag => {
            d.tag()?;
            value(d)?
        }
        other => return Err(Error::type_mismatch(other)),
    })
}

/// Whether another entry follows. What has no length ends with a break.
fn more(d: &mut Decoder, length: Option<u64>, read: usize) -> Result<bool, Error> {
    match length {
        Some(length) => Ok((read as u64) < length),
        None if d.datatype()? == Type::Break => d.skip().map(|()| false),
        None => Ok(true),
    }
}
