//! How a case is checked: which store, which decoder, how demanding. What is found with these flags is found with them again.

use clap::Args;

use super::engine_flag::engine_parser;
use super::server_flags::ServerFlags;
use super::snapshot::ShapeFlags;
use crate::campaign::MetaChoice;
use crate::case::Demands;
use crate::case::width_name;
use crate::database::{Engine, History};
use crate::decoder::Decoder;
use crate::jobs::Interrupt;
use crate::store::MetaWidth;

/// The flags of `verify` and `shrink` that decide what is checked.
#[derive(Clone, Debug, Args)]
pub(super) struct CheckFlags {
    /// Size of the base metas that the store writes, in bytes [default: both]
    #[arg(long, value_name = "24|32|both", value_parser = ["24", "32", "both"], hide_possible_values = true)]
    meta: Option<String>,
    /// Have a foreign decoder read each case's snapshot too: exec:CMD with {fsm} and {out} among its words
    #[arg(long, value_name = "exec:CMD")]
    decoder: Option<Decoder>,
    /// Keep every version: dump the lists of random commits in the middle of each case too, and put all versions into snapshots
    #[arg(long)]
    history: bool,
    /// What keeps the store's records [default: rocksdb; memory in a build without RocksDB]
    #[arg(long, value_name = "rocksdb|memory", value_parser = engine_parser(), hide_possible_values = true)]
    #[arg(conflicts_with = "store")]
    engine: Option<Engine>,
    #[command(flatten)]
    snapshots: ShapeFlags,
    #[command(flatten)]
    pub(super) servers: ServerFlags,
}

impl CheckFlags {
    pub(super) fn meta(&self) -> MetaChoice {
        match self.meta.as_deref() {
            Some("24") => MetaChoice::Short,
            Some("32") => MetaChoice::Long,
            _ => MetaChoice::Both,
        }
    }

    /// What keeps the store's records.
    pub(super) fn engine(&self) -> Option<Engine> {
        self.engine
    }

    /// These flags, and where one is not given, what a finding was found with.
    pub(super) fn or(&self, found: CheckFlags) -> CheckFlags {
        let ShapeFlags { framing, raw_rows, noise } = self.snapshots;
        let servers = self.servers.or(found.servers);
        // A server that takes the store's place has its own.
        let engine = self.engine.or(found.engine).filter(|_| !servers.replace_the_store());
        CheckFlags {
            meta: self.meta.clone().or(found.meta),
            decoder: self.decoder.clone().or(found.decoder),
            history: self.history || found.history,
            engine,
            snapshots: ShapeFlags {
                framing: framing.or(found.snapshots.framing),
                raw_rows: raw_rows || found.snapshots.raw_rows,
                noise: noise || found.snapshots.noise,
            },
            servers,
        }
    }

    /// Snapshots are written where something says how, and where somebody reads them. A decoder ends when that is wished.
    pub(super) fn demands(&self, interrupt: &Interrupt) -> Demands {
        let ShapeFlags { framing, raw_rows, noise } = self.snapshots;
        let is_wanted = self.decoder.is_some() || self.history || framing.is_some() || raw_rows || noise;
        Demands {
            history: if self.history { History::Kept } else { History::Dropped },
            snapshot: is_wanted.then(|| self.snapshots.shape()),
            decoder: self.decoder.clone().map(|decoder| decoder.with_interrupt(interrupt.clone())),
            fault: None,
        }
    }

    /// The flags again, for commands that repeat a case: `width` is the one that a case had.
    pub(super) fn to_flags(&self, width: Option<MetaWidth>) -> Vec<String> {
        let engine = self.engine.iter().flat_map(|engine| ["--engine", engine.name()]).map(str::to_owned);
        self.shaping_flags(width).into_iter().chain(engine).collect()
    }

    /// Those that shape the cases, for reports, which say by themselves what kept the records.
    pub(super) fn shaping_flags(&self, width: Option<MetaWidth>) -> Vec<String> {
        let mut flags = Vec::new();
        if !self.servers.replace_the_store() {
            let meta = width.map_or_else(
                || self.meta.clone().unwrap_or_else(|| "both".to_owned()),
                |width| width_name(Some(width)).to_owned(),
            );
            flags.extend(["--meta".to_owned(), meta]);
        }
        flags.extend(self.servers.to_flags());
        if let Some(decoder) = &self.decoder {
            flags.extend(["--decoder".to_owned(), decoder.to_string()]);
        }
        let ShapeFlags { framing, raw_rows, noise } = self.snapshots;
        flags.extend(framing.iter().flat_map(|framing| ["--framing".to_owned(), framing.name().to_owned()]));
        let switches = [("--history", self.history), ("--raw-rows", raw_rows), ("--noise", noise)];
        flags.extend(switches.iter().filter(|(_, is_on)| *is_on).map(|(flag, _)| (*flag).to_owned()));
        flags
    }
}
