//! The form of every kind's struct.

/// Writes the struct of a kind. Each field stands behind its mode ([`crate::model::Mode`]): `replace vpc: Ref<Vpc>`. A field without one does not
/// compile. In parentheses stands how far a change can be taken back ([`crate::model::Reversal`]), where that is not all the way:
/// `update(rests 6) iops: i32`. The fields' doc comments are the descriptions in the kind's JSON schema.
macro_rules! object {
    ($(#[$about:meta])* pub struct $ty:ident { $($(#[$field_about:meta])* $mode:ident $(($($back:tt)+))? $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub struct $ty {
            $($(#[$field_about])* pub $field: $type),+
        }

        impl $crate::model::Attributes for $ty {
            fn attributes(&self) -> Vec<$crate::model::Attribute> {
                let Self { $($field),+ } = self;
                vec![$($crate::model::Attribute {
                    name: stringify!($field).trim_start_matches("r#"),
                    mode: $crate::kinds::object::object!(@ $mode),
                    reversal: $crate::kinds::object::object!(@@ $($($back)+)?),
                    value: serde_json::to_value($field).expect("attributes are plain data"),
                }),+]
            }
            fn compared<M: serde::ser::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                let Self { $($field),+ } = self;
                $(if $crate::kinds::object::object!(@ $mode).compared() {
                    map.serialize_entry(stringify!($field).trim_start_matches("r#"), $field)?;
                })+
                Ok(())
            }
        }
    };
    (@ update) => { $crate::model::Mode::Update };
    (@ replace) => { $crate::model::Mode::Replace };
    (@ initial) => { $crate::model::Mode::Initial };
    (@ computed) => { $crate::model::Mode::Computed };
    (@@) => { $crate::model::Reversal::Full };
    (@@ data) => { $crate::model::Reversal::Data };
    (@@ grows) => { $crate::model::Reversal::Grows };
    (@@ never) => { $crate::model::Reversal::Never };
    (@@ rests $hours:literal) => { $crate::model::Reversal::Rests($hours) };
}
pub(crate) use object;
