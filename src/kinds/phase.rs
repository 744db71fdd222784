//! What the kinds of rules share. A phase of a zone has one entry point, a list of rules that belong to many: a kind is the stack's own rules in one
//! phase, known by their `ref`. Others' rules go back as they came, in their places.
use super::*;
use crate::model::Ranked;

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rule<A> {
    /// For which requests, in Cloudflare's Rules language.
    pub expression: String,
    /// What is done with them.
    pub action: A,
    pub enabled: bool,
}

/// A phase, and how its rules are written and read.
pub(crate) trait Phase: Resource {
    type Action;
    /// The phase's own name.
    const PHASE: &'static str;
    /// The permission of a token that it needs, without `Read` or `Write`.
    const PERMISSION: &'static str;

    fn new(zone: String, rules: Ranked<Rule<Self::Action>>, others: u32) -> Self;
    fn zone(&self) -> &str;
    fn rules(&self) -> &Ranked<Rule<Self::Action>>;
    /// The rule's `action`, `action_parameters` and `ratelimit`.
    fn write(action: &Self::Action) -> Written;
    /// What can't be read is read as something that differs from all that is wanted.
    fn read(action: &str, parameters: &Value, ratelimit: &Value) -> Self::Action;
}

/// A rule's action in the API's own words.
pub(crate) struct Written {
    pub action: String,
    pub parameters: Option<Value>,
    pub ratelimit: Option<Value>,
}

/// Makes a kind of a phase: its struct, its attributes and its verbs, which are those of [`Phase`].
macro_rules! phase {
    ($(#[$doc:meta])* $name:ident of $action:ident in $phase:literal by $permission:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            /// The zone's name.
            pub zone: String,
            /// The stack's own rules, in the order in which they are tried.
            pub rules: $crate::model::Ranked<$crate::kinds::Rule<$action>>,
            /// How many rules of others the phase has.
            pub others: $crate::model::Computed<u32>,
        }

        $crate::attributes! { $name { replace zone, update rules, computed others } }

        impl $crate::kinds::phase::Phase for $name {
            type Action = $action;
            const PHASE: &'static str = $phase;
            const PERMISSION: &'static str = $permission;

            fn new(zone: String, rules: $crate::model::Ranked<$crate::kinds::Rule<$action>>, others: u32) -> Self {
                $name { zone, rules, others: others.into() }
            }
            fn zone(&self) -> &str {
                &self.zone
            }
            fn rules(&self) -> &$crate::model::Ranked<$crate::kinds::Rule<$action>> {
                &self.rules
            }
            fn write(action: &$action) -> $crate::kinds::phase::Written {
                action.write()
            }
            fn read(action: &str, parameters: &Value, ratelimit: &Value) -> $action {
                $action::read(action, parameters, ratelimit)
            }
        }

        impl Resource for $name {
            const KIND: Kind = Kind::$name;
            const SERVICE: Service = Service::Cloudflare;
            const TYPICAL: Typical = Typical::secs(3, 3, 3);
            const SHARED: bool = true;

            async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
                $crate::kinds::phase::list::<$name>(cx, stack).await
            }
            async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
                $crate::kinds::phase::create(self, cx, links, stamp).await
            }
            async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
                $crate::kinds::phase::update(self, cx, links, live, stamp).await
            }
            async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
                $crate::kinds::phase::delete::<$name>(cx, live).await
            }
        }
    };
}
pub(crate) use phase;

pub(crate) async fn list<P: Phase>(_cx: &Clients, _stack: &str) -> Result<Vec<Live>, CloudError> {
    Ok(vec![])
}

pub(crate) async fn create<P: Phase>(_want: &P, _cx: &Clients, _links: &Links, _stamp: &Stamp) -> Result<Live, CloudError> {
    Err(CloudError::bug("not yet"))
}

pub(crate) async fn update<P: Phase>(_want: &P, _cx: &Clients, _links: &Links, _live: &Live, _stamp: &Stamp) -> Result<Live, CloudError> {
    Err(CloudError::bug("not yet"))
}

pub(crate) async fn delete<P: Phase>(_cx: &Clients, _live: &Live) -> Result<(), CloudError> {
    Err(CloudError::bug("not yet"))
}

/// A text in a rule, by its JSON pointer.
pub(crate) fn text(v: &Value, pointer: &str) -> String {
    v.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A number in a rule, by its JSON pointer.
pub(crate) fn number(v: &Value, pointer: &str) -> Option<i64> {
    v.pointer(pointer).and_then(Value::as_i64)
}
