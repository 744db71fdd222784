//! The storage of an instance: what its type includes, what a request must say of it, and what RDS refuses.
use super::super::*;
use crate::diag::Code;

/// IOPS and throughput in MiB/s that a storage type includes; only gp3 reports them ("Amazon RDS DB instance storage" in AWS's user guide).
pub(in crate::kinds) fn included(engine: &str, kind: &str, gib: i32) -> (Option<i32>, Option<i32>) {
    match kind {
        "gp3" if gib >= striped_from(engine) => (Some(12_000), Some(500)),
        "gp3" => (Some(3_000), Some(125)),
        _ => (None, None),
    }
}

/// From how many GiB on gp3 lies on several volumes, whose speed can be set.
fn striped_from(engine: &str) -> i32 {
    match engine.split('-').next() {
        Some("db2") => 100,
        Some("oracle") => 200,
        Some("sqlserver") => i32::MAX,
        _ => 400,
    }
}

/// Storage as it is asked for.
#[derive(Clone, Copy)]
pub(in crate::kinds) struct Storage<'a> {
    pub engine: &'a str,
    /// `StorageType`.
    pub kind: &'a str,
    pub gib: i32,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
}

impl Storage<'_> {
    fn provisioned(self) -> bool {
        matches!(self.kind, "io1" | "io2")
    }

    fn striped(self) -> bool {
        self.kind == "gp3" && self.gib >= striped_from(self.engine)
    }

    /// `Iops` and `StorageThroughput` of a request that changes storage: all that can be set must be said, what is included, too, and the size with it
    /// (`ModifyDBInstance.AllocatedStorage`); what can't be set mustn't be.
    pub fn speed(self) -> (Option<i32>, Option<i32>) {
        match (self.provisioned(), self.striped()) {
            (true, _) => (self.iops, None),
            (_, true) => {
                let (iops, throughput) = included(self.engine, self.kind, self.gib);
                (self.iops.or(iops), self.throughput.or(throughput))
            }
            _ => (None, None),
        }
    }

    /// "Amazon RDS DB instance storage" in the user guide; `CreateDBInstance.Iops`.
    pub fn breaches(self) -> Vec<Breach> {
        let breach = |attribute: &str, message: String, help: String| Breach::new(Code::Storage, attribute, message, help);
        let mut found = vec![];
        let (gib, kind) = (self.gib, self.kind);
        if self.provisioned() {
            let Some(iops) = self.iops else {
                let message = format!("storage of type {kind} needs `iops`");
                return vec![breach("storage_type", message, "add `iops:`, or write `type: gp3`".into())];
            };
            let most = if kind == "io1" { 50 } else { 1000 };
            if gib < 100 {
                let message = format!("storage of type {kind} has 100 GiB at least, and here {gib}");
                found.push(breach("allocated_storage", message, "write a size from `100GiB`, or `type: gp3`".into()).with("storage_type"));
            } else if iops > gib.saturating_mul(most) || iops.saturating_mul(2) < gib {
                let message = format!("{gib} GiB of type {kind} can't have {iops} IOPS: they are 0.5 to {most} times the GiB");
                let (low, high) = ((gib + 1) / 2, gib.saturating_mul(most).min(256_000));
                found.push(breach("iops", message, format!("write `iops` from {} to {high}", low.max(1000))).with("allocated_storage"));
            }
        }
        let fixed = "leave it out, or write `type: gp3` and a size from 400GiB";
        if self.iops.is_some() && !self.provisioned() && !self.striped() {
            found.push(breach("iops", format!("{gib} GiB of type {kind} have fixed operations a second"), fixed.into()));
        }
        if self.throughput.is_some() && !self.striped() {
            found.push(breach("throughput", format!("{gib} GiB of type {kind} have a fixed throughput"), fixed.into()));
        }
        if self.striped() {
            found.extend(self.of_stripes());
        }
        found
    }

    /// 12,000 to 64,000 IOPS, 500 to 4,000 MiB/s, of which each takes four IOPS.
    fn of_stripes(self) -> Option<Breach> {
        let (iops, throughput) = (self.iops.unwrap_or(12_000), self.throughput.unwrap_or(500));
        let from = format!("gp3 from {} GiB on", striped_from(self.engine));
        if !(12_000..=64_000).contains(&iops) {
            let message = format!("{from} has 12,000 to 64,000 IOPS, not {iops}");
            return Some(Breach::new(Code::Storage, "iops", message, "leave it out for the 12,000 that are included"));
        }
        if !(500..=4_000).contains(&throughput) {
            let message = format!("{from} has a throughput of 500 to 4,000 MiB/s, not {throughput}");
            return Some(Breach::new(Code::Storage, "throughput", message, "leave it out for the 500 that are included"));
        }
        (throughput.saturating_mul(4) > iops).then(|| {
            let message = format!("{throughput} MiB/s take {} IOPS, and there are {iops}", throughput * 4);
            let help = format!("write `iops: {}` or more, or a throughput of at most {}", throughput * 4, iops / 4);
            Breach::new(Code::Storage, "throughput", message, help).with("iops")
        })
    }
}
