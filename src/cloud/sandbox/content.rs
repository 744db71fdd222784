//! What somebody has laid into buckets.
use super::Sandbox;

impl Sandbox {
    /// Lays something into a bucket, or takes all out of it.
    pub fn fill(&self, bucket: &str, full: bool) {
        let filled = &mut self.state.borrow_mut().filled;
        if full {
            filled.insert(bucket.to_owned())
        } else {
            filled.remove(bucket)
        };
    }
}
