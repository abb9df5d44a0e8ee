//! What a fault changes of what a second reading reads, one side of one comparison at a time.

use super::changed::{Files, Pair};
use crate::state::State;

/// A change, and the place of what it changes.
#[derive(Clone, Copy, Debug)]
pub enum Reread {
    /// Of the words of a request.
    Words(Place, fn(&mut Vec<Vec<u8>>)),
    /// Of records, or of the rows of a snapshot.
    Pairs(Place, fn(&mut Vec<Pair>)),
    /// Of the files of the dump.
    Files(fn(&mut Files)),
    /// Of the bytes of a file.
    Bytes(Place, fn(&mut Vec<u8>)),
    /// Of a number.
    Number(Place, fn(&mut u64)),
    /// Of a text.
    Text(Place, fn(&mut String)),
    /// Of what a reader says.
    State(Place, fn(&mut State)),
}

/// What the second readings read, by where it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The words of a request, for the table.
    Request,
    /// The words of a request, for the parser.
    Parser,
    /// The words of a request that was changed, for the parser.
    ChangedParser,
    /// The words that a request prints.
    Printed,
    /// The records of the store.
    Store,
    /// The time that a dump is from.
    DumpTime,
    /// The records that are restored, as the naive reading has them.
    Restored,
    /// The records that a store runs on with.
    RunsOn,
    /// What the dump of a store says that has run on.
    RunsOnDump,
    /// The texts of keys.
    Shown,
    /// What is typed for a key.
    Typed,
    /// The records of a dump at borders.
    Borders,
    /// The same in any order.
    BordersShuffled,
    /// The lists of a dump at borders.
    BordersCount,
    /// What a dump at borders says.
    BordersDump,
    /// The file of a snapshot at a border.
    BordersFile,
    /// The snapshot of the case.
    Snapshot,
    /// The same file, for our reader.
    SnapshotFile,
    /// Its rows.
    Rows,
    /// Its last commit.
    LastCommit,
    /// The number of its rows.
    RowCount,
    /// The bytes that its rows make.
    Frame,
    /// What it has beside the records of the database.
    Beside,
    /// The records of the database, as it must have them.
    Database,
    /// The same snapshot, for a dump of it.
    SnapshotDump,
    /// A commit that it is read at.
    Commit,
    /// What the dump of an earlier commit says.
    Then,
    /// The snapshot of a window.
    Window,
    /// The versions in it.
    WindowVersions,
    /// The bytes that its rows make.
    WindowFrame,
    /// Its records at a commit, which those of the whole snapshot must be.
    WindowRecords,
    /// A snapshot whose rows stand in any order.
    AnyOrder,
    /// A snapshot that no store writes.
    Crowded,
}
