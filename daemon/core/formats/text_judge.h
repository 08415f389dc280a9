/*
 * text_judge - which spans of a line of running text are indicators.
 *
 * Holds:      what is written defanged was meant as an indicator; all else
 *             counts only where it is hard to take for anything else.
 * Trusts:     that the line is UTF-8.
 * Leaves out: finding the spans (text_scan.h), repeats (text.h).
 * Spec:       docs/PROTOCOL.md#texts; docs/decisions/0025
 */
#ifndef CORE_FORMATS_TEXT_JUDGE_H
#define CORE_FORMATS_TEXT_JUDGE_H

#include "core/base/arena.h"
#include "core/formats/reader.h"
#include "core/formats/text_scan.h"

/* Takes what is found at `at` of the line, and what is said of it. */
struct text_sink {
    void *context;
    void (*found)(void *context, size_t at, enum observable type,
                  struct slice value);
    void (*said)(void *context, size_t at, enum fault_weight weight,
                 const char *text);
};

struct text_judge {
    const struct text_sink *sink;
    struct arena *arena; /* reset before each span */
    bool only_defanged;  /* as in a mail's signature */
    struct slice line;
    size_t version_end; /* of the last number taken for a version, or 0 */
};

/* Judge a span of `line`; its end is moved where the value goes on, as into
 * the path of a URL without a scheme. */
void text_judge(struct text_judge *j, struct text_span *span);

#endif
