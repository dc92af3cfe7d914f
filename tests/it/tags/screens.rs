//! A list on a terminal: no line is wider than that, and in a pipe nothing is cut.

use std::time::Duration;

use super::{image, with_images};
use crate::support::image::Index;
use crate::support::scene::Scene;
use crate::support::server::{Act, Rule};
use crate::support::terminal::Terminal;

/// An image with many tags, an index of many platforms, and one with a long tag.
fn crowded() -> Scene {
    let scene = Scene::new();
    for number in 0..30 {
        scene.registry.put_image("team/app", &format!("1.2.{number}"), &image(1));
    }
    let images: Vec<_> = (10..18).map(image).collect();
    let platforms = ["amd64", "arm64/v8", "arm/v7", "arm/v6", "386", "ppc64le", "s390x", "riscv64"];
    let platforms: Vec<String> = platforms.iter().map(|name| format!("linux/{name}")).collect();
    let entries: Vec<_> = images.iter().zip(platforms.iter().map(String::as_str)).collect();
    scene.registry.put_index("team/app", "multi", &Index::of(&entries));
    scene.registry.put_image("team/app", &"x".repeat(128), &image(2));
    scene
}

fn shown(scene: &Scene, words: &str, columns: u16) -> Vec<String> {
    let terminal = Terminal::start(&scene.call(words).env("TZ", "UTC"), columns, 24);
    assert_eq!(terminal.wait(), 0);
    let screen = terminal.history();
    screen
        .lines()
        .map(|line| line.trim_end().to_string())
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn a_table_fits_the_terminal() {
    let scene = crowded();
    for (columns, time) in [(40, "2026-01-02"), (80, "2026-01-02T03:04:05"), (200, "2026-01-02T03:04:05")] {
        let lines = shown(&scene, "list-tags @/team/app", columns);
        assert_eq!(lines.len(), 4, "{lines:#?}");
        for line in &lines[1..] {
            assert!(line.chars().count() <= columns.into() && line.ends_with(time), "{line:?}");
        }
        let many = lines.iter().find(|line| line.contains("1.2.0")).unwrap();
        let counted = many.contains("1.2.0,+29") || many.contains(",+") && columns > 40;
        assert!(counted, "{many:?}");
        assert_eq!(lines.iter().any(|line| line.contains("x…")), columns < 200, "{lines:#?}");
    }
}

#[test]
fn a_wide_table_fits_the_terminal_and_is_folded_on_a_narrow_one() {
    let scene = crowded();
    for (columns, rows) in [(40, 8), (80, 4), (200, 4), (420, 4)] {
        let lines = shown(&scene, "list-tags --wide @/team/app", columns);
        assert_eq!(lines.len(), rows, "{lines:#?}");
        assert!(lines.iter().all(|line| line.chars().count() <= columns.into()), "{lines:#?}");
        let all = lines.join("\n");
        for word in ["DIGEST", "TAGS", "TIMESTAMP", "SIZE", "PLATFORMS"] {
            assert!(all.contains(word) || (columns == 40 && word == "TIMESTAMP"), "{word}\n{all}");
        }
        assert_eq!(all.contains("riscv64"), columns == 420, "{all}");
        assert_eq!(all.contains(",+"), columns < 420, "{all}");
    }
}

#[test]
fn in_a_pipe_nothing_is_cut() {
    let scene = crowded();
    let run = scene.call("list-tags --wide @/team/app").env("COLUMNS", "40").ok();
    assert!(run.stdout.contains(&"x".repeat(128)) && run.stdout.contains("1.2.28,") && run.stdout.contains("linux/riscv64"));
    assert!(!run.stdout.contains('…') && !run.stdout.contains(",+"));
    assert_eq!(run.stdout.lines().count(), 4);
}

#[test]
fn a_long_lookup_says_how_far_it_is_and_leaves_nothing_behind() {
    let scene = with_images(90);
    scene
        .registry
        .rule(Rule::on("*", "/manifests/").then(Act::Delay(Duration::from_millis(400))));
    let terminal = Terminal::start(&scene.call("list-tags --limit 3 --filter v* @/team/app"), 60, 24);
    let screen = terminal.wait_for("Looking up ");
    assert!(screen.contains("/90 "), "{screen}");
    assert_eq!(terminal.wait(), 0);
    let screen = terminal.history();
    assert!(screen.starts_with("DIGEST") && !screen.contains("Looking"), "{screen}");
    assert_eq!(scene.call("list-tags --limit 3 @/team/app").ok().stderr, "");
}

#[test]
fn a_wait_is_said_above_the_line_of_a_lookup() {
    let scene = with_images(40);
    let mut refusal = Act::error(429, "TOOMANYREQUESTS", "slow down");
    if let Act::Status { headers, .. } = &mut refusal {
        headers.push(("retry-after".to_string(), "1".to_string()));
    }
    scene
        .registry
        .rule(Rule::on("HEAD", "/manifests/").nth(35..=35).then(refusal));
    scene
        .registry
        .rule(Rule::on("*", "/manifests/").then(Act::Delay(Duration::from_millis(400))));
    let terminal = Terminal::start(&scene.call("list-tags --limit 2 @/team/app"), 140, 24);
    assert_eq!(terminal.wait(), 0);
    let screen = terminal.history();
    let lines: Vec<&str> = screen.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    assert!(lines.iter().any(|line| line.contains("trying again in 1 s")), "{screen}");
    assert!(
        lines.iter().any(|line| line.starts_with("DIGEST")) && !screen.contains("Looking"),
        "{screen}"
    );
}
