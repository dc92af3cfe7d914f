//! What several targets need: the checks of what is shown, and a registry that answers with what it is given.

pub mod answers;
pub mod server;

/// Panics at a text that could steer a terminal, or that nobody would read to its end.
pub fn assert_shown(text: &str) {
    assert!(!text.contains(lugger::text::steers), "steers: {text:?}");
    assert!(text.len() < 100_000, "{} bytes", text.len());
}

/// The same of an error and all its causes.
pub fn assert_told(error: &(dyn std::error::Error + 'static)) {
    let mut cause = Some(error);
    while let Some(error) = cause {
        assert_shown(&error.to_string());
        cause = error.source();
    }
}
