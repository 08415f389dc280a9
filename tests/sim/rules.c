#include "sim/rules.h"

#include "core/base/crc.h"
#include "core/base/cursor.h"
#include "sim/sim.h"

#include <stdio.h>

static const char *const names[RULE_COUNT] = {
#define RULE(id, text, how) #id,
#include "sim/rules.def"
#undef RULE
};

static const char *const texts[RULE_COUNT] = {
#define RULE(id, text, how) text,
#include "sim/rules.def"
#undef RULE
};

bool
rule_named(const char *name, enum rule *out)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum rule)i;
            return true;
        }
    return false;
}

void
rules_print(void)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        fprintf(stderr, "    %-4s %s\n", names[i], texts[i]);
}

/* ---- the turn ------------------------------------------------------------ */

static bool
has_fact(struct slice facts, enum fact_type type)
{
    while (facts.size) {
        struct fact f;
        bool erased;
        if (fact_get(&facts, &f, &erased) != OK)
            return false;
        if (f.type == type)
            return true;
    }
    return false;
}

bool
rules_skip_sync(struct world *w, const struct node *n, struct slice facts)
{
    if (without(w, WITHOUT_R10) && n->sync_failed)
        return true;
    if (without(w, WITHOUT_R1) && has_fact(facts, FACT_SEQUENCED))
        return true;
    return without(w, WITHOUT_R4) && has_fact(facts, FACT_ENTRY);
}

/* ---- the store ----------------------------------------------------------- */

struct slice
rules_forget(struct world *w, struct slice facts, struct buf *memory)
{
    struct slice rest = facts;

    if (!without(w, WITHOUT_R14))
        return facts;
    buf_reset(memory);
    while (rest.size) {
        struct slice before = rest;
        struct fact f;
        bool erased;
        if (fact_get(&rest, &f, &erased) != OK)
            return facts;
        if (f.type != FACT_SEEN)
            buf_put(memory, slice_of(before.data, before.size - rest.size));
    }
    return buf_slice(memory);
}

static enum err
body_unless_receipted(void *self, uint32_t lane, uint64_t index,
                      struct buf *out)
{
    struct node *n = self;

    if (lane < n->kept.lane_count && n->kept.lanes[lane].ours &&
        index < n->kept.lanes[lane].receipted)
        return ERR_NOT_FOUND;
    return n->port.ops->body(n->port.self, lane, index, out);
}

static uint64_t
turn_under(void *self)
{
    struct node *n = self;

    return n->port.ops->turn(n->port.self);
}

static enum err
record_under(void *self, uint32_t lane, uint64_t index, uint8_t out[LEAF_BYTES])
{
    struct node *n = self;

    return n->port.ops->record(n->port.self, lane, index, out);
}

static enum err
item_under(void *self, uint64_t item, struct buf *out)
{
    struct node *n = self;

    return n->port.ops->item(n->port.self, item, out);
}

static enum err
checkpoint_under(void *self, uint32_t lane, uint64_t size,
                 struct checkpoint *out)
{
    struct node *n = self;

    return n->port.ops->checkpoint(n->port.self, lane, size, out);
}

void
rules_port(struct world *w, struct node *n, struct store *out)
{
    static const struct store_ops forgetful = {.turn = turn_under,
                                               .record = record_under,
                                               .body = body_unless_receipted,
                                               .item = item_under,
                                               .checkpoint = checkpoint_under};

    *out = n->port;
    if (without(w, WITHOUT_R8))
        *out = (struct store){&forgetful, n};
}

/* ---- the signer ---------------------------------------------------------- */

static void
answer_change(struct world *w, const struct sign_request_op *op,
              struct sign_result *r)
{
    const struct lane_truth *l = truth_lane(&w->truth, &op->lane);

    if (op->op == SIGN_OPEN && r->code == OK && without(w, WITHOUT_R11) &&
        r->size > op->at.size)
        r->size = op->at.size;
    if (op->op != SIGN_FIND || !l)
        return;
    /* A high-water mark knows no roots: whatever is below it was signed. */
    if (without(w, WITHOUT_R3) ||
        (without(w, WITHOUT_R12) && op->from <= l->signed_size[0]))
        r->found = true;
}

void
rules_answer(struct world *w, struct slice request, struct buf *answer)
{
    struct slice rest = buf_slice(answer);
    struct buf changed = {0};
    struct sign_request read;

    if (!without(w, WITHOUT_R3) && !without(w, WITHOUT_R11) &&
        !without(w, WITHOUT_R12))
        return;
    arena_reset(&w->truth.arena);
    if (sign_request_get(request, &w->truth.arena, &read) != OK)
        return;
    for (size_t i = 0; i < read.count && rest.size; i++) {
        struct sign_result r;
        enum sign_op op;
        if (sign_answer_get(&rest, &op, &r) != OK)
            break;
        answer_change(w, &read.ops[i], &r);
        sign_answer_add(&changed, op, &r);
    }
    buf_clear(answer);
    *answer = changed;
}

bool
rules_lose(struct world *w, unsigned frame_type)
{
    return without(w, WITHOUT_R5) && frame_type == FRAME_FETCH;
}

/* As edge/signer writes its records. */
#define SIGN_JOURNAL_SEED 0x5365616cu

static void
record_put(struct buf *out, uint64_t number, struct slice entries)
{
    size_t at = out->size;

    buf_put_u64(out, 0);
    buf_put_u64(out, number);
    buf_put(out, entries);
    buf_set_u32(out, at, (uint32_t)(out->size - at - 8));
    uint32_t crc = crc32c(SIGN_JOURNAL_SEED, slice_of(out->data + at, 4));
    crc = crc32c(crc, slice_of(out->data + at + 8, out->size - at - 8));
    buf_set_u32(out, at + 4, crc);
}

/* The signer knows no more of receipts than the node does. */
static bool
is_forgotten(const struct node *n, const struct gate_record *r)
{
    if (r->kind != GATE_RECORD_SIGNED || r->role != KEY_ROLE_RECEIPT)
        return false;
    for (size_t i = 0; i < n->kept.lane_count; i++)
        if (lane_id_equal(&n->kept.lanes[i].truth->id, &r->lane))
            return r->at.size > n->kept.lanes[i].receipted;
    return false;
}

static void
entries_kept(const struct node *n, struct cursor *from, struct buf *out)
{
    while (from->left && !from->bad) {
        uint32_t size = cursor_u32(from);
        struct slice bytes = cursor_bytes(from, size);
        struct gate_record r;
        if (gate_record_get(bytes, &r) != OK || is_forgotten(n, &r))
            continue;
        buf_put_u32(out, size);
        buf_put(out, bytes);
    }
}

void
rules_sign_journal(struct world *w, const struct node *n, struct buf *out)
{
    struct cursor c = cursor_of(buf_slice(&n->sign_journal));
    struct buf entries = {0};
    uint64_t number = 0;

    if (!without(w, WITHOUT_R15)) {
        buf_put(out, buf_slice(&n->sign_journal));
        return;
    }
    while (c.left && !c.bad) {
        uint32_t size = cursor_u32(&c);
        cursor_u32(&c);
        struct cursor record = cursor_of(cursor_bytes(&c, size));
        cursor_u64(&record);
        buf_reset(&entries);
        entries_kept(n, &record, &entries);
        if (entries.size)
            record_put(out, ++number, buf_slice(&entries));
    }
    buf_clear(&entries);
}
