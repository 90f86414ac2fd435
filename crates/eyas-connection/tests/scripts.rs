//! Frame scripts: each file in `tests/scripts` is one behaviour, played in every way its octets can be cut.

mod subject;

use std::path::Path;

use subject::Server;

#[test]
fn every_script_holds_however_its_octets_are_cut() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    eyas_testkit::check_dir(&scripts, Server::new);
}
