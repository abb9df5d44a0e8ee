//! How a case is checked: which store, which decoder, how demanding. What is found with these flags is found with them again.

use clap::Args;

use super::engine_flag::engine_parser;
use super::server_flags::ServerFlags;
use super::shape_flags::ShapesFlags;
use crate::campaign::{MetaChoice, Need, Needs};
use crate::case::width_name;
use crate::case::{Demands, Shapes};
use crate::database::Engine;
use crate::decoder::Decoder;
use crate::format::snapshot::Framing;
use crate::jobs::Interrupt;
use crate::store::MetaWidth;

/// The flags of `verify` and `shrink` that decide what is checked.
#[derive(Clone, Debug, Args)]
pub(super) struct CheckFlags {
    /// Size of the base metas that the store writes, in bytes [default: both]
    #[arg(long, value_name = "24|32|both", value_parser = ["24", "32", "both"], hide_possible_values = true)]
    meta: Option<String>,
    /// Test this decoder on a snapshot of each case: exec: and its command, in which {fsm} stands for the snapshot and {out}
    /// for the new dump
    #[arg(long, value_name = "exec:CMD")]
    decoder: Option<Decoder>,
    /// Where the store keeps its records [default: rocksdb; memory in a build without RocksDB]
    #[arg(long, value_name = "rocksdb|memory", value_parser = engine_parser(), hide_possible_values = true)]
    #[arg(conflicts_with = "store")]
    engine: Option<Engine>,
    #[command(flatten)]
    snapshots: ShapesFlags,
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
        let servers = self.servers.or(found.servers);
        // A server that takes the store's place has its own.
        let engine = self.engine.or(found.engine).filter(|_| !servers.replace_the_store());
        CheckFlags {
            meta: self.meta.clone().or(found.meta),
            decoder: self.decoder.clone().or(found.decoder),
            engine,
            snapshots: self.snapshots.or(found.snapshots),
            servers,
        }
    }

    /// Whether a foreign decoder reads the snapshots.
    pub(super) fn has_decoder(&self) -> bool {
        self.decoder.is_some()
    }

    /// The shapes of the cases' snapshots. They are written where something says how, and where somebody reads them.
    pub(super) fn shapes(&self) -> Option<Shapes> {
        self.snapshots.shapes(self.has_decoder())
    }

    /// The same without the shapes that the decoder does not take.
    pub(super) fn within(&self, taken: &Shapes) -> CheckFlags {
        CheckFlags { snapshots: self.snapshots.within(taken), ..self.clone() }
    }

    /// The flags of the plainest case that has a finding, which was found with these demands; and that case's framing.
    pub(super) fn plainest(&self, needs: &Needs, demands: &Demands) -> (CheckFlags, Option<Framing>) {
        let plain = needs.plainest(demands);
        let framing = plain.snapshot.map(|snapshot| snapshot.framing);
        if self.servers.replace_the_store() {
            return (self.clone(), framing);
        }
        let has_oracle = !needs.can_drop(Need::Oracle);
        let flags = CheckFlags {
            meta: self.meta.clone(),
            decoder: self.decoder.clone().filter(|_| plain.decoder.is_some()),
            engine: if needs.can_drop(Need::RocksDb) { Some(Engine::Memory) } else { self.engine },
            snapshots: ShapesFlags::exactly(&plain),
            servers: if has_oracle { self.servers.clone() } else { ServerFlags::default() },
        };
        (flags, framing)
    }

    /// What is checked but for snapshots. Cases and decoders end when that is wished.
    pub(super) fn demands(&self, interrupt: &Interrupt) -> Demands {
        Demands { decoder: self.decoder.clone(), ..Demands::NONE }.with_interrupt(interrupt)
    }

    /// The flags again, for commands that repeat a case: `width` and `framing` are those that it had. Where framings take no
    /// turns, the flags say which it was.
    pub(super) fn to_flags(&self, width: Option<MetaWidth>, framing: Option<Framing>) -> Vec<String> {
        let framing = framing.filter(|_| self.shapes().is_some_and(|shapes| shapes.framings.len() > 1));
        let engine = self.engine.iter().flat_map(|engine| ["--engine", engine.name()]).map(str::to_owned);
        self.shaping_flags(width, framing).into_iter().chain(engine).collect()
    }

    /// Those that shape the cases, for reports, which say by themselves what kept the records.
    pub(super) fn shaping_flags(&self, width: Option<MetaWidth>, framing: Option<Framing>) -> Vec<String> {
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
        flags.extend(self.snapshots.to_flags(framing));
        flags
    }
}
