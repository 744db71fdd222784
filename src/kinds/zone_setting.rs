//! A setting of a Cloudflare zone.
use super::managed::moved;
use super::terraform::{known, made, of, same};
use super::*;
use crate::model::Computed;
use crate::wire::Notes;
use crate::wire::cloudflare::{Request, Zone, folder};
use cloudflare::framework::endpoint::Method;
use futures_util::future::try_join_all;
use serde_json::json;

object! {
    /// One of `/zones/ZONE/settings`. Every zone has all of them, so none is made or deleted: one becomes the stack's, and is given back with the value
    /// that it was found with. A setting can carry no mark; the stack's notes hold the stamp and that value.
    pub struct ZoneSetting {
        /// The zone's name.
        replace zone: String,
        /// The setting's id: `ssl`, `min_tls_version`, ….
        replace setting: String,
        /// Its value, in the API's own words.
        update value: Document,
        /// The value that was found before the first change.
        computed before: Computed<Document>,
        /// What must serve before the setting counts on it.
        computed waits_for: BTreeSet<Pointer>,
    }
}

impl Resource for ZoneSetting {
    const KIND: Kind = Kind::ZoneSetting;
    const SERVICE: Service = Service::Cloudflare;
    const TYPICAL: Typical = Typical::secs(2, 2, 2);
    const HINT: &'static [&'static str] = &["{setting} {value}"];
    const CALLS: Calls = Calls::NONE;
    const TERRAFORM: &'static Table = &Table {
        by_kind: false,
        made: &[made(
            "cloudflare_zone_setting",
            &[of("id", "setting"), of("setting_id", "setting"), same("value"), known("zone_id", "${zone}")],
        )],
        left_out: &[
            ("before", "what a setting was before is infra's own memory"),
            ("waits_for", "Terraform says by `depends_on` what must serve first"),
            ("zone", "a stack has one zone, and Terraform says it by its id"),
        ],
    };
    const PERMISSION: Option<&'static str> = Some("Zone Settings");

    fn example() -> Self {
        ZoneSetting {
            zone: "example.com".into(),
            setting: "ssl".into(),
            value: json!("strict").into(),
            before: Computed::default(),
            waits_for: BTreeSet::new(),
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![Claim::Name { within: None, name: format!("setting {} of {}", self.setting, self.zone) }]
    }

    fn simulate(&mut self, _id: &str) {
        self.waits_for.clear();
    }

    async fn list(cx: &Clients, stack: &str) -> Result<Vec<Live>, CloudError> {
        if cx.zones(stack).await?.is_empty() {
            return Ok(vec![]);
        }
        let notes = cx.notes(&folder(stack)).await?;
        let own = notes.iter().filter_map(|(name, note)| {
            let (zone, setting) = name.strip_prefix(&format!("{}/", folder(stack)))?.split_once("/settings/")?;
            Some((zone, setting, serde_json::from_str::<Note>(note).ok()?))
        });
        let look = async |(zone, setting, note): (&str, &str, Note)| {
            let zone = cx.zone(zone).await?;
            let Some(seen) = present(get(cx, &zone, setting).await)? else { return Ok(None) };
            let object = ZoneSetting {
                zone: zone.name.clone(),
                setting: setting.into(),
                value: seen["value"].clone().into(),
                before: Document(note.before).into(),
                waits_for: BTreeSet::new(),
            };
            Ok::<_, CloudError>(Some(Live::found(id(&zone.name, setting), object, note.stamp)))
        };
        Ok(try_join_all(own.map(look)).await?.into_iter().flatten().collect())
    }

    /// The note comes first: whatever happens then, the value that was found is not forgotten.
    async fn create(&self, cx: &Clients, links: &Links, stamp: &Stamp) -> Result<Live, CloudError> {
        let zone = cx.enter(&stamp.stack, &self.zone).await?;
        let seen = get(cx, &zone, &self.setting).await?;
        if seen["editable"] == json!(false) {
            let message = format!(
                "{} of {} can't be edited: the zone's plan ({}) doesn't have it, or somebody has locked it",
                self.setting, self.zone, zone.plan
            );
            return Err(CloudError::new(Class::Denied, "NotEditable", message));
        }
        let name = self.note(&stamp.stack);
        let left = cx.notes(&folder(&stamp.stack)).await?;
        let before = left.get(&name).and_then(|note| serde_json::from_str::<Note>(note).ok()).map(|n| n.before);
        let note = Note { stamp: stamp.clone(), before: before.unwrap_or(seen["value"].clone()) };
        note.write(cx, &name).await?;
        half(set(cx, &zone, &self.setting, &self.value).await)?;
        Live::made(id(&self.zone, &self.setting), ZoneSetting { before: Document(note.before).into(), ..self.clone() }, stamp, links)
    }

    async fn update(&self, cx: &Clients, links: &Links, live: &Live, stamp: &Stamp) -> Result<Live, CloudError> {
        let old: ZoneSetting = live.of()?;
        let stamp = moved(live, stamp);
        if self.value != old.value {
            set(cx, &cx.zone(&self.zone).await?, &self.setting, &self.value).await?;
        }
        if stamp != live.stamp {
            let note = Note { stamp: stamp.clone(), before: old.before.0.clone().unwrap_or_default().0 };
            half(note.write(cx, &self.note(&stamp.stack)).await)?;
        }
        Live::made(&live.id, ZoneSetting { before: old.before, ..self.clone() }, &stamp, links)
    }

    /// The setting gets back the value that it was found with.
    async fn delete(cx: &Clients, live: &Live) -> Result<(), CloudError> {
        let old: ZoneSetting = live.of()?;
        if let Some(before) = &old.before.0 {
            set(cx, &cx.zone(&old.zone).await?, &old.setting, before).await?;
        }
        half(cx.forget(&[old.note(&live.stamp.stack)]).await)
    }
}

/// What the stack keeps of a setting that is its own.
#[derive(Serialize, Deserialize)]
struct Note {
    stamp: Stamp,
    before: Value,
}

impl Note {
    async fn write(&self, cx: &Clients, name: &str) -> Result<(), CloudError> {
        cx.note(name, &serde_json::to_string(self).map_err(|e| CloudError::bug(e.to_string()))?).await
    }
}

impl ZoneSetting {
    fn note(&self, stack: &str) -> String {
        format!("{}/{}/settings/{}", folder(stack), self.zone, self.setting)
    }
}

fn id(zone: &str, setting: &str) -> String {
    format!("{zone}/{setting}")
}

async fn get(cx: &Clients, zone: &Zone, setting: &str) -> Result<Value, CloudError> {
    cx.ask(&Request::get("Get zone setting", "Zone Settings Read", zone.path(&format!("settings/{setting}")))).await
}

async fn set(cx: &Clients, zone: &Zone, setting: &str, value: &Value) -> Result<(), CloudError> {
    let request = Request::get("Edit zone setting", "Zone Settings Write", zone.path(&format!("settings/{setting}")));
    // It says the same twice.
    cx.ask(&request.send(Method::PATCH, json!({ "value": value }))).await.map(drop)
}
