//! A record of a Cloudflare zone.
use super::*;
use crate::attributes;

/// One of `/zones/ZONE/dns_records`. Its comment is its stamp.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DnsRecord {
    /// The zone's name.
    pub zone: String,
    /// The whole name in lower case, in its ASCII form, without the trailing dot.
    pub name: Text,
    /// `A`, `AAAA`, `CAA`, `CNAME`, `MX`, `NS`, `SRV` or `TXT`. Another type takes the place of the old one in one transaction.
    pub r#type: String,
    /// What the record says, in one form for each type: a host name as `name` is; the text of a TXT record without quotes; `WEIGHT PORT TARGET` of an SRV
    /// record; `FLAGS TAG VALUE` of a CAA record.
    pub content: Text,
    /// Of MX and SRV records.
    pub priority: Option<i32>,
    /// Whether clients are led to Cloudflare, and not to what the record says.
    pub proxied: bool,
    /// Seconds, from 60 to 86400; 1 is automatic, and all that a proxied record can have.
    pub ttl: i32,
    /// What must serve before the name leads there.
    pub waits_for: BTreeSet<Pointer>,
    /// Groups that let only Cloudflare in: they open before the record leads clients there directly.
    pub opens: BTreeSet<Address>,
}

attributes! { DnsRecord { replace zone, replace name, update r#type, update content, update priority, update proxied, update ttl, computed waits_for, computed opens } }

/// An automatic time to live.
pub const AUTOMATIC: i32 = 1;

impl Resource for DnsRecord {
    const KIND: Kind = Kind::DnsRecord;
    const SERVICE: Service = Service::Cloudflare;
    const TYPICAL: Typical = Typical::secs(2, 2, 2);
    const SHARED: bool = true;
    const BATCHED: bool = true;

    fn claims(&self) -> Vec<Claim> {
        vec![]
    }

    fn follows(&self, before: &Self) -> Vec<Address> {
        if before.proxied && !self.proxied { self.opens.iter().cloned().collect() } else { vec![] }
    }

    fn simulate(&mut self, _id: &str) {
        self.waits_for.clear();
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
