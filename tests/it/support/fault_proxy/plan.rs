//! What goes wrong, and when: by an explicit rule, or drawn by a seed. The same seed draws the same for the same method,
//! kind of path and turn, whatever else is under way. Faults pass: after some hits the same request gets through.

use std::collections::HashMap;

use fastrand::Rng;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// To the body of the answer, at this byte; a byte behind its end counts on from its beginning.
    Down(Spoil, u64),
    /// The same to the body of the request.
    Up(Spoil, u64),
    /// Refused without asking the registry, with a `Retry-After` of so many seconds.
    Refuse(u16, Option<u32>),
    /// The registry does the work, and instead of its answer comes a reset.
    LoseAnswer,
}

/// What happens to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoil {
    /// The connection is closed in order.
    Fin,
    /// The connection is reset.
    Rst,
    /// The body ends here, in chunks and well-formed. An answer's alone.
    End,
    /// Silence until the other side goes.
    Stall,
    /// A bit of this byte is flipped.
    Flip,
    /// From here on it is slow for a while.
    Drip,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Manifest,
    Blob,
    Upload,
    Other,
}

/// A request of which it is to be decided whether it goes wrong.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) kind: Kind,
    /// The how-manieth of this method and kind, from 1.
    pub(crate) nth: u64,
    /// The length of its body, as it says.
    pub(crate) length: u64,
}

pub(crate) type Plan = Box<dyn FnMut(&Asked) -> Option<Fault> + Send>;

impl Kind {
    pub(super) fn of(target: &str) -> Self {
        let has = |part| target.contains(part);
        if has("/blobs/uploads/") {
            Self::Upload
        } else if has("/blobs/") {
            Self::Blob
        } else if has("/manifests/") {
            Self::Manifest
        } else {
            Self::Other
        }
    }
}

impl Asked {
    pub(crate) fn is(&self, method: &str, kind: Kind) -> bool {
        self.method == method && self.kind == kind
    }

    /// Does it carry bytes of a blob, up or down?
    pub(crate) fn moves_blob(&self) -> bool {
        self.is("GET", Kind::Blob) || self.sends_blob()
    }

    /// Does it carry bytes of a blob up?
    pub(crate) fn sends_blob(&self) -> bool {
        self.length > 0 && (self.is("PUT", Kind::Upload) || self.is("PATCH", Kind::Upload))
    }

    /// What stays the same when it is asked again: an upload begun anew has another session, and its digest alone tells
    /// what it is of.
    fn sameness(&self) -> String {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let what = query
            .split('&')
            .find(|pair| pair.starts_with("digest=") || pair.starts_with("mount="));
        match self.kind {
            Kind::Upload => format!("{} {}", self.method, what.unwrap_or("upload")),
            _ => format!("{} {path}", self.method),
        }
    }
}

/// Nothing goes wrong.
pub(crate) fn nothing() -> Plan {
    Box::new(|_| None)
}

/// This, to the first so many of the requests meant.
pub(crate) fn on(meant: impl Fn(&Asked) -> bool + Send + 'static, times: u64, fault: Fault) -> Plan {
    let mut hits = 0;
    Box::new(move |asked| {
        hits += u64::from(meant(asked));
        (meant(asked) && hits <= times).then_some(fault)
    })
}

/// Whatever may pass, to so many of a hundred requests.
pub(crate) fn seeded(seed: u64, percent: u64) -> Plan {
    let mut hits = Hits::new(seed);
    Box::new(move |asked| {
        let mut luck = luck(seed, asked);
        let hit = luck.u64(..100) < percent && hits.take(asked, 2);
        hit.then(|| any(&mut luck, asked))
    })
}

/// Each blob is cut on its way `most` times, wherever the seed says.
pub(crate) fn cuts(seed: u64, most: u64) -> Plan {
    let mut hits = HashMap::new();
    Box::new(move |asked| {
        let count = hits.entry(asked.sameness()).or_insert(0);
        if !asked.moves_blob() || *count >= most {
            return None;
        }
        *count += 1;
        Some(cut(&mut luck(seed, asked), asked))
    })
}

/// How often each request was hit.
struct Hits {
    seed: u64,
    counts: HashMap<String, u64>,
}

impl Hits {
    fn new(seed: u64) -> Self {
        let counts = HashMap::new();
        Self { seed, counts }
    }

    /// Is there one more for this request? Each has a limit of its own, from one to `most`.
    fn take(&mut self, asked: &Asked, most: u64) -> bool {
        let same = asked.sameness();
        let limit = Rng::with_seed(hash(self.seed, &same)).u64(1..=most);
        let count = self.counts.entry(same).or_default();
        *count += 1;
        *count <= limit
    }
}

fn any(luck: &mut Rng, asked: &Asked) -> Fault {
    let refusal = refusal(luck);
    let mut faults = vec![Fault::LoseAnswer, refusal];
    let at = place(luck);
    if asked.method == "GET" && asked.kind != Kind::Upload {
        faults.extend([Spoil::Fin, Spoil::Rst, Spoil::Drip].map(|spoil| Fault::Down(spoil, at)));
    }
    if matches!(asked.method.as_str(), "PUT" | "PATCH") {
        faults.extend([Spoil::Fin, Spoil::Rst, Spoil::Drip].map(|spoil| Fault::Up(spoil, at)));
    }
    if asked.is("GET", Kind::Blob) {
        // Its length and digest are known before; those of a manifest may not be.
        faults.extend([Spoil::End, Spoil::Flip].map(|spoil| Fault::Down(spoil, at)));
    }
    faults[luck.usize(..faults.len())]
}

fn refusal(luck: &mut Rng) -> Fault {
    match luck.u8(..6) {
        0 => Fault::Refuse(500, None),
        1 => Fault::Refuse(502, None),
        2 => Fault::Refuse(503, None),
        3 => Fault::Refuse(504, None),
        4 => Fault::Refuse(429, Some(0)),
        _ => Fault::Refuse(429, Some(1)),
    }
}

fn cut(luck: &mut Rng, asked: &Asked) -> Fault {
    let at = place(luck);
    let spoil = if luck.bool() { Spoil::Fin } else { Spoil::Rst };
    match asked.method.as_str() {
        "GET" if luck.u8(..3) == 0 => Fault::Down(Spoil::End, at),
        "GET" => Fault::Down(spoil, at),
        _ => Fault::Up(spoil, at),
    }
}

/// Any byte of a body of whatever length.
fn place(luck: &mut Rng) -> u64 {
    luck.u64(..1 << 40)
}

fn luck(seed: u64, asked: &Asked) -> Rng {
    Rng::with_seed(hash(seed, &format!("{} {:?} {}", asked.method, asked.kind, asked.nth)))
}

/// FNV-1a: the library's own hash may change with its version, and with it what a seed stands for.
fn hash(seed: u64, text: &str) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(text.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
