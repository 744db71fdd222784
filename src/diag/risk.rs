//! The risks that a spec can take, each with a name by which it is accepted.

macro_rules! risks {
    ($($name:ident $text:literal $doc:literal,)+) => {
        /// What a spec may do, and what is told of it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Risk { $(#[doc = $doc] $name,)+ }

        impl Risk {
            /// All risks, in alphabetical order.
            pub const ALL: &[Risk] = &[$(Risk::$name,)+];

            /// Its name; never changes once published.
            pub const fn text(self) -> &'static str {
                match self { $(Risk::$name => $text,)+ }
            }
        }
    };
}

risks! {
    ClearOrigin "clear_origin" "Cloudflare asks the origin without TLS.",
    DatabaseName "database_name" "A URL names a database that nobody creates.",
    LogOnly "log_only" "A rate limit only writes down what is above it.",
    LowSensitivity "low_ddos_sensitivity" "Only the largest attacks are held off.",
    NoBackups "no_backups" "What is lost can't be restored.",
    NoDeletionProtection "no_deletion_protection" "Nothing keeps an object from being deleted.",
    NoHttpsOrigin "no_https_origin" "Cloudflare asks over https, and nobody answers.",
    NoStandby "no_standby" "A database is away when its zone fails.",
    NoVersions "no_versions" "What is overwritten or deleted in a bucket is gone.",
    NoWayOut "no_way_out" "What can't reach the internet fetches no image from there.",
    OldTls "old_tls" "Clients may use a version of TLS that is long broken.",
    OpenNetwork "open_network" "Whatever runs in a cluster may connect to pods.",
    PublicApi "public_api" "Anybody on the internet reaches the API of a cluster.",
    PublicFunction "public_function" "Anybody may call a function, and each call is paid for.",
    PublicStore "public_store" "A store stands in a tier that the internet has a route to.",
    SingleInstance "single_instance" "When the last instance fails, nothing answers.",
    SingleNat "single_nat" "One NAT gateway serves all zones.",
    SingleNode "single_node" "A cache has one node.",
    Unproxied "unproxied" "Cloudflare answers for the zone itself with addresses.",
    Unreachable "unreachable" "What is given an address may not connect to it.",
    UnreachableRoute "unreachable_route" "Another route takes all requests that this one would.",
    Untold "untold" "An alarm that fires tells nobody.",
}

/// A risk of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub risk: Risk,
    /// The field: `vpc.nat`.
    pub path: String,
    /// Why it is accepted, if it is.
    pub accepted: Option<String>,
}
