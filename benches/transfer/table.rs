//! The results as a table in Markdown: for each figure, how many times lugger's own it is.

use std::fmt;

use crate::measure::Usage;

/// The cases measured so far.
#[derive(Default)]
pub(crate) struct Table {
    cases: Vec<(String, Vec<Line>)>,
}

/// What one tool needed for one case, in each round.
pub(crate) struct Line {
    pub(crate) tool: &'static str,
    pub(crate) rounds: Vec<Usage>,
}

impl Table {
    /// Lugger's line is the first.
    pub(crate) fn add(&mut self, case: String, lines: Vec<Line>) {
        self.cases.push((case, lines));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| case | tool | wall s | × | CPU s | × | peak MiB | × | requests | × |")?;
        writeln!(f, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for (case, lines) in &self.cases {
            let own = lines[0].figures();
            for (line, case) in lines.iter().zip([case.as_str()].into_iter().chain(std::iter::repeat(""))) {
                write!(f, "| {case} | {} |", line.tool)?;
                for (figure, own) in line.figures().into_iter().zip(&own) {
                    write!(f, " {} | {} |", figure.text(), figure.times(own))?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

impl Line {
    pub(crate) fn new(tool: &'static str) -> Self {
        Self {
            tool,
            rounds: Vec::new(),
        }
    }

    fn figures(&self) -> [Figure; 4] {
        let median = |of: fn(&Usage) -> f64, decimals| Figure {
            value: median(self.rounds.iter().map(of).collect()),
            decimals,
        };
        [
            median(|usage| usage.seconds, 2),
            median(|usage| usage.cpu_seconds, 2),
            median(|usage| usage.peak_mib, 0),
            median(|usage| f64::from(usage.requests), 0),
        ]
    }
}

struct Figure {
    value: f64,
    decimals: usize,
}

impl Figure {
    fn text(&self) -> String {
        let Self { value, decimals } = self;
        format!("{value:.decimals$}")
    }

    fn times(&self, own: &Self) -> String {
        format!("{:.1}", self.value / own.value)
    }
}

/// There is at least one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
    f64::midpoint(low, high)
}
