//! The colours of the style can be read, in the light and in the dark: WCAG 2.1, level AA.

use std::collections::{BTreeMap, BTreeSet};

use super::STYLE;

/// What text needs, and what a border or an outline that means something.
const TEXT: f64 = 4.5;
const EDGE: f64 = 3.0;

/// Every colour with each ground that it stands on.
const PAIRS: &[(&str, &[&str], f64)] = &[
    ("text", &["page", "panel", "good-page", "bad-page", "part-page"], TEXT),
    ("soft", &["page", "panel"], TEXT),
    ("link", &["page", "panel"], TEXT),
    ("good", &["page", "panel", "good-page"], TEXT),
    ("bad", &["page", "panel", "bad-page"], TEXT),
    ("part", &["page", "panel", "part-page"], TEXT),
    ("edge", &["page", "panel"], EDGE),
];

/// Borders that only part what is next to each other; nothing is lost without them.
const ORNAMENTS: &[&str] = &["line"];

type Theme = BTreeMap<&'static str, [u8; 3]>;

/// The colours of the first block `:root` of a piece of the style.
fn theme(style: &'static str) -> Theme {
    let (_, block) = style.split_once(":root {").expect("a block of colours");
    let (block, _) = block.split_once('}').expect("its end");
    let colours = block.split(';').filter_map(|property| property.trim().strip_prefix("--")?.split_once(": #"));
    let parsed = |hex: &str| u32::from_str_radix(hex, 16).expect("six digits").to_be_bytes();
    let colours = colours.map(|(name, hex)| (name, parsed(hex)));
    colours.map(|(name, [_, red, green, blue])| (name, [red, green, blue])).collect()
}

fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.03928 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn contrast_is_as_defined() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
    assert!((contrast([0x76; 3], [255; 3]) - 4.54).abs() < 0.01);
}

#[test]
fn every_colour_can_be_read_in_both_themes() {
    let (_, dark) = STYLE.split_once("@media screen and (prefers-color-scheme: dark)").expect("a dark theme");
    let (light, dark) = (theme(STYLE), theme(dark));
    assert_eq!(light.keys().collect::<Vec<_>>(), dark.keys().collect::<Vec<_>>());
    for (name, theme) in [("light", &light), ("dark", &dark)] {
        for (front, grounds, least) in PAIRS {
            for ground in *grounds {
                let reached = contrast(theme[front], theme[ground]);
                assert!(reached >= *least, "{name}: {front} on {ground} has {reached:.2} of {least}");
            }
        }
    }
}

#[test]
fn every_colour_of_the_style_is_looked_at() {
    let used = |property: &str| -> BTreeSet<&str> {
        let uses = STYLE.split(property).skip(1).filter_map(|rest| rest.split(';').next()?.split_once("var(--"));
        uses.map(|(_, rest)| rest.split(')').next().expect("a name")).collect()
    };
    let fronts: BTreeSet<&str> = PAIRS.iter().map(|(front, ..)| *front).collect();
    let grounds: BTreeSet<&str> = PAIRS.iter().flat_map(|(_, grounds, _)| *grounds).copied().collect();
    for front in [" color:", "border-color:", "outline:"].into_iter().flat_map(used) {
        assert!(fronts.contains(front), "{front} is in no pair");
    }
    // What fills a square is a colour of text.
    for ground in used("background:").difference(&fronts) {
        assert!(grounds.contains(ground), "nothing is known to stand on {ground}");
    }
    let known: BTreeSet<&str> = fronts.union(&grounds).copied().chain(ORNAMENTS.iter().copied()).collect();
    assert!(theme(STYLE).keys().all(|name| known.contains(name)), "{known:?}");
    let literal = STYLE.lines().filter(|line| line.contains('#') && !line.trim_start().starts_with("--"));
    assert_eq!(literal.count(), 0, "colours are named");
}
