//! The stamp of an alarm: in its name, `infra/STACK/ADDRESS/RUN-STEP`, and with the digest and the stack's identity at the end of its description.
use super::*;

/// What stands before the digest and the stack's identity at the end of a description: ` [infra DIGEST IDENTITY]`.
const MARK: &str = " [infra ";

/// How the names of a stack's alarms begin.
pub fn prefix(stack: &str) -> String {
    format!("infra/{stack}/")
}

/// The name of a new alarm.
pub fn name(stamp: &Stamp) -> String {
    format!("{}{}/{}-{}", prefix(&stamp.stack), stamp.address.name, stamp.run, stamp.step)
}

/// A description with its mark.
pub fn described(description: &str, stamp: &Stamp) -> String {
    let mark = format!("{} {}", stamp.short(), stamp.identity);
    format!("{description}{MARK}{}]", mark.trim_end())
}

/// A description without its mark, and the stamp in it and the name; no stamp where it isn't the stack's.
pub fn read(kind: Kind, stack: &str, name: &str, said: &str) -> Option<(String, Stamp)> {
    let marked = said.rsplit_once(MARK).and_then(|(text, mark)| Some((text, mark.strip_suffix(']')?)));
    let (description, mark) = marked.unwrap_or((said, ""));
    let (digest, identity) = mark.split_once(' ').unwrap_or((mark, ""));
    let (address, made) = name.strip_prefix(&prefix(stack))?.rsplit_once('/')?;
    let (run, step) = made.rsplit_once('-')?;
    let stamp = Stamp {
        stack: stack.into(),
        address: Address::new(kind, address),
        run: run.into(),
        step: step.parse().ok()?,
        identity: identity.into(),
        digest: digest.into(),
    };
    Some((description.to_owned(), stamp))
}
