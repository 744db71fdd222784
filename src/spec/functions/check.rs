//! Functions.
use super::Function;
use crate::diag::{Code, Finding, Risk};
use crate::spec::check::Check;
use crate::spec::vpc::{Nat, TierKind};

pub fn check(name: &str, entry: &Function, cx: &mut Check<'_>) {
    let path = |field| ["functions", name, field];
    if entry.inside() {
        let _ = cx.tier(&path("subnets"), &entry.subnets);
    }
    entry.timeouts.check(cx, &["functions", name]);
    super::on::check(name, &entry.on, cx);
    super::url::check(name, entry, cx);
    super::deployment::check(name, entry, cx);
    clash(cx, name);
    source(cx, name, entry);
    code(cx, name, entry);
    archive(cx, name, entry);
    abroad(cx, name, entry);
    handler(cx, name, entry);
    way_out(cx, name, entry);
    for (index, arn) in entry.layers.iter().enumerate() {
        let region = cx.spec.region.as_str();
        if arn.as_str().split(':').nth(3) != Some(region) && cx.knows(&["region"]) {
            let message = format!("the layer `{arn}` is of another region than the stack's, {region}");
            cx.error(
                Code::BadArn,
                &["functions", name, "layers", &index.to_string()],
                "this layer",
                message,
                "name one of the same region",
            );
        }
    }
}

/// One name is one peer, and one thing to forward to.
fn clash(cx: &mut Check<'_>, name: &str) {
    if cx.spec.compute.contains_key(name) {
        let (this, other) = (["functions", name], ["compute", name]);
        let message = format!("`{name}` is a function and a compute entry: `allow_from` and `forward` couldn't tell them apart");
        let place = |path: &[&str], label: &str| cx.sources.place(cx.sources.key(path), label);
        let finding = Finding::error(Code::AmbiguousName, message, "give one of them another name");
        let finding = finding.at(place(&this, "this function")).at(place(&other, "and this entry"));
        cx.say(&[&this, &other], finding);
    }
}

/// There is code of one sort, and what it needs.
fn source(cx: &mut Check<'_>, name: &str, entry: &Function) {
    let path = |field| ["functions", name, field];
    let known = cx.knows(&path("code")) && cx.knows(&path("image"));
    match (&entry.code, &entry.image) {
        (Some(_), Some(_)) => {
            let (code, image) = (path("code"), path("image"));
            let places = [(&image[..], "this one"), (&code[..], "and this one")];
            cx.both(Code::Source, places, format!("`functions.{name}` has both `code` and `image`"), "leave one of them out");
        }
        (None, None) if known => {
            let message = format!("`functions.{name}` has no code");
            cx.error(Code::Missing, &path("code"), "this function", message, "add `code:` with a folder, or `image:`");
        }
        (Some(_), None) if entry.runtime.is_none() && cx.knows(&path("runtime")) => {
            let message = format!("nothing says what runs the code of `functions.{name}`");
            cx.error(Code::Missing, &path("runtime"), "this function", message, "add `runtime:`, such as `python3.13`");
        }
        (Some(_), None) if entry.handler.is_none() && cx.knows(&path("handler")) && cx.knows(&path("runtime")) => {
            let message = format!("nothing says what of the code of `functions.{name}` is called");
            cx.error(Code::Missing, &path("handler"), "this function", message, "add `handler:`, as its runtime spells it");
        }
        _ => {}
    }
}

fn code(cx: &mut Check<'_>, name: &str, entry: &Function) {
    for problem in &entry.packed.problems {
        cx.error(Code::Package, &["functions", name, "code"], "this code", problem.message.clone(), problem.help.clone());
    }
}

/// An archive in S3 comes with its digest, and other code has its own.
fn archive(cx: &mut Check<'_>, name: &str, entry: &Function) {
    let path = |field| ["functions", name, field];
    let known = cx.knows(&path("code")) && cx.knows(&path("sha256"));
    match &entry.sha256 {
        None if entry.stored() && known => {
            let message = format!("nothing says which archive the code of `functions.{name}` is: Lambda tells its digest alone");
            cx.error(Code::Missing, &path("code"), "this archive", message, "add `sha256:`, as `sha256sum` prints it");
        }
        Some(_) if !entry.stored() && known => {
            let message = format!("the code of `functions.{name}` doesn't lie in S3, and its digest is known");
            cx.error(Code::Source, &path("sha256"), "this digest", message, "leave it out");
        }
        _ => {}
    }
}

/// Lambda takes images of its own region.
fn abroad(cx: &mut Check<'_>, name: &str, entry: &Function) {
    let region = cx.spec.region.as_str();
    let of = entry.image.as_ref().and_then(|image| image.as_str().split('.').nth(3));
    if of.is_some_and(|of| of != region) && cx.knows(&["region"]) {
        let message = format!("the image of `functions.{name}` is of another region than the stack's, {region}");
        let help = "name one of the same region: ECR copies images by its replication";
        cx.error(Code::Source, &["functions", name, "image"], "this image", message, help);
    }
}

/// The file of a handler is there: `app.handler` is in `app.py`. Where the runtime finds it otherwise, nobody looks.
fn handler(cx: &mut Check<'_>, name: &str, entry: &Function) {
    let (Some(runtime), Some(handler)) = (&entry.runtime, &entry.handler) else { return };
    let files = &entry.packed.package.files;
    let ends: &[&str] = match runtime.as_str() {
        r if r.starts_with("python") => &[".py", "/__init__.py"],
        r if r.starts_with("nodejs") => &[".js", ".mjs", ".cjs"],
        r if r.starts_with("ruby") => &[".rb"],
        r if r.starts_with("provided") => &[""],
        _ => return,
    };
    // Of a runtime that the code brings along, the file has one name, whatever the handler is.
    let module = match ends {
        [""] => "bootstrap".to_owned(),
        _ => handler.as_str().rsplit_once('.').map_or(handler.as_str(), |(module, _)| module).replace('.', "/"),
    };
    let module = module.trim_start_matches('/');
    let there = ends.iter().any(|end| files.contains(&format!("{module}{end}")));
    if !files.is_empty() && !there {
        let looked: Vec<String> = ends.iter().map(|end| format!("`{module}{end}`")).collect();
        let message = format!("the code of `functions.{name}` has no file for its handler `{handler}`: no {}", looked.join(", no "));
        let help = "name the handler as FILE.FUNCTION, with the file's path from the folder that `code` names";
        cx.error(Code::Package, &["functions", name, "handler"], "this handler", message, help);
    }
}

/// In a VPC all that a function reaches it reaches by way of its subnets, AWS's own services among it.
fn way_out(cx: &mut Check<'_>, name: &str, entry: &Function) {
    let tier = cx.spec.vpc.subnets.get(entry.subnets.as_str()).map(|tier| tier.tier).filter(|_| entry.inside());
    let closed = match tier {
        // A function's interface never has a public address.
        Some(TierKind::Public | TierKind::Isolated) => true,
        Some(TierKind::Private) => cx.spec.vpc.nat == Nat::None,
        None => false,
    };
    let secrets =
        entry.env.values().any(|v| matches!(v, crate::spec::env::EnvSource::Secret(crate::spec::env::SecretRef::FromSecretsManager(_))));
    let asks = secrets || !entry.permissions.is_empty();
    if closed && asks && cx.knows(&["vpc", "nat"]) && cx.knows(&["vpc", "subnets"]) {
        let message = format!("`functions.{name}` has no way out of its subnets, and what it asks of AWS never arrives");
        let help = "let `subnets` name a private tier and `vpc.nat` be `per_zone` or `single`, or write `subnets: none` when it needs nothing of the VPC";
        cx.risk(Risk::NoWayOut, &["functions", name, "subnets"], message, help);
    }
}
