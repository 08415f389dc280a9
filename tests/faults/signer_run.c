/*
 * The signing journal over a file that fails: whatever was answered is there
 * after any crash, and stands in the gate.
 */
#include "run.h"

#include "core/base/mem.h"
#include "core/lane/merkle.h"
#include "keeper.h"

#include <inttypes.h>

#define LANES 2 /* 0: ours, checkpoints; 1: theirs, receipts */
#define LEAVES_MOST 6
#define ANSWERED_MAX 1024

/* A lane in its one role. */
struct signed_lane {
    enum key_role role;
    uint8_t genesis[GENESIS_BYTES];
    struct lane_id id;
    struct frontier at; /* at the last size that was answered */
    uint64_t next;      /* size that must come next; 0: any */
};

struct answered {
    unsigned lane;
    uint64_t size;
    struct hash root;
};

struct signer_run {
    struct run *run;
    struct team teams[2];
    struct signed_lane lanes[LANES];
    struct answered answered[ANSWERED_MAX];
    size_t count;
    uint64_t requests; /* of the next life */
    bool lies, flipped;
    /* of a life */
    struct keeper keeper;
    struct arena arena;
    enum err opened, ended;
    bool closed;
};

static void
lanes_begin(struct signer_run *s)
{
    static const enum key_role roles[LANES] = {KEY_ROLE_CHECKPOINT,
                                               KEY_ROLE_RECEIPT};

    team_make(&s->teams[0], "krcert.or.kr", "krcert", 1);
    team_make(&s->teams[1], "cert.gov.au", "certau", 2);
    for (unsigned i = 0; i < LANES; i++) {
        struct signed_lane *l = &s->lanes[i];
        struct genesis g = {.root_spki = s->teams[i].root_spki};
        l->role = roles[i];
        team_id_of(&s->teams[i].name, &g.origin);
        team_id_of(&s->teams[!i].name, &g.audience);
        genesis_encode(&g, l->genesis);
        lane_id_of(l->genesis, &l->id);
        frontier_init(&l->at);
    }
}

static void
leaf(unsigned lane, uint64_t index, struct hash *out)
{
    uint8_t text[16] = {(uint8_t)lane};

    put_be64(text + 8, index);
    crypto_hash_one(out, SLICE_ARRAY(text));
}

/* Ask for one operation. Inside the process; ERR_IO: the signer is gone. */
static enum err
ask(struct signer_run *s, const struct sign_request_op *op,
    struct sign_result *out)
{
    struct buf request = {0}, answer = {0};
    enum sign_op which;

    sign_request_begin(&request, 1);
    sign_request_add(&request, op);
    enum err e =
        keeper_answer(&s->keeper, buf_slice(&request), 1790000000u, &answer);
    struct slice rest = buf_slice(&answer);
    if (!e)
        e = sign_answer_get(&rest, &which, out);
    buf_clear(&request);
    buf_clear(&answer);
    return e;
}

/* Everything that was ever answered is found. */
static enum err
find_all(struct signer_run *s)
{
    size_t missing = 0;

    for (size_t i = 0; i < s->count; i++) {
        const struct answered *a = &s->answered[i];
        struct sign_request_op op = {.op = SIGN_FIND,
                                     .role = s->lanes[a->lane].role,
                                     .lane = s->lanes[a->lane].id,
                                     .from = a->size,
                                     .hello = a->root};
        struct sign_result r;
        enum err e = ask(s, &op, &r);
        if (e)
            return e;
        missing += !r.found;
    }
    s->run->tally->missing += missing > 0;
    if (missing && !s->lies && !s->flipped)
        violated(s->run, "%zu of %zu answers are not in the journal", missing,
                 s->count);
    if (missing > 1 && !s->lies)
        violated(s->run, "a flipped bit cost more than the last record");
    return missing ? ERR_GONE : OK;
}

static enum err
open_lanes(struct signer_run *s)
{
    for (unsigned i = 0; i < LANES; i++) {
        struct signed_lane *l = &s->lanes[i];
        struct sign_request_op op = {.op = SIGN_OPEN,
                                     .role = l->role,
                                     .origin = s->teams[i].name,
                                     .audience = s->teams[!i].name,
                                     .at = l->at};
        struct sign_result r;
        memcpy(op.genesis, l->genesis, GENESIS_BYTES);
        enum err e = ask(s, &op, &r);
        if (e)
            return e;
        if (r.code || r.size < l->at.size ||
            (l->next && r.size > l->at.size && r.size != l->next))
            violated(s->run, "lane %u opens at %" PRIu64 " (%s), not %" PRIu64,
                     i, r.size, err_name(r.code), l->at.size);
        l->next = r.size > l->at.size ? r.size : 0;
    }
    return OK;
}

static enum err
extend(struct signer_run *s, unsigned lane)
{
    struct signed_lane *l = &s->lanes[lane];
    uint64_t size = l->next;
    struct hash leaves[LEAVES_MOST];
    struct sign_request_op op = {
        .op = SIGN_EXTEND, .role = l->role, .lane = l->id, .from = l->at.size};
    struct frontier at = l->at;
    struct answered a = {.lane = lane};
    struct sign_result r;

    if (!size)
        size = at.size + 1 + dice_below(&s->run->dice, LEAVES_MOST);
    l->next = size;
    while (at.size < size) {
        leaf(lane, at.size, &leaves[op.leaf_count]);
        frontier_append(&at, &leaves[op.leaf_count++]);
    }
    op.leaves = leaves;
    enum err e = ask(s, &op, &r);
    if (e)
        return e;
    frontier_root(&at, &a.root);
    a.size = size;
    if (r.code || r.checkpoint.size != size ||
        !hash_equal(&r.checkpoint.root, &a.root))
        violated(s->run, "size %" PRIu64 " is refused: %s", size,
                 err_name(r.code));
    l->at = at;
    l->next = 0;
    if (s->count < ANSWERED_MAX)
        s->answered[s->count++] = a;
    s->run->tally->answers++;
    return OK;
}

static void
life(void *context)
{
    struct signer_run *s = context;

    s->opened = keeper_open(&s->keeper, &s->teams[0]);
    if (s->opened)
        return;
    s->ended = find_all(s);
    if (!s->ended)
        s->ended = open_lanes(s);
    for (uint64_t i = 0; i < s->requests && !s->ended; i++)
        s->ended = extend(s, (unsigned)dice_below(&s->run->dice, LANES));
    if (s->ended || dice_chance(&s->run->dice, 50)) {
        keeper_close(&s->keeper);
        s->closed = true;
    }
}

static void
ending_check(struct signer_run *s, enum ending how)
{
    struct run *r = s->run;
    const struct process *p = &r->process;
    enum err e = s->opened ? s->opened : s->ended;

    told(r, "  %zu answered; %s %s", s->count, err_name(e), p->said);
    r->tally->cuts += how == ENDED_CUT;
    r->tally->refused += how == ENDED_NOT && s->opened;
    r->tally->exits += how == ENDED_NOT && !s->opened && s->ended == ERR_IO;
    r->tally->damage += e == ERR_DAMAGED;
    if (how != ENDED_NOT && how != ENDED_CUT)
        violated(r, "the signer's process ends by itself");
    if (how != ENDED_NOT)
        return;
    if ((e == ERR_DAMAGED || e == ERR_MISSING) && !s->lies && !s->flipped)
        violated(r, "damage where there is none: %s", p->said);
    if (e == ERR_IO && !plan_struck())
        violated(r, "ends without a cause: %s", p->said);
    if ((s->opened || s->closed) && process_leaks(p))
        violated(r, "%zu blocks or files leaked", process_leaks(p));
}

/* Live once. Gives true if all went well. */
static bool
live(struct signer_run *s, const struct calls_plan *plan)
{
    struct run *r = s->run;

    r->tally->lives++;
    s->opened = ERR_IO;
    s->ended = OK;
    s->closed = false;
    process_begin(&r->process, r->disk);
    calls_set(plan);
    enum ending how = process_run(&r->process, life, s);
    ending_check(s, how);
    calls_set(NULL);
    return how == ENDED_NOT && !s->opened && !s->ended;
}

static void
life_with_faults(struct signer_run *s)
{
    struct run *r = s->run;
    struct calls_plan plan = plan_draw(r);

    s->requests = dice_below(&r->dice, 12);
    if (dice_chance(&r->dice, 10)) {
        disk_set_room(r->disk, dice_below(&r->dice, 3u << 20));
        r->tally->full++;
    }
    (void)live(s, &plan);
    life_end(r);
}

/* Flip a bit of the journal's records, which are at rest. */
static void
flip(struct signer_run *s)
{
    struct run *r = s->run;
    struct file *folder = folder_find(disk_root(r->disk), "signer");
    struct file *f = folder ? folder_find(folder, "journal") : NULL;

    if (!f || !s->count)
        return;
    uint64_t at = dice_below(&r->dice, 200 * s->count);
    told(r, "  a bit flips at byte %" PRIu64, at);
    file_flip(f, at, (unsigned)dice_below(&r->dice, 8));
    s->flipped = true;
    r->tally->flipped++;
}

void
signer_run(struct run *r)
{
    static struct signer_run s;
    uint64_t lives = 1 + dice_below(&r->dice, 4);

    s = (struct signer_run){.run = r};
    lanes_begin(&s);
    keeper_prepare(r->disk);
    s.lies = dice_chance(&r->dice, 5);
    disk_set_lying(r->disk, s.lies);
    r->tally->lies += s.lies;
    for (uint64_t i = 0; i < lives && !*r->violation; i++)
        life_with_faults(&s);
    if (dice_chance(&r->dice, 10))
        flip(&s);
    for (int i = 0; i < 2 && !*r->violation; i++) {
        s.requests = 3;
        bool well = live(&s, NULL);
        if (!well && !s.lies && !s.flipped)
            violated(r, "it does not go on any more: %s", r->process.said);
        process_bury(&r->process);
        disk_power_loss(r->disk, SURVIVES_NOTHING);
    }
    team_clear(&s.teams[0]);
    team_clear(&s.teams[1]);
}
