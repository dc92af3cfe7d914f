//! Lists of a thousand tags over a link of 20 ms: the first time, again, and the names alone. Only lugger tells more than
//! names; skopeo's list of these stands beside lugger's.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::measure::{self, Usage};
use crate::proxy::{Link, Proxy, Rate};
use crate::settings::{Arguments, ROUND_TRIP_MS};
use crate::support::command::Lugger;
use crate::support::image::{Blob, Family};
use crate::support::peers::distribution::Distribution;
use crate::support::peers::skopeo;
use crate::support::wire;
use crate::table::{Line, Table};

const TAGS: usize = 1000;
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// How many fill the registry side by side.
const FILLERS: usize = 4;
/// In megabytes a second.
const RATE: u32 = 50;

/// Every tag with an image of its own, or two with one.
const KINDS: [(&str, usize); 2] = [("single", 1), ("shared", 2)];

/// What is measured of each.
const CASES: [&str; 3] = ["first", "again", "names"];

pub(crate) fn measure(arguments: &Arguments, rounds: usize, table: &mut Table) {
    for (kind, tags_each) in KINDS {
        let cases = CASES.map(|case| (case, format!("tags {kind} {case}")));
        let cases: Vec<_> = cases.iter().filter(|(_, name)| arguments.want(name)).collect();
        if cases.is_empty() {
            continue;
        }
        eprintln!(
            "tags {kind}: {TAGS} tags of {} images; {ROUND_TRIP_MS} ms there and back",
            TAGS / tags_each
        );
        let ground = Ground::new(tags_each);
        for (case, name) in cases {
            table.add(name.clone(), ground.lines(case, rounds));
        }
    }
}

struct Ground {
    registry: Distribution,
    proxy: Proxy,
    home: Lugger,
    elsewhere: TempDir,
}

impl Ground {
    fn new(tags_each: usize) -> Self {
        let registry = Distribution::open();
        thread::scope(|scope| {
            for filler in 0..FILLERS {
                let host = registry.host();
                scope.spawn(move || {
                    (filler..TAGS / tags_each)
                        .step_by(FILLERS)
                        .for_each(|number| put(host, number, tags_each));
                });
            }
        });
        let link = Link {
            round_trip: Duration::from_millis(ROUND_TRIP_MS.into()),
            rate: Rate::Each(RATE),
            first_byte: Duration::ZERO,
            tls: false,
        };
        Self {
            proxy: Proxy::start(registry.host(), link),
            registry,
            home: Lugger::new(),
            elsewhere: tempfile::tempdir().unwrap(),
        }
    }

    fn lines(&self, case: &str, rounds: usize) -> Vec<Line> {
        let name = format!("{}/app", self.proxy.host());
        let mut own = Line::new("lugger");
        let mut other = Line::new("skopeo");
        for _ in 0..rounds {
            let format = if case == "names" { "names" } else { "json" };
            let list = self.home.args(["list-tags", "--format", format, &name]);
            match case {
                "first" if self.home.store().exists() => fs::remove_dir_all(self.home.store()).unwrap(),
                "again" => drop(list.clone().ok()),
                "names" => {
                    let names = ["list-tags", "--tls-verify=false", &format!("docker://{name}")];
                    other
                        .rounds
                        .push(self.once(&mut skopeo::command(self.elsewhere.path(), &names)));
                }
                _ => {}
            }
            own.rounds.push(self.once(&mut list.command()));
        }
        [own, other].into_iter().filter(|line| !line.rounds.is_empty()).collect()
    }

    fn once(&self, command: &mut Command) -> Usage {
        measure::settle();
        let before = self.registry.requests().len();
        let mut usage = measure::run(command, &[]);
        usage.requests = u32::try_from(self.registry.requests().len() - before).unwrap();
        eprintln!("  {:.2} s", usage.seconds);
        usage
    }
}

/// An image without layers, and its tags.
fn put(host: &str, number: usize, tags: usize) {
    let config =
        format!(r#"{{"architecture":"amd64","os":"linux","author":"{number}","rootfs":{{"type":"layers","diff_ids":[]}}}}"#);
    let config = Blob::new(CONFIG, config.into_bytes());
    let opened = wire::send("POST", host, "/v2/app/blobs/uploads/", &[], &[]);
    let location = opened.header("location").unwrap();
    let session = location.strip_prefix(&format!("http://{host}")).unwrap_or(location);
    let target = format!("{session}&digest={}", config.digest);
    assert_eq!(
        wire::send("PUT", host, &target, &[], &config.bytes).status,
        201,
        "PUT {target}"
    );
    let media_type = Family::Oci.manifest();
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{},"layers":[]}}"#,
        config.descriptor()
    );
    for tag in 0..tags {
        let target = format!("/v2/app/manifests/v1.{number}.{tag}");
        let answer = wire::send("PUT", host, &target, &[("Content-Type", media_type)], manifest.as_bytes());
        assert_eq!(answer.status, 201, "PUT {target}");
    }
}
