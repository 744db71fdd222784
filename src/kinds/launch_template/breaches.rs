//! What EC2 refuses of a template, and what makes instances of it fail that the service itself takes.
use super::types::{Known, architecture, known};
use super::*;
use crate::diag::Code;

pub(super) fn breaches(template: &LaunchTemplate) -> Vec<Breach> {
    let mut found = vec![];
    if let Known::No(near) = known(&template.instance_type) {
        let near =
            near.map_or_else(|| "write one of EC2's instance types, such as `t3.small`".into(), |near| format!("did you mean `{near}`?"));
        found.push(Breach::new(Code::BadClass, "instance_type", format!("EC2 has no instance type `{}`", template.instance_type), near));
    }
    found.extend(image(template));
    if let Some(name) = template.boot.borrowed() {
        let message =
            format!("the user data has `{name}` in it, by which a script of infra's own is known: it would read as one that was altered");
        found.push(Breach::new(Code::Refused, "boot", message, "give the unit or the file another name"));
    }
    if let Some(message) = template.boot.refusal() {
        found.push(Breach::new(
            Code::Refused,
            "boot",
            format!("instances can't be started with this: {message}"),
            "write a shorter script, or fewer variables with a line each",
        ));
    }
    found
}

pub(super) fn doubts(template: &LaunchTemplate) -> Vec<Breach> {
    let perhaps = known(&template.instance_type) == Known::Perhaps;
    let breach = || {
        let message = format!("the instance type `{}` is younger than this version of infra", template.instance_type);
        Breach::new(Code::Risk, "instance_type", message, "make sure that EC2 has it in the stack's region")
    };
    perhaps.then(breach).into_iter().collect()
}

/// An image is of its instances' architecture (`ImageId`, "AMI types" in the user guide); a parameter has a name that parameters can have
/// (`Name` of SSM's `PutParameter`), and of AWS's own there are only those for services.
fn image(template: &LaunchTemplate) -> Option<Breach> {
    let name = template.image.strip_prefix("resolve:ssm:")?;
    let (bare, selected) = name.split_once(':').unwrap_or((name, "1"));
    let word = |text: &str, more: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let lower = bare.to_ascii_lowercase();
    let reserved = lower.trim_start_matches('/').starts_with("aws") && !lower.starts_with("/aws/service/")
        || lower.trim_start_matches('/').starts_with("ssm");
    let inner = bare.contains('/') && !bare.starts_with('/');
    if !word(bare, "_.-/") || !word(selected, "_.-") || reserved || inner || bare.ends_with('/') {
        let message = format!("`{name}` is no name of a parameter of Systems Manager");
        let help = "write a public one, such as `resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64`, or one of your own";
        return Some(Breach::new(Code::BadText, "image", message, help));
    }
    let says = [("arm64", "arm64"), ("aarch64", "arm64"), ("x86_64", "x86_64"), ("amd64", "x86_64")];
    let (_, of) = says.iter().find(|(word, _)| lower.contains(word))?;
    let runs = architecture(&template.instance_type);
    (*of != runs && !template.instance_type.starts_with("mac")).then(|| {
        let message = format!("the image is for {of}, and `{}` runs {runs}", template.instance_type);
        let help = format!("write an image for {runs}, or an instance type of {of}; without `ami` the image follows the type");
        Breach::new(Code::Refused, "image", message, help).with("instance_type")
    })
}
