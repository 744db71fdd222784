//! The sections of a spec, one line each.

/// A section as users know it; its fields and texts are those of its schema.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its key in a spec; `stack` stands for the top.
    pub name: &'static str,
    /// Whether it is a map of named entries.
    pub named: bool,
    /// What the smallest spec has beside its name and region to show the section's defaults.
    pub minimal: &'static str,
}

macro_rules! sections {
    ($($name:ident $form:ident $minimal:literal,)+) => {
        /// All sections, in the order in which a spec is read.
        pub const SECTIONS: &[Section] = &[$(Section {
            name: stringify!($name),
            named: sections!(@ $form),
            minimal: $minimal,
        },)+];
    };
    (@ one) => { false };
    (@ named) => { true };
}

sections! {
    stack one "load_balancer: { listeners: { http: { port: 80, forward: app } } }\ncompute: { app: { port: 80 } }\ncache: { main: {} }\ndatabase: { main: { engine: postgres } }\ncdn: { zone: example.com }",
    vpc one "",
    load_balancer one "load_balancer: { listeners: { http: { port: 80, forward: app } } }\ncompute: { app: { port: 80 } }",
    compute named "compute: { app: {} }",
    cache named "cache: { main: {} }",
    database named "database: { main: { engine: postgres } }",
    cdn one "cdn: { zone: example.com }",
    outputs named "outputs: { vpc: '${vpc.id}' }",
}
