//! How to repeat the whole run.

use std::fmt::Write as _;

use super::section::{push_facts, push_section};
use super::text::{self, escaped};
use crate::campaign::Budget;
use crate::database::Engine;
use crate::report::Report;

pub(super) fn push(page: &mut String, report: &Report) {
    push_section(page, "repeat", "How to repeat this run");
    let _ = writeln!(page, "<pre class=\"command\">{}</pre>", text::command(&command(report)));
    if report.shards_in_all() > 1 {
        page.push_str("<p class=\"note\">It runs the cases of all shards on one machine.</p>\n");
    }
    if matches!(report.budget, Budget::TimeMs(_)) {
        page.push_str("<p class=\"note\">The run was limited by time; this does as many cases as were done.</p>\n");
    }
    if report.is_of_histories() {
        let note = "The clients send the same again; what they are told depends on when their commands meet.";
        let _ = writeln!(page, "<p class=\"note\">{note}</p>");
    }
    let seed = report.seed.map_or_else(|| "none".to_owned(), |seed| seed.to_string());
    let rows = [
        ("Seed", format!("<code>{seed}</code>")),
        ("Engine", report.engine.map_or("none: a server is in the store's place", Engine::name).to_owned()),
        ("Version", format!("ekv-roundtrip {}", escaped(&report.tool_version))),
    ];
    push_facts(page, rows);
    page.push_str("</section>\n");
}

fn command(report: &Report) -> String {
    let has = |flag: &str| report.flags.iter().any(|given| given == flag);
    let mut words = vec!["ekv-roundtrip".to_owned(), "verify".to_owned()];
    let mut say = |flag: &str, value: String| words.extend([flag.to_owned(), value]);
    // The cases of a trace, and of all short sequences, are not drawn.
    if !has("--trace") && !has("--exhaustive") {
        report.seed.into_iter().for_each(|seed| say("--seed", seed.to_string()));
        match report.budget {
            Budget::Case(_) => {}
            Budget::Cases(cases) => say("--cases", cases.to_string()),
            Budget::TimeMs(_) => {
                let next = report.shards.iter().map(|part| part.next_case).max();
                say("--cases", next.unwrap_or(0).max(1).to_string());
            }
        }
    }
    if let Budget::Case(case) = report.budget {
        say("--case", case.to_string());
    }
    if report.engine == Some(Engine::Memory) {
        say("--engine", Engine::Memory.name().to_owned());
    }
    words.extend(report.flags.iter().cloned());
    shell_words::join(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Shard;
    use crate::report::HowEnded;

    #[test]
    fn the_command_is_that_of_the_run() {
        let report = |flags: &[&str], budget| {
            let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
            Report::new(Some(42), flags, Some(Engine::RocksDb), budget, Shard::WHOLE)
        };
        let generated = report(&["--meta", "both", "--decoder", "exec:./d {fsm} {out}"], Budget::Cases(8));
        let decoder = "--decoder 'exec:./d {fsm} {out}'";
        assert_eq!(command(&generated), format!("ekv-roundtrip verify --seed 42 --cases 8 --meta both {decoder}"));
        let trace = Report { engine: Some(Engine::Memory), ..report(&["--trace", "a b"], Budget::Cases(1)) };
        assert_eq!(command(&trace), "ekv-roundtrip verify --engine memory --trace 'a b'");
        assert_eq!(command(&report(&[], Budget::Case(3))), "ekv-roundtrip verify --seed 42 --case 3");
        let mut timed = report(&[], Budget::TimeMs(5));
        timed.came_to(17, HowEnded::Done, None);
        assert_eq!(command(&timed), "ekv-roundtrip verify --seed 42 --cases 17");
    }
}
