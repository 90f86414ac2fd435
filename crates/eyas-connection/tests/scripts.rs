//! Frame scripts: each file in `tests/scripts` is one behaviour, played in every way its octets can be cut,
//! by a connection that stays awake and by one that rests whenever it may.

mod subject;

use std::path::{Path, PathBuf};

use subject::Server;

/// A test for each folder, so that they run side by side.
macro_rules! folders {
    ($($name:ident = $folder:literal,)*) => {
        $(#[test]
        fn $name() {
            let folder = scripts().join($folder);
            eyas_testkit::check_dir(&folder, Server::new);
            eyas_testkit::check_dir(&folder, Server::that_rests);
        })*

        const FOLDERS: &[&str] = &[$($folder,)*];
    };
}

folders! {
    the_abuse_budget_is_charged_and_refilled = "abuse",
    connect_opens_tunnels = "connect",
    octets_are_credited_once = "credit",
    data_is_taken_where_it_may_come = "data",
    frames_are_read_as_they_should_be = "framing",
    a_clients_goaway_changes_little = "goaway",
    header_blocks_are_put_together = "headers",
    hpack_stays_in_step = "hpack",
    content_is_as_long_as_declared = "length",
    limits_hold = "limits",
    early_responses_linger = "linger",
    ping_is_answered = "ping",
    the_preface_comes_first = "preface",
    priority_decides_the_order = "priority",
    clients_do_not_push = "push",
    slow_peers_are_given_up = "rates",
    requests_are_well_formed = "request",
    streams_are_reset_by_either_side = "reset",
    responses_are_written = "response",
    settings_are_applied_in_order = "settings",
    shutdown_is_graceful = "shutdown",
    streams_go_through_their_states = "states",
    timers_fire = "timers",
    windows_are_kept = "windows",
}

#[test]
fn no_folder_is_forgotten() {
    let mut found: Vec<String> = std::fs::read_dir(scripts())
        .expect("the scripts are there")
        .map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .into_string()
                .expect("ASCII")
        })
        .collect();
    found.sort();
    assert_eq!(found, FOLDERS);
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts")
}
