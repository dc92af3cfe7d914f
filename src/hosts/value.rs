//! Values of a `hosts.toml`, each with its place, so that what cannot be meant is told with file, line and column.
//!
//! No message shows a value of the file: headers hold passwords.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::hosts::HostsError;

/// A value as it stands in the file.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// A file that is being read.
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) path: &'a Path,
}

impl<'a> Source<'a> {
    pub(super) fn parse(&self) -> Result<DeTable<'a>, HostsError> {
        DeTable::parse(self.text)
            .map(Spanned::into_inner)
            .map_err(|error| self.wrong(error.span().unwrap_or_default(), error.message()))
    }

    /// An error at a place.
    pub(super) fn wrong(&self, at: Range<usize>, problem: impl Into<String>) -> HostsError {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        HostsError::Wrong {
            path: self.path.to_path_buf(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem: problem.into(),
        }
    }

    /// The line of a place, for a remark.
    pub(super) fn line(&self, at: &Range<usize>) -> usize {
        self.text.get(..at.start).unwrap_or(self.text).matches('\n').count() + 1
    }

    pub(super) fn table<'v>(&self, value: &'v Value<'a>, key: &str) -> Result<&'v DeTable<'a>, HostsError> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| self.expected(value, key, "a table"))
    }

    pub(super) fn boolean(&self, value: &Value<'_>, key: &str) -> Result<bool, HostsError> {
        let boolean = value.get_ref().as_bool();
        boolean.ok_or_else(|| self.expected(value, key, "true or false"))
    }

    pub(super) fn string<'v>(&self, value: &'v Value<'_>, key: &str) -> Result<&'v str, HostsError> {
        let string = value.get_ref().as_str();
        string.ok_or_else(|| self.expected(value, key, "a string"))
    }

    /// A string, or an array of them.
    pub(super) fn strings<'v>(&self, value: &'v Value<'_>, key: &str) -> Result<Vec<&'v str>, HostsError> {
        match value.get_ref() {
            DeValue::String(string) => Ok(vec![string]),
            DeValue::Array(values) => values.iter().map(|value| self.string(value, key)).collect(),
            _ => Err(self.expected(value, key, "a string or an array of strings")),
        }
    }

    /// A file that is there; a relative name is relative to the file that is being read.
    pub(super) fn file(&self, name: &str, value: &Value<'_>, key: &str) -> Result<PathBuf, HostsError> {
        let path = self.path.parent().unwrap_or(Path::new("")).join(name);
        match std::fs::metadata(&path) {
            Ok(_) => Ok(path),
            Err(cause) => Err(self.wrong(value.span(), format!("`{key}` names {}: {cause}", path.display()))),
        }
    }

    /// A time as Go writes it: `200ms`, `1m30s`.
    pub(super) fn duration(&self, value: &Value<'_>, key: &str) -> Result<Duration, HostsError> {
        let text = self.string(value, key)?;
        duration(text).ok_or_else(|| self.expected(value, key, "a time such as \"200ms\" or \"1m30s\""))
    }

    pub(super) fn expected(&self, value: &Value<'_>, key: &str, what: &str) -> HostsError {
        self.wrong(value.span(), format!("`{key}` should be {what}"))
    }
}

/// The longest time that is taken for meant.
const LONGEST: f64 = 86_400.0;

fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = rest.split_at(digits);
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let scale = match &unit[..end] {
            "ms" => 0.001,
            "us" | "µs" => 0.000_001,
            "ns" => 0.000_000_001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = &unit[end..];
    }
    (seconds > 0.0 && seconds <= LONGEST).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_go_writes_them() {
        for (text, millis) in [
            ("200ms", Some(200)),
            ("1m30s", Some(90_000)),
            ("1.5s", Some(1500)),
            ("3", None),
            ("", None),
            ("0s", None),
            ("-1s", None),
            ("s", None),
            ("1d", None),
            ("9999999h", None),
        ] {
            assert_eq!(duration(text), millis.map(Duration::from_millis), "{text:?}");
        }
    }
}
