//! The output side of an HTTP/2 connection: one producer per stream, one scheduler, one writer
