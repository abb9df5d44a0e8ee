//! Clock, CPU time and memory of this process.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::figures::Usage;

/// Adds up what pieces of work take.
pub(super) struct Meter {
    clock: Duration,
    cpu: Duration,
    /// The most memory at the start, in bytes, which was what the process had then.
    memory_before: Option<u64>,
}

impl Meter {
    /// Nothing yet.
    pub(super) fn new() -> Meter {
        Meter { clock: Duration::ZERO, cpu: Duration::ZERO, memory_before: forget_peak() }
    }

    /// Does a piece of work.
    pub(super) fn timed<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (clock, cpu) = (Instant::now(), cpu_time());
        let done = work();
        self.cpu += cpu_time().saturating_sub(cpu);
        self.clock += clock.elapsed();
        done
    }

    /// What it all took.
    pub(super) fn usage(&self) -> Usage {
        Usage { seconds: self.clock.as_secs_f64(), cpu_seconds: self.cpu.as_secs_f64() }
    }

    /// The most memory that the process had since this was made, beyond what it had then; `None` where the system does not say.
    pub(super) fn peak_bytes(&self) -> Option<u64> {
        self.memory_before.zip(most_memory()).map(|(before, most)| most.saturating_sub(before))
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Makes the kernel begin anew to note the most memory that this process has, and gives what it has now.
fn forget_peak() -> Option<u64> {
    std::fs::write("/proc/self/clear_refs", "5").ok().and_then(|()| most_memory())
}

fn most_memory() -> Option<u64> {
    peak_of(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn peak_of(status: &str) -> Option<u64> {
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(kilobytes.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_where_it_is_said() {
        assert_eq!(peak_of("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t 1 kB\n"), Some(2 << 20));
        assert_eq!(peak_of("Name:\tx\n"), None);
        assert_eq!(peak_of("VmHWM:\t many kB\n"), None);
    }

    #[test]
    fn only_what_is_timed_counts() {
        let mut meter = Meter::new();
        assert_eq!((meter.clock, meter.cpu), (Duration::ZERO, Duration::ZERO));
        let sum = meter.timed(|| (0..std::hint::black_box(1_000_000_u64)).map(std::hint::black_box).sum::<u64>());
        assert_eq!(sum, 499_999_500_000);
        assert!(meter.cpu > Duration::ZERO && meter.usage().seconds > 0.0);
        let before = meter.clock;
        std::hint::black_box((0..1_000_000_u64).map(std::hint::black_box).sum::<u64>());
        assert_eq!(meter.clock, before);
    }
}
