//! Why a blob's tries broke off, told together when it is given up.

use crate::oci::Descriptor;
use crate::store::Error;

/// The reasons, in their order.
#[derive(Default)]
pub(super) struct Failures(Vec<String>);

impl Failures {
    pub(super) fn add(&mut self, error: &Error) {
        self.0.push(error.to_string());
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The last error, with what happened each time before it.
    pub(super) fn told(&self, blob: &Descriptor, last: Error) -> Error {
        let count = self.count();
        let blob = blob.digest.short();
        let text = match self.others(&last) {
            None => format!("{blob} broke off {count} times without progress, each time alike"),
            Some(others) => format!("{blob} broke off {count} times without progress: {others}; and at last"),
        };
        last.context(text)
    }

    /// The reasons that differ from the last, each run of equal ones once; `None` if there are none.
    fn others(&self, last: &Error) -> Option<String> {
        let last = last.to_string();
        let mut runs: Vec<(&str, usize)> = Vec::new();
        for reason in &self.0 {
            match runs.last_mut() {
                Some((same, times)) if same == reason => *times += 1,
                _ => runs.push((reason, 1)),
            }
        }
        if runs.iter().all(|(reason, _)| *reason == last) {
            return None;
        }
        runs.pop();
        let told: Vec<String> = runs
            .into_iter()
            .map(|(reason, times)| {
                if times == 1 {
                    reason.to_owned()
                } else {
                    format!("{reason} ({times} times)")
                }
            })
            .collect();
        Some(told.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::{Digest, MediaType};

    fn told(reasons: &[&str]) -> String {
        let mut failures = Failures::default();
        let error = |reason: &str| Error::interrupted(anyhow::anyhow!("{reason}"));
        for reason in reasons {
            failures.add(&error(reason));
        }
        let blob = Descriptor::new(MediaType::OCI_MANIFEST, Digest::of(b""), 0);
        let last = failures.told(&blob, error(reasons[reasons.len() - 1]));
        format!("{:#}", last.cause()).split_once(" broke off ").unwrap().1.to_owned()
    }

    #[test]
    fn equal_reasons_are_told_once() {
        assert_eq!(told(&["reset"; 3]), "3 times without progress, each time alike: reset");
    }

    #[test]
    fn each_reason_is_told_in_its_order() {
        assert_eq!(
            told(&["reset", "reset", "silence", "reset"]),
            "4 times without progress: reset (2 times); silence; and at last: reset"
        );
    }
}
