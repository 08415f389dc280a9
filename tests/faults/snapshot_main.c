/*
 * A journal that writes two snapshots, while each of its calls goes wrong in
 * each way, once or for ever, and the power may be lost: the next start, which
 * uses a snapshot where one fits, must have every turn that was promised, once
 * and in order.
 */
#include "calls.h"
#include "turns.h"

#include "core/base/cursor.h"
#include "edge/journal/snapshot.h"

#include <inttypes.h>
#include <stdio.h>

#define FOLDER CALLS_ROOT "/journal"
#define SEGMENT_BYTES KIB(8)
#define TURNS 12
#define BODY_BYTES 1500
#define WRITTEN_BYTES 64

struct snapshot_case {
    struct disk *disk;
    struct process process;
    struct journal *journal;
    struct store store;
    uint64_t promised; /* turns */
    uint64_t entries;  /* that the opening knows of */
    bool used, differs;
    enum err opened;
    char message[256];
};

static enum err
fact_taken(void *context, const struct fact *f)
{
    struct snapshot_case *c = context;

    if (f->type == FACT_ENTRY)
        c->differs |= f->index != c->entries++;
    return OK;
}

/* The state is the number of entries. */
static enum err
state_taken(void *context, struct slice state)
{
    struct snapshot_case *c = context;

    c->differs |= state.size != sizeof(uint64_t) || c->entries;
    c->entries = c->differs ? 0 : get_be64(state.data);
    c->used = true;
    return OK;
}

static void
open_journal(struct snapshot_case *c)
{
    struct journal_opening how = {FOLDER, fact_taken, c, SEGMENT_BYTES,
                                  state_taken};

    c->entries = 0;
    c->used = c->differs = false;
    c->opened = journal_open(&how, &c->journal, c->message, sizeof c->message);
    if (c->opened == ERR_STALE) {
        how.state = NULL;
        c->entries = 0;
        c->used = false;
        c->opened =
            journal_open(&how, &c->journal, c->message, sizeof c->message);
    }
    if (!c->opened)
        journal_store(c->journal, &c->store);
}

static void
promise_put(const void *context, struct buf *out)
{
    const struct snapshot_case *c = context;

    buf_put_u64(out, c->promised);
}

static void
write_snapshot(struct snapshot_case *c)
{
    bool done = false;

    enum err e = journal_snapshot_begin(c->journal, promise_put, c);
    while (!e && !done)
        e = journal_snapshot_write(c->journal, WRITTEN_BYTES, &done);
}

static void
first_life(void *context)
{
    struct snapshot_case *c = context;

    open_journal(c);
    for (int i = 1; i <= TURNS && !c->opened; i++) {
        turn_write(&c->store, &c->promised, BODY_BYTES);
        if (i == TURNS / 3 || i == TURNS - 1)
            write_snapshot(c);
    }
    if (!c->opened)
        journal_close(c->journal);
}

static void
second_life(void *context)
{
    open_journal(context);
}

struct sweep {
    enum strike what;
    bool for_ever;
    enum survival power; /* SURVIVAL_COUNT: it stays */
    uint64_t swept, used;
};

/* Let call `k` go wrong. False: there is none. */
static bool
one(struct sweep *s, uint64_t k, bool *bad)
{
    struct snapshot_case c = {.disk = disk_new(k)};
    const struct calls_plan plan = {.what = s->what,
                                    .which = CALLS_ALL,
                                    .left = k,
                                    .for_ever = s->for_ever,
                                    .disk = c.disk};

    process_begin(&c.process, c.disk);
    calls_set(&plan);
    (void)process_run(&c.process, first_life, &c);
    bool struck = calls_made().struck;
    calls_set(NULL);
    process_bury(&c.process);
    if (s->power != SURVIVAL_COUNT)
        disk_power_loss(c.disk, s->power);
    process_begin(&c.process, c.disk);
    (void)process_run(&c.process, second_life, &c);
    *bad = c.opened || c.differs || c.entries < c.promised;
    if (*bad)
        printf("%s%s, call %" PRIu64 ": %" PRIu64 " turns of %" PRIu64 ": %s\n",
               strike_name(s->what), s->for_ever ? " for ever" : "", k,
               c.entries, c.promised, c.message);
    s->used += c.used;
    process_bury(&c.process);
    disk_free(c.disk);
    return struck;
}

int
main(void)
{
    static const enum strike ways[] = {STRIKE_FAIL, STRIKE_CUT_BEFORE,
                                       STRIKE_CUT_WITHIN, STRIKE_CUT_AFTER};
    uint64_t swept = 0, used = 0;
    bool bad = false;

    for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
        for (int power = 0; power <= SURVIVAL_COUNT; power++)
            for (int ever = 0; ever <= (ways[i] == STRIKE_FAIL); ever++) {
                struct sweep s = {.what = ways[i],
                                  .for_ever = ever,
                                  .power = (enum survival)power};
                for (uint64_t k = 1; !bad && one(&s, k, &bad); k++)
                    s.swept++;
                swept += s.swept;
                used += s.used;
            }
    printf("%" PRIu64 " calls went wrong, %" PRIu64
           " starts had a snapshot: %s\n",
           swept, used, bad ? "FAILED" : "every promised turn is there, once");
    return bad || !swept || !used || used == swept;
}
