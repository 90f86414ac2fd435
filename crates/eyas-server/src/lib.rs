//! An HTTP/2 server for axum, tonic and any tower service
