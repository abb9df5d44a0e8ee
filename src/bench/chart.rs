//! Times against n as SVG: a plot with two logarithmic axes for each kind, two beside each other.
//!
//! It is one file that needs nothing from outside. It takes the colours of the reader's system, light or dark; lines are told
//! apart by their marks, and not by colours.

use std::fmt::Write as _;

use super::figures::{Measurement, Run};
use super::kind::Kind;
use super::shape::Shape;
use super::table::duration;
use crate::picture::element::{self, SMALL};

/// The width of a plot with its words, and the height, in pixels.
const WIDTH: usize = 360;
const HEIGHT: usize = 300;
/// What is above all plots.
const HEAD: usize = 68;
/// Where the axes of a plot are.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 338.0;
const TOP: f64 = 32.0;
const BOTTOM: f64 = 200.0;
/// Letters of the line that names the machine.
const MOST_LETTERS: usize = 90;

const STYLE: &str = "<style>svg { color: #1f2328 } .page { fill: #ffffff }\n\
                     @media (prefers-color-scheme: dark) { svg { color: #e6edf3 } .page { fill: #0d1117 } }</style>";

/// The times of a run as an SVG file.
pub fn chart(run: &Run) -> String {
    let kinds: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| run.measurements.iter().any(|found| found.kind == *kind)).collect();
    let (width, height) = (2 * WIDTH, HEAD + kinds.len().div_ceil(2) * HEIGHT);
    let machine: String = run.machine.to_string().chars().take(MOST_LETTERS).collect();
    let mut body = String::new();
    text(&mut body, (8.0, 20.0), " font-weight=\"bold\"", "CPU time against the number of items n, with the best fit");
    text(&mut body, (8.0, 40.0), &small(), &machine);
    let words = "Dashed: the floor. Below: the fit, the time of the most items, its ratio to the floor.";
    text(&mut body, (8.0, 57.0), &small(), words);
    for (number, kind) in kinds.into_iter().enumerate() {
        let (x, y) = (number % 2 * WIDTH, HEAD + number / 2 * HEIGHT);
        // Writing to a string does not fail.
        let _ = writeln!(body, "<g transform=\"translate({x} {y})\">");
        let found: Vec<&Measurement> = run.measurements.iter().filter(|found| found.kind == kind).collect();
        Plot::of(&found).draw(&mut body, run, kind, &found);
        body.push_str("</g>\n");
    }
    format!(
        "{}<title>ekv-roundtrip bench: CPU time against the number of items</title>\n{STYLE}\n\
         <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n{body}</svg>\n",
        element::start("", width, height)
    )
}

fn text(body: &mut String, (x, y): (f64, f64), attributes: &str, words: &str) {
    element::push_text(body, (format_args!("{x:.0}"), format_args!("{y:.0}")), attributes, words);
}

fn small() -> String {
    format!(" font-size=\"{SMALL}\"")
}

/// The decades of a plot.
struct Plot {
    x: (i32, i32),
    y: (i32, i32),
}

impl Plot {
    fn of(found: &[&Measurement]) -> Plot {
        let decades = |values: &mut dyn Iterator<Item = f64>| {
            let (least, most) =
                values.fold((f64::MAX, f64::MIN_POSITIVE), |(least, most), value| (least.min(value), most.max(value)));
            let (from, to) = (least.log10().floor() as i32, most.log10().ceil() as i32);
            (from, to.max(from + 1))
        };
        let times = found.iter().flat_map(|found| [found.usage.cpu_seconds, found.floor.cpu_seconds]);
        Plot {
            x: decades(&mut found.iter().map(|found| found.n as f64)),
            y: decades(&mut times.map(|time| time.max(1e-9))),
        }
    }

    fn at_x(&self, n: f64) -> f64 {
        LEFT + (RIGHT - LEFT) * share(n, self.x)
    }

    fn at_y(&self, seconds: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * share(seconds.max(1e-9), self.y)
    }

    fn draw(&self, body: &mut String, run: &Run, kind: Kind, found: &[&Measurement]) {
        text(body, (8.0, 16.0), " font-weight=\"bold\"", kind.name());
        self.draw_axes(body);
        for (row, shape) in (0_u32..).zip(Shape::ALL) {
            let mut of_shape = found.iter().filter(|found| found.shape == shape).peekable();
            let Some(last) = of_shape.clone().next_back().filter(|_| of_shape.peek().is_some()) else { continue };
            let points = |time: fn(&Measurement) -> f64| -> Vec<(f64, f64)> {
                of_shape.clone().map(|found| (self.at_x(found.n as f64), self.at_y(time(found)))).collect()
            };
            line(body, &points(|found| found.floor.cpu_seconds), " stroke-dasharray=\"4 3\"");
            let times = points(|found| found.usage.cpu_seconds);
            line(body, &times, " stroke-width=\"1.5\"");
            times.into_iter().for_each(|at| mark(body, shape, at));
            let fit = run.fits.iter().find(|fitted| (fitted.kind, fitted.shape) == (kind, shape));
            let fit = fit.map_or_else(String::new, |fitted| format!("{}, ", fitted.fit.growth.name()));
            let (time, ratio) = (duration(last.usage.cpu_seconds * 1e9), last.ratio);
            let y = BOTTOM + 44.0 + 17.0 * f64::from(row);
            mark(body, shape, (14.0, y - 4.0));
            text(body, (26.0, y), &small(), &format!("{}: {fit}{time}, x {ratio:.1}", shape.words()));
        }
    }

    fn draw_axes(&self, body: &mut String) {
        for decade in self.x.0..=self.x.1 {
            let x = self.at_x(10_f64.powi(decade));
            grid(body, (x, TOP), (x, BOTTOM));
            text(body, (x, BOTTOM + 16.0), &format!("{} text-anchor=\"middle\"", small()), &count(decade));
        }
        for decade in self.y.0..=self.y.1 {
            let y = self.at_y(10_f64.powi(decade));
            grid(body, (LEFT, y), (RIGHT, y));
            let attributes = format!("{} text-anchor=\"end\"", small());
            text(body, (LEFT - 6.0, y + 4.0), &attributes, &time(decade));
        }
    }
}

/// How far a value is through decades.
fn share(value: f64, (from, to): (i32, i32)) -> f64 {
    (value.log10() - f64::from(from)) / f64::from(to - from)
}

/// A power of ten.
fn count(decade: i32) -> String {
    let unit = match decade.div_euclid(3) {
        0 => "",
        1 => "k",
        2 => "M",
        _ => return format!("10^{decade}"),
    };
    format!("{}{unit}", 10_u32.pow(decade.rem_euclid(3).unsigned_abs()))
}

/// A power of ten of a second.
fn time(decade: i32) -> String {
    let unit = match decade.div_euclid(3) {
        0 => "s",
        -1 => "ms",
        -2 => "µs",
        -3 => "ns",
        _ => return format!("10^{decade} s"),
    };
    format!("{} {unit}", 10_u32.pow(decade.rem_euclid(3).unsigned_abs()))
}

fn grid(body: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = writeln!(
        body,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"currentColor\" stroke-opacity=\"0.2\"/>"
    );
}

fn line(body: &mut String, points: &[(f64, f64)], attributes: &str) {
    let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let points = points.join(" ");
    let _ = writeln!(body, "<polyline points=\"{points}\" fill=\"none\" stroke=\"currentColor\"{attributes}/>");
}

fn mark(body: &mut String, shape: Shape, (x, y): (f64, f64)) {
    let _ = match shape {
        Shape::Long => writeln!(body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"),
        Shape::Small => {
            writeln!(body, "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"7\" height=\"7\"/>", x - 3.5, y - 3.5)
        }
        Shape::Mixed => {
            let (left, right, top, bottom) = (x - 5.0, x + 5.0, y - 5.0, y + 4.0);
            writeln!(body, "<path d=\"M{left:.1} {bottom:.1} L{right:.1} {bottom:.1} L{x:.1} {top:.1} Z\"/>")
        }
    };
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::*;
    use crate::bench::figures::FittedGrowth;
    use crate::bench::{Usage, best_fit, made_up};

    fn made_up(counts: &[u64]) -> Run {
        let taking = |seconds: f64| Usage { seconds, cpu_seconds: seconds };
        let each = counts.iter().flat_map(|n| Shape::ALL.map(|shape| (*n, shape)));
        let each = each.flat_map(|(n, shape)| Kind::ALL.map(|kind| (kind, shape, n)));
        let measurement = |what: (Kind, Shape, u64)| {
            made_up::measurement(what, taking(what.2 as f64 * 2e-7), taking(what.2 as f64 * 1e-7))
        };
        let times: Vec<(u64, f64)> = counts.iter().map(|n| (*n, *n as f64 * 2e-7)).collect();
        let fit = best_fit(&times).map(|fit| FittedGrowth { kind: Kind::ApplyMemory, shape: Shape::Mixed, fit });
        made_up::run(10_000_000, each.map(measurement).collect(), fit.into_iter().collect())
    }

    /// All that is written, and numbers that say where something is.
    fn read(svg: &str) -> (Vec<String>, Vec<f64>) {
        let (mut reader, mut words, mut places) = (Reader::from_str(svg), Vec::new(), Vec::new());
        loop {
            match reader.read_event().expect("XML") {
                Event::Eof => return (words, places),
                Event::Text(text) => words.push(text.decode().expect("UTF-8").into_owned()),
                Event::Start(element) | Event::Empty(element) => {
                    for attribute in element.attributes() {
                        let attribute = attribute.expect("an attribute");
                        if [&b"x"[..], b"y", b"cx", b"cy", b"x1", b"x2", b"y1", b"y2"].contains(&attribute.key.as_ref())
                        {
                            let text = String::from_utf8_lossy(&attribute.value).into_owned();
                            places.push(text.parse().expect("a number"));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    #[test]
    fn each_kind_has_a_plot_in_its_bounds_with_what_fits() {
        let (words, places) = read(&chart(&made_up(&[1_000, 10_000, 100_000])));
        for kind in Kind::ALL {
            assert!(words.iter().any(|found| found == kind.name()), "{kind:?}");
        }
        assert!(words.iter().any(|found| found == "mixed lists: n, 20.0 ms, x 2.0"), "{words:?}");
        assert!(words.iter().any(|found| found == "one long list: 20.0 ms, x 2.0"), "{words:?}");
        assert!(["1k", "10k", "100k", "1 ms", "100 µs"].iter().all(|label| words.iter().any(|found| found == label)));
        assert!(places.iter().all(|place| (0.0..=360.0).contains(place)), "{places:?}");
    }

    #[test]
    fn one_n_makes_a_picture_too() {
        let (words, places) = read(&chart(&made_up(&[1_000])));
        assert!(words.iter().any(|found| found == "1k"));
        assert!(places.iter().all(|place| (0.0..=360.0).contains(place)), "{places:?}");
    }

    #[test]
    fn it_is_readable_in_light_and_dark() {
        let svg = chart(&made_up(&[1_000, 10_000, 100_000]));
        assert!(svg.contains("prefers-color-scheme: dark") && svg.contains("class=\"page\""));
        let coloured = |part: &str| part.contains('#');
        assert!(!svg.replace(STYLE, "").split('"').any(coloured), "only the style has colours");
    }
}
