//! What a run with servers left out, passed over, and knew already.

use std::io::Write;

use crate::case::Servers;
use crate::finding::LeftOutKind;
use crate::format::counted;
use crate::report::Report;

/// A line for each.
pub(super) fn write_servers(out: &mut dyn Write, servers: &Servers, report: &Report) -> std::io::Result<()> {
    let unknown = servers.left_out();
    for name in &unknown {
        let count = report.left_out.count(LeftOutKind::Commands, name);
        writeln!(out, "LEFT OUT {name}: {}, which a server does not know", counted(count, "command"))?;
    }
    for line in servers.passed_over() {
        writeln!(out, "{line}")?;
    }
    for entry in servers.known().entries() {
        let (name, reason) = (&entry.name, &entry.reason);
        match report.known.get(name).copied().unwrap_or(0) {
            0 if unknown.iter().any(|unknown| unknown == name) => writeln!(out, "KNOWN {name}: left out ({reason})")?,
            0 => writeln!(out, "not needed in --known: {name} did not happen")?,
            count => writeln!(out, "KNOWN {name}: {} ({reason})", counted(count, "time"))?,
        }
    }
    Ok(())
}
