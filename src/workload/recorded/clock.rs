//! A server's clock, which may have been set back while it recorded.
//!
//! Logical time of a trace never goes back. So where a recording's does, logical time waits beforehand: at each line of
//! MONITOR it is the earliest time that this line or a later one has ([`MonitorTimes`]). Then no expiry that a later line
//! gives lies before it. Whatever expires meanwhile by the recording's own time is deleted by name.

use std::collections::VecDeque;
use std::io::BufRead;

use super::error::Place;
use super::monitor::MonitorReader;

/// As many steps back are told with their place.
const TOLD: usize = 8;

/// Where the times of a MONITOR log go back, and to when: what has to be known before the log is read.
#[derive(Clone, Debug, Default)]
pub struct MonitorTimes {
    /// A line's number and its time, both ascending: the earliest time from that line on.
    lows: VecDeque<(u64, u64)>,
}

impl MonitorTimes {
    /// Reads a log for its times alone, as far as it can be read: what is wrong with it is found when it is read for its
    /// commands.
    pub fn read(input: Box<dyn BufRead>) -> MonitorTimes {
        let mut lines = MonitorReader::new(input);
        let mut times = MonitorTimes::default();
        let mut last_ms = 0;
        while let Ok(Some(line)) = lines.next_line() {
            if line.at_ms < last_ms {
                while times.lows.back().is_some_and(|(_, at_ms)| *at_ms >= line.at_ms) {
                    times.lows.pop_back();
                }
                times.lows.push_back((line.line, line.at_ms));
            }
            last_ms = line.at_ms;
        }
        times
    }

    /// The logical time of a line; lines are asked for in order.
    pub(super) fn logical_ms(&mut self, line: u64, at_ms: u64) -> u64 {
        while self.lows.front().is_some_and(|(low, _)| *low <= line) {
            self.lows.pop_front();
        }
        self.lows.front().map_or(at_ms, |(_, low_ms)| at_ms.min(*low_ms))
    }
}

/// The steps back that have been seen.
#[derive(Debug, Default)]
pub(super) struct StepsBack {
    told: Vec<StepBack>,
    others: u64,
    /// Whether the latest one shows only in what was done after it, so that it may be greater than is known.
    is_open: bool,
}

#[derive(Debug)]
struct StepBack {
    place: Place,
    by_ms: u64,
    is_least: bool,
}

impl StepsBack {
    /// The recording itself says when.
    pub(super) fn seen(&mut self, place: Place, by_ms: u64) {
        self.is_open = false;
        self.tell(StepBack { place, by_ms, is_least: false });
    }

    /// A command tells of an earlier time than the recording.
    pub(super) fn inferred(&mut self, place: Place, by_ms: u64) {
        if !self.is_open {
            self.tell(StepBack { place, by_ms, is_least: true });
        } else if let Some(last) = self.told.last_mut().filter(|_| self.others == 0) {
            last.by_ms = last.by_ms.max(by_ms);
        }
        self.is_open = true;
    }

    /// The recording says what time it is.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    fn tell(&mut self, step: StepBack) {
        if self.told.len() < TOLD { self.told.push(step) } else { self.others += 1 }
    }

    pub(super) fn notes(&self, consequence: &str) -> Vec<String> {
        let mut notes: Vec<String> = self.told.iter().map(|step| step.note(consequence)).collect();
        if self.others > 0 {
            notes.push(format!("note: the clock was set back {} more times", self.others));
        }
        notes
    }
}

impl StepBack {
    fn note(&self, consequence: &str) -> String {
        let StepBack { place, by_ms, is_least } = self;
        let (seconds, millis) = (by_ms / 1000, by_ms % 1000);
        let least = if *is_least { " or more" } else { "" };
        format!("note: {place}: the clock was set back by {seconds}.{millis:03} s{least}; {consequence}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::Position;
    use super::*;

    fn logical(times: &[u64]) -> Vec<u64> {
        let text: String = times.iter().map(|at_ms| format!("{at_ms}.000000 [0 c] \"PING\"\n")).collect();
        let mut found = MonitorTimes::read(Box::new(std::io::Cursor::new(text.into_bytes())));
        (1..).zip(times).map(|(line, at_ms)| found.logical_ms(line, at_ms * 1000) / 1000).collect()
    }

    #[test]
    fn logical_time_is_the_earliest_that_is_still_to_come() {
        assert_eq!(logical(&[1, 2, 2, 5]), [1, 2, 2, 5]);
        assert_eq!(logical(&[1, 5, 9, 3, 4, 10]), [1, 3, 3, 3, 4, 10]);
        assert_eq!(logical(&[5, 9, 7, 8, 6, 20, 12, 13]), [5, 6, 6, 6, 6, 12, 12, 13]);
        assert_eq!(logical(&[9, 8, 7, 1]), [1, 1, 1, 1]);
        assert_eq!(logical(&[]), [0; 0]);
    }

    #[test]
    fn steps_back_are_told_with_place_and_size() {
        let place = |byte| Place { file: None, position: Position::Byte(byte) };
        let mut steps = StepsBack::default();
        steps.inferred(place(7), 1500);
        steps.inferred(place(9), 300_007);
        steps.close();
        steps.seen(place(11), 40);
        let expected = [
            "note: byte 7: the clock was set back by 300.007 s or more; so it is",
            "note: byte 11: the clock was set back by 0.040 s; so it is",
        ];
        assert_eq!(steps.notes("so it is"), expected);
        (0..20).for_each(|byte| steps.seen(place(byte), 1));
        assert_eq!(steps.notes("").last().map(String::as_str), Some("note: the clock was set back 14 more times"));
        assert_eq!(steps.notes("").len(), TOLD + 1);
    }
}
