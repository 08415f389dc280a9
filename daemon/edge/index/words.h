/*
 * words - takes texts apart into what a search for words looks up.
 *
 * Holds:      a word is a run of letters and digits; text without spaces
 *             between words (Hangul, Han, Kana) gives each two letters that
 *             stand together, so that a word is found with what is attached
 *             to it. The same for what is kept and for what is asked.
 * Trusts:     nothing; bytes that are no UTF-8 are letters of their own.
 * Leaves out: case, which keys do not tell apart (key.h).
 */
#ifndef EDGE_INDEX_WORDS_H
#define EDGE_INDEX_WORDS_H

#include "core/base/slice.h"

/* Longer ones are cut: nobody types them. */
#define WORD_BYTES_MAX 64

typedef void (*word_fn)(void *context, struct slice word);

void words_of(struct slice text, word_fn each, void *context);

#endif
