//! Where an example listens, and when it ends.

use std::fmt::Display;
use std::io;

use tokio::net::TcpListener;

/// Listens on the address given as first argument, or on `default`, and says so.
///
/// # Errors
///
/// When the address cannot be listened on.
pub async fn listen(default: &str) -> io::Result<TcpListener> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or(default)).await?;
    say_ready(listener.local_addr()?);
    Ok(listener)
}

/// Says on standard output that connections are accepted at `place`.
#[expect(
    clippy::print_stdout,
    reason = "whoever started the example reads this line"
)]
pub fn say_ready(place: impl Display) {
    println!("listening on {place}");
}

/// Ends when the user presses Ctrl-C or the process is asked to terminate.
pub async fn stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
