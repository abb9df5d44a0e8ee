//! Shrinking on a quick engine first, and what there is where that comes to nothing.

use std::time::{Duration, Instant};

use super::needs::{Needs, REPEATS};
use super::shrink::{CutShort, Shrunk, shrink};
use crate::case::CaseError;
use crate::database::Engine;
use crate::finding::Finding;
use crate::jobs::Interrupt;
use crate::workload::Step;

/// What runs a case on an engine: its finding, if there is one.
pub type EngineCheck<'a> = dyn FnMut(Engine, &[Step]) -> Result<Option<Finding>, CaseError> + 'a;

/// Makes the trace of a finding smaller on each of these engines, until what is left has the finding on the last of them too:
/// that is the one on which it was found. Where none of them has it again, or somebody wishes an end or the time of a run is up
/// before any has, the trace is whole.
///
/// # Errors
///
/// A case that could not be run.
pub fn shrink_quickly(
    whole: &[Step],
    finding: &Finding,
    engines: &[Engine],
    time: Duration,
    interrupt: &Interrupt,
    check: &mut EngineCheck<'_>,
) -> Result<Shrunk, CaseError> {
    let until = Instant::now() + time;
    let why_ended = || if interrupt.is_wished() { CutShort::Interrupted } else { CutShort::TimeUp };
    let whole_trace = |why| Shrunk::not_shrunk(whole, finding, Some(why));
    for engine in engines {
        let left = until.saturating_duration_since(Instant::now());
        let shrunk = match shrink_on(*engine, whole, finding, (left, interrupt), check) {
            Err(CaseError::Interrupted) => return Ok(whole_trace(why_ended())),
            shrunk => shrunk?,
        };
        let Some(shrunk) = shrunk else { continue };
        let Some(last) = engines.last().filter(|last| *last != engine) else { return Ok(shrunk) };
        match check(*last, &shrunk.steps) {
            // It was found here, and that is more than the whole trace tells.
            Err(CaseError::Interrupted) => return Ok(Shrunk { cut_short: Some(why_ended()), ..shrunk }),
            Err(error) => return Err(error),
            Ok(Some(found)) if found.is_like(finding) => return Ok(shrunk),
            Ok(_) => {}
        }
    }
    Ok(Shrunk { needs: Some(Needs::unsteady(finding)), ..whole_trace(CutShort::FailedOnce) })
}

/// On one engine; `None` if the trace does not have the finding there, or not each time.
fn shrink_on(
    engine: Engine,
    whole: &[Step],
    finding: &Finding,
    (time, interrupt): (Duration, &Interrupt),
    check: &mut EngineCheck<'_>,
) -> Result<Option<Shrunk>, CaseError> {
    // What comes and goes would be cut down to whatever chance leaves of it. We do the same each time.
    if finding.kind.is_about_a_decoder() {
        for _ in 1..REPEATS {
            if !check(engine, whole)?.is_some_and(|found| found.is_like(finding)) {
                return Ok(None);
            }
        }
    }
    // What fails in another way now is not followed.
    let mut like = |steps: &[Step]| Ok(check(engine, steps)?.filter(|found| found.is_like(finding)));
    shrink(whole.to_vec(), time, interrupt, &mut like, &mut |_| {})
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::finding::FindingKind;
    use crate::workload::Trace;

    const ENGINES: [Engine; 2] = [Engine::Memory, Engine::RocksDb];

    fn steps() -> Vec<Step> {
        let line = |number: u64| format!("{{\"at_ms\":{number},\"cmd\":[\"RPUSH\",\"k\",\"a\"]}}\n");
        let lines: String = (1..=20).map(line).collect();
        Trace::read(lines.as_bytes()).expect("a trace").steps
    }

    fn finding() -> Finding {
        Finding::new(FindingKind::DecoderState, "made up".to_owned())
    }

    fn shrunk(check: &mut EngineCheck<'_>) -> Shrunk {
        shrunk_until(&Interrupt::NEVER, check)
    }

    fn shrunk_until(interrupt: &Interrupt, check: &mut EngineCheck<'_>) -> Shrunk {
        let time = Duration::from_secs(600);
        shrink_quickly(&steps(), &finding(), &ENGINES, time, interrupt, check).expect("it runs")
    }

    #[test]
    fn what_the_last_engine_has_too_is_taken_from_the_first() {
        let mut on_the_last = 0;
        let shrunk = shrunk(&mut |engine, steps| {
            on_the_last += u32::from(engine == Engine::RocksDb);
            Ok((!steps.is_empty()).then(finding))
        });
        assert_eq!((shrunk.steps.len(), shrunk.cut_short, on_the_last), (1, None, 1), "it is asked once");
    }

    #[test]
    fn what_only_the_last_engine_has_is_shrunk_there() {
        let shrunk = shrunk(&mut |engine, steps| Ok((engine == Engine::RocksDb && steps.len() > 4).then(finding)));
        assert_eq!((shrunk.steps.len(), shrunk.cut_short), (5, None));
    }

    /// Somebody wishes an end while the last engine is asked, or the time of a run is up.
    #[test]
    fn what_the_first_engine_has_left_is_kept() {
        for (is_wished, why) in [(true, CutShort::Interrupted), (false, CutShort::TimeUp)] {
            let wish = Arc::new(AtomicBool::new(false));
            let shrunk = shrunk_until(&Interrupt::when(Arc::clone(&wish)), &mut |engine, steps| match engine {
                Engine::Memory => Ok((!steps.is_empty()).then(finding)),
                Engine::RocksDb => {
                    wish.store(is_wished, Ordering::Relaxed);
                    Err(CaseError::Interrupted)
                }
            });
            assert_eq!((shrunk.steps.len(), shrunk.cut_short), (1, Some(why)));
        }
    }

    #[test]
    fn without_an_attempt_the_trace_is_whole_and_the_reason_is_said() {
        for (is_wished, why) in [(true, CutShort::Interrupted), (false, CutShort::TimeUp)] {
            let interrupt = Interrupt::when(Arc::new(AtomicBool::new(is_wished)));
            let ended = shrunk_until(&interrupt, &mut |_, _| Err(CaseError::Interrupted));
            assert_eq!((ended.steps.len(), ended.cut_short, ended.needs), (20, Some(why), None));
        }
        let held = shrunk(&mut |_, _| Ok(None));
        assert_eq!((held.steps.len(), held.cut_short), (20, Some(CutShort::FailedOnce)));
        assert!(held.needs.is_some_and(|needs| needs.is_unsteady()));
    }

    /// Where the case begins to fail in another way, that way is not followed to its end.
    #[test]
    fn another_class_is_not_followed() {
        let mut in_memory = 0;
        let shrunk = shrunk(&mut |engine, _| {
            in_memory += usize::from(engine == Engine::Memory);
            let is_other = engine == Engine::Memory && in_memory >= REPEATS;
            Ok(Some(if is_other { Finding::new(FindingKind::DecoderFailed, String::new()) } else { finding() }))
        });
        assert_eq!((shrunk.finding.kind, in_memory), (FindingKind::DecoderState, REPEATS));
    }

    #[test]
    fn what_comes_and_goes_is_not_shrunk() {
        let mut runs = 0;
        let shrunk = shrunk(&mut |_, _| {
            runs += 1;
            Ok((runs % 2 == 1).then(finding))
        });
        assert_eq!((shrunk.steps.len(), shrunk.cut_short), (20, Some(CutShort::FailedOnce)));
    }
}
