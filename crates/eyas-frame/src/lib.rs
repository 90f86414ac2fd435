//! HTTP/2 frames: a decoder, an encoder and a streaming deframer, without I/O or allocation on the way in
