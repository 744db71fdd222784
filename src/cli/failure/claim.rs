//! Why a stack may not be changed from here.
use std::collections::BTreeSet;

use super::{Failure, place};
use crate::diag::{Code, Finding};
use crate::run::journal::Damaged;
use crate::spec::Loaded;
use crate::visible::visible;

impl Failure {
    /// A stack whose identity nothing notes any more, though its objects bear one.
    pub fn lost(stack: &str, identity: &str, objects: usize) -> Failure {
        let message =
            format!("nothing notes the identity of {stack} any more, and {objects} objects of its name bear the identity {identity}");
        let help = format!("if they are this stack's, go on with `--take-over {identity}`; otherwise give this stack another name");
        Finding::error(Code::Namesake, message, help).into()
    }

    /// A stack whose identity is noted in a way that this version doesn't know.
    pub fn unread_identity(stack: &str, damage: &Damaged) -> Failure {
        let help =
            format!("if no newer version wrote it, take the parameter `/infra/{stack}/identity` away: the stack's objects tell it, too");
        Finding::error(Code::Namesake, format!("the identity of {stack} can't be read: {damage}"), help).into()
    }

    /// A stack of which nothing is here yet, and that stands in other regions.
    pub fn moved(stack: &str, region: &str, elsewhere: &BTreeSet<&str>) -> Failure {
        let there = elsewhere.iter().map(|r| visible(r)).collect::<Vec<_>>().join(" and ");
        let message =
            format!("{stack} stands in {there}, and nothing of it in {region}: a stack doesn't move, all of it would be made anew");
        let help = format!(
            "if this one follows it, write `region: {there}` and run `infra destroy` first; if both are to stand, go on with --another-region"
        );
        Finding::error(Code::Moved, message, help).into()
    }

    /// A stack that isn't there yet, while another is what the spec makes under that name.
    pub fn renamed(loaded: &Loaded, former: &str, objects: usize) -> Failure {
        let (stack, former) = (&loaded.spec.stack, visible(former));
        let message = format!(
            "{former} is what this spec makes under that name, with {objects} objects, and of {stack} nothing is here: a stack keeps its name, all of it \
             would be made anew"
        );
        let help = format!(
            "if {stack} follows it, write `stack: {former}` and run `infra destroy` first, or leave that name; if both are to stand, go on with --another-stack"
        );
        Finding::error(Code::Moved, message, help).at(place(loaded, "stack", "the new name")).into()
    }

    /// A stack that another repository made.
    pub fn origin(stack: &str, identity: &str, (theirs, here): (&str, &str)) -> Failure {
        let (theirs, here) = (visible(theirs), visible(here));
        let message = format!("{stack} is run from the repository {theirs}, and this is {here}");
        let help = format!("give this stack another name; if the repository has moved, go on with `--take-over {identity}`");
        Finding::error(Code::Origin, message, help).into()
    }
}
