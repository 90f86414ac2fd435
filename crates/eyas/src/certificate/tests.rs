//! A certificate that is kept, made again, or cannot be kept.

use std::sync::Barrier;
use std::thread;

use super::*;

const TODAY: Day = Day::of(2026, 6, 15);

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("eyas-certificate-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn own(&self, today: Day) -> Certificate {
        let store = Store::at(self.0.join("eyas"));
        let (certificate, complaint) =
            Certificate::kept_in(Ok(store), today).expect("a certificate can be made");
        assert_eq!(complaint, None);
        certificate
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join("eyas").join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_was_made_once_is_used_again_until_a_day_before_its_end() {
    let folder = Folder::new("again");
    let first = folder.own(TODAY);
    let until = first.facts.until.expect("it has an end");
    assert_eq!(until, TODAY.after(made::DAYS));
    assert_eq!(first.path, Some(folder.file("dev-cert.pem")));
    for (today, is_new) in [(until.after(-2), false), (until.after(-1), true)] {
        let next = folder.own(today);
        assert_eq!(next.facts.fingerprint != first.facts.fingerprint, is_new);
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it_and_a_key_that_others_could_read_is_made_again() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("private");
    let first = folder.own(TODAY);
    let mode = |path: &Path| {
        let metadata = fs::metadata(path).expect("it exists");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(&folder.0.join("eyas")), 0o700);
    let key = folder.file("dev-key.pem");
    assert_eq!(mode(&key), 0o600);
    assert_eq!(mode(&folder.file("dev-cert.pem")), 0o600);

    let open = fs::Permissions::from_mode(0o644);
    fs::set_permissions(&key, open).expect("the key is ours");
    assert_ne!(folder.own(TODAY).facts.fingerprint, first.facts.fingerprint);
    assert_eq!(mode(&key), 0o600);
}

#[test]
fn a_pair_that_is_none_is_made_again() {
    let folder = Folder::new("pair");
    let first = folder.own(TODAY);
    let other = made::make(TODAY).expect("a certificate can be made");
    fs::write(folder.file("dev-key.pem"), &other.key).expect("the folder is ours");
    let second = folder.own(TODAY);
    assert_ne!(second.facts.fingerprint, first.facts.fingerprint);
    fs::write(folder.file("dev-cert.pem"), "nonsense").expect("the folder is ours");
    assert_ne!(
        folder.own(TODAY).facts.fingerprint,
        second.facts.fingerprint
    );
    let left = fs::read_dir(folder.0.join("eyas")).expect("it is there");
    assert_eq!(left.count(), 2, "nothing but the pair is left");
}

#[test]
fn all_who_start_at_once_serve_the_one_that_is_kept() {
    let folder = Folder::new("race");
    let barrier = Barrier::new(8);
    let fingerprints: Vec<_> = thread::scope(|scope| {
        let start = || {
            barrier.wait();
            folder.own(TODAY).facts.fingerprint
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| thread.join().expect("no panic");
        threads.into_iter().map(join).collect()
    });
    let kept = folder.own(TODAY).facts.fingerprint;
    assert!(fingerprints.iter().all(|one| *one == kept));
}

#[test]
fn a_lock_whose_owner_is_gone_holds_nobody_for_long() {
    let folder = Folder::new("lock");
    fs::create_dir_all(folder.0.join("eyas")).expect("the folder for temporary files is writable");
    let lock = fs::File::create(folder.file("dev.lock")).expect("the folder was just made");
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    lock.set_modified(long_ago).expect("the file is ours");
    folder.own(TODAY);
}

#[test]
fn a_folder_that_cannot_be_written_is_one_sentence_and_a_certificate_all_the_same() {
    let file = Folder::new("unwritable");
    fs::write(&file.0, "no folder").expect("the folder for temporary files is writable");
    let store = Store::at(file.0.join("eyas"));
    let (certificate, complaint) =
        Certificate::kept_in(Ok(store), TODAY).expect("a certificate can be made");
    assert_eq!(certificate.path, None);
    let complaint = complaint.expect("it cannot be kept");
    assert!(complaint.contains("in memory only"), "{complaint}");
    assert_eq!(complaint.lines().count(), 1);
    fs::remove_file(&file.0).expect("it is ours");
}

#[test]
fn given_files_that_do_not_fit_are_one_sentence_with_the_flags() {
    let folder = Folder::new("given");
    folder.own(TODAY);
    let certificate = folder.file("dev-cert.pem");
    let key = folder.file("dev-key.pem");
    let given = Certificate::given(&certificate, &key).expect("they fit");
    assert!(!given.is_ours);
    for (certificate, key, flag) in [
        (&certificate, &certificate, "--key"),
        (&key, &key, "--cert"),
        (&folder.file("nothing"), &key, "--cert"),
        (&certificate, &folder.file("nothing"), "--key"),
    ] {
        let error = Certificate::given(certificate, key).expect_err("they do not fit");
        let said = format!("{error:#}");
        assert!(said.contains(flag), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
