//! HTTP/2 flow-control windows (RFC 9113 section 5.2), for both directions
