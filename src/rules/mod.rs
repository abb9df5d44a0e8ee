//! The rules of the format and of clients side by side, in one table: what each says, and what shows whether it is kept.
//!
//! A rule is tied to its faults by their field `rule` ([`crate::faults`]), and to probes
//! ([`crate::probe::probes`]) and situations ([`crate::situations`]) by their names here. A test fails for a rule
//! without any of the three, and for a name that nothing has.

mod rule;
mod table;

pub use rule::Rule;
pub use table::RULES;

impl Rule {
    /// The rule of that name.
    pub fn find(name: &str) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.name == name)
    }
}
