//! What Lambda refuses of a function, and what it takes though it doesn't last. Limits: "Lambda quotas" and "Lambda runtimes" in the developer guide, and
//! the shapes of botocore 1.44.8 (`lambda/2015-03-31`).
use super::*;
use crate::diag::Code;

/// Runtimes that a function can be made with (`Runtime`).
const RUNTIMES: &[&str] = &[
    "dotnet10",
    "dotnet8",
    "java11",
    "java17",
    "java21",
    "java25",
    "java8.al2",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "provided.al2",
    "provided.al2023",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "python3.9",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
];

/// Those that AWS has ended, and what follows them.
const ENDED: &[(&str, &str)] = &[
    ("dotnet8", "dotnet10"),
    ("java11", "java21"),
    ("java17", "java21"),
    ("java8.al2", "java21"),
    ("nodejs20.x", "nodejs24.x"),
    ("provided.al2", "provided.al2023"),
    ("python3.10", "python3.13"),
    ("python3.11", "python3.13"),
    ("python3.9", "python3.13"),
    ("ruby3.2", "ruby3.4"),
];

/// Variables that Lambda sets itself ("Reserved environment variables").
const RESERVED: &[&str] = &[
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// Bytes of all names and values together.
const ENVIRONMENT: usize = 4 * 1024;

/// Calls at a time that an account has by default, and how many of them nobody may keep for himself.
const CALLS: i32 = 1000;
const SHARED: i32 = 100;

/// Whether Lambda has a runtime of this name, as far as is known here.
pub fn known_runtime(name: &str) -> bool {
    RUNTIMES.contains(&name)
}

/// What follows a runtime that AWS has ended.
pub fn ended(name: &str) -> Option<&'static str> {
    ENDED.iter().find(|(old, _)| *old == name).map(|(_, new)| *new)
}

pub(super) fn breaches(f: &Function) -> Vec<Breach> {
    let mut found = vec![];
    let mut say = |code, attribute: &str, message: String, help: &str| found.push(Breach::new(code, attribute, message, help));
    if !(128..=10_240).contains(&f.memory_mib) {
        say(Code::OutOfRange, "memory_mib", format!("a function can't have {} MiB", f.memory_mib), "write 128MiB to 10240MiB");
    }
    if !(1..=900).contains(&f.timeout) {
        say(Code::OutOfRange, "timeout", format!("a call can't take {} s", f.timeout), "write 1s to 15m");
    }
    let image = f.package == "Image";
    for (attribute, there) in [("runtime", f.runtime.is_some()), ("handler", f.handler.is_some()), ("layers", !f.layers.0.is_empty())] {
        if image && there {
            let message = format!("a container image brings its own code: it takes no `{attribute}`");
            say(Code::Source, attribute, message, "leave it out, or write `code` instead of `image`");
        }
    }
    if let Some(runtime) = f.runtime.as_deref().filter(|r| !known_runtime(r) && !younger(r)) {
        say(Code::UnknownValue, "runtime", format!("Lambda has no runtime `{runtime}`"), "write one such as `python3.13` or `nodejs24.x`");
    }
    if let Some(handler) = f.handler.as_deref().filter(|h| h.len() > 128 || h.contains(char::is_whitespace)) {
        say(Code::BadText, "handler", format!("`{handler}` is no handler"), "write at most 128 characters without spaces: `app.handler`");
    }
    for (attribute, many, most) in
        [("layers", f.layers.0.len(), 5), ("subnets", f.subnets.len(), 16), ("security_groups", f.security_groups.len(), 5)]
    {
        if many > most {
            let message = format!("a function can't have {many} {}", attribute.replace('_', " "));
            say(Code::Count, attribute, message, &format!("Lambda takes {most} at most"));
        }
    }
    if f.subnets.is_empty() != f.security_groups.is_empty() {
        say(Code::Refused, "subnets", "a function in a VPC has subnets and a security group".into(), "give it both, or none");
    }
    environment(f, &mut say);
    if f.reserved_concurrency.is_some_and(|n| n < 0) {
        say(Code::OutOfRange, "reserved_concurrency", "calls are counted from 0".into(), "write 0 to stop all calls, or more");
    }
    if let Some(calls) = f.provisioned_concurrency {
        if calls < 1 {
            say(Code::OutOfRange, "provisioned_concurrency", "instances are counted from 1".into(), "write 1 or more, or leave it out");
        }
        if let Some(kept) = f.reserved_concurrency.filter(|kept| *kept < calls) {
            let message = format!("{calls} instances are to be there before they are called, and {kept} calls at a time are taken");
            say(Code::Refused, "provisioned_concurrency", message, "provide as many as are reserved at most, or reserve more");
        }
    }
    found.extend(f.url.iter().flat_map(super::url::breaches));
    found
}

fn environment(f: &Function, say: &mut impl FnMut(Code, &str, String, &str)) {
    for name in f.env.keys() {
        let first = name.starts_with(|c: char| c.is_ascii_alphabetic());
        if RESERVED.contains(&name.as_str()) {
            say(Code::Refused, &format!("env.{name}"), format!("Lambda sets `{name}` itself"), "give the variable another name");
        } else if !first || name.len() < 2 || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            let help = "begin with a letter, and write at least two letters, digits or `_`";
            say(Code::BadEnvName, &format!("env.{name}"), format!("Lambda takes no variable `{name}`"), help);
        }
    }
    let length = |v: &Variable| match v {
        Variable::Plain(text) => text.0.iter().map(|part| if let Part::Literal(s) = part { s.len() } else { 0 }).sum(),
        Variable::Secret(secret) => secret.expose().map_or(0, str::len),
    };
    let bytes: usize = f.env.iter().map(|(name, v)| name.len() + length(v)).sum();
    if bytes > ENVIRONMENT {
        let help = "keep what is long elsewhere, such as in Secrets Manager (`{from_secrets_manager: ID}`), and hand over its name";
        say(Code::Count, "env", format!("the variables have {bytes} bytes together, and Lambda takes {ENVIRONMENT}"), help);
    }
}

pub(super) fn doubts(f: &Function, me: &Address, near: Near<'_>) -> Vec<Breach> {
    let mut found = vec![];
    if let Some(runtime) = &f.runtime {
        if let Some(next) = ended(runtime) {
            let message = format!("AWS no longer mends the runtime `{runtime}`, and will refuse changes of functions that have it");
            found.push(Breach::new(Code::Refused, "runtime", message, format!("move to `{next}`")));
        } else if !known_runtime(runtime) {
            let message = format!("the runtime `{runtime}` is younger than this version of infra");
            found.push(Breach::new(Code::UnknownValue, "runtime", message, "make sure that Lambda has it in the stack's region"));
        }
    }
    let all = near.all::<Function>();
    let kept: i32 = all.iter().filter_map(|(_, f)| f.reserved_concurrency).sum();
    let last = all.iter().rev().find(|(_, f)| f.reserved_concurrency.is_some()).map(|(a, _)| a);
    if kept > CALLS - SHARED && last == Some(me) {
        let message =
            format!("the stack's functions reserve {kept} calls at a time; an account has {CALLS} by default, of which {SHARED} stay free");
        found.push(Breach::new(Code::Quota, "reserved_concurrency", message, "reserve fewer, or have the quota L-B99A9384 raised first"));
    }
    found
}

/// Whether a name is that of a newer version of a language that there is.
fn younger(name: &str) -> bool {
    let newest = RUNTIMES.iter().copied().filter(|known| language(known) == language(name)).map(number).max();
    newest.is_some_and(|newest| number(name) > newest)
}

fn language(name: &str) -> &str {
    name.find(|c: char| c.is_ascii_digit()).map_or(name, |at| &name[..at])
}

fn number(name: &str) -> Vec<u32> {
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit()).trim_end_matches(".x");
    digits.split('.').filter_map(|n| n.parse().ok()).collect()
}
