//! Durations as flags have them.

use std::time::Duration;

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<jiff::SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "a duration has a number and a unit, such as 60s, 5m or 1h".to_owned())
}
