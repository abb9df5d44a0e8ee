//! What is left to write once every value with elements has its file.

use super::catalog::{Catalog, KeyedWarnings};
use super::list;
use super::tree::Tree;
use super::{EncodeError, Summary};
use crate::format::{FAMILIES, Family};

/// Writes the values without elements and everything that is not a body, and sums up.
pub(super) fn conclude(
    mut tree: Tree<'_>,
    catalog: &Catalog,
    mut warnings: KeyedWarnings,
) -> Result<Summary, EncodeError> {
    for family in FAMILIES.iter().map(|row| row.family) {
        let empty: Vec<_> = catalog.without_elements(family, |user_key| tree.has(family, user_key)).collect();
        for (user_key, attributes) in empty {
            match family {
                Family::List => list::write_empty(&mut tree, user_key, attributes, &mut warnings)?,
            }
        }
    }
    // Stable, so that the warnings of one key keep their order.
    warnings.sort_by(|left, right| left.0.cmp(&right.0));
    let mut summary = Summary { counts: tree.counts(), ..Summary::default() };
    summary.warnings = warnings.into_iter().map(|(_, warning)| warning).collect();
    let has_file = |user_key: &[u8]| FAMILIES.iter().any(|row| tree.has(row.family, user_key));
    catalog.warn_of_orphans(has_file, &mut summary);
    tree.seal()?;
    Ok(summary)
}
