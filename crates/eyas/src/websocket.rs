//! The WebSocket of `/ws`: what comes in goes back.

use eyas_server::TunnelStream;
use futures::{SinkExt, StreamExt};
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Sends every message back until the client closes or is gone, or `draining` becomes true.
pub(crate) async fn echo(tunnel: TunnelStream, mut draining: watch::Receiver<bool>) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_OCTETS_MAX))
        .max_frame_size(Some(MESSAGE_OCTETS_MAX));
    let mut socket = WebSocketStream::from_raw_socket(tunnel, Role::Server, Some(config)).await;
    let (code, reason) = loop {
        let message = tokio::select! {
            message = socket.next() => message,
            _ = draining.wait_for(|draining| *draining) => {
                break (CloseCode::Away, "the server stops");
            }
        };
        let message = match message {
            Some(Ok(message)) => message,
            // RFC 6455 section 7.4.1.
            Some(Err(Error::Capacity(_))) => {
                break (CloseCode::Size, "a message is at most 1 MiB");
            }
            Some(Err(Error::Protocol(_))) => break (CloseCode::Protocol, ""),
            Some(Err(Error::Utf8(_))) => break (CloseCode::Invalid, ""),
            Some(Err(_)) | None => return,
        };
        let is_content = matches!(message, Message::Text(_) | Message::Binary(_));
        if is_content && socket.send(message).await.is_err() {
            return;
        }
    };
    let goodbye = CloseFrame {
        code,
        reason: reason.into(),
    };
    if socket.close(Some(goodbye)).await.is_ok() {
        // The client's own close ends it, or the end of the drain does.
        while let Some(Ok(_)) = socket.next().await {}
    }
}

/// A message is held whole before it is sent back.
const MESSAGE_OCTETS_MAX: usize = 1024 * 1024;
