//! The two sides of a comparison, and what they are called.

/// One of the two states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The first one, by convention the reference.
    Left,
    /// The second one.
    Right,
}

/// What the two sides are called in print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SideNames<'a> {
    /// The left side's name.
    pub left: &'a str,
    /// The right side's name.
    pub right: &'a str,
}

impl<'a> SideNames<'a> {
    pub(super) fn of(&self, side: Side) -> &'a str {
        match side {
            Side::Left => self.left,
            Side::Right => self.right,
        }
    }
}

impl Side {
    /// The other side.
    pub fn other(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }
}
