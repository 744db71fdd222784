//! Diagnostic codes, findings and exit codes: what a person is told, and how a process ends.
mod json;
mod risk;
mod text;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use json::{FindingDocument, FindingsDocument, findings_schema, json};
pub use risk::{Named, Risk};
pub use text::{freed, held, render};

/// A file as the user wrote it; labels point into it by byte offsets.
pub type Source = Arc<NamedSource<String>>;

macro_rules! codes {
    ($($name:ident $text:literal $doc:literal,)+) => {
        /// Every code a finding can carry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $doc] $name,)+ }

        impl Code {
            /// All codes, in alphabetical order.
            pub const ALL: &[Code] = &[$(Code::$name,)+];

            /// The code as printed; never changes once published.
            pub const fn text(self) -> &'static str {
                match self { $(Code::$name => concat!("infra::", $text),)+ }
            }

            /// One sentence: the rule that a finding of this code reports.
            pub const fn rule(self) -> &'static str {
                match self { $(Code::$name => $doc,)+ }
            }
        }
    };
}

codes! {
    Accept "spec::accept" "What a spec accepts is a risk that it has, with a reason.",
    AmbiguousName "spec::ambiguous_name" "A name that could mean several entries must be made clear.",
    BadAccount "spec::bad_account" "An account is twelve digits in quotes.",
    BadArn "spec::bad_arn" "An ARN has the form that AWS prints.",
    BadBlock "spec::bad_block" "A block is an IPv4 network in CIDR notation without host bits.",
    BadClass "spec::bad_class" "An instance type, node type or instance class has the form AWS gives it.",
    BadDuration "spec::bad_duration" "A duration is a whole number and one of the units s, m, h, d.",
    BadEnvName "spec::bad_env_name" "An environment variable's name has letters, digits and `_`.",
    BadExpression "spec::bad_expression" "A rule's expression has its parentheses and quotes in pairs.",
    BadHost "spec::bad_host" "A host's name has labels of letters, digits and `-`, with points between them.",
    BadMatch "spec::bad_match" "A path to match starts with `/`, and `*` in it stands for any characters.",
    BadName "spec::bad_name" "A name has lower-case letters, digits and `-`, starts with a letter, and has at most 32 characters.",
    BadPeer "spec::bad_peer" "A peer is `anywhere`, `vpc`, `cdn`, `load_balancer`, an entry's name or a block.",
    BadPorts "spec::bad_ports" "A range of ports is `FIRST-LAST` with both in 1 to 65535.",
    BadRecord "spec::bad_record" "A DNS record has what its type takes, and a content that fits it.",
    BadReference "spec::bad_reference" "A reference has the form `${section.name.attribute}`.",
    BadRegion "spec::bad_region" "A region has the form AWS gives it, such as `us-east-1`.",
    BadSize "spec::bad_size" "A size is a whole number and a binary unit, GiB or TiB.",
    BadTag "spec::bad_tag" "A tag's key must not be one that AWS or infra keeps for itself.",
    BadText "spec::bad_text" "A text has the form its field needs.",
    BadVersion "spec::bad_version" "An engine's version is numbers with points, in quotes.",
    BadWindow "spec::bad_window" "A window is a span of time in UTC.",
    BadZone "spec::bad_zone" "A zone belongs to the stack's region.",
    BlockOutsideVpc "spec::block_outside_vpc" "A subnet's block lies inside the VPC's block.",
    BlockOverlap "spec::block_overlap" "Blocks of subnets do not overlap.",
    BlockSize "spec::block_size" "AWS takes blocks from /16 to /28 for a VPC and its subnets.",
    Blocked "plan::blocked" "What must leave first is used by nothing that stays.",
    Cloud "cloud" "The cloud answers, and does what it is asked.",
    Comment "comment" "A stack's comment can be written on its pull or merge request.",
    Count "spec::count" "A list, map or text has as many items as its field takes.",
    Cycle "spec::cycle" "Sections must not need each other in a circle.",
    Dangling "plan::dangling" "What is needed exists.",
    Duplicate "spec::duplicate" "A key, a port or an item stands only once.",
    Ended "plan::ended" "What has ended by itself stands in no spec any more.",
    EnvSyntax "spec::env_syntax" "An environment reference is `${env.NAME}` or `${env.NAME:-default}`.",
    FailoverWithoutReplica "spec::failover_without_replica" "Automatic failover needs a replica to fail over to.",
    Guarded "plan::guarded" "What holds data or is protected goes only when it is named.",
    HealthCheck "spec::health_check" "A health check's answer must be able to come before the next check.",
    Holder "run::holder" "A lease is taken from the holder that was named.",
    Deployment "spec::deployment" "A deployment's steps rise to all of the requests, and something shares these out.",
    Instances "spec::instances" "An instance group's counts are in order: min, desired, max.",
    Io "io" "Files can be read and written.",
    Journal "run::journal" "The journal of a run can be read whole.",
    Leased "run::leased" "One run at a time changes a stack.",
    ListenerAction "spec::listener_action" "A listener or a route forwards to a compute entry, redirects or answers by itself.",
    ListenerCertificate "spec::listener_certificate" "A listener for HTTPS has a certificate, given by its ARN or by a host name of the CDN's zone.",
    LiteralSecret "spec::literal_secret" "A secret is never written in a spec.",
    Locked "spec::locked" "What only Cloudflare may reach is reached through Cloudflare alone.",
    Logs "logs" "Logs that are asked for are written.",
    LongComment "spec::long_comment" "A DNS record's comment, which says whose it is, fits into 100 characters.",
    Missing "spec::missing" "A required key is there.",
    Moved "plan::moved" "A stack stays in the region and under the name where it stands.",
    MultiAzWithoutFailover "spec::multi_az_without_failover" "A cache spread over zones needs automatic failover.",
    Namesake "plan::namesake" "What bears a stack's name bears its identity, too.",
    NoRoom "spec::no_room" "All subnets fit into the VPC's block.",
    OneZone "spec::one_zone" "A service that AWS spreads over zones needs at least two.",
    Origin "plan::origin" "A stack is changed from the repository that made it.",
    OutOfRange "spec::out_of_range" "A number lies within its field's bounds.",
    Output "output" "An output that is asked for is one of the spec's, and has a value.",
    OwnCredential "spec::own_credential" "What infra and its CI job log in with is given to no application.",
    Package "spec::package" "A function's code can be packed, holds its handler, and is no larger than AWS takes.",
    Permission "cloudflare::permission" "The token may do what the stack needs at Cloudflare.",
    PlanGate "cloudflare::plan" "A zone's plan has what the spec asks of it.",
    Proxied "spec::proxied" "Only addresses and aliases are proxied, and Cloudflare decides how long answers are kept then.",
    Quota "spec::quota" "An account as AWS makes it has room for what the spec asks.",
    RecordClash "spec::record_clash" "Records of one name do not contradict each other.",
    Recovery "run::recovery" "A run goes on in a way that is still open to it.",
    ReferenceHere "spec::reference_here" "References stand only in fields that are resolved at the moment of the call.",
    Refused "spec::refused" "A service takes what the spec asks of it.",
    Renamed "spec::renamed" "`renamed_from` names an entry that is gone.",
    ReplicaWithoutBackups "spec::replica_without_backups" "A database with replicas has backups, for AWS makes replicas from them.",
    Risk "spec::risk" "A default that keeps the environment safe was turned off.",
    Rule "spec::rule" "The parts of a rule go together.",
    SavedPlan "plan::saved" "A saved plan is applied as it was written, where it was made, by the version that made it.",
    Selection "plan::selection" "A target or an exclusion names something of the stack.",
    Source "spec::source" "Image, AMI and user data do not contradict each other.",
    Stale "plan::stale" "What a saved plan was made from is still so when it is applied.",
    Storage "spec::storage" "Storage can only grow, and its speed is set where its type allows.",
    Syntax "spec::syntax" "A layer is one YAML document of plain maps, lists and scalars.",
    Taken "plan::taken" "Where an object is to stand, nobody else's stands.",
    Tier "spec::tier" "What stands in a subnet stands in a tier that suits it.",
    TimeLimit "run::time_limit" "A run begins when there is time for it and for its way back.",
    Twins "plan::twins" "A step of a run makes one object, and one object bears its stamp.",
    Unattended "unattended" "Without a terminal, changes are approved beforehand.",
    Unfinished "run::unfinished" "A run is brought to its end before the next one begins.",
    UnknownKey "spec::unknown_key" "A key is one of those its section has.",
    UnknownName "spec::unknown_name" "A name that is referred to exists.",
    UnknownTopic "spec::unknown_topic" "A topic to explain is a section or a field of one.",
    UnknownValue "spec::unknown_value" "A value is one of those its field takes.",
    UnknownZone "cloudflare::zone" "The zone is one that the token can see.",
    UnlistedEnv "spec::unlisted_env" "An environment variable that is read is named `INFRA_VAR_…`, or listed in the first layer's `env`.",
    UnsetEnv "spec::unset_env" "An environment variable that is read is set or has a default.",
    Usage "usage" "A command is given the arguments that it takes.",
    Wish "run::wish" "A run that is to be aborted, or a step that is to be approved, is there.",
    WrongAccount "wrong_account" "The live account is the one that the spec pins.",
    WrongType "spec::wrong_type" "A value has the type of its field.",
}

impl Code {
    /// The exit code of a process that did nothing because of a finding of this code.
    pub const fn exit(self) -> Exit {
        match self {
            Code::Leased => Exit::Leased,
            Code::Stale => Exit::Stale,
            _ => Exit::Error,
        }
    }
}

/// One point in a file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// From 0.
    pub byte: usize,
}

/// One place in a file, and what to say about it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub source: Source,
    /// Bytes of the file's text.
    pub span: Range<usize>,
    /// What stands under the underline.
    pub label: String,
}

impl Place {
    /// Where it begins.
    pub fn start(&self) -> Position {
        self.position(self.span.start)
    }

    /// Where it ends; that character is no longer of it.
    pub fn end(&self) -> Position {
        self.position(self.span.end)
    }

    fn position(&self, byte: usize) -> Position {
        let text = self.source.inner();
        let before = text.get(..byte).unwrap_or(text);
        let line = before.rsplit_once('\n').map_or(before, |(_, last)| last);
        Position { line: before.matches('\n').count() + 1, column: line.chars().count() + 1, byte }
    }
}

/// Something wrong (or risky), where it is, and what to write instead.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which rule.
    pub code: Code,
    /// `Error` refuses the spec, `Warning` does not.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// The first is the cause; others show what it collides with, perhaps in other files.
    pub places: Vec<Place>,
    /// What to write instead.
    pub help: String,
    /// Which risk it is, and of what.
    pub risk: Option<Box<Named>>,
    elsewhere: Vec<Elsewhere>,
}

impl Finding {
    /// An error without a place yet.
    pub fn error(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        let (places, risk, elsewhere) = Default::default();
        Finding { code, severity: Severity::Error, message: message.into(), places, help: help.into(), risk, elsewhere }
    }

    /// A warning without a place yet.
    pub fn warning(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Finding { severity: Severity::Warning, ..Finding::error(code, message, help) }
    }

    /// The same, said to who changes nothing yet.
    #[must_use]
    pub fn softened(self) -> Self {
        Finding { severity: Severity::Warning, ..self }
    }

    /// Adds a place; the first one added decides the file shown first.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        let first = self.places.first();
        if first.is_some_and(|first| !Arc::ptr_eq(&first.source, &place.source)) {
            self.elsewhere.push(Elsewhere(place.clone()));
        }
        self.places.push(place);
        self
    }

    /// Whether the spec is refused because of this.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// `error`, `warning`, or `info` for a risk that is accepted.
    pub fn gravity(&self) -> &'static str {
        let accepted = self.risk.as_ref().is_some_and(|named| named.accepted.is_some());
        match self.severity {
            Severity::Error => "error",
            _ if accepted => "info",
            _ => "warning",
        }
    }

    fn key(&self) -> (&str, usize, Code, &str) {
        let (file, start) = self.places.first().map_or(("", 0), |p| (p.source.name(), p.span.start));
        (file, start, self.code, &self.message)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Finding {}

impl Diagnostic for Finding {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(match &self.risk {
            Some(named) => Box::new(format!("{}::{}", self.code.text(), named.risk.text())),
            None => Box::new(self.code.text()),
        })
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let first = self.places.first()?;
        Some(&*first.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let first = self.places.first()?;
        let here = self.places.iter().filter(|p| Arc::ptr_eq(&p.source, &first.source));
        let first = std::iter::once(LabeledSpan::new_primary_with_span(Some(first.label.clone()), first.span.clone()));
        Some(Box::new(first.chain(here.skip(1).map(labelled))))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        let parts = self.elsewhere.iter().map(|e| e as &dyn Diagnostic);
        Some(Box::new(parts))
    }
}

/// A place of a finding in another file than its first one.
#[derive(Clone, Debug)]
struct Elsewhere(Place);

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the other place is in {}", self.0.source.name())
    }
}

impl std::error::Error for Elsewhere {}

impl Diagnostic for Elsewhere {
    fn severity(&self) -> Option<Severity> {
        Some(Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.0.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(labelled(&self.0))))
    }
}

fn labelled(place: &Place) -> LabeledSpan {
    LabeledSpan::new_with_span(Some(place.label.clone()), place.span.clone())
}

/// Findings that are told of one look at a spec.
const MOST: usize = 200;

/// All findings of one look at a spec, sorted by file and position.
#[derive(Clone, Debug, Default)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// Sorts by file, position, code and message, and drops what is said twice. Of very many the first are told, and how many there are more.
    pub fn new(mut found: Vec<Finding>) -> Self {
        found.sort_by(|a, b| a.key().cmp(&b.key()));
        found.dedup_by(|a, b| a.key() == b.key());
        let rest = found.split_off(found.len().min(MOST));
        if let Some(worst) = rest.iter().max_by_key(|f| f.is_error()) {
            let (message, help) = (format!("there are {} findings more", rest.len()), "mend the first ones, and look again");
            found.push(Finding { severity: worst.severity, ..Finding::error(Code::Count, message, help) });
        }
        Findings(found)
    }

    /// Whether one of them refuses the spec.
    pub fn refuse(&self) -> bool {
        self.0.iter().any(Finding::is_error)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(&self.0, false, 100))
    }
}

impl std::error::Error for Findings {}

/// How a process ends. The numbers are a promise to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done; or applied in full.
    Done = 0,
    /// Refused, or an error before any effect.
    Error = 1,
    /// `plan --detailed-exitcode`: there is something to do. `drift`: something is not as the spec says.
    Changes = 2,
    /// `apply`, `destroy`: failed, and everything was taken back.
    RolledBack = 3,
    /// `apply`, `destroy`: a person is needed; the message says what stands and which command goes on.
    Stuck = 4,
    /// `apply`, `destroy`: applied, but something old could not be deleted yet.
    Leftovers = 5,
    /// Another run holds the stack's lease.
    Leased = 6,
    /// The saved plan no longer fits the live cloud.
    Stale = 7,
    /// Stopped by a signal.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}
