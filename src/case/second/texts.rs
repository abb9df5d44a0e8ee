//! The texts that keys are shown as, and typed as: whoever reads a finding goes by them.

use std::collections::BTreeSet;

use super::changes;
use super::ended::Ended;
use super::told::differs;
use crate::case::stop::Stop;
use crate::faults::{Place, Reread};
use crate::format::key_text;
use crate::naive::text;

/// More keys than this are not shown.
const MOST_KEYS: usize = 200;

/// What people mistype.
const MISTYPED: &[&str] = &["%", "a%", "%4", "%zz", "%4z", "%z4", "%+1", "%25%2", "%%", "ab%é"];

/// The texts of the dump's keys, and of some that are hard to show.
pub(super) fn require_same(ended: &Ended<'_>, change: Option<Reread>) -> Result<(), Stop> {
    let every_byte: Vec<u8> = (0..=255).collect();
    let characters = "%\"\\\u{7f}\u{80}\u{9f}\u{a0}é\u{2027}\u{2028}\u{2029}\u{202a}\u{10ffff}";
    let long = |bytes| vec![b'k'; bytes];
    let hard = [every_byte, characters.as_bytes().to_vec(), long(299), long(300), long(301)];
    let keys: BTreeSet<&Vec<u8>> = ended.dumped.keys.keys().take(MOST_KEYS).chain(&hard).collect();
    keys.into_iter().try_for_each(|key| require_same_texts(key, change))?;
    for typed in MISTYPED.iter().map(ToString::to_string).chain(hard.iter().map(|key| lower_digits(&text::shown(key))))
    {
        let mut to_read = typed.clone();
        changes::text(change, Place::Typed, &mut to_read);
        let (naive, ours) = (text::typed(&to_read), key_text::parse(&typed).ok());
        if naive != ours {
            return Err(differs("texts", format!("typed {typed:?}\nnaive   {naive:?}\nparser  {ours:?}")));
        }
    }
    Ok(())
}

fn require_same_texts(key: &[u8], change: Option<Reread>) -> Result<(), Stop> {
    let mut naive = [text::shown(key), text::quoted(key), text::hex(key)];
    naive.iter_mut().for_each(|text| changes::text(change, Place::Shown, text));
    let ours = [key_text::escaped(key), key_text::quoted(key), key_text::hex(key)];
    match naive.iter().zip(&ours).find(|(one, other)| one != other) {
        Some((naive, ours)) => Err(differs("texts", format!("naive   {naive}\nshown   {ours}"))),
        None => Ok(()),
    }
}

/// A text with the two digits after each percent sign in lower case.
fn lower_digits(text: &str) -> String {
    let lower = |part: &str| match part.split_at_checked(2) {
        Some((digits, rest)) => format!("%{}{rest}", digits.to_ascii_lowercase()),
        None => format!("%{part}"),
    };
    let mut parts = text.split('%');
    let start = parts.next().unwrap_or_default();
    std::iter::once(start.to_owned()).chain(parts.map(lower)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::told::finding_of;
    use super::*;
    use crate::finding::FindingKind;

    #[test]
    fn a_text_that_is_another_one_is_a_finding() {
        assert!(require_same_texts(b"a%", None).is_ok());
        let finding = finding_of(require_same_texts(b"a%", Some(Reread::Text(Place::Shown, |text| text.push('.')))));
        assert_eq!((finding.kind, finding.aspect), (FindingKind::Reading, "texts"));
        assert_eq!(lower_digits("%AFAF%A0"), "%afAF%a0");
    }
}
