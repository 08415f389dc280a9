/*
 * pieces - feeds a text to a reader of a format as a pipe would, by pieces.
 */
#ifndef TEST_PIECES_H
#define TEST_PIECES_H

#include "core/formats/ascii.h"
#include "core/formats/formats.h"

/* Feed one pass in pieces of at most so many bytes, up to the first error. */
static inline enum err
feed_pieces(struct format_reader *r, struct slice text, size_t piece)
{
    enum err e = OK;

    while (e == OK && text.size) {
        size_t n = piece < text.size ? piece : text.size;
        e = format_reader_feed(r, slice_of(text.data, n));
        text = slice_from(text, n);
    }
    return e == OK ? format_reader_finish(r) : e;
}

#endif
