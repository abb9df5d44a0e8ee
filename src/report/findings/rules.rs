//! The rules that a finding breaks, the likeliest first: rows of [`crate::rules`], chosen by what differs, what the
//! finding needs and what kind it is.

use crate::campaign::{Need, Needs};
use crate::compare::{DifferenceKind, ItemsClass, ItemsDifference, Side};
use crate::finding::{Finding, FindingKind, Sides};
use crate::format::snapshot::Framing;
use crate::rules::Rule;
use crate::store::MetaWidth;

/// More rules would be no diagnosis.
const MOST: usize = 3;

/// The rules concerned, the likeliest first; none where the table has none for it, as for replies.
pub(super) fn rules(finding: &Finding, needs: &Needs) -> Vec<&'static Rule> {
    // What comes and goes breaks no rule, but does not always keep it.
    if needs.is_unsteady() {
        return Vec::new();
    }
    let chief = finding.sides.as_deref().and_then(Sides::chief).map(|difference| difference.kind);
    let by_key = match finding.user_key.as_deref() {
        Some(key) if key.starts_with(b"d|") && chief.is_some() => &["delta-namespace", "imitated-delta"][..],
        _ => &[],
    };
    let by_difference = chief.as_ref().map_or(&[][..], |kind| of_difference(kind, needs));
    let mut rules: Vec<&'static Rule> = Vec::new();
    for names in [of_clients(finding), of_needs(needs, chief.as_ref()), by_key, by_difference, of_kind(finding)] {
        for rule in names.iter().filter_map(|name| Rule::find(name)) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    rules.truncate(MOST);
    rules
}

type Names = &'static [&'static str];

/// What one client has done to another, by what the other noticed it.
fn of_clients(finding: &Finding) -> Names {
    if finding.anomaly.is_none() {
        return &[];
    }
    match finding.aspect {
        "RPUSH" | "LPUSH" | "RPUSHX" | "LPUSHX" => &["boundary-reads", "fences-of-writes", "conflict-test"],
        "LPOP" | "RPOP" | "LMPOP" | "claim" => &["claims-collide", "fences-of-writes", "conflict-test"],
        "LSET" | "LINSERT" | "LREM" | "LTRIM" | "DEL" | "RENAME" => {
            &["fences-of-deletions", "conflict-test", "retries"]
        }
        "EXPIRE" | "PEXPIRE" | "EXPIREAT" | "PEXPIREAT" | "PERSIST" | "ttl" => &["expiry-reads", "conflict-test"],
        "base-meta" => &["compaction-conflicts", "conflict-test"],
        _ => &["conflict-test", "fences-of-writes", "fences-of-deletions"],
    }
}

/// What is not there without something is about just that.
fn of_needs(needs: &Needs, chief: Option<&DifferenceKind>) -> Names {
    let is_too_much = match chief {
        Some(DifferenceKind::Missing { side, .. }) => *side == Side::Left,
        Some(DifferenceKind::Expiry { left, .. }) => left.is_none(),
        Some(DifferenceKind::Items(items)) => items.right_len > items.left_len,
        None => false,
    };
    if needs.is_needed(Need::History) {
        // Without a difference the snapshot was refused, and a tombstone is what looks least like other rows.
        return match is_too_much || chief.is_none() {
            true => &["tombstone", "newest-version"],
            false => &["newest-version", "versions-apart"],
        };
    }
    if Framing::ALL.into_iter().any(|framing| needs.is_needed(Need::Framing(framing))) {
        return &["snapshot-file", "snapshot-checksum"];
    }
    if needs.is_needed(Need::RawRows) || needs.is_needed(Need::Noise) {
        return &["other-rows"];
    }
    &[]
}

fn of_difference(kind: &DifferenceKind, needs: &Needs) -> Names {
    let needs_long = needs.is_needed(Need::Width(MetaWidth::Long));
    match kind {
        DifferenceKind::Expiry { .. } if needs_long => &["inline-expiry"],
        DifferenceKind::Expiry { left: None, .. } => &["emptied-list", "ttl-record"],
        DifferenceKind::Expiry { .. } => &["ttl-record", "rewrite-keeps-expiry"],
        DifferenceKind::Missing { side: Side::Left, .. } => &["emptied-list", "deltas-alone"],
        DifferenceKind::Missing { .. } if needs_long => &["inline-expiry", "meta-value"],
        DifferenceKind::Missing { .. } => &["items-are-the-truth", "keys-that-extend"],
        DifferenceKind::Items(items) => of_items(items),
    }
}

fn of_items(items: &ItemsDifference) -> Names {
    match items.class {
        ItemsClass::Order(_) => &["sequence-order"],
        ItemsClass::Encoding { .. } | ItemsClass::WrongBytes { .. } => &["item-encoding", "body-escapes"],
        ItemsClass::Foreign { .. } => &["keys-that-extend"],
        ItemsClass::Dropped { .. } | ItemsClass::ShiftedHead { .. } if is_odd(items.left.as_deref()) => &["item-bytes"],
        ItemsClass::Dropped { .. } => &["claims-hide-nothing", "resolved-meta", "item-bytes"],
        ItemsClass::ShiftedHead { by, .. } if by > 0 => &["claims-hide-nothing", "resolved-meta"],
        ItemsClass::Duplicated { .. } | ItemsClass::Extra { .. } | ItemsClass::ShiftedHead { .. } => {
            &["resolved-meta", "rebirth"]
        }
        ItemsClass::Different => &["sequence-order", "resolved-meta"],
    }
}

/// An item that is nothing, or no text.
fn is_odd(item: Option<&[u8]>) -> bool {
    item.is_some_and(|item| item.is_empty() || std::str::from_utf8(item).is_err())
}

fn of_kind(finding: &Finding) -> Names {
    match finding.kind {
        FindingKind::Reply | FindingKind::Refusal => of_command(finding.aspect),
        FindingKind::Record => of_record(finding.aspect),
        FindingKind::Warning => &["orphan-ttl"],
        FindingKind::Order => &["any-order"],
        FindingKind::Snapshot => &["snapshot-rows", "snapshot-file"],
        FindingKind::Tree | FindingKind::DecoderTree => &["body", "one-file-a-key", "checksums"],
        FindingKind::History => &["commit-order", "newest-version"],
        FindingKind::DecoderLists => &["empty-list"],
        FindingKind::DecoderShape => match finding.aspect {
            "history" => &["tombstone", "newest-version"],
            "raw-rows" | "noise" => &["other-rows"],
            _ => &["snapshot-file"],
        },
        _ => &[],
    }
}

/// The rule about what a command does.
fn of_command(name: &str) -> Names {
    match name {
        "RPUSH" | "RPUSHX" => &["push-right"],
        "LPUSH" | "LPUSHX" => &["push-left"],
        "LPOP" | "RPOP" | "LMPOP" => &["pop"],
        "LMOVE" | "RPOPLPUSH" => &["move"],
        "LSET" | "LINSERT" | "LREM" | "LTRIM" => &["rewrite"],
        "RENAME" => &["rewrite-keeps-expiry"],
        "EXPIRE" | "PEXPIRE" | "EXPIREAT" | "PEXPIREAT" | "PERSIST" | "PEXPIRETIME" => &["expiry-unit"],
        _ => &[],
    }
}

/// The rule about records, by the name of what the judge demands of them.
fn of_record(demand: &str) -> Names {
    match demand {
        "item" => &["items-are-the-truth"],
        "claim" => &["pop"],
        "delta" => &["delta", "resolved-meta"],
        "fence" => &["fences"],
        "base-meta" => &["meta-value"],
        "ttl" => &["ttl-record"],
        "delta-number" => &["one-transaction"],
        "commit-clock" => &["commit-order"],
        "malformed" => &["malformed-record"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::COMMANDS;
    use crate::compare::{SideNames, compare};
    use crate::finding::FINDING_KINDS;
    use crate::format::ExpireAtMs;
    use crate::state::{KeyState, State};

    fn state(key: &[u8], items: &[&[u8]], expire_at: Option<u64>) -> State {
        let items: Vec<Vec<u8>> = items.iter().map(|item| item.to_vec()).collect();
        let list = KeyState::list(items, expire_at.map(ExpireAtMs));
        State { keys: [(key.to_vec(), list)].into(), last_ms: None }
    }

    fn names(expected: &State, found: &State) -> Vec<&'static str> {
        let comparison = compare(expected, found, 0);
        let sides = SideNames { left: "Redis", right: "the dump" };
        let finding = Finding::of_states(FindingKind::DumpState, &comparison, expected, found, sides);
        rules(&finding.expect("they differ"), &Needs::default()).iter().map(|rule| rule.name).collect()
    }

    #[test]
    fn what_clients_do_to_each_other_points_at_rules_of_concurrency() {
        let anomaly = Some("an acknowledged push is gone".to_owned());
        for aspect in COMMANDS.iter().map(|row| row.name).chain(["item", "claim", "ttl", "base-meta", "commit-clock"]) {
            for kind in [FindingKind::Reply, FindingKind::Record, FindingKind::StoreState] {
                let finding = Finding { aspect, anomaly: anomaly.clone(), ..Finding::new(kind, String::new()) };
                let chosen = rules(&finding, &Needs::default());
                assert_eq!(chosen.first().map(|rule| rule.subject()), Some("concurrency"), "{aspect}");
                let alone = rules(&Finding { anomaly: None, ..finding }, &Needs::default());
                assert!(alone.iter().all(|rule| rule.subject() == "the format"), "{aspect}");
            }
        }
    }

    #[test]
    fn the_difference_points_at_the_rule() {
        let right = state(b"k", &[b"a", b"", b"b"], Some(9));
        assert_eq!(names(&right, &state(b"k", &[b"a", b"b"], Some(9))), ["item-bytes"]);
        assert_eq!(names(&right, &state(b"k", &[b"b", b"", b"a"], Some(9))), ["sequence-order"]);
        assert_eq!(names(&right, &state(b"k", &[b"a", b"", b"b"], None))[0], "ttl-record");
        assert_eq!(names(&right, &State::default()), ["items-are-the-truth", "keys-that-extend"]);
        assert_eq!(names(&State::default(), &state(b"k", &[b"a"], None))[0], "emptied-list");
        assert_eq!(names(&state(b"d|k", &[b"a"], None), &State::default())[0], "delta-namespace");
    }

    #[test]
    fn a_decoder_that_refuses_what_history_brings_is_pointed_at_tombstones() {
        let failed = Finding::new(FindingKind::DecoderFailed, "exit 1".to_owned());
        let of_case = rules(&failed, &Needs::needing(Need::History));
        let of_shape =
            rules(&Finding { kind: FindingKind::DecoderShape, aspect: "history", ..failed }, &Needs::default());
        for rules in [of_case, of_shape] {
            let names: Vec<&str> = rules.iter().map(|rule| rule.name).collect();
            assert_eq!(names, ["tombstone", "newest-version"]);
        }
    }

    #[test]
    fn every_name_is_in_the_table() {
        let aspects = ["", "history", "noise", "framing-v2"].into_iter().chain(COMMANDS.iter().map(|row| row.name));
        let demands =
            ["item", "claim", "delta", "fence", "base-meta", "ttl", "delta-number", "commit-clock", "malformed"];
        demands.iter().for_each(|demand| assert!(!of_record(demand).is_empty(), "{demand}"));
        let aspects: Vec<&str> = aspects.chain(demands).collect();
        for kind in FINDING_KINDS.iter().map(|(kind, ..)| *kind) {
            for aspect in &aspects {
                let finding = Finding { aspect, ..Finding::new(kind, String::new()) };
                let chosen = of_kind(&finding);
                assert!(chosen.iter().all(|name| Rule::find(name).is_some()), "{chosen:?}");
            }
        }
        let writes = COMMANDS.iter().filter(|row| row.writes && row.name != "DEL");
        writes.for_each(|row| assert!(!of_command(row.name).is_empty(), "{}", row.name));
    }
}
