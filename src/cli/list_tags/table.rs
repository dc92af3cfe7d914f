//! The table of tags. In a pipe it is as wide as it must be; on a terminal it is as wide as that: lists are cut where
//! they must be, then a time is a date, then sizes and platforms go to a line of their own.

use console::{Term, measure_text_width, truncate_str};
use jiff::tz::TimeZone;
use lugger::reference::Tag;
use lugger::registry::ListedImage;
use lugger::size::human;
use lugger::text::one_line;

use crate::cli::output::{self, Unwritten};

/// What stands between two columns.
const GAP: usize = 3;
/// A list is not cut below this; rather it gets room elsewhere.
const LEAST: usize = 16;
const DATE: usize = "2026-01-02".len();

/// A row, with all that it would show.
struct Row {
    digest: String,
    tags: List,
    time: String,
    size: String,
    platforms: List,
}

/// Words with commas between them.
struct List(Vec<String>);

/// How rows are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shape {
    time: usize,
    tags: usize,
    platforms: usize,
    /// Are sizes and platforms on lines of their own?
    folded: bool,
}

pub(super) fn print(images: &[ListedImage], wide: bool) -> Result<(), Unwritten> {
    let rows: Vec<Row> = images.iter().map(Row::of).collect();
    let shape = Shape::of(&rows, wide, columns());
    let header = Row::header();
    let all = [&header].into_iter().chain(&rows);
    let mut lines = all.flat_map(|row| row.lines(shape, wide));
    output::table(
        lines.next().unwrap_or_default().iter().map(String::as_str),
        lines.map(Vec::into_iter),
    )
}

/// How wide the terminal is, if it is one.
fn columns() -> Option<usize> {
    let terminal = Term::stdout();
    let (_, columns) = terminal.is_term().then(|| terminal.size_checked())??;
    Some(columns.into()).filter(|columns| *columns > 0)
}

impl Row {
    /// gcloud's columns: a short digest, its tags, the local time; and two more.
    fn of(image: &ListedImage) -> Self {
        let time = image
            .timestamp
            .map(|time| time.to_zoned(TimeZone::system()).strftime("%Y-%m-%dT%H:%M:%S").to_string());
        Self {
            digest: image.digest.short().to_owned(),
            tags: List(image.tags.iter().map(Tag::to_string).collect()),
            time: time.unwrap_or_default(),
            // Nothing is so small.
            size: if image.size == 0 { String::new() } else { human(image.size) },
            platforms: List(
                image
                    .platforms
                    .iter()
                    .map(|platform| one_line(&platform.to_string()))
                    .collect(),
            ),
        }
    }

    fn header() -> Self {
        let list = |name: &str| List(vec![name.to_owned()]);
        Self {
            digest: "DIGEST".to_owned(),
            tags: list("TAGS"),
            time: "TIMESTAMP".to_owned(),
            size: "SIZE".to_owned(),
            platforms: list("PLATFORMS"),
        }
    }

    /// The cells of each line.
    fn lines(&self, shape: Shape, wide: bool) -> Vec<Vec<String>> {
        let time: String = self.time.chars().take(shape.time).collect();
        let first = vec![self.digest.clone(), self.tags.within(shape.tags), time];
        let more = [self.size.clone(), self.platforms.within(shape.platforms)];
        if shape.folded {
            let [size, platforms] = more;
            return vec![first, vec![String::new(), platforms, size]];
        }
        vec![first.into_iter().chain(more.into_iter().filter(|_| wide)).collect()]
    }
}

impl Shape {
    fn of(rows: &[Row], wide: bool, columns: Option<usize>) -> Self {
        let header = Row::header();
        let widest = |of: fn(&Row) -> usize| [&header].into_iter().chain(rows).map(of).max().unwrap_or_default();
        let digest = widest(|row| row.digest.len());
        let size = widest(|row| row.size.len());
        let whole = Self {
            time: widest(|row| row.time.len()),
            tags: widest(|row| row.tags.width()),
            platforms: widest(|row| row.platforms.width()),
            folded: false,
        };
        let Some(columns) = columns else { return whole };
        // What is left for the lists beside the other columns.
        let room = |time: usize| columns.saturating_sub(digest + time + 2 * GAP);
        let short = whole.time.min(DATE);
        if !wide {
            return whole.narrow(room(whole.time)).unwrap_or_else(|| Self {
                time: short,
                tags: room(short).max(1),
                ..whole
            });
        }
        let room_for_both = |time| room(time).saturating_sub(size + 2 * GAP);
        let dated = Self { time: short, ..whole };
        let side_by_side = whole
            .share(room_for_both(whole.time))
            .or_else(|| dated.share(room_for_both(short)));
        side_by_side.unwrap_or_else(|| Self {
            time: short,
            // Sizes stand below times.
            tags: room(short.max(size)).max(1),
            platforms: room(short.max(size)).max(1),
            folded: true,
        })
    }

    /// With so much room for tags, if that is enough.
    fn narrow(self, room: usize) -> Option<Self> {
        let tags = self.tags.min(room);
        (room >= self.tags.min(LEAST)).then_some(Self { tags, ..self })
    }

    /// With so much room for both lists: neither takes what it does not need, or more than half if the other needs it.
    fn share(self, room: usize) -> Option<Self> {
        let enough = self.tags.min(LEAST) + self.platforms.min(LEAST);
        let platforms = self.platforms.min((room / 2).max(room.saturating_sub(self.tags)));
        let tags = self.tags.min(room - platforms);
        (room >= enough).then_some(Self { tags, platforms, ..self })
    }
}

impl List {
    fn width(&self) -> usize {
        measure_text_width(&self.0.join(","))
    }

    /// As many as there is room for, and how many more there are.
    fn within(&self, room: usize) -> String {
        if self.width() <= room {
            return self.0.join(",");
        }
        let with_more = |shown: usize| format!("{},+{}", self.0[..shown].join(","), self.0.len() - shown);
        let fits = |text: &String| measure_text_width(text) <= room;
        if let Some(text) = (1..self.0.len()).rev().map(with_more).find(fits) {
            return text;
        }
        let more = match self.0.len() {
            0 | 1 => String::new(),
            all => format!(",+{}", all - 1),
        };
        let first = self.0.first().map(String::as_str).unwrap_or_default();
        match room.checked_sub(more.len()).filter(|left| *left > 1) {
            Some(left) => truncate_str(first, left, "…").into_owned() + &more,
            None => truncate_str(first, room, "…").into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> List {
        List(text.split(' ').map(String::from).collect())
    }

    #[test]
    fn a_list_shows_what_fits_and_counts_the_rest() {
        for (room, expected) in [
            (20, "1.2.3,1.2,1,latest"),
            (18, "1.2.3,1.2,1,latest"),
            (17, "1.2.3,1.2,1,+1"),
            (12, "1.2.3,1.2,+2"),
            (8, "1.2.3,+3"),
            (7, "1.2…,+3"),
            (5, "1…,+3"),
            (4, "1.2…"),
            (1, "…"),
        ] {
            assert_eq!(list("1.2.3 1.2 1 latest").within(room), expected, "{room}");
        }
        assert_eq!(list("a-single-long-tag").within(8), "a-singl…");
        assert_eq!(List(Vec::new()).within(1), "");
    }

    fn row(tags: &str, platforms: &str) -> Row {
        Row {
            digest: "0123456789ab".to_owned(),
            tags: list(tags),
            time: "2026-01-02T03:04:05".to_owned(),
            size: "12.3MB".to_owned(),
            platforms: list(platforms),
        }
    }

    fn width(row: &Row, shape: Shape, wide: bool) -> usize {
        let lines = row.lines(shape, wide);
        let columns = lines.iter().map(Vec::len).max().unwrap();
        let widest = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| measure_text_width(cell)).max().unwrap_or_default()
        };
        (0..columns).map(widest).sum::<usize>() + GAP * (columns - 1)
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let many = (0..40).map(|number| format!("1.2.{number}")).collect::<Vec<_>>().join(" ");
        for tags in ["1", many.as_str(), &"x".repeat(128)] {
            for platforms in ["linux/amd64", &"linux/arm64/v8 ".repeat(12)] {
                let row = row(tags, platforms.trim());
                for (wide, columns) in (36..260).flat_map(|columns| [(false, columns), (true, columns)]) {
                    let shape = Shape::of(std::slice::from_ref(&row), wide, Some(columns));
                    assert!(width(&row, shape, wide) <= columns, "{columns}: {shape:?}");
                }
                let shape = Shape::of(std::slice::from_ref(&row), true, None);
                assert!(shape.tags >= row.tags.width() && shape.platforms >= row.platforms.width() && !shape.folded);
            }
        }
    }

    #[test]
    fn room_is_given_up_in_this_order() {
        let row = row("1.2.3 1.2 1 latest stable edge", "linux/amd64 linux/arm64/v8 linux/arm/v7");
        let shape = |wide, columns| Shape::of(std::slice::from_ref(&row), wide, Some(columns));
        assert_eq!((shape(false, 200).time, shape(false, 200).tags), (19, 30));
        assert_eq!((shape(false, 60).time, shape(false, 60).tags), (19, 23));
        assert_eq!((shape(false, 40).time, shape(false, 40).tags), (10, 12));
        assert_eq!((shape(true, 200).platforms, shape(true, 200).folded), (39, false));
        assert_eq!((shape(true, 80).time, shape(true, 80).folded), (10, false));
        assert_eq!(
            (shape(true, 40).time, shape(true, 40).tags, shape(true, 40).folded),
            (10, 12, true)
        );
    }
}
