//! A service's model as botocore carries it, `service-2.json`: its operations, and the shapes of what they take.
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use flate2::read::GzDecoder;
use regex::Regex;
use serde::Deserialize;

use super::super::venv::venv;
use super::pattern;

/// The version whose models are the law here; a newer one may forbid more, and then the suite shall say so when it is taken.
const BOTOCORE: &str = "1.44.8";

/// Services whose folder isn't called as their signatures say.
const FOLDERS: &[(&str, &str)] = &[
    ("aps", "amp"),
    ("elasticloadbalancing", "elbv2"),
    ("monitoring", "cloudwatch"),
    ("servicequotas", "service-quotas"),
    ("tagging", "resourcegroupstaggingapi"),
];

#[derive(Deserialize)]
pub struct Model {
    pub metadata: Metadata,
    pub operations: BTreeMap<String, Operation>,
    pub shapes: BTreeMap<String, Shape>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    pub api_version: String,
    pub protocol: String,
    /// What stands before an operation's name in `X-Amz-Target`.
    pub target_prefix: Option<String>,
}

#[derive(Deserialize)]
pub struct Operation {
    #[serde(default)]
    pub deprecated: bool,
    pub http: Http,
    pub input: Option<Member>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Http {
    pub method: String,
    /// `/{Bucket}/{Key+}?tagging`
    pub request_uri: String,
}

/// A shape, as something uses it: a member of a structure, of a list, of a map.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub shape: String,
    #[serde(default)]
    pub flattened: bool,
    pub location: Option<String>,
    pub location_name: Option<String>,
    pub query_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Shape {
    #[serde(rename = "type")]
    pub kind: Type,
    /// Whether it is JSON of any form.
    pub document: bool,
    #[serde(rename = "enum")]
    pub words: Vec<String>,
    pub flattened: bool,
    pub key: Option<Member>,
    /// Characters of a string, bytes of a blob, entries of a list or a map, or the number itself.
    pub max: Option<f64>,
    pub member: Option<Member>,
    pub members: BTreeMap<String, Member>,
    pub min: Option<f64>,
    pub pattern: Option<String>,
    /// The member that is the body.
    pub payload: Option<String>,
    pub required: Vec<String>,
    /// Whether exactly one member must be given.
    pub union: bool,
    pub value: Option<Member>,
    #[serde(skip)]
    regex: OnceLock<Option<Regex>>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    Blob,
    Boolean,
    Double,
    Float,
    Integer,
    List,
    Long,
    Map,
    #[default]
    String,
    Structure,
    Timestamp,
}

impl Model {
    /// The model of a service by the name in a signature's scope, read once; `None` when there is none.
    pub fn of(service: &str) -> Option<Arc<Model>> {
        static READ: LazyLock<Mutex<HashMap<String, Option<Arc<Model>>>>> = LazyLock::new(Mutex::default);
        let mut read = READ.lock().unwrap_or_else(|e| e.into_inner());
        read.entry(service.to_owned()).or_insert_with(|| Model::read(service).map(Arc::new)).clone()
    }

    /// The newest of a service's models.
    fn read(service: &str) -> Option<Model> {
        let folder = FOLDERS.iter().find(|(name, _)| *name == service).map_or(service, |(_, folder)| folder);
        let versions = std::fs::read_dir(data().join(folder)).ok()?;
        let newest = versions.map(|v| v.unwrap().path().join("service-2.json.gz")).filter(|file| file.exists()).max()?;
        let mut text = String::new();
        GzDecoder::new(std::fs::File::open(&newest).unwrap()).read_to_string(&mut text).unwrap();
        Some(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", newest.display())))
    }

    pub fn shape(&self, member: &Member) -> &Shape {
        &self.shapes[&member.shape]
    }
}

impl Shape {
    /// Whether a whole text is as the pattern says; `None` when the pattern can't be read here.
    pub fn matches(&self, text: &str) -> Option<bool> {
        let Some(pattern) = &self.pattern else { return Some(true) };
        self.regex.get_or_init(|| pattern::whole(pattern)).as_ref().map(|regex| regex.is_match(text))
    }
}

/// botocore's folder of models.
fn data() -> PathBuf {
    let home = venv("botocore", BOTOCORE, "botocore");
    let pythons = std::fs::read_dir(home.join("../lib")).unwrap();
    let data = pythons.map(|p| p.unwrap().path().join("site-packages/botocore/data"));
    data.into_iter().find(|folder| folder.exists()).expect("botocore has models")
}
