//! The burst limit of a tier.

/// The limit is for a time that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownUnit;

/// How many requests, and in how many seconds. None where the limit is 0 or absent.
///
/// The original takes every unit but `min` for a second, which makes more of a limit for an hour than was meant. Units that are
/// known mean what they say here, and others are refused. A limit without a unit, which the original takes for one of a second too,
/// is for a minute: that is never more than was meant by either of the units that it knows.
pub(super) fn of(limit: Option<u64>, unit: Option<&str>) -> Result<Option<(u32, u64)>, UnknownUnit> {
    let Some(limit @ 1..) = limit else { return Ok(None) };
    let seconds = unit.map_or(Some(60), seconds).ok_or(UnknownUnit)?;
    Ok(Some((u32::try_from(limit).unwrap_or(u32::MAX), seconds)))
}

fn seconds(unit: &str) -> Option<u64> {
    let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(unit));
    let units: [(&[&str], u64); 4] = [
        (&["sec", "second", "seconds"], 1),
        (&["min", "minute", "minutes"], 60),
        (&["hour", "hours"], 3_600),
        (&["day", "days"], 86_400),
    ];
    units.into_iter().find(|(names, _)| is(names)).map(|(_, seconds)| seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_counts_where_it_is_one_and_its_unit_is_known() {
        for (limit, unit, expected) in [
            (None, None, Ok(None)),
            (Some(0), None, Ok(None)),
            (Some(0), Some("min"), Ok(None)),
            (Some(0), Some("fortnight"), Ok(None)),
            (Some(5), None, Ok(Some((5, 60)))),
            (None, Some("min"), Ok(None)),
            (Some(5), Some("sec"), Ok(Some((5, 1)))),
            (Some(5), Some("second"), Ok(Some((5, 1)))),
            (Some(5), Some("seconds"), Ok(Some((5, 1)))),
            (Some(5), Some("min"), Ok(Some((5, 60)))),
            (Some(5), Some("MIN"), Ok(Some((5, 60)))),
            (Some(5), Some("minute"), Ok(Some((5, 60)))),
            (Some(1), Some("minutes"), Ok(Some((1, 60)))),
            (Some(5), Some("hour"), Ok(Some((5, 3_600)))),
            (Some(5), Some("hours"), Ok(Some((5, 3_600)))),
            (Some(5), Some("day"), Ok(Some((5, 86_400)))),
            (Some(u64::MAX), Some("sec"), Ok(Some((u32::MAX, 1)))),
            (Some(5), Some("fortnight"), Err(UnknownUnit)),
            (Some(5), Some(""), Err(UnknownUnit)),
            (Some(5), Some(" min"), Err(UnknownUnit)),
        ] {
            assert_eq!(of(limit, unit), expected, "{limit:?} per {unit:?}");
        }
    }
}
