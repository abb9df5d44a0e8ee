//! Which operations must be judged together.
//!
//! A history is right if it is right key by key, where no operation names two keys. Keys that one operation names are tied;
//! each group of keys that are tied, directly or by way of others, is judged by itself.

use std::collections::HashMap;

use super::operation::Operation;
use crate::command::UserKey;

/// The operations of each group of keys, as indices in ascending order; the groups are in the order of their first operation.
/// Operations that name no key are in no group.
pub(super) fn groups(operations: &[&Operation]) -> Vec<Vec<usize>> {
    let mut numbers: HashMap<&UserKey, usize> = HashMap::new();
    let mut tied = Tied::default();
    let mut first_keys = Vec::with_capacity(operations.len());
    for operation in operations {
        let mut first = None;
        for key in operation.sent.keys() {
            let number = *numbers.entry(key).or_insert_with(|| tied.add());
            match first {
                None => first = Some(number),
                Some(first) => tied.tie(first, number),
            }
        }
        first_keys.push(first);
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of: HashMap<usize, usize> = HashMap::new();
    for (index, first) in first_keys.into_iter().enumerate() {
        let Some(first) = first else { continue };
        let group = *group_of.entry(tied.root(first)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(group) {
            group.push(index);
        }
    }
    groups
}

/// Disjoint sets of numbers.
#[derive(Default)]
struct Tied {
    parents: Vec<usize>,
}

impl Tied {
    fn add(&mut self) -> usize {
        self.parents.push(self.parents.len());
        self.parents.len() - 1
    }

    fn root(&self, mut number: usize) -> usize {
        while let Some(parent) = self.parents.get(number).filter(|parent| **parent != number) {
            number = *parent;
        }
        number
    }

    fn tie(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(parent) = self.parents.get_mut(one.max(other)) {
            *parent = one.min(other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{lost, txn};
    use super::*;

    #[test]
    fn keys_that_an_operation_names_together_are_judged_together() {
        let operations = [
            lost(0, 0, "RPUSH a x"),
            lost(0, 1, "RPUSH b x"),
            lost(0, 2, "RPUSH c x"),
            txn(lost(0, 3, ""), &["LLEN d", "LLEN b"]),
            txn(lost(0, 4, ""), &[]),
            lost(0, 5, "RENAME d e"),
            lost(0, 6, "LLEN e"),
        ];
        let operations: Vec<&Operation> = operations.iter().collect();
        assert_eq!(groups(&operations), [vec![0], vec![1, 3, 5, 6], vec![2]]);
        assert!(groups(&[]).is_empty());
    }
}
