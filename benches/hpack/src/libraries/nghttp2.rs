//! nghttp2's HPACK, as the system has it. It offers no door to its Huffman code alone.

use std::ffi::c_int;
use std::marker::PhantomData;
use std::ptr;

use anyhow::{Result, ensure};

use crate::library::{Decode, Decoding, Encode, Encoding, Library};
use crate::stories::FieldList;

pub(super) fn library() -> Library {
    Library {
        name: "nghttp2",
        is_slow: false,
        decoding: Some(Decoding::of::<Blocks>()),
        encoding: Some(Encoding::of::<Fields>()),
        coding: None,
    }
}

enum Inflater {}
enum Deflater {}

/// `nghttp2_nv`, which borrows a name and a value.
#[repr(C)]
pub(crate) struct Pair<'a> {
    name: *mut u8,
    value: *mut u8,
    name_len: usize,
    value_len: usize,
    flags: u8,
    lines: PhantomData<&'a FieldList>,
}

const NO_PAIR: Pair<'_> = Pair {
    name: ptr::null_mut(),
    value: ptr::null_mut(),
    name_len: 0,
    value_len: 0,
    flags: 0,
    lines: PhantomData,
};

const FINAL: c_int = 1;
const EMIT: c_int = 2;

unsafe extern "C" {
    fn nghttp2_hd_inflate_new(inflater: *mut *mut Inflater) -> c_int;
    fn nghttp2_hd_inflate_del(inflater: *mut Inflater);
    fn nghttp2_hd_inflate_change_table_size(inflater: *mut Inflater, octets: usize) -> c_int;
    fn nghttp2_hd_inflate_hd2(
        inflater: *mut Inflater,
        out: *mut Pair<'_>,
        flags: *mut c_int,
        src: *const u8,
        src_len: usize,
        is_last: c_int,
    ) -> isize;
    fn nghttp2_hd_inflate_end_headers(inflater: *mut Inflater) -> c_int;
    fn nghttp2_hd_deflate_new(deflater: *mut *mut Deflater, octets: usize) -> c_int;
    fn nghttp2_hd_deflate_del(deflater: *mut Deflater);
    fn nghttp2_hd_deflate_hd(
        deflater: *mut Deflater,
        dst: *mut u8,
        dst_len: usize,
        pairs: *const Pair<'_>,
        count: usize,
    ) -> isize;
}

struct Blocks(*mut Inflater);

impl Decode for Blocks {
    fn new() -> Self {
        let mut inflater = ptr::null_mut();
        // SAFETY: it writes a pointer, and only that.
        let status = unsafe { nghttp2_hd_inflate_new(&mut inflater) };
        assert_eq!(status, 0, "it has memory");
        Self(inflater)
    }

    fn table_size(&mut self, octets: u32) {
        // SAFETY: `new` has made the inflater.
        let status = unsafe { nghttp2_hd_inflate_change_table_size(self.0, octets as usize) };
        assert_eq!(status, 0, "no block is under way");
    }

    fn block<S: FnMut(&[u8], &[u8])>(&mut self, mut wire: &[u8], sink: &mut S) -> Result<()> {
        loop {
            let mut flags = 0;
            let mut pair = NO_PAIR;
            // SAFETY: `new` has made the inflater; the source is as long as is said.
            let read = unsafe {
                nghttp2_hd_inflate_hd2(self.0, &mut pair, &mut flags, wire.as_ptr(), wire.len(), 1)
            };
            ensure!(read >= 0, "nghttp2 refuses it: {read}");
            wire = &wire[read as usize..];
            if flags & EMIT != 0 {
                // SAFETY: the flag says that both are there, and they live until the next call.
                let (name, value) = unsafe {
                    (
                        std::slice::from_raw_parts(pair.name, pair.name_len),
                        std::slice::from_raw_parts(pair.value, pair.value_len),
                    )
                };
                sink(name, value);
            }
            if flags & FINAL != 0 {
                break;
            }
            ensure!(
                flags & EMIT != 0 || !wire.is_empty(),
                "nghttp2 wants more than there is"
            );
        }
        // SAFETY: `new` has made the inflater.
        unsafe { nghttp2_hd_inflate_end_headers(self.0) };
        Ok(())
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        // SAFETY: `new` has made the inflater, and nobody uses it any more.
        unsafe { nghttp2_hd_inflate_del(self.0) };
    }
}

struct Fields {
    deflater: *mut Deflater,
    block: Vec<u8>,
}

impl Encode for Fields {
    type List<'a> = Vec<Pair<'a>>;

    fn list(list: &FieldList) -> Vec<Pair<'_>> {
        // It copies what it keeps, and writes through neither pointer.
        let pair = |(name, value): (&[u8], &[u8])| Pair {
            name: name.as_ptr().cast_mut(),
            value: value.as_ptr().cast_mut(),
            name_len: name.len(),
            value_len: value.len(),
            flags: 0,
            lines: PhantomData,
        };
        list.iter().map(pair).collect()
    }

    fn new() -> Self {
        let mut deflater = ptr::null_mut();
        // SAFETY: it writes a pointer, and only that.
        let status = unsafe { nghttp2_hd_deflate_new(&mut deflater, 4096) };
        assert_eq!(status, 0, "it has memory");
        Self {
            deflater,
            block: Vec::with_capacity(ROOM),
        }
    }

    fn block(&mut self, list: &Vec<Pair<'_>>) -> &[u8] {
        let dst = self.block.as_mut_ptr();
        // SAFETY: `new` has made the deflater; `dst` has that room; the pairs point into the list that
        // they were made from, which outlives them.
        let count =
            unsafe { nghttp2_hd_deflate_hd(self.deflater, dst, ROOM, list.as_ptr(), list.len()) };
        let len = usize::try_from(count).expect("every list has room");
        // SAFETY: so many octets have been written.
        unsafe { self.block.set_len(len) };
        &self.block
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        // SAFETY: `new` has made the deflater, and nobody uses it any more.
        unsafe { nghttp2_hd_deflate_del(self.deflater) };
    }
}

/// No list of the test set comes near it.
const ROOM: usize = 1 << 16;
