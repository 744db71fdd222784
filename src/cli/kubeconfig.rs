//! `infra kubeconfig`.
use clap::Args;

use super::args::{CloudArgs, SpecArgs};
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::cloud::Observe;
use crate::diag::{Code, Exit, Finding};
use crate::kinds::Kind;
use crate::render::kubeconfig;

/// Prints a configuration for clients of the stack's Kubernetes cluster, such as kubectl. It holds no secret: a client that reads it asks `infra token` for
/// one, with the credentials that are then in use.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra kubeconfig > shop.kubeconfig\n  kubectl --kubeconfig shop.kubeconfig get pods --namespace shop")]
pub struct Kubeconfig {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
}

impl Kubeconfig {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        let (stack, region) = (loaded.spec.stack.to_string(), loaded.spec.region.to_string());
        let all = world.read_only().list(Kind::EksCluster, &stack).await?;
        let Some(live) = all.into_iter().find(|live| live.stamp.stack == stack) else {
            let help = "add `kubernetes:` to the spec and apply it";
            return Err(Finding::error(Code::Missing, format!("{stack} has no Kubernetes cluster"), help).into());
        };
        printer.document(&kubeconfig::config(&stack, &live.id, &region, &live.object.outputs()));
        Ok(Exit::Done)
    }
}
