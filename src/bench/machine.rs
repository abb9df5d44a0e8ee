//! Where something was measured.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// What is known of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The processor, as the system calls it.
    pub processor: String,
    /// Cores that this process may use.
    pub cores: u64,
    /// Memory in GiB, rounded.
    pub memory_gib: u64,
    /// The system.
    pub system: String,
    /// What the files of the run were on: `tmpfs`, `ext`, or the number of another kind of file system in hex.
    pub file_system: String,
}

impl Machine {
    /// This one, with files in a folder. What cannot be had is "unknown", or 0.
    pub fn this(folder: &Path) -> Machine {
        let field = |file: &str, name: &str| {
            let text = std::fs::read_to_string(file).ok()?;
            let value = text.lines().find_map(|line| line.strip_prefix(name))?;
            Some(value.trim_matches([' ', '\t', ':', '=', '"']).to_owned())
        };
        let unknown = || "unknown".to_owned();
        let kilobytes = field("/proc/meminfo", "MemTotal").and_then(|text| text.trim_end_matches(" kB").parse().ok());
        let kilobytes: u64 = kilobytes.unwrap_or_default();
        Machine {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().map_or(0, |cores| cores.get() as u64),
            memory_gib: (kilobytes + (1 << 19)) >> 20,
            system: field("/etc/os-release", "PRETTY_NAME").unwrap_or_else(unknown),
            file_system: file_system(folder).unwrap_or_else(unknown),
        }
    }
}

/// By the numbers in statfs(2).
fn file_system(folder: &Path) -> Option<String> {
    let number = rustix::fs::statfs(folder).ok()?.f_type;
    Some(match number {
        0x0102_1994 => "tmpfs".to_owned(),
        0xef53 => "ext".to_owned(),
        number => format!("{number:#x}"),
    })
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {} cores, {} GiB, {}", self.processor, self.cores, self.memory_gib, self.system)
    }
}
