//! What a case has reached when it is over: the records that are dumped, the names of their files, the values.

use std::collections::HashSet;

use super::list::endings::list_items;
use super::reached::Reached;
use super::table::Mark;
use super::walk::Walk;
use crate::format::segment::{self, SEGMENT_LIMIT_BYTES};
use crate::state::{State, Value};

/// A file name by digest has so many bytes of the user key.
const FALLBACK_SOURCE_BYTES: usize = 64;

impl Walk {
    /// Looks at what is left, which has turned out to show `state`.
    pub(super) fn ending(&mut self, state: &State) {
        let mut reached = self.reached;
        let mut dumped: Vec<&[u8]> = Vec::new();
        for track in self.tracks.iter() {
            let view = track.view();
            self.records(track, &view, &mut reached);
            if view.has_items() {
                dumped.push(&track.user_key);
                segments(&track.user_key, &mut reached);
            }
        }
        dumped.sort_unstable();
        self.interleaved(&dumped, state, &mut reached);
        reached.tick_if(Mark::KeysDifferInCase, any_differ_in_case(&dumped));
        for key in state.keys.values() {
            match &key.value {
                Value::List(items) => list_items(items, &mut reached),
            }
        }
        self.reached = reached;
    }
}

fn any_differ_in_case(keys: &[&[u8]]) -> bool {
    let upper = keys.iter().filter(|key| key.iter().any(u8::is_ascii_uppercase));
    let mut folded = HashSet::new();
    upper.into_iter().any(|key| {
        let lower = key.to_ascii_lowercase();
        keys.binary_search(&lower.as_slice()).is_ok() || !folded.insert(lower)
    })
}

fn segments(user_key: &[u8], reached: &mut Reached) {
    let segment = segment::encode(user_key);
    let escaped_bytes: usize =
        user_key.iter().map(|byte| if byte.is_ascii_alphanumeric() || b"._-".contains(byte) { 1 } else { 3 }).sum();
    reached.tick(match segment.reversible {
        true if segment.text.as_bytes() == user_key => Mark::SegmentPasses,
        true => Mark::SegmentPercent,
        false if user_key.len() > SEGMENT_LIMIT_BYTES => Mark::SegmentShaRawLength,
        false if escaped_bytes > SEGMENT_LIMIT_BYTES => Mark::SegmentShaEscapedLength,
        false if user_key.starts_with(b"b64.") => Mark::SegmentShaB64,
        false => Mark::SegmentShaLookalike,
    });
    reached.tick_if(Mark::SegmentCutInCharacter, !segment.reversible && is_cut_in_character(user_key));
    reached.tick_if(Mark::KeyEmpty, user_key.is_empty());
    reached.tick_if(Mark::KeyDots, [&b"."[..], b".."].contains(&user_key));
    reached.tick_if(Mark::Key240Bytes, user_key.len() == SEGMENT_LIMIT_BYTES && segment.reversible);
}

/// Whether a text is cut within a character where a file name by digest has no more of it.
fn is_cut_in_character(user_key: &[u8]) -> bool {
    std::str::from_utf8(user_key).is_ok_and(|text| !text.is_char_boundary(FALLBACK_SOURCE_BYTES.min(text.len())))
}
