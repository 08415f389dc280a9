#include "core/lane/conflict.h"

#include "core/crypto/base64.h"
#include "core/lane/note.h"

#include <assert.h>

#define FIRST_LINE "sealane/conflict/v1"

static void
put_side(struct buf *out, const struct conflict_side *s)
{
    buf_put_str(out, "\ngenesis ");
    base64_put(out, SLICE_ARRAY(s->genesis));
    buf_put_str(out, "\n");
    if (!s->is_signed)
        return;
    checkpoint_text(&s->origin, &s->lane, s->checkpoint.size,
                    &s->checkpoint.root, out);
    buf_put_str(out, "\n");
    note_put_signature(out, &s->origin, KEY_ROLE_CHECKPOINT, &s->checkpoint);
}

void
conflict_write(const struct conflict *c, struct buf *out)
{
    buf_put_str(out, FIRST_LINE "\nrow ");
    buf_put_decimal(out, c->row);
    buf_put_str(out, "\n");
    for (size_t i = 0; i < CONFLICT_SIDES; i++)
        put_side(out, &c->sides[i]);
}

bool
conflict_is(struct slice file)
{
    return note_skip(&file, FIRST_LINE "\n");
}

static bool
take_empty(struct slice *file)
{
    struct slice line;

    return note_take_line(file, &line) && line.size == 0;
}

static bool
take_side(struct slice *file, struct conflict_side *s)
{
    struct slice line;
    struct team_name signer;

    if (!take_empty(file) || !note_take_line(file, &line) ||
        !note_skip(&line, "genesis ") ||
        !note_bytes(line, s->genesis, GENESIS_BYTES))
        return false;
    s->is_signed = file->size > 0 && file->data[0] != '\n';
    return !s->is_signed ||
           (note_take_text(file, &s->origin, &s->lane, &s->checkpoint) &&
            take_empty(file) &&
            note_take_signature(file, KEY_ROLE_CHECKPOINT, &signer,
                                &s->checkpoint));
}

/* One value has one text: what we would not write, we do not read. */
static bool
is_text_of(const struct conflict *c, struct slice file)
{
    struct buf again = {0};

    conflict_write(c, &again);
    bool good = slice_equal(buf_slice(&again), file);
    buf_clear(&again);
    return good;
}

/* PROTOCOL evidence: "A verifier MUST take a file of a conflict only if it is
 * exactly of this form." */
enum err
conflict_read(struct slice file, struct conflict *out)
{
    struct conflict got = {0};
    struct slice left = file, line;

    if (!note_take_line(&left, &line) || !slice_is(line, FIRST_LINE) ||
        !note_take_line(&left, &line) || !note_skip(&line, "row ") ||
        !note_decimal(line, &got.row))
        return ERR_FORMAT;
    for (size_t i = 0; i < CONFLICT_SIDES; i++)
        if (!take_side(&left, &got.sides[i]))
            return ERR_FORMAT;
    if (!is_text_of(&got, file))
        return ERR_FORMAT;
    *out = got;
    return OK;
}

enum err
conflict_verify(const struct conflict_side *side,
                const struct signatory *origin)
{
    struct genesis g;
    struct lane_id id;
    struct team_id team;

    assert(side->is_signed && origin->role == KEY_ROLE_CHECKPOINT);
    if (genesis_decode(SLICE_ARRAY(side->genesis), &g) != OK)
        return ERR_GENESIS;
    lane_id_of(side->genesis, &id);
    team_id_of(&side->origin, &team);
    if (!lane_id_equal(&id, &side->lane) ||
        memcmp(g.origin.b, team.b, TEAM_ID_BYTES) != 0)
        return ERR_GENESIS;
    if (!team_name_equal(origin->team, &side->origin))
        return ERR_KEY;
    return checkpoint_verify(&side->checkpoint, &side->origin, &side->lane,
                             origin);
}

/* Tell whether two geneses begin the same epoch of the same lane: all but
 * where it follows the epoch before. */
static bool
begin_one_epoch(const uint8_t *a, const uint8_t *b)
{
    struct genesis first, second;

    return genesis_decode(slice_of(a, GENESIS_BYTES), &first) == OK &&
           genesis_decode(slice_of(b, GENESIS_BYTES), &second) == OK &&
           first.epoch == second.epoch &&
           memcmp(&first.origin, &second.origin, sizeof first.origin) == 0 &&
           memcmp(&first.audience, &second.audience, sizeof first.audience) ==
               0 &&
           hash_equal(&first.root_spki, &second.root_spki);
}

/* PROTOCOL evidence: "A verifier MUST call two statements a fork only if the
 * origin signed both, over the lane that their genesis makes, and they are of
 * one lane and size with two roots, or of two lanes whose geneses have the
 * same origin, audience, root key and epoch." */
enum conflict_proof
conflict_proves(const struct conflict *c)
{
    const struct conflict_side *a = &c->sides[0], *b = &c->sides[1];

    if (!a->is_signed || !b->is_signed)
        return CONFLICT_NOTHING;
    if (lane_id_equal(&a->lane, &b->lane))
        return a->checkpoint.size == b->checkpoint.size &&
                       !hash_equal(&a->checkpoint.root, &b->checkpoint.root)
                   ? CONFLICT_FORK
                   : CONFLICT_NOTHING;
    return begin_one_epoch(a->genesis, b->genesis) ? CONFLICT_EPOCHS
                                                   : CONFLICT_NOTHING;
}
