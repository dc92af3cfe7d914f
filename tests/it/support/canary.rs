//! What nobody may see. Every secret of the fixtures, be it a password, a token or the state of an upload, has a canary
//! in it: whatever any run of any test printed or left behind is searched for it, plain and in base64. The fixtures
//! refuse a password without one, and the runners search by themselves, so that no test can forget to.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;

const CANARY: &str = "canary";

/// How a signed token begins: `{"` in base64. Real token servers sign theirs, and no canary can be put in there.
const SIGNED: &str = "eyJ";

/// The random characters in the name of a temporary directory. They may be `eyJ` as well; a token is longer.
const RANDOM_LENGTH: usize = 6;

/// Parameters that let in whoever knows them, and may be shown as `name=…` only. Real registries and storages give
/// them values of their own, without a canary.
const KEYS: [&str; 5] = ["_state=", "sig=", "Signature=", "X-Amz-Credential=", "X-Amz-Security-Token="];

/// Where logins and settings belong, or where the tests put them, in a home.
const LOGINS: [&str; 8] = [
    "docker",
    ".docker",
    "bin",
    "run/containers",
    ".config/containers",
    ".config/lugger/certs.d",
    ".dockercfg",
    "vault",
];

/// Notes on begun uploads. They hold the addresses to go on at, with their state, and are there for their owner alone:
/// the one place outside the logins where a secret may be.
const NOTES: &str = "store/uploads";

/// So much of every file is read; what is longer is a layer.
const READ_AT_MOST: u64 = 1 << 20;

/// A fixture's secret, which has to be one that would be found.
pub(super) fn assert_marked(secret: &str) {
    assert!(
        secret.contains(CANARY),
        "no `{CANARY}` in the secret {secret:?}: nobody would see it leak"
    );
}

/// The text shows no secret.
pub(crate) fn assert_discreet(what: &str, text: &str) {
    let seen = secret_in(text);
    assert!(
        seen.is_none(),
        "{what} shows a secret, by {:?}:\n{text}",
        seen.unwrap_or_default()
    );
}

/// What is printed beside the one line that a Secret for Kubernetes is there for.
pub(super) fn beside_secret(stdout: &str) -> String {
    let lines = stdout.lines().filter(|line| !line.starts_with("  .dockerconfigjson: "));
    lines.collect::<Vec<_>>().join("\n")
}

/// No file of this home has a secret in it but those made for that.
pub(super) fn assert_home_is_clean(home: &Path) {
    let leaked = leaked(home);
    assert!(leaked.is_empty(), "secrets were left in {leaked:?}");
}

fn leaked(home: &Path) -> Vec<PathBuf> {
    let mut leaked = Vec::new();
    let mut folders = vec![home.to_path_buf()];
    while let Some(folder) = folders.pop() {
        // What a test has moved away or made unreadable is not there for others either.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let place = path.strip_prefix(home).unwrap();
            if LOGINS.iter().any(|login| place == Path::new(login)) {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && has_canary(&beginning(&path)) && !is_private_note(&path, place) {
                leaked.push(path);
            }
        }
    }
    leaked
}

fn is_private_note(path: &Path, place: &Path) -> bool {
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    place.starts_with(NOTES) && mode.trailing_zeros() >= 6
}

fn beginning(path: &Path) -> String {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        file.take(READ_AT_MOST).read_to_end(&mut bytes).ok();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn secret_in(text: &str) -> Option<String> {
    let key = KEYS
        .iter()
        .find(|key| text.split(*key).skip(1).any(|rest| !rest.starts_with('…')));
    let shape = key.copied().or_else(|| has_signed_token(text).then_some(SIGNED));
    shape.map(String::from).or_else(|| canary_in(text))
}

fn has_signed_token(text: &str) -> bool {
    let is_base64url = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.match_indices(SIGNED)
        .any(|(start, _)| text[start..].bytes().take_while(is_base64url).count() > RANDOM_LENGTH)
}

fn has_canary(text: &str) -> bool {
    canary_in(text).is_some()
}

fn canary_in(text: &str) -> Option<String> {
    forms().into_iter().find(|form| text.contains(form.as_str()))
}

/// The canary as it is, and as it is in base64 wherever in the encoded text it stands: without the characters at its
/// ends, which are its neighbours' too.
fn forms() -> Vec<String> {
    let packed = (0..3).map(|offset| {
        let text = BASE64_STANDARD_NO_PAD.encode([&vec![0; offset], CANARY.as_bytes()].concat());
        let (start, end) = ((offset * 8).div_ceil(6), (offset + CANARY.len()) * 8 / 6);
        text[start..end].to_string()
    });
    [CANARY.to_string()].into_iter().chain(packed).collect()
}
