#include "core/exchange/capture.h"

#include "core/base/limits.h"

/* The store of a replay: another one underneath, with the turn numbers of the
 * capture. */
struct replay_store {
    struct store under;
    uint64_t turn;
};

static void
replay_append(void *self, struct slice facts)
{
    struct replay_store *r = self;
    r->under.ops->append(r->under.self, facts);
}

static void
replay_sync(void *self)
{
    struct replay_store *r = self;
    r->under.ops->sync(r->under.self);
}

static uint64_t
replay_turn(void *self)
{
    return ((struct replay_store *)self)->turn;
}

static enum err
replay_record(void *self, uint32_t lane, uint64_t index,
              uint8_t out[LEAF_BYTES])
{
    struct replay_store *r = self;
    return r->under.ops->record(r->under.self, lane, index, out);
}

static enum err
replay_body(void *self, uint32_t lane, uint64_t index, struct buf *out)
{
    struct replay_store *r = self;
    return r->under.ops->body(r->under.self, lane, index, out);
}

static enum err
replay_item(void *self, uint64_t item, struct buf *out)
{
    struct replay_store *r = self;
    return r->under.ops->item(r->under.self, item, out);
}

static enum err
replay_checkpoint(void *self, uint32_t lane, uint64_t size,
                  struct checkpoint *out)
{
    struct replay_store *r = self;
    return r->under.ops->checkpoint(r->under.self, lane, size, out);
}

static void
replay_erase(void *self, const struct erasure *list, size_t count)
{
    struct replay_store *r = self;
    r->under.ops->erase(r->under.self, list, count);
}

static const struct store_ops replay_ops = {
    .append = replay_append,
    .sync = replay_sync,
    .turn = replay_turn,
    .record = replay_record,
    .body = replay_body,
    .item = replay_item,
    .checkpoint = replay_checkpoint,
    .erase = replay_erase,
};

static enum err
restore(struct exchange *x, struct replay_store *store, struct slice facts)
{
    struct slice rest = facts;

    while (rest.size) {
        struct fact f;
        bool erased = false;
        enum err e = fact_get(&rest, &f, &erased);
        if (e == OK)
            e = exchange_restore(x, &f);
        if (e != OK)
            return e;
    }
    replay_append(store, facts);
    replay_sync(store);
    return OK;
}

static bool
effects_equal(const struct effect *a, const struct effect *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i].type != b[i].type || a[i].id != b[i].id || a[i].a != b[i].a ||
            a[i].b != b[i].b || !slice_equal(a[i].data, b[i].data) ||
            !slice_equal(a[i].more, b[i].more))
            return false;
    return true;
}

static enum err
run_turn(struct exchange *x, struct replay_store *store,
         const struct capture_turn *t, struct replay_report *report)
{
    struct outcome out;

    outcome_init(&out);
    store->turn = t->number;
    exchange_step(x, t->events, t->event_count, t->now, &out);
    report->turns++;
    report->events += t->event_count;
    report->effects += out.effect_count;
    report->facts_bytes += out.facts.size;
    if (!slice_equal(buf_slice(&out.facts), t->facts))
        report->difference = "facts";
    else if (out.effect_count != t->effect_count ||
             !effects_equal(out.effects, t->effects, t->effect_count))
        report->difference = "effects";
    if (report->difference)
        report->differs_at = report->turns;
    replay_append(store, buf_slice(&out.facts));
    replay_sync(store);
    replay_erase(store, out.erasures, out.erasure_count);
    outcome_clear(&out);
    return report->difference ? ERR_STALE : OK;
}

static enum err
run_block(struct exchange *x, struct replay_store *store,
          const struct capture_block *b, struct replay_report *report)
{
    switch (b->kind) {
    case CAPTURE_HEADER:
        report->team = b->team;
        return OK;
    case CAPTURE_FACTS:
        return report->turns ? ERR_FORMAT : restore(x, store, b->facts);
    case CAPTURE_TURN:
        if (!report->turns &&
            (!b->turn.event_count || b->turn.events[0].type != EVENT_START))
            return ERR_FORMAT;
        return run_turn(x, store, &b->turn, report);
    }
    return ERR_FORMAT;
}

enum err
capture_replay(struct slice capture, const struct store *store,
               struct replay_report *report)
{
    struct replay_store replay = {.under = *store};
    struct store port = {&replay_ops, &replay};
    struct exchange *x = exchange_new(&port);
    struct arena arena;
    enum err e = OK;

    *report = (struct replay_report){0};
    arena_init(&arena, 4 * (size_t)CAPTURE_BLOCK_MAX);
    while (e == OK && capture.size) {
        struct capture_block b;
        arena_reset(&arena);
        e = capture_get(&capture, &arena, &b);
        if (e == OK && b.kind != CAPTURE_HEADER && !report->team.text[0])
            e = ERR_FORMAT;
        if (e == OK)
            e = run_block(x, &replay, &b, report);
    }
    if (e == OK && !report->turns)
        e = ERR_TRUNCATED;
    arena_clear(&arena);
    exchange_free(x);
    return e;
}
