//! Every parameter that a writing request of ours says, classified: what holds it to what its service takes. The table is `parameters.txt`, whose head
//! says how it is read.
use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};

const TABLE: &str = include_str!("parameters.txt");

/// Operations that only read: what they say is what a list, an answer or a name of ours gave.
const READS: &[&str] = &["Decode", "Describe", "Filter", "Get", "Head", "List", "Lookup"];

/// How parameters are held to what their service takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// A pattern of the spec's schema.
    Pattern,
    /// A rule that is asked while a spec is checked.
    Check,
    /// A look at the account while planning.
    Plan,
    /// Nothing that a spec says can break it.
    Built,
    /// The service's own refusal is left to tell.
    Accepted,
}

struct Row {
    /// `*` is every operation.
    operation: &'static str,
    class: Class,
    /// A file under `src/` for what is looked after there, or why it isn't.
    says: &'static str,
    /// With `~` before those that no run over the emulator shows, but a replay does.
    parameters: Vec<&'static str>,
}

impl Row {
    fn has(&self, operation: &str, parameter: &str) -> bool {
        let own = self.operation == "*" || self.operation == operation;
        own && self.parameters.iter().any(|p| p.trim_start_matches('~') == parameter)
    }
}

/// What was said by any request of this process.
static SAID: LazyLock<Mutex<BTreeSet<(String, String)>>> = LazyLock::new(Mutex::default);

fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
        let (mut rows, mut operation) = (vec![], "");
        for line in TABLE.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')) {
            match line.strip_prefix("  ") {
                None => operation = line,
                Some(rest) => rows.push(row(operation, rest)),
            }
        }
        rows
    });
    &ROWS
}

fn row(operation: &'static str, line: &'static str) -> Row {
    let (head, parameters) = line.rsplit_once(": ").unwrap_or_else(|| panic!("{operation}: {line}"));
    let (class, says) = head.split_once(' ').unwrap_or((head, ""));
    let class = match class {
        "pattern" => Class::Pattern,
        "check" => Class::Check,
        "plan" => Class::Plan,
        "built" => Class::Built,
        "accepted" => Class::Accepted,
        other => panic!("{operation}: {other} is no class"),
    };
    Row { operation, class, says, parameters: parameters.split(' ').collect() }
}

/// What is said of the parameters of a request that are in no row.
pub fn unclassified(operation: &str, given: BTreeSet<String>) -> Vec<String> {
    if READS.iter().any(|read| operation.starts_with(read)) {
        return vec![];
    }
    let known = |parameter: &String| rows().iter().any(|row| row.has(operation, parameter));
    let lost = given.iter().filter(|parameter| !known(parameter));
    let lost = lost.map(|p| format!("{operation}: {p} is in no row of tests/support/models/parameters.txt")).collect();
    SAID.lock().unwrap_or_else(|e| e.into_inner()).extend(given.into_iter().map(|p| (operation.to_owned(), p)));
    lost
}

/// Parameters of the table that no request of this process has said, but those that only a replay shows.
pub fn unsaid() -> Vec<String> {
    let said = SAID.lock().unwrap_or_else(|e| e.into_inner());
    let own = |row: &'static Row| row.parameters.iter().filter(|p| !p.starts_with('~')).map(move |p| (row, *p));
    let unsaid = rows()
        .iter()
        .flat_map(own)
        .filter(|(row, p)| !said.iter().any(|(operation, parameter)| row.has(operation, parameter) && parameter == p));
    unsaid.map(|(row, p)| format!("{}: nothing says {p}", row.operation)).collect()
}

/// Every row says where its parameters are looked after, or why nobody does; and no parameter is in two.
#[test]
fn every_row_of_the_table_says_why() {
    let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = BTreeSet::new();
    for Row { operation, class, says, parameters } in rows() {
        let there = says.split(' ').all(|file| src.join(file).is_file());
        match class {
            Class::Pattern | Class::Check | Class::Plan => assert!(there, "{operation}: {says:?} is no file of src/"),
            Class::Built | Class::Accepted => assert!(says.len() > 5, "{operation}: {parameters:?} without a reason"),
        }
        for p in parameters {
            assert!(seen.insert((operation, p.trim_start_matches('~'))), "{operation}: {p} is classified twice");
        }
    }
    println!("{} parameters classified", seen.len());
}
