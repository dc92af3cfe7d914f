//! What a run costs: seconds, processor time, memory. Requests are counted by who asks the registry.

use std::fs;
use std::io::{Read as _, Seek as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

use crate::interrupt;
use crate::support::peers::process::run as complete;

/// What one run took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) seconds: f64,
    /// User and system, of the program and of the daemons that work for it.
    pub(crate) cpu_seconds: f64,
    /// Of the program, or of its daemons together where it has any.
    pub(crate) peak_mib: f64,
    pub(crate) requests: u32,
}

/// Leaves no writes to the run that follows.
pub(crate) fn settle() {
    complete(&mut Command::new("sync"), "coreutils");
}

/// Runs the program to its end; a failure is a panic with what it said.
pub(crate) fn run(command: &mut Command, daemons: &[u32]) -> Usage {
    interrupt::check();
    let mut output = tempfile::tempfile().unwrap();
    command.stdin(Stdio::null());
    command
        .stdout(output.try_clone().unwrap())
        .stderr(output.try_clone().unwrap());
    // A new program starts with the peak of who started it: ours must not stand for its own.
    forget_peak("self");
    for pid in daemons {
        forget_peak(&pid.to_string());
    }
    let before = cpu_seconds(daemons);
    let start = Instant::now();
    let ended = command.spawn().unwrap().wait4().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    interrupt::check();
    if !ended.status.success() {
        let mut said = String::new();
        output.rewind().unwrap();
        output.read_to_string(&mut said).unwrap();
        panic!("{command:?}: {}\n{said}", ended.status);
    }
    let own = ended.rusage.utime + ended.rusage.stime;
    Usage {
        seconds,
        cpu_seconds: own.as_secs_f64() + cpu_seconds(daemons) - before,
        peak_mib: mib(if daemons.is_empty() {
            ended.rusage.maxrss
        } else {
            peaks(daemons)
        }),
        requests: 0,
    }
}

fn forget_peak(process: &str) {
    fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
}

/// Of daemons and of the programs they have started and waited for.
fn cpu_seconds(daemons: &[u32]) -> f64 {
    let ticks: u32 = daemons.iter().map(|pid| cpu_ticks(*pid)).sum();
    // The kernel tells a hundredth of a second to all programs, whatever it counts in.
    Duration::from_millis(10).as_secs_f64() * f64::from(ticks)
}

/// See proc(5): the fields 14 to 17 of `stat`, where the second, a name, may hold anything up to the last parenthesis.
fn cpu_ticks(pid: u32) -> u32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    fields
        .split(' ')
        .skip(11)
        .take(4)
        .map(|ticks| ticks.parse::<u32>().unwrap())
        .sum()
}

/// In bytes.
fn peaks(daemons: &[u32]) -> u64 {
    daemons.iter().map(|pid| peak(*pid)).sum()
}

fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// Exact to the KiB, which every `f64` here is.
fn mib(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes >> 10).unwrap()) / 1024.0
}
