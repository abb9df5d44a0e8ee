//! The sum of a campaign, as a line for people and as JSON for tools; `docs/report.schema.json` describes the JSON.
//!
//! Everything in it but the members `timings` and `checksum` depends only on the seed, the flags and the budget; with a budget of
//! time, and where a run ended early, also on how far it came, which `shards` says.
//!
//! `checksum` is the SHA-256, in hex, of the report as JSON without blanks, its members in this order, with `""` as `checksum`.

pub mod block;
pub mod findings;
mod histories;
pub mod html;
pub mod junit;
pub mod merge;
mod shrunk;
pub mod sight;
pub mod step_summary;
mod summary;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::campaign::{Budget, Outcome, Shard};
use crate::case::{framing_shapes, shape_names, width_name};
use crate::database::Engine;
use crate::finding::{Finding, LeftOut, Sides};
use crate::format::byte_string::ByteString;
use crate::format::counted;
use crate::history::Timeline;
use crate::situations::Ledger;
pub use shrunk::ShrunkCase;

/// The version of the report's schema.
pub const REPORT_VERSION: u32 = 9;

/// A report, filled outcome by outcome, or merged from those of shards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are named as in the JSON; those that need it are described")]
pub struct Report {
    pub format_version: u32,
    pub tool_version: String,
    /// `None` for a trace whose header names none.
    pub seed: Option<u64>,
    /// The flags that shape the cases; how many threads ran them is not among them.
    pub flags: Vec<String>,
    /// What kept the store's records; `None` where a server is in the store's place.
    pub engine: Option<Engine>,
    /// What was asked for, of all shards together.
    pub budget: Budget,
    /// What was done of it: a part for each shard, in their order. A run that is not shared out is shard 1 of 1.
    pub shards: Vec<ShardReport>,
    pub cases: u64,
    /// Each command of a transaction counted.
    pub commands: u64,
    /// Lists compared at the ends of cases, and the items in them; 0 of histories, whose last commands read every list.
    pub lists: u64,
    pub items: u64,
    /// Commands that the store rightly refused because of its own limits; in histories, those that it gave up.
    pub refused: u64,
    /// Empty lists that dumps kept, which the format allows.
    pub empty_kept: u64,
    /// What was left out of what there was to compare, by kind and name.
    pub left_out: LeftOut,
    /// Cases by the shapes of snapshots that a decoder was given; empty where none takes part.
    pub decoded: BTreeMap<String, u64>,
    /// Those of them that have no finding.
    pub decoded_right: BTreeMap<String, u64>,
    /// Cases that have a finding, and findings of the run as a whole.
    pub mismatches: u64,
    /// The same by class, named by fingerprint: one bug is one class, most likely.
    pub classes: BTreeMap<String, u64>,
    /// Findings on a server that `--known` names, by the names of its entries; they end no case and are no mismatches. An
    /// entry that did not happen has 0.
    pub known: BTreeMap<String, u64>,
    /// Cases by profile and meta width.
    pub profiles: BTreeMap<String, BTreeMap<String, u64>>,
    /// Cases by the situations that they were in; empty where a server is in the store's place.
    pub situations: Ledger,
    /// In the order of the cases, after those of the run as a whole.
    pub findings: Vec<ReportedFinding>,
    pub timings: Timings,
    /// Of all the others; empty until it is sealed.
    pub checksum: String,
}

/// How far a shard came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are named as in the JSON; those that need it are described")]
pub struct ShardReport {
    pub shard: Shard,
    pub cases: u64,
    /// The number of the first of its cases that was not done.
    pub next_case: u64,
    pub ended: HowEnded,
    /// Why it ended early, if it is more than that somebody wished it.
    pub reason: Option<String>,
}

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HowEnded {
    /// All that was asked was done.
    Done,
    /// Somebody wished it.
    Interrupted,
    /// Something was in the way.
    Failed,
}

/// A finding and how to repeat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are named as in the JSON; those that need it are described")]
pub struct ReportedFinding {
    /// `None` where the finding is about the run as a whole.
    pub case: Option<u64>,
    pub profile: Option<String>,
    /// The bytes of a base meta, 24 or 32, or `server`; `None` where the finding is about the run as a whole.
    pub meta: Option<String>,
    pub kind: String,
    /// The fingerprint of its class.
    pub class: String,
    /// What broke, as a clause.
    pub headline: String,
    pub key: Option<ByteString>,
    /// The number of the step, from 1.
    pub step: Option<u64>,
    pub detail: String,
    /// The items of the list under `key` as a diff, where the finding is about those.
    pub diff: Option<String>,
    /// The command that repeats just this case.
    pub repeat: String,
    /// The command that makes its trace smaller.
    pub shrink: String,
    /// The case as small as it got; `None` where it was not shrunk, as all but the first of a class are not.
    pub shrunk: Option<ShrunkCase>,
    /// The replies of several clients that no order explains, of the history as small as it got; `None` for other findings.
    pub timeline: Option<Timeline>,
    /// The folder that explains its class; `None` without `--findings`.
    pub folder: Option<String>,
}

/// What differs from run to run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the members are named as in the JSON; those that need it are described")]
pub struct Timings {
    /// Of several shards, the longest.
    pub seconds: f64,
    /// How long findings were shrunk in that time; of several shards, the longest.
    pub shrinking_seconds: f64,
    pub commands_per_second: f64,
}

impl Timings {
    /// How long it took. Of a rate alone nobody could tell that it has the shrinking in it.
    fn words(&self) -> String {
        let Timings { seconds, shrinking_seconds, commands_per_second } = self;
        let shrinking = match *shrinking_seconds {
            0.05.. => format!(", {shrinking_seconds:.1} of them for shrinking"),
            _ => String::new(),
        };
        format!("{seconds:.1} s{shrinking} ({commands_per_second:.0} commands/s)")
    }
}

/// Commands for whoever looks into a finding.
#[expect(missing_docs, reason = "as in the report")]
pub struct NextSteps {
    pub repeat: String,
    pub shrink: String,
}

impl ReportedFinding {
    /// A finding of the run as a whole.
    fn of_run(finding: &Finding, NextSteps { repeat, shrink }: NextSteps) -> ReportedFinding {
        ReportedFinding {
            case: None,
            profile: None,
            meta: None,
            kind: finding.kind.name().to_owned(),
            class: finding.fingerprint(),
            headline: finding.headline(),
            key: finding.user_key.clone().map(ByteString),
            step: finding.step,
            detail: finding.detail.clone(),
            diff: finding.sides.as_deref().and_then(Sides::items_diff),
            repeat,
            shrink,
            shrunk: None,
            timeline: None,
            folder: None,
        }
    }

    /// Whether it is of a case of this profile, by the name in [`Report::profiles`], on this meta width.
    pub fn is_of(&self, profile: &str, meta: &str) -> bool {
        self.profile.as_deref().unwrap_or(Report::TRACE) == profile && self.meta.as_deref() == Some(meta)
    }
}

impl Report {
    /// The flag with which leaving something out is a finding.
    pub const STRICT: &str = "--strict";
    /// What stands for the profile where there is none, because the cases run a given trace, or every short one.
    pub const TRACE: &str = "trace";

    /// Nothing yet, of one shard.
    pub fn new(seed: Option<u64>, flags: Vec<String>, engine: Option<Engine>, budget: Budget, shard: Shard) -> Report {
        let part = ShardReport { shard, cases: 0, next_case: 0, ended: HowEnded::Done, reason: None };
        Report {
            format_version: REPORT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            seed,
            flags,
            engine,
            budget,
            shards: vec![part],
            cases: 0,
            commands: 0,
            lists: 0,
            items: 0,
            refused: 0,
            empty_kept: 0,
            left_out: LeftOut::default(),
            decoded: BTreeMap::new(),
            decoded_right: BTreeMap::new(),
            mismatches: 0,
            classes: BTreeMap::new(),
            known: BTreeMap::new(),
            profiles: BTreeMap::new(),
            situations: Ledger::default(),
            findings: Vec::new(),
            timings: Timings::default(),
            checksum: String::new(),
        }
    }

    /// The same with its checksum.
    ///
    /// # Errors
    ///
    /// None that a report has: all of it can be JSON.
    pub fn sealed(&self) -> serde_json::Result<Report> {
        let unsealed = Report { checksum: String::new(), ..self.clone() };
        let json = serde_json::to_vec(&unsealed)?;
        Ok(Report { checksum: hex::encode(Sha256::digest(json)), ..unsealed })
    }

    /// The number of shards that the campaign is shared out to.
    pub fn shards_in_all(&self) -> u64 {
        self.shards.first().map_or(1, |part| part.shard.of())
    }

    /// Adds a case; `next_steps` is asked if it has a finding.
    pub fn add(&mut self, outcome: &Outcome, next_steps: impl FnOnce() -> NextSteps) {
        let report = &outcome.report;
        self.cases += 1;
        self.commands += report.commands;
        self.lists += report.lists;
        self.items += report.items;
        self.refused += report.refused;
        self.empty_kept += report.empty_kept;
        for (name, count) in &report.known {
            *self.known.entry(name.clone()).or_default() += count;
        }
        if let Some(reached) = report.reached {
            self.situations.add(reached);
        }
        let profile = outcome.profile.map(|profile| profile.name.to_owned());
        let meta = width_name(outcome.width).to_owned();
        let widths = self.profiles.entry(profile.clone().unwrap_or_else(|| Report::TRACE.to_owned())).or_default();
        *widths.entry(meta.clone()).or_default() += 1;
        for name in &report.decoded {
            *self.decoded.entry((*name).to_owned()).or_default() += 1;
            *self.decoded_right.entry((*name).to_owned()).or_default() += u64::from(report.finding.is_none());
        }
        // Of one run there are not so many that a sum runs over.
        let _ = self.left_out.join(report.left_out.clone());
        if let Some(finding) = &report.finding {
            let found = ReportedFinding {
                case: Some(outcome.case),
                profile,
                meta: Some(meta),
                ..ReportedFinding::of_run(finding, next_steps())
            };
            self.count(&found);
            self.findings.push(found);
        }
    }

    /// A decoder takes part: every shape gets its line.
    pub fn has_decoder(&mut self) {
        self.decoded.extend(shape_names().map(|name| (name.to_owned(), 0)));
        self.decoded_right.extend(shape_names().map(|name| (name.to_owned(), 0)));
    }

    /// Adds a finding of the run as a whole; `folder` explains it, if there is one.
    pub fn add_of_run(&mut self, finding: &Finding, next_steps: NextSteps, folder: Option<String>) -> ReportedFinding {
        let found = ReportedFinding { folder, ..ReportedFinding::of_run(finding, next_steps) };
        self.count(&found);
        let place = self.findings.iter().take_while(|finding| finding.case.is_none()).count();
        self.findings.insert(place, found.clone());
        found
    }

    fn count(&mut self, found: &ReportedFinding) {
        self.mismatches += 1;
        *self.classes.entry(found.class.clone()).or_default() += 1;
    }

    /// Whether leaving something out is a finding.
    pub fn is_strict(&self) -> bool {
        self.flags.iter().any(|flag| flag == Report::STRICT)
    }

    /// Sets how far the one shard came.
    pub fn came_to(&mut self, next_case: u64, ended: HowEnded, reason: Option<String>) {
        let cases = self.cases;
        if let [part] = &mut self.shards[..] {
            *part = ShardReport { shard: part.shard, cases, next_case, ended, reason };
        }
    }

    /// Sets the timings.
    pub fn took(&mut self, elapsed: Duration, shrinking: Duration) {
        let seconds = elapsed.as_secs_f64();
        let commands_per_second = if seconds > 0.0 { self.commands as f64 / seconds } else { 0.0 };
        self.timings = Timings { seconds, shrinking_seconds: shrinking.as_secs_f64(), commands_per_second };
    }

    /// A finding of each class, in the order in which the classes were met: the first that was shrunk, or else the first. Each
    /// shard of a campaign shrinks the first that it meets.
    pub fn firsts_of_classes(&self) -> Vec<&ReportedFinding> {
        let mut firsts: Vec<&ReportedFinding> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &self.findings {
            let place = *places.entry(finding.class.as_str()).or_insert(firsts.len());
            match firsts.get_mut(place) {
                None => firsts.push(finding),
                Some(first) if first.shrunk.is_none() && finding.shrunk.is_some() => *first = finding,
                Some(_) => {}
            }
        }
        firsts
    }

    /// The cases that have a finding of this class, and the findings of the run as a whole.
    pub fn cases_of(&self, class: &str) -> u64 {
        self.classes.get(class).copied().unwrap_or(0)
    }
}

impl Report {
    /// The snapshots that a decoder was given, with how many had each shape; `None` where none takes part.
    pub fn decoded_words(&self) -> Option<String> {
        let cases = |name: &str| self.decoded.get(name).copied().unwrap_or(0);
        let snapshots: u64 = framing_shapes().map(cases).sum();
        let shapes: Vec<String> = shape_names().map(|name| format!("{name} {}", cases(name))).collect();
        let is_right = self.decoded_right.values().any(|cases| *cases > 0);
        let none = if snapshots == 0 || is_right { "" } else { ", and made the right dump of none" };
        let words = || format!("{} ({}){none}", counted(snapshots, "snapshot"), shapes.join(", "));
        (!self.decoded.is_empty()).then(words)
    }
}

/// A number of mismatches, in words.
pub fn mismatches(count: u64) -> String {
    if count == 1 { "1 mismatch".to_owned() } else { format!("{count} mismatches") }
}
