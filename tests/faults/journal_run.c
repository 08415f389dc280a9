/*
 * The store port over files that fail: what was promised is there, in its
 * order and whole; nothing else is claimed; damage is said.
 */
#include "run.h"

#include "core/base/crc.h"
#include "core/base/cursor.h"
#include "edge/journal/memory.h"
#include "edge/journal/snapshot.h"
#include "story.h"

#include <inttypes.h>
#include <stdio.h>

#define FOLDER CALLS_ROOT "/journal"
#define DAMAGED_SAID "sealaned: journal segment "

struct journal_run {
    struct run *run;
    struct story story;
    size_t segment_bytes;
    uint64_t turns; /* of the next life */
    bool lies, flipped;
    /* of a life */
    struct journal *journal;
    struct store store;
    struct memory_store *twin; /* made of the story alone */
    size_t at;                 /* in the story, while facts are handed out */
    bool differs;              /* what was handed out is not the story */
    struct buf state;          /* of a snapshot: turns, their checksum */
    bool at_peace;             /* nothing goes wrong in this life */
    uint64_t erased;           /* bodies left out */
    bool promised;             /* there is room for the turn */
    enum err opened;
    bool closed;
    char message[256];
};

/* Compare a fact with the story's next one. */
static bool
fact_same(struct journal_run *j, const struct fact *f)
{
    struct slice rest =
        slice_of(j->story.facts.data + j->at, j->story.facts.size - j->at);
    struct fact want;
    bool erased = false;
    struct buf a = {0}, b = {0};

    if (!rest.size || fact_get(&rest, &want, &erased))
        return false;
    j->at = j->story.facts.size - rest.size;
    if (want.blob_head.size && !f->blob_head.size) {
        j->erased++;
        want.blob_head = want.blob_body = (struct slice){0};
    }
    fact_put(&a, f);
    fact_put(&b, &want);
    bool same = slice_equal(buf_slice(&a), buf_slice(&b));
    buf_clear(&a);
    buf_clear(&b);
    return same;
}

static enum err
fact_taken(void *context, const struct fact *f)
{
    struct journal_run *j = context;
    struct process *p = process_pause();

    if (!j->differs && !fact_same(j, f))
        j->differs = true;
    process_resume(p);
    return OK;
}

/* ---- snapshots ---- */

/* What so many turns of the story come to. */
static void
state_of(const struct journal_run *j, size_t turns, struct buf *out)
{
    struct slice facts =
        slice_of(j->story.facts.data, story_end(&j->story, turns));

    buf_put_u64(out, turns);
    buf_put_u32(out, crc32c(1, facts));
}

/* A snapshot stands for turns of the story, and no others. */
static enum err
state_taken(void *context, struct slice state)
{
    struct journal_run *j = context;
    struct process *p = process_pause();
    uint64_t turns = state.size ? get_be64(state.data) : 0;
    struct buf want = {0};

    if (turns > j->story.count) {
        violated(j->run, "a snapshot of turns that were never written");
    } else {
        state_of(j, (size_t)turns, &want);
        j->differs = !slice_equal(buf_slice(&want), state);
        j->at = story_end(&j->story, (size_t)turns);
    }
    buf_clear(&want);
    told(j->run, "  a snapshot of %" PRIu64 " turns", turns);
    j->run->tally->snapshots++;
    process_resume(p);
    return OK;
}

/* What is given is a buffer. */
static void
state_put(const void *context, struct buf *out)
{
    buf_put(out, buf_slice(context));
}

/* Write one, or begin to. What fails is no more than that. */
static void
write_snapshot(struct journal_run *j)
{
    struct process *p = process_pause();
    uint64_t pieces = 1 + dice_below(&j->run->dice, 8);
    bool done = false;

    buf_reset(&j->state);
    state_of(j, j->story.synced, &j->state);
    process_resume(p);
    if (!journal_turn(j->journal) ||
        journal_snapshot_begin(j->journal, state_put, &j->state))
        return;
    while (pieces-- && !done && !journal_snapshot_write(j->journal, 300, &done))
        continue;
    j->run->tally->unwritten += !done;
}

/* ---- what must hold after an opening ---- */

/* Read what a port gives for a number, as bytes. */
static enum err
read_one(const struct store *s, unsigned what, uint64_t number, struct buf *out)
{
    struct checkpoint c = {0};
    uint8_t record[LEAF_BYTES] = {0};
    enum err e;

    if (what < 2)
        e = s->ops->body(s->self, what, number, out);
    else if (what < 4)
        e = s->ops->record(s->self, what - 2, number, record);
    else if (what < 6)
        e = s->ops->checkpoint(s->self, what - 4, number, &c);
    else
        e = s->ops->item(s->self, number, out);
    buf_put(out, SLICE_ARRAY(record));
    buf_put(out, SLICE_ARRAY(c.root.b));
    return e;
}

#define READ_KINDS 7

/* Compare one reading of the journal with the twin's. Inside the process,
 * which alone reads the journal. */
static void
compare_one(struct journal_run *j, const struct store *twin, unsigned what,
            uint64_t number)
{
    struct buf is = {0}, want = {0};
    bool may_fail = j->flipped || j->lies;
    enum err e = read_one(&j->store, what, number, &is);
    struct process *p = process_pause();
    enum err wanted = read_one(twin, what, number, &want);

    may_fail = may_fail || plan_struck();
    if (!(e == ERR_DAMAGED && may_fail) &&
        (e != wanted || !slice_equal(buf_slice(&is), buf_slice(&want))))
        violated(j->run,
                 "I17: number %" PRIu64 " is not read as the facts say "
                 "(kind %u, %s)",
                 number, what, err_name(e));
    buf_clear(&is);
    buf_clear(&want);
    process_resume(p);
}

/* I17: what is read is what the facts alone give. Inside the process. */
static void
compare(struct journal_run *j)
{
    struct process *p = process_pause();
    struct moment m = story_moment(&j->story);
    uint64_t most = m.items > m.entries ? m.items : m.entries;
    struct store twin;

    memory_store_free(j->twin);
    j->twin = memory_store_new();
    memory_store_port(j->twin, &twin);
    twin.ops->append(twin.self, buf_slice(&j->story.facts));
    process_resume(p);
    for (uint64_t i = 0; i <= most + 1; i++)
        for (unsigned what = 0; what < READ_KINDS; what++)
            compare_one(j, &twin, what, i);
}

static void
turns_check(struct journal_run *j, size_t turns)
{
    struct story *s = &j->story;
    bool may_lose = j->lies || j->flipped;

    told(j->run, "  opened with %zu turns, %zu promised, %zu written", turns,
         s->synced, s->count);
    if (turns > s->count)
        violated(j->run, "turns that were never written");
    else if (j->differs || j->at != story_end(s, turns))
        violated(j->run, "other facts than were written");
    if (turns < s->synced && !may_lose)
        violated(j->run, "%zu turns of %zu that were synced", turns, s->synced);
    if (turns + 1 < s->synced && !j->lies)
        violated(j->run, "a flipped bit cost more than the last turn");
    if (j->erased && !may_lose)
        violated(j->run, "a body is left out");
    if (*j->run->violation)
        return;
    j->run->tally->missing += turns < s->synced;
    j->run->tally->kept += turns > s->synced ? turns - s->synced : 0;
    j->run->tally->lost += s->count - turns;
    story_cut(s, turns);
    s->synced = turns;
}

/* ---- a life of the process ---- */

/* Tell the next turn, if the journal has room for it. Inside the process. */
static bool
turn_next(struct journal_run *j)
{
    bool asks = dice_chance(&j->run->dice, 50);
    uint64_t room = asks ? journal_room(j->journal) : JOURNAL_ROOM_PLENTY;
    struct process *p = process_pause();

    story_next(&j->story);
    size_t size = story_turn(&j->story, j->story.count).size;
    if (size > room)
        story_cut(&j->story, j->story.count - 1);
    else
        told(j->run, "  turn %zu", j->story.count);
    j->promised = asks && size <= room && room != JOURNAL_ROOM_PLENTY;
    process_resume(p);
    return size <= room;
}

static void
write_turns(struct journal_run *j)
{
    for (uint64_t i = 0; i < j->turns; i++) {
        if (!turn_next(j))
            continue;
        j->store.ops->append(j->store.self,
                             story_turn(&j->story, j->story.count));
        if (dice_chance(&j->run->dice, 10))
            compare(j);
        j->store.ops->sync(j->store.self);
        j->story.synced = j->story.count;
        j->run->tally->turns++;
        if (dice_chance(&j->run->dice, 10))
            write_snapshot(j);
    }
}

/* Open it, as the daemon does. What a flipped bit spoils shows only where all
 * is read. */
static void
open_it(struct journal_run *j)
{
    struct journal_opening how = {FOLDER, fact_taken, j, j->segment_bytes,
                                  j->flipped ? NULL : state_taken};

    j->opened = journal_open(&how, &j->journal, j->message, sizeof j->message);
    if (j->opened != ERR_STALE)
        return;
    struct process *p = process_pause();
    told(j->run, "  no snapshot is used: %s", j->message);
    if (j->at_peace && !j->lies)
        violated(j->run, "a snapshot that is stale: %s", j->message);
    j->run->tally->stale++;
    j->at = j->erased = 0;
    j->differs = false;
    j->message[0] = 0;
    process_resume(p);
    how.state = NULL;
    j->opened = journal_open(&how, &j->journal, j->message, sizeof j->message);
}

static void
life(void *context)
{
    struct journal_run *j = context;

    open_it(j);
    if (j->opened)
        return;
    journal_store(j->journal, &j->store);
    struct process *p = process_pause();
    turns_check(j, (size_t)journal_turn(j->journal));
    process_resume(p);
    if (*j->run->violation)
        return;
    compare(j);
    write_turns(j);
    if (dice_chance(&j->run->dice, 25))
        compare(j);
    if (dice_chance(&j->run->dice, 50)) {
        journal_close(j->journal);
        j->closed = true;
    }
}

/* An opening that fails says why, frees everything, and speaks of damage only
 * where there is some. */
static void
refusal_check(struct journal_run *j)
{
    bool may_be_damaged = j->lies || j->flipped;

    told(j->run, "  not opened: %s", j->message);
    j->run->tally->refused++;
    j->run->tally->damage += j->opened == ERR_DAMAGED;
    if (j->opened == ERR_DAMAGED && !may_be_damaged)
        violated(j->run, "damage where there is none: %s", j->message);
    else if (j->opened != ERR_IO && j->opened != ERR_DAMAGED)
        violated(j->run, "refused as %s", err_name(j->opened));
    else if (j->opened == ERR_IO && !plan_struck())
        violated(j->run, "refused without a cause: %s", j->message);
    if (!*j->message)
        violated(j->run, "refused without a word");
}

static void
ending_check(struct journal_run *j, enum ending how)
{
    const struct process *p = &j->run->process;

    if (how == ENDED_EXIT) {
        told(j->run, "  exit %d: %s", p->status, p->said);
        j->run->tally->exits++;
        if (p->status != JOURNAL_EXIT_STATUS ||
            strncmp(p->said, DAMAGED_SAID, strlen(DAMAGED_SAID)) != 0)
            violated(j->run, "exit %d with the words: %s", p->status, p->said);
        if (j->promised && strstr(p->said, "No space"))
            violated(j->run, "no room that was promised: %s", p->said);
        if (!plan_struck())
            violated(j->run, "exit without a cause: %s", p->said);
    } else if (how == ENDED_CUT) {
        told(j->run, "  cut off");
        j->run->tally->cuts++;
    } else if (how == ENDED_NOT && j->opened) {
        refusal_check(j);
    }
    if (how == ENDED_NOT && (j->opened || j->closed) && process_leaks(p))
        violated(j->run, "%zu blocks or files leaked", process_leaks(p));
}

/* Live once. Gives true if the journal was opened. */
static bool
live(struct journal_run *j, const struct calls_plan *plan)
{
    struct run *r = j->run;

    r->tally->lives++;
    j->at = 0;
    j->erased = 0;
    j->differs = j->closed = j->promised = false;
    j->opened = ERR_IO;
    j->message[0] = 0;
    process_begin(&r->process, r->disk);
    calls_set(plan);
    enum ending how = process_run(&r->process, life, j);
    ending_check(j, how);
    calls_set(NULL);
    return how == ENDED_NOT && !j->opened;
}

/* ---- a seed ---- */

/* Choose a byte of a file of the journal; NULL if there is none. */
static struct file *
byte_draw(struct journal_run *j, uint64_t *at)
{
    struct run *r = j->run;
    struct file *folder = folder_find(disk_root(r->disk), "journal");
    size_t count = 0;

    while (folder && folder_name(folder, count))
        count++;
    if (!count)
        return NULL;
    const char *name = folder_name(folder, (size_t)dice_below(&r->dice, count));
    struct file *f = folder_find(folder, name);
    *at = dice_below(&r->dice, file_size(f) + 1);
    told(r, "  byte %" PRIu64 " of %s", *at, name);
    return f;
}

/* Flip a bit of a file of the journal, which is at rest. */
static void
flip(struct journal_run *j)
{
    struct run *r = j->run;
    uint64_t at = 0;
    struct file *f = byte_draw(j, &at);

    if (!f)
        return;
    told(r, "  flips a bit");
    file_flip(f, at, (unsigned)dice_below(&r->dice, 8));
    j->flipped = true;
    r->tally->flipped++;
}

static void
life_with_faults(struct journal_run *j)
{
    struct run *r = j->run;
    struct calls_plan plan = plan_draw(r);

    /* Only a new journal draws its id. */
    if (!j->story.count && dice_chance(&r->dice, 15)) {
        plan.which = 1u << CALL_RANDOM;
        plan.left = 1;
    }
    j->turns = dice_below(&r->dice, 12);
    if (dice_chance(&r->dice, 10)) {
        uint64_t room = dice_below(&r->dice, 24 * j->segment_bytes);
        told(r, "  room for %" PRIu64 " bytes", room);
        disk_set_room(r->disk, room);
        r->tally->full++;
    }
    uint64_t at = 0;
    struct file *rots = dice_chance(&r->dice, 10) ? byte_draw(j, &at) : NULL;
    if (rots) {
        told(r, "  cannot be read any more");
        file_rot(rots, at);
        r->tally->rotten++;
    }
    (void)live(j, &plan);
    if (rots)
        file_rot_ends(rots);
    life_end(r);
}

/* Without faults it opens, goes on, and opens again with all of it. */
static void
last_lives(struct journal_run *j)
{
    struct run *r = j->run;
    bool may_stay_shut = j->lies || j->flipped;

    j->at_peace = true;
    for (int i = 0; i < 3 && !*r->violation; i++) {
        told(r, " life without faults");
        j->turns = 3;
        bool opened = live(j, NULL);
        if (!opened && !may_stay_shut)
            violated(r, "it does not open any more: %s", j->message);
        process_bury(&r->process);
        disk_power_loss(r->disk, SURVIVES_NOTHING);
        if (!opened)
            return;
    }
}

void
journal_run(struct run *r)
{
    struct journal_run j = {.run = r};
    uint64_t lives = 1 + dice_below(&r->dice, 8);

    story_begin(&j.story, dice_next(&r->dice));
    j.segment_bytes = 4096 + (size_t)dice_below(&r->dice, 16000);
    j.lies = dice_chance(&r->dice, 5);
    disk_set_lying(r->disk, j.lies);
    r->tally->lies += j.lies;
    for (uint64_t i = 0; i < lives && !*r->violation; i++) {
        told(r, " life %" PRIu64, i + 1);
        life_with_faults(&j);
    }
    if (dice_chance(&r->dice, 10))
        flip(&j);
    last_lives(&j);
    memory_store_free(j.twin);
    buf_clear(&j.state);
    story_clear(&j.story);
}
