//! What is measured: images of three shapes, on a direct link and on slow ones, pulled and pushed.

use std::fmt;
use std::num::NonZero;
use std::time::Duration;

use clap::Parser;

use crate::proxy::{Link, Rate};

/// What may follow `cargo bench --`.
#[derive(Parser)]
#[command(about = "Measure lugger against skopeo, Docker Engine and curl")]
pub(crate) struct Arguments {
    /// Only cases with all these words, such as `pull mix direct`
    pub(crate) words: Vec<String>,
    /// How often each tool runs each case, instead of the one to three times of the default
    #[arg(long)]
    pub(crate) rounds: Option<NonZero<usize>>,
    /// Said by cargo
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

impl Arguments {
    pub(crate) fn want(&self, name: &str) -> bool {
        self.words.iter().all(|wanted| name.split(' ').any(|word| word == wanted))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Pull,
    Push,
}

impl Way {
    pub(crate) const BOTH: [Self; 2] = [Self::Pull, Self::Push];
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pull => "pull",
            Self::Push => "push",
        })
    }
}

/// An image, the link it moves over, and how often.
pub(crate) struct Setting {
    name: &'static str,
    /// `COUNTxSIZE`, separated by commas.
    pub(crate) layers: &'static str,
    /// None is a direct link.
    pub(crate) link: Option<Link>,
    /// As the table calls the link.
    link_name: &'static str,
    pub(crate) ways: &'static [Way],
    pub(crate) rounds: usize,
}

/// How long a slow link takes there and back.
pub(crate) const ROUND_TRIP_MS: u32 = 20;

const ROUND_TRIP: Duration = Duration::from_millis(ROUND_TRIP_MS as u64);

const fn slow(megabytes: u32) -> Link {
    Link {
        round_trip: ROUND_TRIP,
        rate: Rate::Each(megabytes),
        first_byte: Duration::ZERO,
        tls: false,
    }
}

/// One line for all connections, behind it a storage that takes its time to begin.
const SHARED: Option<Link> = Some(Link {
    round_trip: Duration::from_millis(1),
    rate: Rate::Shared(80),
    first_byte: Duration::from_millis(60),
    tls: false,
});

/// A far object storage: fast once it gives bytes.
const STORAGE: Option<Link> = Some(Link {
    round_trip: ROUND_TRIP,
    rate: Rate::Each(50),
    first_byte: Duration::from_millis(150),
    tls: false,
});

/// No slower than the machine.
const TLS: Option<Link> = Some(Link {
    round_trip: Duration::ZERO,
    rate: Rate::Each(10_000),
    first_byte: Duration::ZERO,
    tls: true,
});

const PULL: &[Way] = &[Way::Pull];

const MIX: &str = "1x150M,3x30M,8x5M,10x100K";
const SMALL: &str = "200x64K";

/// Long runs differ less and get fewer rounds.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: "one",
        layers: "1x2G",
        link: None,
        link_name: "direct",
        ways: &Way::BOTH,
        rounds: 1,
    },
    Setting {
        name: "mix",
        layers: MIX,
        link: None,
        link_name: "direct",
        ways: &Way::BOTH,
        rounds: 3,
    },
    Setting {
        name: "small",
        layers: SMALL,
        link: None,
        link_name: "direct",
        ways: &Way::BOTH,
        rounds: 3,
    },
    Setting {
        name: "one",
        layers: "1x400M",
        link: Some(slow(20)),
        link_name: "slow",
        ways: &Way::BOTH,
        rounds: 1,
    },
    Setting {
        name: "mix",
        layers: MIX,
        link: Some(slow(20)),
        link_name: "slow",
        ways: &Way::BOTH,
        rounds: 1,
    },
    Setting {
        name: "small",
        layers: SMALL,
        link: Some(slow(50)),
        link_name: "slow",
        ways: &Way::BOTH,
        rounds: 2,
    },
    Setting {
        name: "mix",
        layers: MIX,
        link: TLS,
        link_name: "tls",
        ways: &Way::BOTH,
        rounds: 3,
    },
    Setting {
        name: "one",
        layers: "1x300M",
        link: SHARED,
        link_name: "shared",
        ways: PULL,
        rounds: 3,
    },
    Setting {
        name: "mix",
        layers: MIX,
        link: SHARED,
        link_name: "shared",
        ways: PULL,
        rounds: 1,
    },
    Setting {
        name: "one",
        layers: "1x300M",
        link: STORAGE,
        link_name: "storage",
        ways: PULL,
        rounds: 1,
    },
    Setting {
        name: "mix",
        layers: MIX,
        link: STORAGE,
        link_name: "storage",
        ways: PULL,
        rounds: 1,
    },
];

impl Setting {
    pub(crate) fn description(&self) -> String {
        let layers = self.layers.replace(',', ", ");
        let link = self.link.map_or(String::new(), |link| format!("; {link}"));
        format!("layers {layers}{link}")
    }
}

/// As the table calls it; also what the words of the command line are looked for in.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.link_name)
    }
}
