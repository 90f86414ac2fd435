//! `descriptors`: a server that may open few files meets many clients. It serves whom it can, does not
//! spin meanwhile, and serves again when they are gone.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::raw::Connection;
use crate::server::{self, Launch};
use crate::workspace::Workspace;

/// Lets `CLIENTS` clients hold a server with `FILES` descriptors, lets them go, and asks again.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let binary = server::build(workspace)?;
    let server = Launch::new(&binary, 1).with_files(FILES).start()?;
    let crowd = Crowd::gather(server.address());
    thread::sleep(SETTLED);
    let ticks = processor_ticks(server.id())?;
    thread::sleep(HELD);
    let ticks = processor_ticks(server.id())? - ticks;
    let greeted = crowd.greeted.load(Ordering::Relaxed);
    crowd.leave()?;
    if ticks > HELD_TICKS_MAX {
        bail!("the server used {ticks} ticks of the processor while it had nothing to do");
    }
    if !(FILES / 2..FILES).contains(&greeted) {
        bail!("{greeted} clients were greeted by a server with {FILES} descriptors");
    }
    let begin = Instant::now();
    let status = fetch(server.address()).context("after all clients had gone")?;
    let took = begin.elapsed();
    if status != 200 || took > RECOVERY_MAX {
        bail!(
            "after all clients had gone: {status} after {} ms",
            took.as_millis()
        );
    }
    server.stop()?;
    println!(
        "descriptors: of {CLIENTS} clients {greeted} were served by a server with {FILES} \
         descriptors; {} ms after they had gone it served the next",
        took.as_millis()
    );
    Ok(())
}

/// Clients that connect all at once, ask for something, and stay. The system lets some of them wait
/// in front of the server's queue, so each has a thread to wait in.
struct Crowd {
    greeted: Arc<AtomicU32>,
    is_over: Arc<AtomicBool>,
    clients: Vec<JoinHandle<()>>,
}

impl Crowd {
    fn gather(server: SocketAddr) -> Self {
        let greeted = Arc::new(AtomicU32::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let client = |_| {
            let (greeted, is_over) = (Arc::clone(&greeted), Arc::clone(&is_over));
            thread::spawn(move || {
                let connection = Connection::open(server, PATIENCE).and_then(|mut connection| {
                    connection.fetch("/hello")?;
                    greeted.fetch_add(1, Ordering::Relaxed);
                    Ok(connection)
                });
                while !is_over.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(10));
                }
                drop(connection);
            })
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self {
            greeted,
            is_over,
            clients,
        }
    }

    fn leave(self) -> Result<()> {
        self.is_over.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.join().map_err(|_| anyhow!("a client broke off"))?;
        }
        Ok(())
    }
}

fn fetch(server: SocketAddr) -> Result<u16> {
    Connection::open(server, RECOVERY_MAX)?.fetch("/hello")
}

/// The time a process has had the processor, in hundredths of a second.
fn processor_ticks(id: u32) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).context("the server is gone")?;
    // Words 14 and 15, of which the second may hold blanks and ends with the last bracket.
    let words: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    let tick = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
    tick(12)
        .zip(tick(13))
        .map(|(user, system)| user + system)
        .with_context(|| format!("/proc/{id}/stat tells no time"))
}

const FILES: u32 = 64;
const CLIENTS: usize = 500;
const PATIENCE: Duration = Duration::from_secs(5);
const SETTLED: Duration = Duration::from_secs(2);
const HELD: Duration = Duration::from_secs(2);
const HELD_TICKS_MAX: u64 = 50;
const RECOVERY_MAX: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_this_process_grows_with_what_it_does() {
        let before = processor_ticks(std::process::id()).expect("it runs");
        let begin = Instant::now();
        while processor_ticks(std::process::id()).expect("it runs") == before {
            assert!(begin.elapsed() < Duration::from_secs(10), "no tick in 10 s");
        }
    }
}
