//! The sum of a campaign as one line, the last that a run prints.

use super::{HowEnded, Report, ShardReport, mismatches};
use crate::campaign::Shard;
use crate::format::counted;

impl Report {
    /// The last line of a run.
    pub fn summary_line(&self) -> String {
        let seed = self.seed.map_or_else(String::new, |seed| format!(", seed {seed}"));
        let shards = match &self.shards[..] {
            [ShardReport { shard: Shard::WHOLE, .. }] => String::new(),
            [part] => format!(", shard {}", part.shard),
            parts => format!(", {}", counted(parts.len() as u64, "shard")),
        };
        let engine = self.engine.map_or_else(String::new, |engine| format!(", engine {}", engine.name()));
        let decoded = self.decoded_words().map_or_else(String::new, |words| format!("; decoder given {words}"));
        let ended = self.shards.iter().map(|part| part.ended).find(|ended| *ended != HowEnded::Done);
        let ended = match ended {
            None => "",
            Some(HowEnded::Interrupted) => "; interrupted before all was done",
            Some(_) => "; ended before all was done",
        };
        format!(
            "verified {}: {} in {}{seed}{shards}{engine}{decoded}; {}{ended}",
            self.done_words(),
            mismatches(self.mismatches),
            self.timings.words(),
            self.left_out.words(),
        )
    }

    /// What was done, in the last line of a run.
    fn done_words(&self) -> String {
        let commands = counted(self.commands, "command");
        if !self.is_of_histories() {
            return format!("{}, {commands}, {}", self.counted_cases(self.cases), counted(self.lists, "list"));
        }
        let clients = self.flags.iter().skip_while(|flag| *flag != "--clients").nth(1);
        let clients = clients.map_or_else(String::new, |clients| format!(" of {clients} clients"));
        format!("{}{clients}, {commands}", self.counted_cases(self.cases))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::campaign::Budget;
    use crate::database::Engine;
    use crate::finding::LeftOutKind;

    #[test]
    fn the_last_line() {
        let mut report = Report::new(Some(42), Vec::new(), Some(Engine::Memory), Budget::Cases(100), Shard::WHOLE);
        (report.cases, report.commands, report.lists) = (100, 100_000, 1214);
        report.took(Duration::from_millis(2100), Duration::ZERO);
        assert_eq!(
            report.summary_line(),
            "verified 100 cases, 100000 commands, 1214 lists: 0 mismatches in 2.1 s (47619 commands/s), seed 42, \
             engine memory; nothing left out"
        );
        report.took(Duration::from_millis(2100), Duration::from_millis(1520));
        assert!(report.summary_line().contains(" in 2.1 s, 1.5 of them for shrinking (47619 commands/s), seed 42"));
        (report.cases, report.mismatches, report.seed) = (1, 1, None);
        assert!(report.summary_line().starts_with("verified 1 case, 100000 commands, 1214 lists: 1 mismatch in"));
        report.came_to(1, HowEnded::Interrupted, None);
        assert!(
            report
                .summary_line()
                .ends_with(" commands/s), engine memory; nothing left out; interrupted before all was done")
        );
        report.has_decoder();
        *report.decoded.entry("framing-v1".to_owned()).or_default() += 1;
        assert!(report.summary_line().contains("noise 0), and made the right dump of none; nothing left out"));
        *report.decoded_right.entry("framing-v1".to_owned()).or_default() += 1;
        report.left_out.add(LeftOutKind::Commands, "LPOS", 2);
        let shapes = "framing-v2 0, framing-v1 1, framing-legacy 0, framing-bare 0, history 0, raw-rows 0, noise 0";
        let said = format!("; decoder given 1 snapshot ({shapes}); left out: commands 2 (LPOS 2); interrupted");
        assert!(report.summary_line().contains(&said), "{}", report.summary_line());
    }
}
