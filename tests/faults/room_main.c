/*
 * A journal that begins segments in good time, while each of its calls fails
 * once; then its disk is full, and some turns later the process is gone. The
 * next start must find every turn that was promised.
 */
#include "calls.h"
#include "turns.h"

#include "edge/journal/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER CALLS_ROOT "/journal"
#define SEGMENT_BYTES MIB(4)

/* Large turns fill a segment until a new one is begun, then small ones. */
#define TURNS_LARGE 4
#define TURNS_AFTER 2
#define SMALL_BYTES 1000

struct room_case {
    struct disk *disk;
    struct process process;
    struct journal *journal;
    struct store store;
    uint64_t promised; /* turns */
    uint64_t entries;  /* given by the opening */
    enum err opened;
    char message[256];
};

static enum err
fact_taken(void *context, const struct fact *f)
{
    struct room_case *c = context;

    c->entries += f->type == FACT_ENTRY;
    return OK;
}

static void
open_journal(struct room_case *c)
{
    const struct journal_opening how = {FOLDER, fact_taken, c, SEGMENT_BYTES,
                                        NULL};

    c->entries = 0;
    c->opened = journal_open(&how, &c->journal, c->message, sizeof c->message);
    if (!c->opened)
        journal_store(c->journal, &c->store);
}

/* From the first fault on the disk has no room. */
static void
fill_disk(struct room_case *c)
{
    struct process *p = process_pause();

    if (calls_made().struck)
        disk_set_room(c->disk, 0);
    process_resume(p);
}

static void
first_life(void *context)
{
    struct room_case *c = context;

    open_journal(c);
    for (int i = 0; i < TURNS_LARGE + TURNS_AFTER && !c->opened; i++) {
        (void)journal_room(c->journal);
        fill_disk(c);
        turn_write(&c->store, &c->promised,
                   i + 1 < TURNS_LARGE ? TURN_BODY_MAX : SMALL_BYTES);
    }
}

static void
second_life(void *context)
{
    open_journal(context);
}

/* Fail call `k`. False: there is none. */
static bool
one(uint64_t k, uint32_t which, bool *bad)
{
    struct room_case c = {.disk = disk_new(k)};
    const struct calls_plan plan = {
        .what = STRIKE_FAIL, .which = which, .left = k, .disk = c.disk};

    process_begin(&c.process, c.disk);
    calls_set(&plan);
    (void)process_run(&c.process, first_life, &c);
    bool struck = calls_made().struck;
    calls_set(NULL);
    process_bury(&c.process);
    disk_set_room(c.disk, UINT64_MAX);
    disk_power_loss(c.disk, SURVIVES_ALL);
    process_begin(&c.process, c.disk);
    (void)process_run(&c.process, second_life, &c);
    *bad = c.opened || c.entries < c.promised;
    if (*bad)
        printf("call %" PRIu64 ": %" PRIu64 " turns of %" PRIu64 ": %s\n", k,
               c.entries, c.promised, c.message);
    process_bury(&c.process);
    disk_free(c.disk);
    return struck;
}

int
main(void)
{
    static const uint32_t which[] = {CALLS_ALL, CALLS_SYNCS};
    uint64_t swept = 0;
    bool bad = false;

    for (size_t i = 0; i < ARRAY_SIZE(which); i++)
        for (uint64_t k = 1; !bad && one(k, which[i], &bad); k++)
            swept++;
    printf("%" PRIu64 " calls failed, then the disk was full: %s\n", swept,
           bad ? "FAILED" : "every promised turn is there");
    return bad || !swept;
}
