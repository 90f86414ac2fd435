//! One HTTP/2 server connection without I/O: octets and time in, events and octets out
