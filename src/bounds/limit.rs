//! The limits of whole inputs. Those of single records and lines stand beside their formats.

/// How large an input may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What it is a limit of, in the plural.
    pub what: &'static str,
    /// The most bytes.
    pub bytes: u64,
}

/// What people and programs write by hand or by the page. Our own `finding.json` and manifests have some kilobytes.
pub const TEXT: Limit =
    Limit { what: "manifests, finding.json, waivers, known bugs and certificates", bytes: 16 << 20 };

/// A report has some kilobytes for each finding: a million of them.
pub const REPORT: Limit = Limit { what: "reports", bytes: 4 << 30 };

/// A value of the greatest length has 1.5 GiB in JSON if each of its bytes is escaped: ten of them. The other files here
/// have a line for each list.
pub const LIST: Limit =
    Limit { what: "bodies of lists, CHECKSUMS, KEYMAP.jsonl and lines of a state", bytes: 16 << 30 };

/// It lies on the disk and not in memory, and whoever has more can name a file.
pub const SPOOL: Limit = Limit { what: "pipes that must be read more than once", bytes: 64 << 30 };

/// All of them.
pub const LIMITS: [Limit; 4] = [TEXT, REPORT, LIST, SPOOL];

impl Limit {
    /// Fails if `bytes` are more.
    ///
    /// # Errors
    ///
    /// The size, and what the limit is of.
    pub fn require(&self, bytes: u64) -> std::io::Result<()> {
        if bytes > self.bytes { Err(self.exceeded(Some(bytes))) } else { Ok(()) }
    }

    /// The error for what is larger; its size is said where it is known.
    pub(super) fn exceeded(&self, bytes: Option<u64>) -> std::io::Error {
        let Limit { what, bytes: limit } = self;
        let size = bytes.map_or_else(|| format!("more than {limit} bytes"), |bytes| format!("{bytes} bytes"));
        std::io::Error::other(format!("it has {size}; the limit of {what} is {limit}"))
    }
}

/// The error for what is within its limit and too large for this machine.
pub(super) fn no_memory(bytes: u64) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::OutOfMemory, format!("there is no memory for {bytes} bytes of it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_list_each_limit() {
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md");
        let page = std::fs::read_to_string(page).expect("the page");
        for Limit { what, bytes } in LIMITS {
            let size = if bytes < 1 << 30 { format!("{} MiB", bytes >> 20) } else { format!("{} GiB", bytes >> 30) };
            assert!(page.contains(&format!("| {what} | {size} |")), "{what}: {size}");
        }
    }
}
