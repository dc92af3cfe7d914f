//! What is measured: images of three shapes, each on a direct and on a slow link, pulled and pushed.

use std::fmt;
use std::num::NonZero;

use clap::Parser;

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
    /// In megabytes a second for each connection, each way; none is a direct link.
    pub(crate) rate: Option<u32>,
    pub(crate) rounds: usize,
}

/// How long a slow link takes there and back.
pub(crate) const ROUND_TRIP_MS: u32 = 20;

const MIX: &str = "1x150M,3x30M,8x5M,10x100K";
const SMALL: &str = "200x64K";

/// Long runs differ less and get fewer rounds.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: "one",
        layers: "1x2G",
        rate: None,
        rounds: 1,
    },
    Setting {
        name: "mix",
        layers: MIX,
        rate: None,
        rounds: 3,
    },
    Setting {
        name: "small",
        layers: SMALL,
        rate: None,
        rounds: 3,
    },
    Setting {
        name: "one",
        layers: "1x400M",
        rate: Some(20),
        rounds: 1,
    },
    Setting {
        name: "mix",
        layers: MIX,
        rate: Some(20),
        rounds: 1,
    },
    Setting {
        name: "small",
        layers: SMALL,
        rate: Some(50),
        rounds: 2,
    },
];

impl Setting {
    pub(crate) fn description(&self) -> String {
        let layers = self.layers.replace(',', ", ");
        let link = self.rate.map_or(String::new(), |rate| {
            format!("; each connection {ROUND_TRIP_MS} ms there and back, {rate} MB/s each way")
        });
        format!("layers {layers}{link}")
    }
}

/// As the table calls it; also what the words of the command line are looked for in.
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = if self.rate.is_some() { "slow" } else { "direct" };
        write!(f, "{} {link}", self.name)
    }
}
