//! ls-hpack, LiteSpeed's library in C: it writes name and value into a buffer of the caller's, and
//! checks nothing.

use std::ffi::c_int;
use std::marker::PhantomData;

use anyhow::{Result, ensure};

use crate::library::{Code, Coding, Decode, Decoding, Encode, Encoding, Library};
use crate::stories::FieldList;

pub(super) fn library() -> Library {
    Library {
        name: "ls-hpack",
        is_slow: false,
        decoding: Some(Decoding::of::<Blocks<Usual>>()),
        encoding: Some(Encoding::of::<Fields>()),
        coding: Some(Coding::of::<Strings>()),
    }
}

/// The same compiled without the hashes and HTTP/1 separators in what it decodes.
pub(super) fn bare() -> Library {
    Library {
        name: "ls-hpack bare",
        is_slow: false,
        decoding: Some(Decoding::of::<Blocks<Bare>>()),
        encoding: None,
        coding: None,
    }
}

/// Room for the library's own encoder or decoder; the C side asserts that it is enough.
#[repr(C, align(16))]
struct State([u8; 128]);

/// `struct lsxpack_header`; the C side asserts its size.
#[repr(C)]
struct Xpack {
    buf: *mut u8,
    name_hash: u32,
    nameval_hash: u32,
    name_offset: u16,
    name_len: u16,
    val_offset: u16,
    val_len: u16,
    chain_next_idx: u16,
    hpack_index: u8,
    qpack_index: u8,
    app_index: u8,
    flags: u8,
    indexed_type: u8,
    dec_overhead: u8,
}

const NOTHING: Xpack = Xpack {
    buf: std::ptr::null_mut(),
    name_hash: 0,
    nameval_hash: 0,
    name_offset: 0,
    name_len: 0,
    val_offset: 0,
    val_len: 0,
    chain_next_idx: 0,
    hpack_index: 0,
    qpack_index: 0,
    app_index: 0,
    flags: 0,
    indexed_type: 0,
    dec_overhead: 0,
};

/// How the library was compiled.
trait Build {
    const DECODER: DecoderFunctions;
}

struct DecoderFunctions {
    init: unsafe extern "C" fn(*mut State),
    cleanup: unsafe extern "C" fn(*mut State),
    set_max_capacity: unsafe extern "C" fn(*mut State, u32),
    /// Decoder, source, its end, output.
    decode: unsafe extern "C" fn(*mut State, *mut *const u8, *const u8, *mut Xpack) -> c_int,
}

struct Usual;
struct Bare;

impl Build for Usual {
    const DECODER: DecoderFunctions = DecoderFunctions {
        init: lshpack_dec_init,
        cleanup: lshpack_dec_cleanup,
        set_max_capacity: lshpack_dec_set_max_capacity,
        decode: lshpack_dec_decode,
    };
}

impl Build for Bare {
    const DECODER: DecoderFunctions = DecoderFunctions {
        init: bare_lshpack_dec_init,
        cleanup: bare_lshpack_dec_cleanup,
        set_max_capacity: bare_lshpack_dec_set_max_capacity,
        decode: bare_lshpack_dec_decode,
    };
}

unsafe extern "C" {
    fn lshpack_dec_init(decoder: *mut State);
    fn lshpack_dec_cleanup(decoder: *mut State);
    fn lshpack_dec_set_max_capacity(decoder: *mut State, octets: u32);
    fn lshpack_dec_decode(
        decoder: *mut State,
        src: *mut *const u8,
        src_end: *const u8,
        output: *mut Xpack,
    ) -> c_int;
    fn bare_lshpack_dec_init(decoder: *mut State);
    fn bare_lshpack_dec_cleanup(decoder: *mut State);
    fn bare_lshpack_dec_set_max_capacity(decoder: *mut State, octets: u32);
    fn bare_lshpack_dec_decode(
        decoder: *mut State,
        src: *mut *const u8,
        src_end: *const u8,
        output: *mut Xpack,
    ) -> c_int;
    fn lshpack_enc_init(encoder: *mut State) -> c_int;
    fn lshpack_enc_cleanup(encoder: *mut State);
    fn lshpack_enc_encode(
        encoder: *mut State,
        dst: *mut u8,
        dst_end: *mut u8,
        input: *mut Xpack,
    ) -> *mut u8;
    fn bench_lshpack_huff_decode(
        src: *const u8,
        src_len: c_int,
        dst: *mut u8,
        dst_len: c_int,
    ) -> c_int;
    fn bench_lshpack_huff_encode(
        src: *const u8,
        src_len: c_int,
        dst: *mut u8,
        dst_len: c_int,
    ) -> c_int;
}

/// The most that its 16-bit lengths allow for.
const ROOM: usize = u16::MAX as usize;

struct Blocks<B: Build> {
    decoder: Box<State>,
    buffer: Vec<u8>,
    build: PhantomData<B>,
}

impl<B: Build> Decode for Blocks<B> {
    fn new() -> Self {
        let mut decoder = Box::new(State([0; 128]));
        // SAFETY: the pointer is to enough room, aligned, and exclusive.
        unsafe { (B::DECODER.init)(&raw mut *decoder) };
        Self {
            decoder,
            buffer: Vec::with_capacity(ROOM),
            build: PhantomData,
        }
    }

    fn table_size(&mut self, octets: u32) {
        // SAFETY: `new` has initialised the decoder.
        unsafe { (B::DECODER.set_max_capacity)(&raw mut *self.decoder, octets) };
    }

    fn block<S: FnMut(&[u8], &[u8])>(&mut self, wire: &[u8], sink: &mut S) -> Result<()> {
        let mut src = wire.as_ptr_range();
        let buffer = self.buffer.as_mut_ptr();
        while src.start < src.end {
            let mut output = Xpack {
                buf: buffer,
                val_len: u16::MAX,
                ..NOTHING
            };
            // SAFETY: `new` has initialised the decoder; source and output are as long as is said.
            let status = unsafe {
                (B::DECODER.decode)(&raw mut *self.decoder, &mut src.start, src.end, &mut output)
            };
            ensure!(status == 0, "ls-hpack refuses it: {status}");
            // SAFETY: the library says where in the buffer it has written what.
            let part = |offset: u16, len: u16| unsafe {
                std::slice::from_raw_parts(buffer.add(offset.into()), len.into())
            };
            sink(
                part(output.name_offset, output.name_len),
                part(output.val_offset, output.val_len),
            );
        }
        Ok(())
    }
}

impl<B: Build> Drop for Blocks<B> {
    fn drop(&mut self) {
        // SAFETY: `new` has initialised the decoder, and nobody uses it any more.
        unsafe { (B::DECODER.cleanup)(&raw mut *self.decoder) };
    }
}

struct Fields {
    encoder: Box<State>,
    block: Vec<u8>,
}

impl Encode for Fields {
    type List<'a> = &'a FieldList;

    fn list(list: &FieldList) -> &FieldList {
        list
    }

    fn new() -> Self {
        let mut encoder = Box::new(State([0; 128]));
        // SAFETY: the pointer is to enough room, aligned, and exclusive.
        let status = unsafe { lshpack_enc_init(&raw mut *encoder) };
        assert_eq!(status, 0, "it has memory");
        Self {
            encoder,
            block: Vec::with_capacity(ROOM),
        }
    }

    fn block(&mut self, list: &&FieldList) -> &[u8] {
        let begin = self.block.as_mut_ptr();
        // SAFETY: both ends of one allocation.
        let end = unsafe { begin.add(self.block.capacity()) };
        let mut at = begin;
        for (name, value) in list.iter() {
            // In a list the value lies right behind its name; nothing is written through the pointer.
            let mut input = Xpack {
                buf: name.as_ptr().cast_mut(),
                name_len: name.len() as u16,
                val_offset: name.len() as u16,
                val_len: value.len() as u16,
                ..NOTHING
            };
            // SAFETY: `new` has initialised the encoder; there is room from `at` to `end`.
            let after = unsafe { lshpack_enc_encode(&raw mut *self.encoder, at, end, &mut input) };
            assert!(after > at, "every list has room");
            at = after;
        }
        // SAFETY: so many octets have been written.
        unsafe { self.block.set_len(at.offset_from_unsigned(begin)) };
        &self.block
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        // SAFETY: `new` has initialised the encoder, and nobody uses it any more.
        unsafe { lshpack_enc_cleanup(&raw mut *self.encoder) };
    }
}

struct Strings(Vec<u8>);

impl Strings {
    fn written(&mut self, count: c_int) -> Result<&[u8]> {
        let len = usize::try_from(count).ok();
        ensure!(
            len.is_some_and(|len| len <= ROOM),
            "ls-hpack refuses it: {count}"
        );
        Ok(&self.0[..count as usize])
    }
}

impl Code for Strings {
    fn new() -> Self {
        Self(vec![0; ROOM])
    }

    fn decode(&mut self, code: &[u8]) -> Result<&[u8]> {
        let (src, dst) = (code.as_ptr(), self.0.as_mut_ptr());
        // SAFETY: both are as long as is said.
        let count =
            unsafe { bench_lshpack_huff_decode(src, code.len() as c_int, dst, ROOM as c_int) };
        self.written(count)
    }

    fn encode(&mut self, text: &[u8]) -> &[u8] {
        let (src, dst) = (text.as_ptr(), self.0.as_mut_ptr());
        // SAFETY: both are as long as is said.
        let count =
            unsafe { bench_lshpack_huff_encode(src, text.len() as c_int, dst, ROOM as c_int) };
        self.written(count).expect("every text has room")
    }
}
