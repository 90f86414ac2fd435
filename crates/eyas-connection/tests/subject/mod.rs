//! The connection as a script drives it: commands of the application in, lines about events out.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use eyas_connection::{
    Body, Config, Connection, EndReason, ErrorCode, Event, Head, Limits, Priority, Protocol, Side,
    StreamKey,
};
use eyas_testkit::{Clock, Pace, Setup, Subject, Token, Turn, tokenize};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// A [`Connection`] with an application that does what the script says.
///
/// At the end of a turn it reads all content that is there and gives credit for it at once;
/// `config> manual_consume=1` leaves the credit to `consume`, `manual_read=1` also the reading to `read`.
pub(crate) struct Server {
    connection: Box<Connection>,
    /// At the end of each turn it is put to rest, if it may be, and wakes in the next.
    rests: bool,
    clock: Clock,
    /// Octets the connection has not taken yet.
    input: BytesMut,
    keys: BTreeMap<u32, StreamKey>,
    output: Pace,
    manual_consume: bool,
    manual_read: bool,
    /// Streams that were said to have content, and whose content was not printed yet.
    readable: Vec<u32>,
    lines: Vec<String>,
    told_closed: bool,
}

impl Server {
    pub(crate) fn new(setup: &Setup) -> Self {
        let (mut config, mut limits) = (Config::default(), Limits::default());
        for (key, value) in setup.config() {
            if matches!(key, "manual_consume" | "manual_read") {
                continue;
            }
            let value = value.parse().expect("config> values are numbers");
            assert!(
                set_config(&mut config, key, value) || set_limit(&mut limits, key, value),
                "config> {key} is not known"
            );
        }
        let is_on = |key| setup.number(key) == Some(1);
        Self {
            connection: Box::new(Connection::new(config, limits)),
            rests: false,
            clock: Clock::new(),
            input: BytesMut::new(),
            keys: BTreeMap::new(),
            output: setup.mode().output,
            manual_consume: is_on("manual_consume") || is_on("manual_read"),
            manual_read: is_on("manual_read"),
            readable: Vec::new(),
            lines: Vec::new(),
            told_closed: false,
        }
    }

    /// The same, resting whenever it may.
    pub(crate) fn that_rests(setup: &Setup) -> Self {
        Self {
            rests: true,
            ..Self::new(setup)
        }
    }

    fn rest(&mut self) {
        let nobody = Box::new(Connection::new(Config::default(), Limits::default()));
        let connection = std::mem::replace(&mut self.connection, nobody);
        self.connection = match connection.rest() {
            Ok(resting) => Box::new(resting.resume()),
            Err(awake) => awake,
        };
    }

    fn take_input(&mut self) {
        self.connection
            .handle_input(self.clock.now(), &mut self.input);
    }

    fn hear(&mut self) {
        while let Some(event) = self.connection.poll_event() {
            match event {
                Event::Request {
                    key,
                    stream_id,
                    request,
                    end_stream,
                    priority,
                    ..
                } => {
                    self.keys.insert(stream_id.get(), key);
                    let end = if end_stream { " end" } else { "" };
                    let fields = fields(request.headers());
                    let (method, uri) = (request.method(), request.uri());
                    let protocol = match request.extensions().get::<Protocol>() {
                        Some(protocol) => format!(" {protocol}"),
                        None => String::new(),
                    };
                    // Left out until the client signals.
                    let priority = match priority {
                        Priority::UNSIGNALLED => String::new(),
                        signalled => format!(" {}", priority_words(signalled)),
                    };
                    self.lines.push(format!(
                        "request {stream_id} {method} {uri}{protocol}{priority}{end}{fields}"
                    ));
                }
                Event::Data { key } => self.readable.push(self.id(key)),
                Event::End { key } => {
                    let id = self.id(key);
                    self.print_content(id);
                    let trailers = match self.connection.take_trailers(key) {
                        Some(trailers) => format!(" trailers{}", fields(&trailers)),
                        None => String::new(),
                    };
                    self.lines.push(format!("end {id}{trailers}"));
                }
                Event::Reset {
                    key,
                    error_code,
                    side,
                } => {
                    let id = self.id(key);
                    self.readable.retain(|&readable| readable != id);
                    let side = match side {
                        Side::Peer => "peer",
                        _ => "us",
                    };
                    self.lines
                        .push(format!("reset {id} {error_code} by {side}"));
                }
                Event::Writable { key } => {
                    let id = self.id(key);
                    self.lines.push(format!("writable {id}"));
                }
                other => self.lines.push(format!("{other:?}")),
            }
        }
    }

    /// Prints what can be read now, if the turn's content was not printed before.
    fn print_content(&mut self, id: u32) {
        let Some(at) = self.readable.iter().position(|&readable| readable == id) else {
            return;
        };
        self.readable.remove(at);
        if self.manual_read {
            self.lines.push(format!("readable {id}"));
        } else {
            self.read(id);
        }
    }

    fn read(&mut self, id: u32) {
        let key = self.keys[&id];
        let mut content = Vec::new();
        while let Some(chunk) = self.connection.read(key) {
            content.extend_from_slice(&chunk);
        }
        if !self.manual_consume {
            self.connection.consumed(key, content.len() as u32);
        }
        self.lines.push(format!("data {id} {}", octets(&content)));
    }

    fn write(&mut self, octets: &mut Vec<u8>) {
        while let Some(out) = self.connection.poll_output() {
            assert!(!out.is_empty(), "output without an octet");
            let chunk = match self.output {
                Pace::Whole => out.chunk(),
                Pace::OctetByOctet => &out.chunk()[..1],
            };
            let written = chunk.len();
            octets.extend_from_slice(chunk);
            out.written(written);
        }
    }

    fn id(&self, key: StreamKey) -> u32 {
        let known = self.keys.iter().find(|(_, known)| **known == key);
        *known.expect("events follow the request of their stream").0
    }

    fn command(&mut self, tokens: &[Token]) -> Result<(), String> {
        let (name, mut rest) = tokens.split_first().ok_or("no command")?;
        let name = name.word().unwrap_or_default();
        match name {
            "shutdown" => {
                self.connection.shutdown();
                return Ok(());
            }
            "close" => {
                self.connection.close(EndReason::ClosedByApplication);
                return Ok(());
            }
            "stats" => {
                let stats = *self.connection.stats();
                self.lines.push(format!(
                    "stats requests={} responses={} refused={} resets_in={} resets_out={} content={} streams={}",
                    stats.requests,
                    stats.responses,
                    stats.streams_refused,
                    stats.resets_received,
                    stats.resets_sent,
                    stats.content_octets_received,
                    self.connection.stream_count()
                ));
                return Ok(());
            }
            _ => {}
        }
        let id = number(&mut rest)? as u32;
        let key = *self.keys.get(&id).ok_or("no such stream")?;
        match name {
            "respond" => {
                let (head, body) = response(&mut rest)?;
                let sent = self.connection.respond(key, head, body);
                sent.map_err(|error| error.to_string())
            }
            "inform" => {
                let (head, _) = response(&mut rest)?;
                let sent = self.connection.send_informational(key, head);
                sent.map_err(|error| error.to_string())
            }
            "data" => {
                let content = rest
                    .first()
                    .and_then(Token::payload)
                    .ok_or("data wants octets")?;
                let sent = self.connection.send_data(key, content?.into());
                sent.map_err(|error| error.to_string())?;
                match rest.get(1).and_then(Token::word) {
                    Some("end") => self.end(key),
                    _ => Ok(()),
                }
            }
            "end" => self.end(key),
            "trailers" => {
                let mut trailers = HeaderMap::new();
                rest.iter()
                    .try_for_each(|token| add(&mut trailers, token))?;
                let sent = self.connection.send_trailers(key, trailers);
                sent.map_err(|error| error.to_string())
            }
            "read" => {
                self.read(id);
                Ok(())
            }
            "consume" => {
                let octets = number(&mut rest)? as u32;
                self.connection.consumed(key, octets);
                Ok(())
            }
            "reset" => {
                let word = rest
                    .first()
                    .and_then(Token::word)
                    .ok_or("reset wants a code")?;
                let code = (0..14)
                    .map(ErrorCode)
                    .find(|code| code.to_string() == word)
                    .ok_or("reset wants a code by name")?;
                self.connection.reset(key, code);
                Ok(())
            }
            "release" => {
                self.connection.release(key);
                Ok(())
            }
            "priority" => {
                if let Some(urgency) = rest.first().and_then(Token::number) {
                    let incremental = rest.get(1).and_then(Token::word) == Some("incremental");
                    let priority = Priority::new(urgency as u8).ok_or("0 to 7")?;
                    let priority = priority.incremental(incremental);
                    self.connection.set_priority(key, priority);
                }
                let priority = self.connection.priority(key).map(priority_words);
                let words = priority.unwrap_or_else(|| "gone".into());
                self.lines.push(format!("priority {id} {words}"));
                Ok(())
            }
            "room" => {
                let room = self.connection.send_room(key);
                self.lines.push(format!("room {id} {room}"));
                Ok(())
            }
            "why" => {
                let why = self.connection.scheduling_state(key);
                self.lines.push(match why {
                    Some(state) => format!(
                        "why {id} {:?} unsent={} window={}",
                        state.waiting, state.unconsumed_octets, state.window
                    ),
                    None => format!("why {id} gone"),
                });
                Ok(())
            }
            _ => Err(format!("{name} is not a command")),
        }
    }

    fn end(&mut self, key: StreamKey) -> Result<(), String> {
        let sent = self.connection.send_end(key);
        sent.map_err(|error| error.to_string())
    }
}

impl Subject for Server {
    fn input(&mut self, octets: &[u8]) {
        self.input.extend_from_slice(octets);
        self.take_input();
    }

    fn end_of_input(&mut self) {
        self.connection.handle_eof(self.clock.now());
    }

    fn app(&mut self, command: &str) -> Result<(), String> {
        // Verbs have no time of their own.
        self.connection.handle_timeout(self.clock.now());
        self.command(&tokenize(command)?)
    }

    /// Stops at each deadline on the way, as a timer would.
    fn advance(&mut self, by: Duration) {
        let until = self.clock.now() + by;
        for _ in 0..1000 {
            match self.connection.poll_timeout() {
                Some(due) if due <= until => {
                    self.clock.advance_to(due);
                    self.connection.handle_timeout(self.clock.now());
                }
                _ => {
                    self.clock.advance_to(until);
                    return;
                }
            }
        }
        panic!("a deadline that is due stays due");
    }

    fn turn(&mut self) -> Turn {
        let mut octets = Vec::new();
        loop {
            self.hear();
            let readable = self.readable.clone();
            readable.into_iter().for_each(|id| self.print_content(id));
            let before = (self.input.len(), octets.len());
            self.write(&mut octets);
            // Input that was left since answers were waiting can go on now.
            if !self.input.is_empty() && self.connection.wants_input() {
                self.take_input();
            }
            if before == (self.input.len(), octets.len()) {
                break;
            }
        }
        self.hear();
        if let Some(reason) = self.connection.end_reason()
            && !self.told_closed
        {
            self.told_closed = true;
            self.lines.push(format!("closed {reason}"));
        }
        if self.rests {
            self.rest();
        }
        Turn {
            app: std::mem::take(&mut self.lines),
            octets,
            closed: self.connection.is_closed(),
        }
    }
}

/// Status, fields and content: `STATUS [length=N] [name=value...] [body=...] [stream]`.
fn response(rest: &mut &[Token]) -> Result<(Head, Body), String> {
    let status = StatusCode::from_u16(number(rest)? as u16).map_err(|error| error.to_string())?;
    let (mut headers, mut body, mut length) = (HeaderMap::new(), Body::Empty, None);
    for token in *rest {
        match (token.word(), token.key()) {
            (Some("stream"), _) => body = Body::Streaming,
            (Some("end"), _) => {}
            (None, Some(b"body")) => body = Body::Whole(Bytes::from(token.value()?)),
            (None, Some(b"length")) => {
                let digits = String::from_utf8_lossy(&token.value()?).into_owned();
                length = Some(digits.parse().map_err(|_| "length wants a number")?);
            }
            _ => add(&mut headers, token)?,
        }
    }
    let mut head = Head::response(status, headers);
    if let Some(length) = length {
        head = head.content_length(length);
    }
    Ok((head, body))
}

/// Adds a field; `never:name=value` is a sensitive one.
fn add(headers: &mut HeaderMap, token: &Token) -> Result<(), String> {
    let key = token.key().ok_or("a field is name=value")?;
    let name = key.strip_prefix(b"never:").unwrap_or(key);
    let mut value = HeaderValue::from_bytes(&token.value()?).map_err(|error| error.to_string())?;
    value.set_sensitive(name.len() < key.len());
    let name = HeaderName::from_bytes(name).map_err(|error| error.to_string())?;
    headers.append(name, value);
    Ok(())
}

fn number(rest: &mut &[Token]) -> Result<u64, String> {
    let (first, behind) = rest.split_first().ok_or("a number is missing")?;
    *rest = behind;
    first.number().ok_or_else(|| "wants a number".into())
}

fn fields(headers: &HeaderMap) -> String {
    let mut line = String::new();
    for (name, value) in headers {
        let never = if value.is_sensitive() { "never:" } else { "" };
        line.push_str(&format!(" {never}{name}={}", octets(value.as_bytes())));
    }
    line
}

fn priority_words(priority: Priority) -> String {
    let kind = if priority.is_incremental() {
        "incremental"
    } else {
        "sequential"
    };
    format!("u={} {kind}", priority.urgency())
}

/// Quoted text, or how often one octet is repeated, or a count.
fn octets(octets: &[u8]) -> String {
    let is_run = octets.len() > 64 && octets.iter().all(|octet| *octet == octets[0]);
    match octets {
        [0, ..] if is_run => format!("zeros:{}", octets.len()),
        [first, ..] if is_run => format!("repeat:{}:{}", octets.len(), char::from(*first)),
        _ if octets.len() > 64 => format!("octets={}", octets.len()),
        _ => format!("\"{}\"", octets.escape_ascii()),
    }
}

fn set_config(config: &mut Config, key: &str, value: u32) -> bool {
    let set = match key {
        "max_concurrent_streams" => config.set_max_concurrent_streams(value),
        "initial_stream_window" => config.set_initial_stream_window(value),
        "initial_connection_window" => config.set_initial_connection_window(value),
        "max_frame_size" => config.set_max_frame_size(value),
        "header_table_size" => config.set_header_table_size(value),
        "max_encoder_table_size" => config.set_max_encoder_table_size(value),
        "send_buffer_octets" => config.set_send_buffer_octets(value),
        "enable_connect_protocol" => config.set_enable_connect_protocol(value == 1),
        _ => return false,
    };
    set.expect("config> values are in range");
    true
}

fn set_limit(limits: &mut Limits, key: &str, value: u32) -> bool {
    let set = match key {
        "max_header_list_octets" => limits.set_max_header_list_octets(value),
        "max_header_fields" => limits.set_max_header_fields(value),
        "max_header_field_octets" => limits.set_max_header_field_octets(value),
        "max_continuations" => limits.set_max_continuations(value),
        "max_control_octets_queued" => limits.set_max_control_octets_queued(value),
        "max_settings_entries" => limits.set_max_settings_entries(value),
        "abuse_burst" => limits.set_abuse_burst(value),
        "abuse_refill_per_second" => limits.set_abuse_refill_per_second(value),
        "preface_timeout_ms" => limits.set_preface_timeout_ms(value),
        "header_block_timeout_ms" => limits.set_header_block_timeout_ms(value),
        "linger_ms" => limits.set_linger_ms(value),
        "linger_octets" => limits.set_linger_octets(value),
        "idle_timeout_ms" => limits.set_idle_timeout_ms(value),
        "max_connection_age_ms" => limits.set_max_connection_age_ms(value),
        "max_connection_age_grace_ms" => limits.set_max_connection_age_grace_ms(value),
        "keep_alive_interval_ms" => limits.set_keep_alive_interval_ms(value),
        "keep_alive_timeout_ms" => limits.set_keep_alive_timeout_ms(value),
        "min_request_rate" => limits.set_min_request_rate(value),
        "min_request_rate_grace_ms" => limits.set_min_request_rate_grace_ms(value),
        "min_response_rate" => limits.set_min_response_rate(value),
        "min_response_rate_grace_ms" => limits.set_min_response_rate_grace_ms(value),
        "settings_timeout_ms" => limits.set_settings_timeout_ms(value),
        _ => return false,
    };
    set.expect("config> values are in range");
    true
}
