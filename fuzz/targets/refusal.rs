//! Bodies of refusals, in all their shapes, and how they are told: on one line that steers nothing, shows no password
//! and comes to an end. The first two bytes are the status, the first line the limit and the query of the URL.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lugger::registry::fuzzing::refusal;
use lugger::text::one_line;
use lugger_fuzz::assert_shown;

fuzz_target!(|bytes: &[u8]| {
    let Some((status, rest)) = bytes.split_at_checked(2) else {
        return;
    };
    let status = 400 + u16::from_le_bytes([status[0], status[1]]) % 200;
    let (line, body) = match rest.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&rest[..end], &rest[end + 1..]),
        None => (&b""[..], rest),
    };
    let line = String::from_utf8_lossy(line);
    let url = format!("https://ann:hunter2@registry.example/v2/team/app/manifests/1?{line}");
    let Some(refusal) = refusal(status, &url, Some(&line), body) else {
        return;
    };
    let shown = refusal.to_string();
    assert_shown(&shown);
    assert!(!shown.contains('\n'));
    // What steers is left out of what is shown, and what stood around it moves together.
    if !one_line(&String::from_utf8_lossy(bytes)).replace(' ', "").contains("hunter2") {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let _ = refusal.kind();
});
