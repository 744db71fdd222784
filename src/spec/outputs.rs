//! `outputs`: what `infra output` prints.
use super::lower::Lower;
use super::section::Section;
use super::units::{OutputName, Template};
use std::collections::BTreeMap;

impl Section for BTreeMap<OutputName, Template> {
    const NAMED: bool = true;
    const MINIMAL: &'static str = "outputs: { vpc: '${vpc.id}' }";

    fn lower(&self, l: &mut Lower<'_>) {
        l.stack.outputs = self.iter().map(|(name, text)| (name.to_string(), l.text(text))).collect();
    }
}
