//! What is looked at while it runs, as it stands on a terminal: at two widths, with colour and without, until Ctrl-C; and where there is no terminal.
use super::terminal::{plain, seen};
use super::{Infra, Said};

/// An environment with an alarm that fires, in a group that is silenced, and a rule on what the application measures.
fn environment(name: &str) -> Infra {
    let mut infra = Infra::new(name);
    infra.env.push(("INFRA_CLOUD", "sandbox".into()));
    let now = std::time::SystemTime::now();
    let minute = |at| humantime::format_rfc3339_seconds(at).to_string()[..16].to_owned();
    let hour = std::time::Duration::from_secs(3600);
    let spec = format!(
        "stack: shop\nregion: us-east-1\naccept: {{ no_way_out: nothing is fetched here }}\nvpc: {{ nat: none }}\ncompute: {{ app: {{ image: nginx:1, port: 80 }} }}
monitoring:\n  notify: [ops@example.com]\n  metrics: {{ custom: {{ app: {{ from: app }} }} }}
  alerting:\n    groups: {{ app: [compute.app] }}
    silences: {{ move: {{ rules: [group.app], from: \"{}Z\", until: \"{}Z\", reason: it moves }} }}
    rules: {{ slow: {{ expr: 'http_seconds > 0.5', for: 5m, severity: critical, means: Requests are slow. }} }}\n",
        minute(now - hour),
        minute(now + hour)
    );
    infra.file("infra.yaml", &spec);
    let said = infra.run(&["apply", "--auto-approve"]);
    assert_eq!(said.code, 0, "{}", said.err);
    infra
}

const BENT: &str = "compute.app.cpu=99,rule.slow=1,compute.app.instances=1";

/// A text as it stands in the end, with its colours as words.
fn coloured(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut rest = line.rsplit('\r').next().unwrap_or_default();
        while let Some((before, behind)) = rest.split_once("\u{1b}[") {
            let (codes, after) = behind.split_once(|c: char| c.is_ascii_alphabetic()).unwrap_or_default();
            let colour = behind[codes.len()..].starts_with('m');
            out += before;
            out += &if colour { format!("<{codes}>") } else { String::new() };
            rest = after;
        }
        out += &format!("{rest}\n");
    }
    out
}

fn snapshot(name: &str, (text, code): (String, i32)) {
    Said { out: text, err: String::new(), code }.snapshot(name);
}

/// The same is said at every width and without colour; on a terminal no line is longer than it is, and elsewhere nothing commands one.
#[test]
fn what_is_watched_fits_the_terminal() {
    let mut infra = environment("watched");
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let fits = |text: &str, columns: usize| {
        let wide = text.lines().find(|line| line.chars().count() > columns && line.split_whitespace().count() > 1);
        assert_eq!(wide, None, "{columns} columns");
    };
    // What differs from second to second.
    let steady = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    let alerts = ["alerts", "--sandbox-bend", BENT];
    let (wide, code) = seen(&infra, 100, "", &alerts);
    let piped = infra.run(&alerts);
    assert!(!piped.out.contains('\u{1b}') && piped.code == code, "{}", piped.out);
    assert_eq!(words(&steady(&plain(&wide))), words(&steady(&piped.out)));
    fits(&plain(&wide), 100);
    snapshot("terminal_alerts", (coloured(&wide), code));

    let watch = ["status", "--watch", "--interval", "50ms", "--sandbox-bend", BENT];
    let first = |(text, code): (String, i32)| {
        let look = text.split("\u{1b}[2J\u{1b}[H").nth(1).unwrap_or_else(|| panic!("{code} {text}")).replace("^C", "");
        (look, code)
    };
    let (wide, code) = first(seen(&infra, 100, "^Last deployed", &watch));
    fits(&plain(&wide), 100);
    let (health, run) = wide.split_once("\n\n").unwrap_or_else(|| panic!("{wide}"));
    assert!(code == 2 && plain(run).contains("Last deployed at "), "{code} {wide}");
    snapshot("terminal_status", (coloured(health), code));

    infra.env.push(("NO_COLOR", "1".into()));
    let (narrow, code) = seen(&infra, 60, "", &alerts);
    assert_eq!(words(&steady(&plain(&narrow))), words(&steady(&piped.out)));
    assert_eq!(coloured(&narrow), plain(&narrow), "no colour");
    fits(&plain(&narrow), 60);
    snapshot("terminal_alerts_narrow", (plain(&narrow), code));
    let (narrow, code) = first(seen(&infra, 60, "^Last deployed", &watch));
    fits(&plain(&narrow), 60);
    let (health, _) = narrow.split_once("\n\n").unwrap_or_else(|| panic!("{narrow}"));
    assert_eq!(coloured(health), plain(health), "no colour");
    snapshot("terminal_status_narrow", (plain(health), code));
    // Whoever is no terminal is told without a command to clear it.
    let piped = infra.run(&["status", "--sandbox-bend", BENT]);
    assert!(!piped.out.contains('\u{1b}') && piped.code == 2, "{}", piped.out);
    assert_eq!(words(&steady(piped.out.split_once("\n\n").unwrap().0)), words(&steady(&plain(health))));
}

/// What is followed has a line an event with who wrote it, as it was written, until Ctrl-C; a narrow terminal has the time without its date.
#[test]
fn what_is_followed_fits_the_terminal() {
    let mut infra = environment("followed");
    let follow = ["logs", "compute.app", "--follow", "--since", "30s"];
    let lines = |text: &str| plain(text).lines().filter(|line| line.contains("i-")).map(str::to_owned).collect::<Vec<_>>();
    let mut shown = vec![];
    for (columns, colour) in [(100, true), (60, true), (60, false)] {
        if !colour {
            infra.env.push(("NO_COLOR", "1".into()));
        }
        let (text, code) = seen(&infra, columns, "^i-", &follow);
        assert_eq!(code, 0, "{text}");
        assert_eq!(text.contains("\u{1b}[3"), colour, "{text}");
        let said = lines(&text);
        assert!(said.len() > 5, "{text}");
        shown.push(said);
    }
    let dated = |line: &String| line.starts_with("20") && line.as_bytes()[10] == b'T';
    assert!(shown[0].iter().all(dated) && shown[1..].iter().flatten().all(|line| line.as_bytes()[2] == b':'), "{shown:#?}");
    let whole = infra.run(&["logs", "compute.app", "--since", "30s"]);
    assert!(!whole.out.contains('\u{1b}') && whole.out.contains("i-"), "{}", whole.out);
}
