//! Lugger against skopeo, Docker Engine and curl: every tool moves the same images to and from the same registry, direct
//! and over a slow link, in turns; and long lists of tags are read. `cargo bench` runs it all, as root; `cargo bench -- pull
//! mix --rounds 5` a part of it. All servers listen on this machine's loopback, and all files lie in temporary directories
//! that go at the end.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark may stop at the first surprise"
)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what a benchmark is for")]

mod ground;
mod images;
mod interrupt;
mod measure;
mod proxy;
mod settings;
mod table;
mod tags;
mod tools;

// What the tests start and ask real programs with; most of it serves only them.
#[path = "../../tests/it/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the benchmarks need less of it than the tests")]
mod support;

use std::num::NonZero;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser as _;

use crate::ground::Ground;
use crate::measure::Usage;
use crate::settings::{Arguments, SETTINGS, Setting, Way};
use crate::table::{Line, Table};
use crate::tools::Tool;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if !arguments.bench {
        // `cargo test --all-targets` starts this, too, and nobody wants to wait for it there.
        eprintln!("nothing is measured: run `cargo bench`");
        return ExitCode::SUCCESS;
    }
    let missing = tools::missing();
    if !missing.is_empty() {
        eprintln!("error: the benchmarks need {}", missing.join(", "));
        return ExitCode::FAILURE;
    }
    interrupt::watch();
    let started = Instant::now();
    let mut table = Table::default();
    for setting in SETTINGS {
        let ways: Vec<Way> = setting
            .ways
            .iter()
            .copied()
            .filter(|way| arguments.want(&format!("{way} {setting}")))
            .collect();
        if !ways.is_empty() {
            measure_all(
                setting,
                &ways,
                arguments.rounds.map_or(setting.rounds, NonZero::get),
                &mut table,
            );
        }
    }
    tags::measure(&arguments, arguments.rounds.map_or(3, NonZero::get), &mut table);
    if table.is_empty() {
        eprintln!("error: no case is called `{}`", arguments.words.join(" "));
        return ExitCode::FAILURE;
    }
    eprintln!("{} s in all\n", started.elapsed().as_secs());
    println!("{table}\n{}", tools::versions());
    ExitCode::SUCCESS
}

/// Every tool in these ways, on ground of their own.
fn measure_all(setting: &Setting, ways: &[Way], rounds: usize, table: &mut Table) {
    eprintln!("{setting}: {}", setting.description());
    let ground = Ground::new(setting);
    let mut tools = tools::all(&ground);
    for &way in ways {
        table.add(format!("{way} {setting}"), take_turns(&ground, &mut tools, way, rounds));
    }
}

/// The tool that begins is another in each round, so that no tool always follows the same one.
fn take_turns(ground: &Ground, tools: &mut [Box<dyn Tool>], way: Way, rounds: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = tools.iter().map(|tool| Line::new(tool.name())).collect();
    for round in 0..rounds {
        for turn in 0..tools.len() {
            let at = (round + turn) % tools.len();
            let usage = once(ground, tools[at].as_mut(), way, round);
            eprintln!("  {way}: {} {:.2} s", tools[at].name(), usage.seconds);
            lines[at].rounds.push(usage);
        }
    }
    lines
}

/// From an empty place, with everything that is read in memory and nothing left to be written.
fn once(ground: &Ground, tool: &mut dyn Tool, way: Way, round: usize) -> Usage {
    let repository = match way {
        Way::Pull => ground::SEED.to_string(),
        Way::Push => format!("{}/{round}", tool.name().to_lowercase().replace(' ', "-")),
    };
    tool.prepare(ground, way, &repository);
    ground.warm(way);
    measure::settle();
    let before = ground.requests();
    let mut usage = measure::run(&mut tool.command(ground, way, &repository), &tool.daemons());
    usage.requests = ground.requests() - before;
    tool.check(ground, way, &repository);
    tool.clear();
    usage
}
