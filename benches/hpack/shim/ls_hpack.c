/* ls-hpack whole, and doors to its two Huffman functions, which it keeps to itself. */
#include "lshpack.c"

_Static_assert(sizeof(struct lshpack_enc) <= 128, "the room that Rust gives an encoder");
_Static_assert(sizeof(struct lshpack_dec) <= 128, "the room that Rust gives a decoder");
_Static_assert(sizeof(struct lsxpack_header) == 32, "the field as Rust knows it");

int bench_lshpack_huff_decode(const unsigned char *src, int src_len, unsigned char *dst, int dst_len)
{
    return lshpack_dec_huff_decode(src, src_len, dst, dst_len);
}

int bench_lshpack_huff_encode(const unsigned char *src, int src_len, unsigned char *dst, int dst_len)
{
    return lshpack_enc_huff_encode(src, src + src_len, dst, dst_len);
}
