//! Names that engines keep for themselves. What a later version adds is refused by RDS at the call.

/// Words that PostgreSQL takes as no name ("SQL Key Words": reserved).
const POSTGRES: &str = "all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog current_date \
    current_role current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign from grant group \
    having in initially intersect into lateral leading limit localtime localtimestamp not null offset on only or order placing primary references returning \
    select session_user some symmetric system_user table then to trailing true union unique user using variadic when where window with";

/// Words that MySQL or MariaDB takes as no name ("Keywords and Reserved Words"), of those that one would think of.
const MYSQL: &str = "add all alter analyze and as asc before between both by call cascade case change check collate column condition constraint continue \
    convert create cross current_date current_time current_timestamp current_user cursor database databases declare default delayed delete desc describe \
    distinct div double drop dual each else elseif except exists exit explain false fetch float for force foreign from fulltext function generated grant group \
    grouping groups having if ignore in index infile inner inout insert interval into is iterate join key keys kill lateral leading leave left like limit \
    linear lines load lock long loop match mod natural not null of on optimize option or order out outer over partition precision primary procedure purge \
    range rank read reads recursive references release rename repeat replace require restrict return revoke right row rows schema schemas select separator \
    set show signal spatial sql ssl starting stored system table terminated then to trailing trigger true undo union unique unlock unsigned update usage use \
    using values varying virtual when where while window with write xor zerofill";

/// Users that RDS or the engine has, whatever the engine's grammar says.
fn users(engine: &str) -> &'static [&'static str] {
    match engine {
        "postgres" => &[
            "admin",
            "rdsadmin",
            "rdsrepladmin",
            "rdstopmgr",
            "rdsproxyadmin",
            "rds_superuser",
            "rds_replication",
            "rds_iam",
            "rds_password",
            "public",
            "none",
        ],
        "mysql" | "mariadb" => &["rdsadmin", "rdsrepladmin", "rdstopmgr", "rdsproxyadmin", "mysql", "public", "none"],
        _ => &["rdsadmin"],
    }
}

/// Databases that every server has.
fn databases(engine: &str) -> &'static [&'static str] {
    match engine {
        "postgres" => &["rdsadmin", "template0", "template1"],
        "mysql" | "mariadb" => &["mysql", "information_schema", "performance_schema", "sys", "innodb", "rdsadmin"],
        _ => &["rdsadmin"],
    }
}

fn grammar(engine: &str) -> &'static str {
    match engine {
        "postgres" => POSTGRES,
        "mysql" | "mariadb" => MYSQL,
        _ => "",
    }
}

/// Whether no first user may be called so.
pub(super) fn reserved_user(engine: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    users(engine).contains(&name.as_str()) || word(engine, &name) || (engine == "postgres" && name.starts_with("pg_"))
}

/// Whether no database may be called so.
pub(super) fn reserved_database(engine: &str, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    databases(engine).contains(&name.as_str()) || word(engine, &name)
}

fn word(engine: &str, name: &str) -> bool {
    grammar(engine).split_ascii_whitespace().any(|word| word == name)
}
