//! `bench report`: a record of `bench serve` as a page, and as pictures for the README.

mod chart;
mod page;

use std::fs;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::bench::report::chart::Chart;
use crate::bench::serve::catalogue;
use crate::bench::serve::record::Record;
use crate::workspace::Workspace;

/// Which record.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What `bench serve --save` has kept; the last run without it otherwise
    #[arg(default_value = "last")]
    name: String,
}

/// Writes `docs/bench/report.html` and the pictures beside it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let record = Record::read(&Record::path(workspace, &options.name)?)?;
    let folder = workspace.root().join("docs/bench");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut written = Vec::new();
    let mut write = |name: &str, text: String| -> Result<()> {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        written.push(name.to_owned());
        Ok(())
    };
    for (picture, name) in PICTURES {
        let workload = catalogue::named(name)?;
        let figures = record.workloads.get(name);
        let Some(chart) = figures.and_then(|figures| Chart::of(workload, figures)) else {
            println!("no {picture}: the record has no {name}");
            continue;
        };
        write(picture, chart.file())?;
    }
    write("report.html", page::page(&record))?;
    if written.len() == 1 {
        bail!("the record has none of what the pictures show");
    }
    println!("{}: {}", folder.display(), written.join(", "));
    Ok(())
}

/// Files of the README, and the workloads they show.
const PICTURES: [(&str, &str); 6] = [
    ("small.svg", "small-c8m100"),
    ("browser.svg", "browser-c8m100"),
    ("1k.svg", "1k-c8m10"),
    ("bulk.svg", "1m-c4m8"),
    ("memory.svg", "idle"),
    ("latency.svg", "beside-bulk"),
];
