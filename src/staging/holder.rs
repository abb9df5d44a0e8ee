//! Who holds a lock, as far as the system tells.

use std::os::fd::AsFd;

/// The words for whoever holds the lock of a file or folder, with a blank before them; none where that is not known, such as
/// for a process of another container.
pub(super) fn holder(file: impl AsFd) -> String {
    let Ok(stat) = rustix::fs::fstat(file) else { return String::new() };
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let (major, minor) = (rustix::fs::major(stat.st_dev), rustix::fs::minor(stat.st_dev));
    let Some(pid) = holder_in(&locks, &format!("{major:02x}:{minor:02x}:{}", stat.st_ino)) else {
        return String::new();
    };
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    match name.trim_end() {
        "" => format!(" by process {pid}"),
        name => format!(" by process {pid} ({name})"),
    }
}

/// A line is `1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF`; who waits has an arrow before its kind.
fn holder_in(locks: &str, file: &str) -> Option<u32> {
    locks.lines().find_map(|line| match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        [_, "FLOCK", _, _, pid, of, ..] if *of == file => pid.parse().ok().filter(|pid| *pid > 0),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_is_named_and_not_who_waits() {
        let locks = "1: POSIX  ADVISORY  WRITE 7 fe:00:12 0 EOF\n2: -> FLOCK  ADVISORY  WRITE 8 fe:00:12 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 9 fe:00:12 0 EOF\n4: FLOCK  ADVISORY  WRITE -1 fe:00:13 0 EOF\n";
        assert_eq!(holder_in(locks, "fe:00:12"), Some(9));
        assert_eq!((holder_in(locks, "fe:00:13"), holder_in(locks, "fe:00:14")), (None, None));
    }
}
