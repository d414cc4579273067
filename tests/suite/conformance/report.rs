//! All cases on all hosts, as one table.

use std::collections::BTreeMap;

use super::HOSTS;
use super::run::on_every_host;
use super::tables::GROUPS;
use super::world::World;

/// Every case checks that neither the log nor the reply tells anything of the token; here are all of them.
#[tokio::test]
async fn n145_no_case_tells_anything_of_its_token() {
    let (mut problems, mut totals) = (Vec::new(), BTreeMap::<&str, usize>::new());
    println!("{:<14}{}", "", columns(str::to_owned));
    for (group, cases) in GROUPS {
        let mut counts = BTreeMap::<&str, usize>::new();
        // As in the tests of the rows: what a row does to the issuer stays in the row.
        let (mut world, mut row) = (World::new(), "");
        for case in *cases {
            if row != case.row() {
                (world, row) = (World::new(), case.row());
            }
            for (host, result) in on_every_host(&world, case).await {
                *counts.entry(host).or_default() += 1;
                *totals.entry(host).or_default() += 1;
                problems.extend(result.err().map(|problem| format!("{host}: {}: {problem}", case.name)));
            }
        }
        println!(
            "{group:<14}{}",
            columns(|host| counts.get(host).map_or_else(String::new, ToString::to_string))
        );
    }
    println!("{:<14}{}", "all", columns(|host| totals[host].to_string()));
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

fn columns(cell: impl Fn(&str) -> String) -> String {
    HOSTS.iter().fold(String::new(), |line, host| format!("{line}{:>8}", cell(host.name())))
}

#[test]
fn case_names_are_unique() {
    let mut names: Vec<_> = GROUPS.iter().flat_map(|(_, cases)| *cases).map(|case| case.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
