/*
 * text_scan - cuts a line of running text into what may be a value.
 *
 * Holds:      each byte is looked at a fixed number of times, whatever the
 *             line; spans come in order and do not overlap.
 * Trusts:     that the line is UTF-8.
 * Leaves out: whether a span is an indicator (text_judge.h).
 * Spec:       docs/PROTOCOL.md#texts
 */
#ifndef CORE_FORMATS_TEXT_SCAN_H
#define CORE_FORMATS_TEXT_SCAN_H

#include "core/base/slice.h"

enum text_kind {
    TEXT_ATOM, /* letters, digits and what holds names together */
    TEXT_URL,  /* with a scheme */
    TEXT_KEY,  /* of the Windows registry */
};

struct text_span {
    enum text_kind kind;
    size_t begin, end; /* in the line */
    bool is_several;   /* a URL with braces: it stands for more than one */
    bool is_cut;       /* a URL with an ellipsis behind it */
    bool is_open;      /* a key that may go on behind the space */
    bool is_link;      /* a link with a text, or a note that is referred to */
};

struct text_scan {
    struct slice line;
    size_t at;
};

/* Find the next span; false at the end of the line. */
MUST_USE bool text_scan_next(struct text_scan *s, struct text_span *out);

/* Go on as a URL from `at`, where its path begins; gives where it ends. */
size_t text_path_end(struct slice line, size_t at, struct text_span *out);

#endif
