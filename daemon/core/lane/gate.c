#include "core/lane/gate.h"

#include "core/base/mem.h"
#include "core/base/table.h"

#include <assert.h>

#define FIRST_COUNT 8
#define SIZE_MAX_SIGNED ((uint64_t)1 << 63)

/* What the gate knows of a lane. A team is origin or holder of it, never
 * both, so that a lane has one role here. */
struct lane {
    struct lane_id id;
    struct genesis genesis;
    enum key_role role;
    bool closed; /* a later epoch of the pair is known */
    bool open;   /* `origin` and `at` hold */
    struct team_name origin;
    struct frontier at; /* at or beyond the last signed size: proven */
    struct gate_record *signatures; /* ascending sizes, one root each */
    size_t count, capacity;
    bool switched; /* sizes above `switch_at` are for the key `switch_to` */
    uint64_t switch_at;
    struct key_id switch_to;
};

struct gate {
    struct team_name own;
    struct team_id own_id;
    uint64_t turn;
    struct table numbers; /* lane id to its place in `lanes` */
    struct lane **lanes;
    size_t count, capacity;
};

struct gate *
gate_new(const struct team_name *own)
{
    struct gate *g = mem_new(sizeof *g);

    g->own = *own;
    team_id_of(own, &g->own_id);
    table_init(&g->numbers, sizeof(struct lane_id));
    return g;
}

void
gate_free(struct gate *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->count; i++) {
        mem_free(g->lanes[i]->signatures);
        mem_free(g->lanes[i]);
    }
    mem_free(g->lanes);
    table_clear(&g->numbers);
    mem_free(g);
}

uint64_t
gate_turn(const struct gate *g)
{
    return g->turn;
}

static void
note_turn(struct gate *g, uint64_t turn)
{
    if (turn > g->turn)
        g->turn = turn;
}

static struct lane *
find_lane(const struct gate *g, const struct lane_id *id)
{
    const uint64_t *number = table_find(&g->numbers, id->b);

    return number ? g->lanes[*number] : NULL;
}

static struct lane *
find_lane_of(const struct gate *g, const struct lane_id *id, enum key_role role)
{
    struct lane *l = find_lane(g, id);

    return l && l->role == role ? l : NULL;
}

/* Find what was signed at exactly `size`, whatever the root. */
static const struct gate_record *
signed_at(const struct lane *l, uint64_t size)
{
    size_t low = 0, high = l->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->signatures[middle].at.size < size)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == l->count || l->signatures[low].at.size != size)
        return NULL;
    return &l->signatures[low];
}

static const struct gate_record *
signed_exactly(const struct lane *l, uint64_t size, const struct hash *root)
{
    const struct gate_record *r = signed_at(l, size);

    return r && hash_equal(&r->at.root, root) ? r : NULL;
}

static const struct gate_record *
signed_last(const struct lane *l)
{
    return l->count ? &l->signatures[l->count - 1] : NULL;
}

static uint64_t
signed_size(const struct lane *l)
{
    const struct gate_record *last = signed_last(l);

    return last ? last->at.size : 0;
}

static void
signed_root(const struct lane *l, struct hash *out)
{
    const struct gate_record *last = signed_last(l);
    struct frontier empty;

    if (last) {
        *out = last->at.root;
        return;
    }
    frontier_init(&empty);
    frontier_root(&empty, out);
}

static void
add_signed(struct gate *g, struct lane *l, const struct gate_record *r)
{
    assert(r->at.size > signed_size(l));
    if (l->count == l->capacity) {
        l->capacity = l->capacity ? l->capacity * 2 : FIRST_COUNT;
        l->signatures =
            mem_resize(l->signatures, l->capacity, sizeof *l->signatures);
    }
    l->signatures[l->count++] = *r;
    note_turn(g, r->turn);
}

/* Give the role in which team `own` signs in a lane; NONE for a stranger's
 * lane and for one from a team to itself. */
static enum key_role
role_in(const struct gate *g, const struct genesis *genesis)
{
    bool ours = memcmp(&g->own_id, &genesis->origin, sizeof g->own_id) == 0;
    bool to_us = memcmp(&g->own_id, &genesis->audience, sizeof g->own_id) == 0;

    if (ours == to_us)
        return KEY_ROLE_NONE;
    return ours ? KEY_ROLE_CHECKPOINT : KEY_ROLE_RECEIPT;
}

static bool
is_same_pair(const struct genesis *a, const struct genesis *b)
{
    return memcmp(&a->origin, &b->origin, sizeof a->origin) == 0 &&
           memcmp(&a->audience, &b->audience, sizeof a->audience) == 0;
}

static bool
has_epoch(const struct gate *g, const struct genesis *genesis)
{
    for (size_t i = 0; i < g->count; i++)
        if (is_same_pair(&g->lanes[i]->genesis, genesis) &&
            g->lanes[i]->genesis.epoch == genesis->epoch)
            return true;
    return false;
}

/* Add a lane whose epoch is new. The highest epoch of a pair lives. */
static struct lane *
add_lane(struct gate *g, const struct lane_id *id,
         const struct genesis *genesis)
{
    struct lane *l = mem_new(sizeof *l);

    l->id = *id;
    l->genesis = *genesis;
    l->role = role_in(g, genesis);
    for (size_t i = 0; i < g->count; i++) {
        struct lane *other = g->lanes[i];
        if (!is_same_pair(&other->genesis, genesis))
            continue;
        if (other->genesis.epoch < genesis->epoch)
            other->closed = true;
        else
            l->closed = true;
    }
    if (g->count == g->capacity) {
        g->capacity = g->capacity ? g->capacity * 2 : FIRST_COUNT;
        g->lanes = mem_resize(g->lanes, g->capacity, sizeof(struct lane *));
    }
    table_put(&g->numbers, id->b, g->count);
    g->lanes[g->count++] = l;
    return l;
}

static enum err
restore_genesis(struct gate *g, const struct gate_record *r)
{
    struct genesis genesis;
    struct lane_id id;

    if (genesis_decode(SLICE_ARRAY(r->genesis), &genesis) != OK)
        return ERR_DAMAGED;
    lane_id_of(r->genesis, &id);
    if (!lane_id_equal(&id, &r->lane) || r->role == KEY_ROLE_NONE ||
        r->role != role_in(g, &genesis))
        return ERR_DAMAGED;
    if (!find_lane(g, &id)) {
        if (has_epoch(g, &genesis))
            return ERR_DAMAGED;
        add_lane(g, &id, &genesis);
    }
    note_turn(g, r->turn);
    return OK;
}

static enum err
restore_signed(struct gate *g, const struct gate_record *r)
{
    struct lane *l = find_lane_of(g, &r->lane, r->role);

    if (!l || r->at.size == 0 || r->at.size > SIZE_MAX_SIGNED)
        return ERR_DAMAGED;
    if (r->at.size <= signed_size(l)) {
        /* A write that failed may come back behind its repetition. */
        if (!signed_exactly(l, r->at.size, &r->at.root))
            return ERR_DAMAGED;
        note_turn(g, r->turn);
        return OK;
    }
    if (l->closed)
        return ERR_DAMAGED;
    add_signed(g, l, r);
    return OK;
}

/* Another key begins above a size that is signed at most, and above every
 * earlier such size. */
static bool
may_switch(const struct lane *l, uint64_t size)
{
    return !l->closed && size > 0 && size <= SIZE_MAX_SIGNED &&
           size >= signed_size(l) && (!l->switched || size > l->switch_at);
}

static bool
is_switched(const struct lane *l, uint64_t size, const struct key_id *to)
{
    return l->switched && l->switch_at == size &&
           key_id_equal(&l->switch_to, to);
}

static void
switch_to(struct lane *l, uint64_t size, const struct key_id *to)
{
    l->switched = true;
    l->switch_at = size;
    l->switch_to = *to;
}

static enum err
restore_switch(struct gate *g, const struct gate_record *r)
{
    struct lane *l = find_lane_of(g, &r->lane, KEY_ROLE_CHECKPOINT);

    if (!l ||
        (!is_switched(l, r->at.size, &r->at.key) && !may_switch(l, r->at.size)))
        return ERR_DAMAGED;
    switch_to(l, r->at.size, &r->at.key);
    note_turn(g, r->turn);
    return OK;
}

enum err
gate_restore(struct gate *g, const struct gate_record *r)
{
    switch (r->kind) {
    case GATE_RECORD_GENESIS:
        return restore_genesis(g, r);
    case GATE_RECORD_SIGNED:
        return restore_signed(g, r);
    case GATE_RECORD_SWITCH:
        return restore_switch(g, r);
    case GATE_RECORD_KEY:
        break;
    }
    return ERR_DAMAGED;
}

/* Check that the request names our lane and its teams rightly. */
static enum err
check_teams(const struct gate *g, const struct gate_open *request,
            const struct genesis *genesis)
{
    struct team_id origin, audience;

    team_id_of(request->origin, &origin);
    team_id_of(request->audience, &audience);
    if (memcmp(&origin, &genesis->origin, sizeof origin) != 0 ||
        memcmp(&audience, &genesis->audience, sizeof audience) != 0)
        return ERR_GENESIS;
    if (request->role == KEY_ROLE_NONE || request->role != role_in(g, genesis))
        return ERR_GENESIS;
    return OK;
}

/* PROTOCOL gate: "Where the signing journal may be incomplete (lost, or of a
 * machine that was set back), the epoch MUST NOT be signed again." */
/* PROTOCOL gate: "After a restart the gate MUST take from the node peaks at the
 * last size signed only if they hash to its root, and below it sign nothing new
 * before the leaf hashes that follow have passed that size with exactly that
 * root." */
/* Check the node's size and peaks against the last signature; `l` is NULL
 * for a lane that is new. */
static enum err
check_position(const struct lane *l, const struct frontier *at)
{
    uint64_t last = l ? signed_size(l) : 0;
    struct hash root, expected;

    if (at->size > last)
        return ERR_AHEAD;
    if (at->size < last || !l)
        return OK;
    frontier_root(at, &root);
    signed_root(l, &expected);
    return hash_equal(&root, &expected) ? OK : ERR_NOT_EXTENSION;
}

static struct lane *
add_opened(struct gate *g, const struct gate_open *request,
           const struct lane_id *id, const struct genesis *genesis,
           struct gate_record *record)
{
    *record = (struct gate_record){.kind = GATE_RECORD_GENESIS,
                                   .turn = request->turn,
                                   .role = request->role,
                                   .lane = *id};
    memcpy(record->genesis, request->genesis, GENESIS_BYTES);
    note_turn(g, request->turn);
    return add_lane(g, id, genesis);
}

enum err
gate_open(struct gate *g, const struct gate_open *request,
          struct gate_lane *out, struct gate_record *record, bool *add)
{
    struct genesis genesis;
    struct lane_id id;
    enum err e =
        genesis_decode(slice_of(request->genesis, GENESIS_BYTES), &genesis);

    if (e == OK)
        e = check_teams(g, request, &genesis);
    if (e)
        return e;
    lane_id_of(request->genesis, &id);
    struct lane *l = find_lane(g, &id);
    /* PROTOCOL gate: "A gate MUST NOT open a second genesis for one origin,
     * audience and epoch, and signs nothing new in an epoch when a later one of
     * the same pair is known." */
    if (!l && has_epoch(g, &genesis))
        return ERR_GENESIS;
    e = check_position(l, request->at);
    if (e)
        return e;
    *add = l == NULL;
    if (!l)
        l = add_opened(g, request, &id, &genesis, record);
    l->open = true;
    l->origin = *request->origin;
    l->at = *request->at;
    out->signed_size = signed_size(l);
    signed_root(l, &out->signed_root);
    return OK;
}

enum err
gate_epoch(const struct gate *g, const uint8_t genesis[GENESIS_BYTES],
           bool *found, uint8_t latest[GENESIS_BYTES])
{
    const struct genesis *best = NULL;
    struct genesis asked;
    struct lane_id id;
    enum err e = genesis_decode(slice_of(genesis, GENESIS_BYTES), &asked);

    if (e == OK && role_in(g, &asked) == KEY_ROLE_NONE)
        e = ERR_GENESIS;
    if (e)
        return e;
    lane_id_of(genesis, &id);
    *found = find_lane(g, &id) != NULL;
    memcpy(latest, genesis, GENESIS_BYTES);
    for (size_t i = 0; i < g->count; i++) {
        const struct genesis *known = &g->lanes[i]->genesis;
        if (!is_same_pair(known, &asked) ||
            (best && best->epoch > known->epoch))
            continue;
        best = known;
        genesis_encode(best, latest);
    }
    return OK;
}

/* PROTOCOL gate: "A gate MUST refuse every (size, root) that does not extend
 * the last one it signed in that lane and role." */
/* Append the leaves to `f`; at the last signed size, the signed root must
 * come out. */
static enum err
append_leaves(const struct lane *l, const struct gate_extend *e,
              struct frontier *f)
{
    uint64_t last = signed_size(l);
    struct hash root, expected;

    for (size_t i = 0; i < e->count; i++) {
        frontier_append(f, &e->leaves[i]);
        if (f->size != last)
            continue;
        frontier_root(f, &root);
        signed_root(l, &expected);
        if (!hash_equal(&root, &expected))
            return ERR_NOT_EXTENSION;
    }
    return OK;
}

enum err
gate_extend(struct gate *g, const struct gate_extend *e,
            struct gate_record *record, bool *again)
{
    struct lane *l = find_lane_of(g, &e->lane, e->role);
    struct hash root;

    if (!l || !l->open)
        return ERR_UNKNOWN_LANE;
    /* PROTOCOL receipts: "A holder MUST NOT sign two receipts of one lane with
     * the same size and different roots, nor one that does not extend what it
     * signed before." */
    if (e->from != l->at.size)
        return ERR_RANGE;
    struct frontier next = l->at;
    enum err error = append_leaves(l, e, &next);
    if (error)
        return error;
    /* PROTOCOL gate: "A gate MUST make lane ids, roots and texts itself, out
     * of geneses, leaf hashes and numbers, and sign no text that it was
     * handed." */
    frontier_root(&next, &root);
    const struct gate_record *old = signed_exactly(l, next.size, &root);
    /* PROTOCOL checkpoints: "An origin MUST NOT sign two checkpoints of one
     * lane with the same size and different roots, nor one that does not extend
     * what it signed before." */
    if (!old && next.size <= signed_size(l))
        return ERR_NOT_EXTENSION;
    /* PROTOCOL rotation: "The old key MUST sign the size right after that
     * entry, and the new key every larger one." */
    if (!old && l->switched && signed_size(l) < l->switch_at &&
        next.size > l->switch_at)
        return ERR_NOT_EXTENSION;
    /* PROTOCOL gate: "signs nothing new in an epoch when a later one of the
     * same pair is known" */
    if (!old && l->closed)
        return ERR_EPOCH_CLOSED;
    l->at = next;
    *again = old != NULL;
    *record = old ? *old
                  : (struct gate_record){.kind = GATE_RECORD_SIGNED,
                                         .turn = e->turn,
                                         .role = e->role,
                                         .lane = e->lane,
                                         .at.size = next.size,
                                         .at.root = root};
    return OK;
}

enum err
gate_switch(struct gate *g, const struct gate_switch *request,
            struct gate_record *record, bool *add)
{
    struct lane *l = find_lane_of(g, &request->lane, KEY_ROLE_CHECKPOINT);

    if (!l || !l->open)
        return ERR_UNKNOWN_LANE;
    *add = false;
    /* A node that was restored asks for what came before the last one. */
    if (is_switched(l, request->size, &request->to) ||
        (l->switched && request->size < l->switch_at))
        return OK;
    if (!may_switch(l, request->size))
        return ERR_NOT_EXTENSION;
    switch_to(l, request->size, &request->to);
    note_turn(g, request->turn);
    *add = true;
    *record = (struct gate_record){.kind = GATE_RECORD_SWITCH,
                                   .turn = request->turn,
                                   .role = KEY_ROLE_CHECKPOINT,
                                   .lane = request->lane,
                                   .at.size = request->size,
                                   .at.key = request->to};
    return OK;
}

bool
gate_key(const struct gate *g, const struct lane_id *lane, uint64_t size,
         struct key_id *out)
{
    const struct lane *l = find_lane_of(g, lane, KEY_ROLE_CHECKPOINT);
    const struct gate_record *last = l ? signed_last(l) : NULL;

    if (l && l->switched && size > l->switch_at)
        *out = l->switch_to;
    else if (last)
        *out = last->at.key;
    else
        return false;
    return true;
}

/* PROTOCOL gate: "The time of a signature MUST be the later of the clock and
 * the last time signed in that lane and role." */
uint64_t
gate_time(const struct gate *g, const struct lane_id *lane, enum key_role role,
          uint64_t clock_s)
{
    const struct lane *l = find_lane_of(g, lane, role);
    const struct gate_record *last = l ? signed_last(l) : NULL;

    return last && last->at.time_s > clock_s ? last->at.time_s : clock_s;
}

const struct team_name *
gate_origin(const struct gate *g, const struct lane_id *lane)
{
    const struct lane *l = find_lane(g, lane);

    return l && l->open ? &l->origin : NULL;
}

void
gate_signed(struct gate *g, const struct gate_record *record)
{
    struct lane *l = find_lane_of(g, &record->lane, record->role);
    struct hash root;

    /* It was prepared by gate_extend and nothing else came in between. */
    assert(record->kind == GATE_RECORD_SIGNED);
    assert(l && l->open && !l->closed && record->at.size <= l->at.size);
    if (record->at.size == l->at.size) {
        frontier_root(&l->at, &root);
        assert(hash_equal(&root, &record->at.root));
    }
    add_signed(g, l, record);
}

const struct gate_record *
gate_find(const struct gate *g, const struct lane_id *lane, enum key_role role,
          uint64_t size, const struct hash *root)
{
    const struct lane *l = find_lane_of(g, lane, role);

    return l ? signed_exactly(l, size, root) : NULL;
}
