//! What of all this is measured: by name, and by what is installed.

use anyhow::{Context, Result, bail};

use crate::bench::serve::servers::Server;
use crate::bench::serve::workloads::{Load, Workload};
use crate::bench::serve::{Options, catalogue, cores};
use crate::tools;

/// Those asked for; those that cannot be measured here are passed over, and that is said.
pub(crate) fn workloads(options: &Options) -> Result<Vec<&'static Workload>> {
    let is_wanted = |workload: &&Workload| {
        let named = |pattern: &String| {
            let is_name = catalogue::ALL
                .iter()
                .any(|workload| workload.name == pattern);
            workload.name == pattern || (!is_name && workload.name.contains(pattern.as_str()))
        };
        if options.only.is_empty() {
            workload.is_quick || !options.quick
        } else {
            options.only.iter().any(named)
        }
    };
    let mut chosen: Vec<&Workload> = catalogue::ALL.iter().filter(is_wanted).collect();
    let is_counted = |workload: &&Workload| matches!(workload.load, Load::Counted { .. });
    if chosen.iter().any(is_counted) && tools::find(cores::VALGRIND).is_none() {
        println!(
            "instructions are passed over, for valgrind is not installed (apt-get install valgrind)"
        );
        chosen.retain(|workload| !is_counted(workload));
    }
    if chosen.is_empty() {
        let names: Vec<&str> = catalogue::ALL
            .iter()
            .map(|workload| workload.name)
            .collect();
        bail!("no workload is left; there are {}", names.join(", "));
    }
    Ok(chosen)
}

/// Those asked for; those of Debian that are not installed are passed over, and that is said.
pub(crate) fn servers(options: &Options) -> Result<Vec<Server>> {
    let wanted = if options.servers.is_empty() {
        if options.quick {
            Server::QUICK.to_vec()
        } else {
            Server::ALL.to_vec()
        }
    } else {
        let named = options.servers.iter().map(|name| {
            Server::from_name(name).with_context(|| {
                let names = Server::ALL.map(Server::name);
                format!(
                    "no server is named `{name}`; there are {}",
                    names.join(", ")
                )
            })
        });
        named.collect::<Result<_>>()?
    };
    let mut servers = Vec::new();
    for server in wanted {
        match server.debian() {
            Some((program, package)) if tools::find(program).is_none() => {
                println!(
                    "{program} is not installed and is passed over (apt-get install {package})"
                );
            }
            _ => servers.push(server),
        }
    }
    servers.sort_unstable();
    servers.dedup();
    if servers.is_empty() {
        bail!("none of these servers is here");
    }
    Ok(servers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(only: &[&str], quick: bool) -> Vec<&'static str> {
        let options = Options {
            only: only.iter().map(|pattern| (*pattern).to_owned()).collect(),
            quick,
            ..Options::default()
        };
        let chosen = workloads(&options).unwrap_or_default();
        chosen.iter().map(|workload| workload.name).collect()
    }

    #[test]
    fn a_name_is_that_workload_and_anything_else_is_a_part_of_names() {
        assert_eq!(named(&["idle"], false), ["idle"]);
        assert_eq!(
            named(&["upload", "stall"], true),
            ["upload-1m-c4m8", "upload-10m-c4m8", "stalled"]
        );
        assert!(named(&["no such"], false).is_empty());
    }

    #[test]
    fn the_quick_mode_is_a_part_of_the_whole() {
        let (quick, all) = (named(&[], true), named(&[], false));
        assert!(quick.len() < all.len() && quick.iter().all(|name| all.contains(name)));
    }

    #[test]
    fn no_two_workloads_have_one_name() {
        let mut names: Vec<&str> = catalogue::ALL
            .iter()
            .map(|workload| workload.name)
            .collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), catalogue::ALL.len());
    }
}
