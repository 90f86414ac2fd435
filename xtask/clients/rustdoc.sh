#!/bin/sh
# rustdoc as docs.rs has it: lets a stable one do what only nightly ones do, and nothing else of the build.
RUSTC_BOOTSTRAP=1 exec rustdoc "$@"
