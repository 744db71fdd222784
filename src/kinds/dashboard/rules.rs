//! What CloudWatch refuses of a dashboard: `PutDashboard` of its API reference, and "CloudWatch quotas" of its user guide.
use super::*;
use crate::diag::Code;

/// "Up to 500 widgets per dashboard".
const WIDGETS: usize = 500;
/// "Up to 500 metrics per dashboard widget. Up to 2500 metrics per dashboard, across all widgets", those that expressions read among them.
const METRICS: usize = 500;
const ALL_METRICS: usize = 2500;
/// The `alarms` of a widget of type `alarm`: "Up to 100".
pub(crate) const ALARMS: usize = 100;
/// `DashboardName`.
const NAME: usize = 255;

pub(super) fn breaches(dashboard: &Dashboard, me: &Address) -> Vec<Breach> {
    let mut found = vec![];
    let mut say = |code, path: &str, message: String, help: &str| found.push(Breach::new(code, path, message, help));
    let widgets = &dashboard.widgets.0;
    // The text at the end and the alarms' field are widgets, too.
    if widgets.len() > WIDGETS - 2 {
        say(
            Code::Count,
            "widgets",
            format!("{} charts are too many for a dashboard", widgets.len()),
            "CloudWatch takes 500 widgets: name fewer",
        );
    }
    let read = |widget: &Widget| widget.lines.values().map(|line| line.metrics().count()).sum::<usize>();
    for (title, widget) in widgets {
        if read(widget) > METRICS {
            say(Code::Count, "widgets", format!("`{title}` reads {} metrics", read(widget)), "CloudWatch takes 500 of a chart: name fewer");
        }
        if widget.lines.values().filter(|line| line.math.is_some()).count() > 1 {
            say(Code::Refused, "widgets", format!("`{title}` has several expressions"), "draw each in a chart of its own");
        }
    }
    let all: usize = widgets.iter().map(|(_, widget)| read(widget)).sum();
    if all > ALL_METRICS {
        say(Code::Count, "widgets", format!("the charts read {all} metrics"), "CloudWatch takes 2500 of a dashboard: draw fewer");
    }
    if dashboard.alarms.len() > ALARMS {
        say(Code::Count, "alarms", format!("{} alarms are too many to be shown at once", dashboard.alarms.len()), "CloudWatch takes 100");
    }
    // What the stack, the region, the run and the step need beside the address, at most.
    let fits = me.name.len() <= NAME - 120 && me.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !fits {
        say(Code::BadText, "widgets", format!("{me} is no name for a dashboard"), "write letters, digits and hyphens");
    }
    found
}
