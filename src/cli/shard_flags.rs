//! `--shard`: which part of a campaign this run does, as it is told or as a CI service says.

use std::str::FromStr;

use clap::Args;

use super::ended::Failure;
use super::output::note;
use crate::campaign::Shard;

/// Set by GitLab, and by services like it, in each of several jobs that share work: the number of this one, from 1, and how
/// many there are.
const CI: (&str, &str) = ("CI_NODE_INDEX", "CI_NODE_TOTAL");
/// Set by Kubernetes in each pod of an Indexed Job: its number, from 0. How many there are is not said.
const POD: &str = "JOB_COMPLETION_INDEX";

#[derive(Clone, Debug, Args)]
pub(super) struct ShardFlags {
    /// Run only part I of N, from 1, of the cases; /N takes I from JOB_COMPLETION_INDEX [default: CI_NODE_INDEX/CI_NODE_TOTAL
    /// if both are set, or everything]
    #[arg(long, value_name = "I/N", conflicts_with_all = ["case", "trace"])]
    shard: Option<ShardName>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ShardName {
    Told(Shard),
    /// The pod's, of so many.
    Pods(u64),
}

impl FromStr for ShardName {
    type Err = String;

    fn from_str(text: &str) -> Result<ShardName, String> {
        match text.strip_prefix('/') {
            Some(of) => {
                let of = of.parse().map_err(|_| format!("{text:?} is not /N, such as /8"))?;
                Shard::new(1, of).map(|_| ShardName::Pods(of))
            }
            None => text.parse().map(ShardName::Told),
        }
    }
}

/// A shard, and where it is from, in words to put behind it; `None` where nothing is shared out.
pub(super) struct FoundShard(Option<(Shard, String)>);

impl FoundShard {
    /// Tells which shard it is.
    pub(super) fn announced(self) -> Shard {
        let Some((shard, source)) = self.0 else { return Shard::WHOLE };
        note(&format!("shard: {shard}{source}"));
        shard
    }
}

impl ShardFlags {
    /// Whether the flag is given.
    pub(super) fn is_given(&self) -> bool {
        self.shard.is_some()
    }

    /// The shard; `is_shared` is whether the cases are such as can be shared out, and `has_seed` whether the user named the
    /// seed.
    pub(super) fn find(&self, is_shared: bool, has_seed: bool) -> Result<FoundShard, Failure> {
        let look_up = |name: &str| std::env::var(name).ok();
        if self.shard.is_none() && !is_shared {
            return Ok(FoundShard(None));
        }
        let Some((shard, source)) = find(self.shard, &look_up).map_err(Failure::Input)? else {
            return Ok(FoundShard(None));
        };
        if shard.of() > 1 && !has_seed {
            let why = "shards are of one campaign, so they need its seed";
            let hint = "give --seed, the same to each of them, or --shard 1/1 to do everything here";
            return Err(Failure::Input(format!("shard {shard}{source}: {why}; {hint}")));
        }
        Ok(FoundShard(Some((shard, source))))
    }
}

/// The shard, and where it is from, in words to put behind it.
fn find(name: Option<ShardName>, look_up: &dyn Fn(&str) -> Option<String>) -> Result<Option<(Shard, String)>, String> {
    match name {
        Some(ShardName::Told(shard)) => Ok(Some((shard, String::new()))),
        Some(ShardName::Pods(of)) => {
            let index = look_up(POD).ok_or_else(|| {
                format!("--shard /{of}: {POD} is not set, as an Indexed Job sets it; name the shard, such as 1/{of}")
            })?;
            let from_one = index.parse::<u64>().ok().and_then(|index| index.checked_add(1));
            let shard = from_one.and_then(|index| Shard::new(index, of).ok());
            let shard = shard.ok_or_else(|| {
                format!("--shard /{of}: {POD} is {index:?}, and should be from 0 to {}", of.saturating_sub(1))
            })?;
            Ok(Some((shard, format!(" (from {POD})"))))
        }
        None => {
            let (Some(index), Some(total)) = (look_up(CI.0), look_up(CI.1)) else { return Ok(None) };
            let source = format!("{} and {}", CI.0, CI.1);
            let shard = format!("{index}/{total}").parse::<Shard>().map_err(|error| {
                format!("{source} name no shard: {error}; give --shard I/N, or 1/1 to do everything here")
            })?;
            Ok((shard != Shard::WHOLE).then(|| (shard, format!(" (from {source})"))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, variables: &[(&str, &str)]) -> Result<Option<(String, String)>, String> {
        let look_up = |wanted: &str| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| (*value).to_owned())
        };
        let name = (!name.is_empty()).then(|| name.parse().expect("a shard"));
        find(name, &look_up).map(|found| found.map(|(shard, source)| (shard.to_string(), source)))
    }

    #[test]
    fn what_is_told_goes_before_what_the_environment_says() {
        let gitlab = [(CI.0, "2"), (CI.1, "3")];
        let shard = |shard: &str, source: &str| Ok(Some((shard.to_owned(), source.to_owned())));
        assert_eq!(found("1/8", &gitlab), shard("1/8", ""));
        assert_eq!(found("", &gitlab), shard("2/3", " (from CI_NODE_INDEX and CI_NODE_TOTAL)"));
        assert_eq!(found("", &[(CI.0, "1"), (CI.1, "1")]), Ok(None), "everything, as without a service");
        assert_eq!(found("", &[(CI.0, "2")]), Ok(None));
        assert_eq!(found("", &[(POD, "2")]), Ok(None), "of how many is not said");
        assert_eq!(found("/8", &[(POD, "0")]), shard("1/8", " (from JOB_COMPLETION_INDEX)"));
        assert_eq!(found("/8", &[(POD, "7")]), shard("8/8", " (from JOB_COMPLETION_INDEX)"));
    }

    #[test]
    fn an_environment_that_names_no_shard_is_not_passed_over() {
        assert!(found("", &[(CI.0, "0"), (CI.1, "3")]).unwrap_err().contains("from 1 to 3"));
        assert!(found("", &[(CI.0, "x"), (CI.1, "3")]).unwrap_err().contains("--shard I/N"));
        assert!(found("/8", &[(POD, "8")]).unwrap_err().contains("from 0 to 7"));
        assert!(found("/8", &[]).unwrap_err().contains("is not set"));
        for text in ["/", "/0", "/x", "/1/2"] {
            assert!(text.parse::<ShardName>().is_err(), "{text}");
        }
    }
}
