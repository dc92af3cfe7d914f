//! What a proxy has seen and done: how many bytes of blobs went by, and what was made to go wrong.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use super::message::Head;
use super::plan::{Asked, Fault, Kind, Plan};

/// A fault that came about.
#[derive(Clone, Debug)]
pub(crate) struct Injected {
    pub(crate) asked: Asked,
    pub(crate) fault: Fault,
}

impl fmt::Display for Injected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Asked { method, target, nth, .. } = &self.asked;
        write!(formatter, "{:?} at {method} {target} ({nth})", self.fault)
    }
}

pub(super) struct Tally(Mutex<Inside>);

struct Inside {
    plan: Plan,
    turns: HashMap<(String, Kind), u64>,
    down: u64,
    up: u64,
    injected: Vec<Injected>,
}

impl Tally {
    pub(super) fn of(plan: Plan) -> Self {
        Self(Mutex::new(Inside {
            plan,
            turns: HashMap::new(),
            down: 0,
            up: 0,
            injected: Vec::new(),
        }))
    }

    /// The request, with its turn, and what is to go wrong with it.
    pub(super) fn decide(&self, head: &Head) -> (Asked, Option<Fault>) {
        let mut inside = self.0.lock().unwrap();
        let (method, target) = (head.word(0).to_string(), head.word(1).to_string());
        let kind = Kind::of(&target);
        let nth = inside.turns.entry((method.clone(), kind)).or_default();
        *nth += 1;
        let nth = *nth;
        let length = head.request_framing().length().unwrap_or(u64::MAX);
        let asked = Asked {
            method,
            target,
            kind,
            nth,
            length,
        };
        let fault = (inside.plan)(&asked);
        (asked, fault)
    }

    pub(super) fn went_down(&self, bytes: usize) {
        self.0.lock().unwrap().down += bytes as u64;
    }

    pub(super) fn went_up(&self, bytes: usize) {
        self.0.lock().unwrap().up += bytes as u64;
    }

    pub(super) fn down(&self) -> u64 {
        self.0.lock().unwrap().down
    }

    pub(super) fn up(&self) -> u64 {
        self.0.lock().unwrap().up
    }

    pub(super) fn came_about(&self, asked: &Asked, fault: Fault) {
        let asked = asked.clone();
        self.0.lock().unwrap().injected.push(Injected { asked, fault });
    }

    pub(super) fn injected(&self) -> Vec<Injected> {
        self.0.lock().unwrap().injected.clone()
    }
}
