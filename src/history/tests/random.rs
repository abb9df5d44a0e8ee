//! Small random histories, right and wrong, judged both ways.

use super::super::*;
use super::lines;
use super::made::{Dice, Kind, disturb, right};
use super::naive;

const SMALL: Kind = Kind { operations: 6, clients: 3, keys: 2, longest_us: 40, expires: false, one_lost_of: 5 };

#[test]
fn thousands_of_small_histories_are_judged_as_every_order_judges_them() {
    let mut wrong = 0;
    for seed in 0..4000 {
        let mut dice = Dice::new(seed);
        let kind = Kind { operations: 3 + seed % 4, keys: 1 + seed % 3, clients: 2 + seed % 3, ..SMALL };
        let mut history = right(&mut dice, &kind);
        assert_eq!(history.judge(STATES), Judgement::Explained, "seed {seed}\n{}", lines(&history));
        disturb(&mut dice, &mut history);
        let is_explained = naive::is_explained(&history);
        let judgement = history.judge(STATES);
        assert_eq!(judgement == Judgement::Explained, is_explained, "seed {seed}\n{}", lines(&history));
        wrong += u32::from(!is_explained);
    }
    assert!(wrong > 2000, "{wrong} were wrong");
}

#[test]
fn large_right_histories_are_explained_within_the_budget() {
    for seed in 0..20 {
        let kind = Kind { operations: 300, clients: 8, keys: 3, longest_us: 400, expires: false, one_lost_of: 100 };
        let mut dice = Dice::new(seed);
        assert_eq!(right(&mut dice, &kind).judge(STATES), Judgement::Explained, "seed {seed}");
    }
}

#[test]
fn with_expiries_no_right_history_is_called_wrong() {
    let mut wrong = 0;
    for seed in 0..2000 {
        let mut dice = Dice::new(seed);
        let kind = Kind { operations: 5, longest_us: 8000, expires: true, keys: 1 + seed % 2, ..SMALL };
        let mut history = right(&mut dice, &kind);
        assert_eq!(history.judge(STATES), Judgement::Explained, "seed {seed}\n{}", lines(&history));
        disturb(&mut dice, &mut history);
        if naive::is_explained(&history) {
            assert_eq!(history.judge(STATES), Judgement::Explained, "seed {seed}\n{}", lines(&history));
        } else {
            wrong += u32::from(history.judge(STATES) != Judgement::Explained);
        }
    }
    assert!(wrong > 700, "{wrong} were found to be wrong");
    for seed in 0..10 {
        let kind = Kind { operations: 200, clients: 8, keys: 3, longest_us: 3000, expires: true, one_lost_of: 60 };
        let mut dice = Dice::new(seed);
        assert_eq!(right(&mut dice, &kind).judge(STATES), Judgement::Explained, "seed {seed}");
    }
}
