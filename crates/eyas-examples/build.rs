//! Writes the client and the server of the gRPC service `eyas.examples.Talk`, without protoc.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let talk = Service::builder()
        .name("Talk")
        .package("eyas.examples")
        .comment("A service with one method of each kind.")
        .method(method("say", "Say", "Words", "Words").build())
        .method(
            method("collect", "Collect", "Words", "Count")
                .client_streaming()
                .build(),
        )
        .method(
            method("recite", "Recite", "Count", "Words")
                .server_streaming()
                .build(),
        )
        .method(
            method("chat", "Chat", "Words", "Words")
                .client_streaming()
                .server_streaming()
                .build(),
        )
        .method(method("sleep", "Sleep", "Count", "Count").build())
        .method(method("abandoned", "Abandoned", "Count", "Count").build())
        .build();
    Builder::new().compile(&[talk]);
}

/// A method with its names in Rust and on the wire, and the messages it takes and gives.
fn method(name: &str, route: &str, takes: &str, gives: &str) -> tonic_build::manual::MethodBuilder {
    Method::builder()
        .name(name)
        .route_name(route)
        .comment(route)
        .input_type(format!("crate::talk::{takes}"))
        .output_type(format!("crate::talk::{gives}"))
        .codec_path("tonic_prost::ProstCodec")
}
