//! What credential helpers reply: to `get`, to `list`, and when they fail. The first byte is the exit status. An error
//! never shows what a helper that succeeded has said: it may be a password.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lugger::credentials::Credential;
use lugger::credentials::fuzzing::{listed, login};
use lugger_fuzz::{assert_shown, assert_told};

fuzz_target!(|bytes: &[u8]| {
    let Some((status, reply)) = bytes.split_first() else { return };
    match login(*status, reply) {
        Ok(Some(Credential::Password { username, .. })) => {
            assert_eq!(*status, 0);
            assert!(!username.is_empty());
        }
        Ok(_) => {}
        Err(error) => {
            assert_told(&error);
            assert!(error.to_string().len() < 20_000);
            if *status == 0 {
                let usual = [b"[]", b"{}"].map(|reply| login(0, reply).unwrap_err().to_string());
                assert!(usual.contains(&error.to_string()), "{error}");
            }
        }
    }
    match listed(*status, reply) {
        Ok(servers) => assert!(servers.len() <= reply.len()),
        Err(error) => assert_shown(&error.to_string()),
    }
});
