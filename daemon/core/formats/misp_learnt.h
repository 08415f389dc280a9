/*
 * misp_learnt - what events and objects say behind the lists that stand in
 *               them, kept from one pass to the next.
 *
 * Holds:      only what differs from what was said before the first list, so
 *             that most objects cost nothing.
 * Trusts:     that holders begin and end in the same order in each pass; a
 *             document that changes between them is found by misp.c.
 */
#ifndef CORE_FORMATS_MISP_LEARNT_H
#define CORE_FORMATS_MISP_LEARNT_H

#include "core/base/buf.h"
#include "core/formats/misp_said.h"

/* A real event says some hundred bytes of itself; so much is enough for ten
 * thousands of them in one file. */
#define MISP_LEARNT_MAX MIB(16)

/* What one holder says, in memory of its own. Zero is empty. */
struct misp_kept {
    struct buf bytes;
    struct slice labels[LABELS_MAX];
    struct misp_said said; /* points into `bytes` and `labels` */
};

void misp_kept_set(struct misp_kept *k, const struct misp_said *said);
bool misp_kept_is(const struct misp_kept *k, const struct misp_said *said);
void misp_kept_clear(struct misp_kept *k);

/* What was learnt of all events, or of all objects. Zero is empty. */
struct misp_learnt {
    struct buf bytes;
    size_t at;      /* where the next holder looks */
    uint64_t known; /* holders whose end was seen */
    bool is_full;   /* of those behind nothing is known */
};

/* Note how holder number `number` ended: as `kept` has it, or as `said`. */
void misp_learn(struct misp_learnt *l, uint64_t number,
                const struct misp_kept *kept, const struct misp_said *said);

/* Begin to look things up from the first holder on. */
void misp_learnt_begin(struct misp_learnt *l);

/* Put what holder number `number` says into `kept`, where that is not what it
 * had said before its lists; numbers rise. False if it is not known: it is
 * red then, and held as unclear. */
MUST_USE bool misp_recall(struct misp_learnt *l, uint64_t number,
                          struct misp_kept *kept);

void misp_learnt_clear(struct misp_learnt *l);

#endif
