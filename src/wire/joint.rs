//! One look for all who ask at the same time.
use std::time::Instant;

use tokio::sync::Mutex;

use super::CloudError;

/// What was seen last, by what was asked for.
pub struct Joint<T>(Mutex<Option<Look<T>>>);

struct Look<T> {
    /// When its answer was there.
    at: Instant,
    of: String,
    seen: T,
}

impl<T> Default for Joint<T> {
    fn default() -> Self {
        Joint(Mutex::new(None))
    }
}

impl<T: Clone> Joint<T> {
    /// What `look` sees. Whoever asks for the same while it looks is given the same answer; who asks later looks anew.
    pub async fn see(&self, of: &str, look: impl AsyncFnOnce() -> Result<T, CloudError>) -> Result<T, CloudError> {
        let asked = Instant::now();
        let mut last = self.0.lock().await;
        if let Some(done) = last.as_ref().filter(|done| done.of == of && done.at > asked) {
            return Ok(done.seen.clone());
        }
        let seen = look().await?;
        *last = Some(Look { at: Instant::now(), of: of.to_owned(), seen: seen.clone() });
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[tokio::test]
    async fn who_asks_at_once_is_told_the_same() {
        let (joint, looks) = (Joint::default(), Cell::new(0));
        let look = async || {
            tokio::task::yield_now().await;
            looks.set(looks.get() + 1);
            Ok(looks.get())
        };
        let all = futures_util::future::join_all([joint.see("a", look), joint.see("a", look), joint.see("b", look)]).await;
        assert_eq!(all.into_iter().map(|seen| seen.expect("an answer")).collect::<Vec<_>>(), [1, 1, 2]);
        assert_eq!(joint.see("b", look).await.expect("an answer"), 3, "who asks later is told what is so then");
    }
}
