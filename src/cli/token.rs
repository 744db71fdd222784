//! `infra token`.
use clap::Args;

use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::diag::Exit;
use crate::render::kubeconfig;

/// Prints a token for a Kubernetes cluster of EKS, as clients of one ask for it (`ExecCredential`): what `infra kubeconfig` prints calls this. It is made
/// with the credentials in use and without a request, and is good for a quarter of an hour: whoever has it is whoever has those.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra token shop-main-0a1b2c3d --region eu-central-1")]
pub struct Token {
    /// The cluster's name at EKS
    cluster: String,
    /// The region that it is in
    #[arg(long, value_name = "REGION", env = "INFRA_REGION")]
    region: String,
}

impl Token {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let token = flow::token(&self.region, &self.cluster).await?;
        let told = kubeconfig::credential(token.secret.expose().unwrap_or_default(), token.until);
        printer.verbatim_json(&format!("{told}\n"));
        Ok(Exit::Done)
    }
}
