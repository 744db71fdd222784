//! A certificate for HTTPS listeners.
use super::*;
use crate::attributes;
use crate::model::{Computed, Tags};

/// `AWS::CertificateManager::Certificate`, validated by DNS. It is there once its validation records are known, and of use once they are published:
/// a listener that uses it waits for that. The records stay, so that the service can renew it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Certificate {
    /// `DomainName`.
    pub domain: String,
    /// `SubjectAlternativeNames`: every name that it covers, `domain` among them.
    pub names: BTreeSet<String>,
    /// `DomainValidationOptions[].ResourceRecord` by domain name: the name and the value of a CNAME, in lower case, without trailing dots.
    pub validation: Computed<BTreeMap<String, (String, String)>>,
    pub tags: Tags,
}

attributes! { Certificate { replace domain, replace names, computed validation, update tags } }

impl Resource for Certificate {
    const KIND: Kind = Kind::Certificate;
    const SERVICE: Service = Service::Acm;
    /// Until it is issued, though the listener that uses it waits for that.
    const TYPICAL: Typical = Typical::secs(120, 2, 5);

    /// `validation_name.DOMAIN` and `validation_value.DOMAIN`.
    fn outputs(&self) -> Outputs {
        let records = self.validation.0.iter().flatten();
        records.flat_map(|(d, (name, value))| [(format!("validation_name.{d}"), name.clone()), (format!("validation_value.{d}"), value.clone())]).collect()
    }

    fn simulate(&mut self, id: &str) {
        let record = |d: &String| (d.clone(), (format!("_{id}.{}", d.trim_start_matches("*.")), format!("_{id}.acm-validations.sandbox")));
        self.validation = Computed::from(self.names.iter().map(record).collect::<BTreeMap<_, _>>());
    }

    async fn list(_cx: &Clients, _stack: &str) -> Result<Vec<Live>, CloudError> {
        Ok(vec![])
    }

    async fn create(&self, _cx: &Clients, _links: &Links, _stamp: &Stamp) -> Result<Live, CloudError> {
        Err(CloudError::bug("not yet"))
    }

    async fn update(&self, _cx: &Clients, _links: &Links, _live: &Live, _stamp: &Stamp) -> Result<Live, CloudError> {
        Err(CloudError::bug("not yet"))
    }

    async fn delete(_cx: &Clients, _live: &Live) -> Result<(), CloudError> {
        Err(CloudError::bug("not yet"))
    }
}
