//! What a stack keeps in the cloud beside its objects, while a run goes on: its lease, and what a stranger needs to take the run back.
//!
//! On AWS these are parameters of Systems Manager under `/infra/`; the sandbox keeps them in its file.
use std::collections::BTreeMap;

use super::{Class, Clients, CloudError};
use crate::wire::Service;

/// Short texts by name (`STACK/lease/3`). A text has at most [`NOTE`] characters.
#[expect(async_fn_in_trait, reason = "one thread drives everything; no future needs to be Send")]
pub trait Notes {
    /// Writes a note that must not be there yet; `false` when it is. Of several writers at once exactly one hears `true`.
    async fn note_new(&self, name: &str, text: &str) -> Result<bool, CloudError>;
    /// Writes a note, there or not.
    async fn note(&self, name: &str, text: &str) -> Result<(), CloudError>;
    /// Every note in a folder and below it, by full name.
    async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError>;
    /// Absent already is success.
    async fn forget(&self, names: &[String]) -> Result<(), CloudError>;
}

/// A standard parameter's value may have 4,096 characters (`PutParameter`).
pub const NOTE: usize = 4096;

const PREFIX: &str = "/infra/";

impl Notes for Clients {
    async fn note_new(&self, name: &str, text: &str) -> Result<bool, CloudError> {
        match self.put_parameter(name, text, false).await {
            Ok(()) => Ok(true),
            Err(e) if e.code == "ParameterAlreadyExists" => Ok(false),
            // The answer was lost: it is ours when it says what we wrote.
            Err(e) if e.class == Class::Ambiguous => {
                let request = self.ssm().get_parameter().name(format!("{PREFIX}{name}"));
                match self.safe(Service::Ssm, "GetParameter", async || request.clone().send().await).await {
                    Ok(found) => Ok(found.parameter.and_then(|p| p.value).as_deref() == Some(text)),
                    Err(absent) if absent.class == Class::NotFound => Err(e),
                    Err(other) => Err(other),
                }
            }
            Err(e) => Err(e),
        }
    }

    async fn note(&self, name: &str, text: &str) -> Result<(), CloudError> {
        self.put_parameter(name, text, true).await
    }

    async fn notes(&self, folder: &str) -> Result<BTreeMap<String, String>, CloudError> {
        let request = self.ssm().get_parameters_by_path().path(format!("{PREFIX}{folder}")).recursive(true).max_results(10);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let found = self.pages(Service::Ssm, "GetParametersByPath", send, |page| (page.parameters, page.next_token)).await?;
        Ok(found.into_iter().filter_map(|p| Some((p.name?.strip_prefix(PREFIX)?.to_owned(), p.value?))).collect())
    }

    async fn forget(&self, names: &[String]) -> Result<(), CloudError> {
        for some in names.chunks(10) {
            let some: Vec<String> = some.iter().map(|n| format!("{PREFIX}{n}")).collect();
            let request = self.ssm().delete_parameters().set_names(Some(some));
            self.safe(Service::Ssm, "DeleteParameters", async || request.clone().send().await).await?;
        }
        Ok(())
    }
}

impl Clients {
    /// Writing over what is there may be repeated; writing what must be new may not.
    async fn put_parameter(&self, name: &str, text: &str, overwrite: bool) -> Result<(), CloudError> {
        let kind = aws_sdk_ssm::types::ParameterType::String;
        let request = self.ssm().put_parameter().name(format!("{PREFIX}{name}")).value(text).r#type(kind).overwrite(overwrite);
        let put = async || request.clone().send().await;
        match overwrite {
            true => self.safe(Service::Ssm, "PutParameter", put).await.map(drop),
            false => self.write(Service::Ssm, "PutParameter", put).await.map(drop),
        }
    }
}
