//! A record of a Cloudflare zone.
mod batch;
pub mod canonical;
mod wire;

use super::terraform::{ID, known, made, same};
use super::*;
use batch::{only, records};
use wire::read;

pub use wire::host;

object! {
    /// One of `/zones/ZONE/dns_records`. Its comment is its stamp.
    pub struct DnsRecord {
        /// The zone's name.
        replace zone: String,
        /// The whole name in lower case, in its ASCII form, without the trailing dot. It changes in place: the names by which a certificate is validated
        /// repeat from one certificate to the next, and a successor would be the very record that leaves.
        update name: Text,
        /// `A`, `AAAA`, `CAA`, `CNAME`, `MX`, `NS`, `SRV` or `TXT`. Another type takes the place of the old one in one transaction.
        update r#type: String,
        /// What the record says, in one form for each type: a host name as `name` is; the text of a TXT record without quotes; `WEIGHT PORT TARGET` of an SRV
        /// record; `FLAGS TAG VALUE` of a CAA record.
        update content: Text,
        /// Of MX and SRV records.
        update priority: Option<i32>,
        /// Whether clients are led to Cloudflare, and not to what the record says.
        update proxied: bool,
        /// Seconds, from 60 to 86400; 1 is automatic, and all that a proxied record can have.
        update ttl: i32,
        /// What must serve before the name leads there.
        computed waits_for: BTreeSet<Pointer>,
        /// Groups that guard what the record leads to: they open before it leads clients there directly.
        computed opens: BTreeSet<Address>,
    }
}

/// An automatic time to live.
pub const AUTOMATIC: i32 = 1;

impl Resource for DnsRecord {
    const KIND: Kind = Kind::DnsRecord;
    const SERVICE: Service = Service::Cloudflare;
    const TYPICAL: Typical = Typical::secs(2, 2, 2);
    const HINT: &'static [&'static str] = &["{type} {name}", "to {content}", "{proxied?proxied}"];
    const SHARED: bool = true;
    const BATCHED: bool = true;
    const CALLS: Calls = Calls::NONE;
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "cloudflare_dns_record",
            &[same("content"), ID, same("name"), same("priority"), same("proxied"), same("ttl"), same("type"), known("zone_id", "${zone}")],
        )],
        left_out: &[
            ("opens", "it only orders changes in place"),
            ("waits_for", "Terraform says by `depends_on` what must serve first"),
            ("zone", "a stack has one zone, and Terraform says it by its id"),
        ],
    };
    const PERMISSION: Option<&'static str> = Some("DNS");

    fn example() -> Self {
        DnsRecord {
            zone: "example.com".into(),
            name: Text::literal("www.example.com"),
            r#type: "MX".into(),
            content: Text::literal("mx.example.net"),
            priority: Some(10),
            proxied: false,
            ttl: 300,
            waits_for: BTreeSet::new(),
            opens: BTreeSet::new(),
        }
    }

    /// An alias is alone at its name; addresses stand beside each other. Nothing says the same twice.
    fn claims(&self) -> Vec<Claim> {
        let (Some(name), content) = (self.name.plain(), self.content.plain()) else { return vec![] };
        let whole = content.map(|content| Claim::Name { within: None, name: format!("{} {name} {content}", self.r#type) });
        let host = format!("host {name}");
        let host = match self.r#type.as_str() {
            "A" | "AAAA" => Some(Claim::Share { name: host }),
            "CNAME" => Some(Claim::Name { within: None, name: host }),
            _ => None,
        };
        host.into_iter().chain(whole).collect()
    }

    fn follows(&self, before: &Self) -> Vec<Address> {
        if before.proxied && !self.proxied { self.opens.iter().cloned().collect() } else { vec![] }
    }

    fn simulate(&mut self, _id: &str) {
        self.waits_for.clear();
    }

    /// One request a zone, whoever owns what is in it.
    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        let mut all = vec![];
        for zone in cx.zones(stack).await? {
            all.extend(records(cx, &zone).await?.iter().filter_map(|v| read(v, &zone, stack)));
        }
        Ok(all)
    }

    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let made = Self::batch(cx, vec![Call::Create { want: self, links, stamp: stamp.clone() }]).await;
        only(made)?.ok_or_else(|| CloudError::bug("a creation without an object"))
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let made = Self::batch(cx, vec![Call::Update { live, want: self, links, stamp: stamp.clone() }]).await;
        only(made)?.ok_or_else(|| CloudError::bug("an update without an object"))
    }

    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        only(Self::batch(cx, vec![Call::Delete { live }]).await).map(drop)
    }

    async fn batch(cx: &Clients, calls: Vec<Call<'_, Self>>) -> Vec<Answer> {
        batch::batch(cx, calls).await
    }
}

impl DnsRecord {
    /// The record as a request says it, but for its mark.
    fn body(&self, links: &Links) -> Result<Value, CloudError> {
        wire::body(self, &self.name.resolve(links)?, &self.content.resolve(links)?)
    }
}
