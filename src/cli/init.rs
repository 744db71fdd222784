//! `infra init`.
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use crate::diag::Exit;
use crate::files;
use crate::spec::starter::Starter;
use crate::spec::{load, schema};

/// Writes a first spec, the schema for editors beside it, a `.gitignore`, and workflows for CI when asked. On a terminal it asks for what no argument says.
/// Never overwrites a file.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  infra init --stack shop --region eu-central-1 --image nginx:1.29 --database postgres")]
pub struct Init {
    /// The folder to write into
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The stack's name [default: the folder's name]
    #[arg(long, value_name = "NAME", env = "INFRA_STACK")]
    stack: Option<String>,
    /// The AWS region [default: AWS_REGION, or us-east-1]
    #[arg(long, value_name = "REGION", env = "INFRA_REGION")]
    region: Option<String>,
    /// The container that runs [default: none yet]
    #[arg(long, value_name = "IMAGE", env = "INFRA_IMAGE")]
    image: Option<String>,
    /// The port that the container listens on [default: 80]
    #[arg(long, value_name = "PORT", env = "INFRA_PORT")]
    port: Option<u16>,
    /// A database for it [default: none]
    #[arg(long, value_name = "ENGINE", env = "INFRA_DATABASE", value_enum)]
    database: Option<DatabaseEngine>,
    /// A cache for it [default: none]
    #[arg(long, value_name = "ENGINE", env = "INFRA_CACHE", value_enum)]
    cache: Option<CacheEngine>,
    /// The name by which it is reached through Cloudflare, such as `www.example.com`; its last two parts are the zone, unless --zone says otherwise [default: none]
    #[arg(long, value_name = "NAME", env = "INFRA_HOST")]
    host: Option<String>,
    /// The zone at Cloudflare
    #[arg(long, value_name = "ZONE", env = "INFRA_ZONE")]
    zone: Option<String>,
    /// Who is told of alarms: a mail address or an https URL [default: nobody]
    #[arg(long, value_name = "WHOM", env = "INFRA_NOTIFY")]
    notify: Option<String>,
    /// Workflows that plan, comment, apply and look for drift [default: none]
    #[arg(long, value_name = "FORGE", env = "INFRA_CI", value_enum)]
    ci: Option<CiForge>,
}

// Variants of these have no doc comments: clap would print each on a line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DatabaseEngine {
    Postgres,
    Mysql,
    Mariadb,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CacheEngine {
    Redis,
    Valkey,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CiForge {
    Github,
    Gitlab,
    None,
}

/// Workflows by where they go.
macro_rules! workflows {
    ($($to:literal = $from:literal),+ $(,)?) => {
        &[$(($to, include_str!(concat!("../../examples/ci/", $from)))),+]
    };
}

const GITHUB: &[(&str, &str)] = workflows![
    ".github/actions/infra/action.yml" = "github/actions/infra/action.yml",
    ".github/workflows/apply.yml" = "github/workflows/apply.yml",
    ".github/workflows/drift.yml" = "github/workflows/drift.yml",
    ".github/workflows/plan.yml" = "github/workflows/plan.yml",
];
const GITLAB: &[(&str, &str)] = workflows![".gitlab-ci.yml" = "gitlab/.gitlab-ci.yml"];

/// What no repository should keep.
const IGNORED: &[&str] = &[".infra/", "*.infraplan"];

impl Init {
    pub fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let (starter, ci) = self.answers(printer);
        let spec = starter.text();
        let name = self.folder.join("infra.yaml");
        // What was given is checked as a spec is: it is one.
        let loaded = flow::parse(&[(name.clone(), spec.clone())], printer)?;
        flow::warn(&loaded, printer);
        flow::stack(&loaded)?;
        let mut files = vec![(name, spec), (self.folder.join("infra.schema.json"), format!("{:#}\n", schema::infra_schema()))];
        let workflows = match ci {
            CiForge::Github => GITHUB,
            CiForge::Gitlab => GITLAB,
            CiForge::None => &[],
        };
        files.extend(workflows.iter().map(|(to, text)| (self.folder.join(to), (*text).to_owned())));
        let there: Vec<&Path> = files.iter().map(|(file, _)| file.as_path()).filter(|file| file.symlink_metadata().is_ok()).collect();
        if !there.is_empty() {
            return Err(Failure::there_already(&there));
        }
        let ignored = self.folder.join(".gitignore");
        let so_far = std::fs::read_to_string(&ignored).unwrap_or_default();
        let missing: String =
            IGNORED.iter().filter(|line| !so_far.lines().any(|there| there == **line)).map(|line| format!("{line}\n")).collect();
        if !missing.is_empty() {
            let end = if so_far.is_empty() || so_far.ends_with('\n') { "" } else { "\n" };
            files.push((ignored, format!("{so_far}{end}{missing}")));
        }
        for (file, text) in &files {
            let folder = file.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder).map_err(files::at(folder))?;
            files::write_shared(file, text.as_bytes())?;
            printer.result(&format!("written: {}\n", file.display()));
        }
        let flag = if self.folder == Path::new(".") { String::new() } else { format!(" --file {}", files[0].0.display()) };
        printer.say(&format!("\nNext, without an account:\n  $ infra plan{flag} --cloud sandbox\nand with one: `infra plan{flag}`. `infra explain` is the manual."));
        if ci != CiForge::None {
            printer.say("The workflows need roles and settings: `infra explain ci`, `infra iam-policy`.");
        }
        Ok(Exit::Done)
    }

    /// What the arguments say, and a person where they don't; an answer that no spec may hold is asked for again.
    fn answers(&self, printer: &Printer) -> (Starter, CiForge) {
        let given = |value: Option<&dyn Called>| value.map(Called::called);
        let here = std::path::absolute(&self.folder).unwrap_or_default();
        let region = std::env::var("AWS_REGION").unwrap_or_else(|_| "us-east-1".into());
        let mut all =
            Questions { starter: Starter { stack: "shop".into(), region: "us-east-1".into(), port: 80, ..Default::default() }, printer };
        all.put(self.stack.clone(), "Name of the stack", &named_after(&here), |s, name| s.stack = name);
        all.put(self.region.clone(), "AWS region", &region, |s, region| s.region = region);
        all.put(self.image.clone(), "Container image, such as nginx:1.29", "none", |s, image| s.image = image);
        if !all.starter.image.is_empty() {
            let port = self.port.map(|port| port.to_string());
            all.put(port, "Port that it listens on", "80", |s, port| s.port = port.parse().unwrap_or_default());
        }
        all.put(given(self.database.as_ref().map(|e| e as _)), "Database: postgres, mysql, mariadb or none", "none", |s, engine| {
            s.database = engine
        });
        all.put(given(self.cache.as_ref().map(|e| e as _)), "Cache: redis, valkey or none", "none", |s, engine| s.cache = engine);
        if !all.starter.image.is_empty() {
            let host = "Name by which it is reached through Cloudflare, such as www.example.com";
            all.put(self.host.clone(), host, "none", |s, host| (s.zone, s.host) = (zone_of(&host), host));
        }
        if !all.starter.host.is_empty() || self.zone.is_some() {
            let zone = zone_of(&all.starter.host);
            all.put(self.zone.clone(), "Zone at Cloudflare", &zone, |s, zone| s.zone = zone);
        }
        all.put(self.notify.clone(), "Who is told of alarms, such as ops@example.com", "none", |s, whom| s.notify = whom);
        let ci = all.ask(given(self.ci.as_ref().map(|f| f as _)), "Workflows for CI: github, gitlab or none", "none", |word| {
            CiForge::from_str(word, false).map_err(|_| format!("`{word}` is none of them"))
        });
        (all.starter, ci.unwrap_or(CiForge::None))
    }
}

/// The answers so far, and who is asked for more.
struct Questions<'p> {
    starter: Starter,
    printer: &'p Printer,
}

impl Questions<'_> {
    /// Asks for a part of the spec.
    fn put(&mut self, given: Option<String>, question: &str, default: &str, set: fn(&mut Starter, String)) {
        let so_far = self.starter.clone();
        let with = |value: &str| {
            let mut next = so_far.clone();
            set(&mut next, if value == "none" { String::new() } else { value.into() });
            next
        };
        let check = |value: &str| {
            let next = with(value);
            match load(&[("infra.yaml".into(), next.text())], &|_| None) {
                Ok(_) => Ok(next),
                Err(found) => Err(found.0.iter().map(|f| format!("{}: {}", f.message, f.help)).collect::<Vec<_>>().join("\n")),
            }
        };
        let value = given.clone().unwrap_or_else(|| default.into());
        self.starter = self.ask(given, question, default, check).unwrap_or_else(|| with(&value));
    }

    /// What is said to a question, as soon as `read` takes it; nothing where nobody can be asked and it doesn't.
    fn ask<T>(&self, given: Option<String>, question: &str, default: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        if given.is_some() || !self.printer.interactive {
            return read(given.as_deref().unwrap_or(default)).ok();
        }
        loop {
            let typed = self.printer.ask(&format!("{question} [{default}]: "));
            match read(if typed.is_empty() { default } else { &typed }) {
                Ok(value) => return Some(value),
                // Nobody is there any more to say it otherwise.
                Err(_) if typed.is_empty() => return None,
                Err(why) => self.printer.say(&why),
            }
        }
    }
}

/// What a word is called on the command line.
trait Called {
    fn called(&self) -> String;
}

impl<T: ValueEnum> Called for T {
    fn called(&self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// A stack's name that is like a folder's.
fn named_after(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join("-");
    let name: String = name.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).chars().take(24).collect();
    if name.is_empty() { "shop".into() } else { name.trim_end_matches('-').into() }
}

/// The last two parts of a host's name.
fn zone_of(host: &str) -> String {
    let mut parts: Vec<&str> = host.rsplit('.').take(2).collect();
    parts.reverse();
    parts.join(".")
}
