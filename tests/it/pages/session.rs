//! A shell in a world of its own, in which the commands of a page are typed one after the other.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::blocks::{self, Page};
use super::root;
use crate::support::{canary, clock};

/// Before each command stands this, with its number.
const MARK: &str = "@@ command ";
/// After each, with its exit status.
const END: &str = "@@ ended ";

const TIMEOUT_SECONDS: &str = "300";

/// The registries of the pages that are not on `localhost`.
const HOSTS: [&str; 10] = [
    "ghcr.io",
    "docker.io",
    "registry-1.docker.io",
    "registry.example",
    "old.example",
    "new.example",
    "europe-docker.pkg.dev",
    "harbour.kr.ncr.ntruss.com",
    "harbour.azurecr.io",
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
];

/// What one command printed, stdout and stderr as they came.
pub(super) struct Printed {
    pub(super) output: Vec<String>,
    pub(super) status: i32,
}

/// Types all commands of a page.
pub(super) fn run(page: &Page, before: &str) -> Vec<Printed> {
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path();
    fs::create_dir(world.join("bin")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_lugger"), world.join("bin/lugger")).unwrap();
    fs::create_dir(world.join("blocks")).unwrap();
    for (number, file) in page.files.iter().enumerate() {
        let name = format!("{}.{number}.{}", slug(&file.heading), file.kind);
        fs::write(world.join("blocks").join(name), &file.text).unwrap();
    }
    certificates(world);
    fs::write(world.join("session.sh"), script(page, before)).unwrap();
    let data = root().join("tests/data/pages");
    let mut command = Command::new("timeout");
    command.args([
        "--kill-after=5",
        TIMEOUT_SECONDS,
        "unshare",
        "--net",
        "--mount",
        "--pid",
        "--fork",
    ]);
    command.args(["--kill-child", "--mount-proc", "bash"]);
    command.arg(data.join("world.sh")).arg(world).arg(data).args(HOSTS);
    command.env_clear().env("LANG", "C.UTF-8").envs(clock::variables());
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    let log = fs::File::create(world.join("printed")).unwrap();
    command.stdin(std::process::Stdio::null());
    command.stdout(log.try_clone().unwrap()).stderr(log);
    let status = command.status().expect("coreutils and util-linux");
    let printed = fs::read_to_string(world.join("printed")).unwrap();
    canary::assert_discreet("the session", &printed);
    assert!(status.success(), "the session broke off, {status}:\n{printed}");
    read(&printed, page.commands.len())
}

/// One script: what a heading needs before its first command, and the commands with marks between.
fn script(page: &Page, before: &str) -> String {
    let mut script = String::new();
    let mut seen = BTreeSet::new();
    for (number, command) in page.commands.iter().enumerate() {
        if seen.insert(&command.heading) {
            writeln!(script, "BLOCKS=$WORLD/blocks/{}", slug(&command.heading)).unwrap();
            script.push_str(preparation(before, &command.heading));
        }
        writeln!(script, "echo '{MARK}{number}'\n{}\necho '{END}'$?", typed(command)).unwrap();
    }
    script
}

/// A question is answered with no, at a terminal: without one it would not be asked. A server is waited for until it
/// says something.
fn typed(command: &blocks::Command) -> String {
    let asks = |lines: &Vec<String>| lines.iter().any(|line| line.contains("[y/N]"));
    if command.output.as_ref().is_some_and(asks) {
        let quoted = command.text.replace('\'', r"'\''");
        // The echo of the answer would come when it is typed, which is too early here.
        return format!(r"script -E never -qefc '{quoted}' /dev/null <<<n | tr -d '\r' | sed 's/\[y.N\] /&n\n/'");
    }
    if command.text.ends_with('&') {
        return format!(
            "before=$(stat -c %s \"$WORLD/printed\")\n{}\nspeaks \"$before\"",
            command.text
        );
    }
    command.text.clone()
}

/// The part of the preparations that is for this heading: from `## HEADING` to the next one.
fn preparation<'a>(before: &'a str, heading: &str) -> &'a str {
    let title = format!("## {heading}\n");
    let Some(start) = before.find(&title) else { return "" };
    let rest = &before[start + title.len()..];
    &rest[..rest.find("\n## ").map_or(rest.len(), |end| end + 1)]
}

fn slug(heading: &str) -> String {
    heading.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

fn read(printed: &str, commands: usize) -> Vec<Printed> {
    let parts: Vec<Printed> = printed
        .split(MARK)
        .skip(1)
        .map(|part| {
            let (output, status) = part
                .split_once(END)
                .unwrap_or_else(|| panic!("a command did not end:\n{printed}"));
            let status = status.lines().next().unwrap_or_default();
            Printed {
                output: output.lines().skip(1).map(str::to_owned).collect(),
                status: status.parse().unwrap_or_else(|_| panic!("no status in {part:?}")),
            }
        })
        .collect();
    assert_eq!(parts.len(), commands, "{printed}");
    parts
}

/// An authority that the session trusts, and a certificate of it for every host.
fn certificates(world: &Path) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let names = HOSTS.map(String::from).to_vec();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    fs::write(world.join("authority.pem"), authority.pem()).unwrap();
    fs::write(world.join("hosts.pem"), certificate.pem()).unwrap();
    fs::write(world.join("hosts.key"), key.serialize_pem()).unwrap();
}
