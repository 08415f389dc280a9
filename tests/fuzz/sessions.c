#include "sessions.h"

#include "core/base/cursor.h"
#include "core/lane/checkpoint.h"
#include "core/wire/card.h"
#include "teams.h"

#include <assert.h>

void
end_start(struct end *e, unsigned team, uint64_t held)
{
    const struct team *own = team_of(team), *peer = team_of(!team);
    struct session_setup setup = {
        .own = own->name,
        .peer = peer->name,
        .is_client = team == KRCERT,
        .own_card_version = 1,
        .own_card_hash = own->card_hash,
        .own_card = buf_slice(&own->card),
        .peer_card_version = held,
        .body_bytes_max = BODY_ANNOUNCED,
        .batches_in_flight = BATCHES_IN_FLIGHT,
    };

    if (held)
        setup.peer_card_hash = peer->card_hash;
    memset(setup.exporter, 7, sizeof setup.exporter);
    memset(setup.boot_id, (int)team + 1, sizeof setup.boot_id);
    *e = (struct end){.team = team};
    arena_init(&e->arena, DECODE_BUDGET_FACTOR * FRAME_MAX);
    e->session = session_new(&setup);
    session_start(e->session, &e->out);
}

void
end_clear(struct end *e)
{
    session_free(e->session);
    arena_clear(&e->arena);
    buf_clear(&e->out);
}

static enum err
adopt(struct end *e, struct slice payload)
{
    struct signed_card proof;
    struct card card;
    struct hash h;
    enum err bad = signed_card_get(payload, &e->arena, &proof);

    if (bad == OK)
        bad = card_get(proof.card, &e->arena, &card);
    if (bad != OK)
        return bad;
    crypto_hash_one(&h, proof.card);
    session_card_adopted(e->session, card.version, &h);
    return OK;
}

static void
sign(struct end *e, struct session_step *step)
{
    const struct team *own = team_of(e->team);
    struct session_claim claim;
    struct signature signature;
    struct buf text = {0};

    session_claim_of(e->session, &claim);
    session_text(&claim, &text);
    crypto_sign(&own->seeds[0], buf_slice(&text), &signature);
    session_signed(e->session, &own->ids[0], &signature, step);
    buf_clear(&text);
}

enum err
end_take(struct end *e, struct slice frame)
{
    struct session_step step = {.send = &e->out, .arena = &e->arena};

    arena_reset(&e->arena);
    enum err bad =
        session_frame(e->session, frame, &team_of(!e->team)->keys[0], &step);
    assert(bad == OK || session_state(e->session) == SESSION_CLOSED);
    if (bad == OK && step.card.size)
        bad = adopt(e, step.card);
    if (bad == OK && step.sign)
        sign(e, &step);
    if (bad == OK && step.proven) {
        assert(session_state(e->session) == SESSION_RESUMING);
        frame_resume_put(&e->out, &(struct frame_resume){0});
    }
    return bad;
}

bool
end_next(struct end *e, struct slice *frame)
{
    if (e->taken == e->out.size)
        return false;
    *frame = slice_of(e->out.data + e->taken,
                      FRAME_HEADER_BYTES + get_be32(e->out.data + e->taken));
    assert(frame->size <= e->out.size - e->taken);
    e->taken += frame->size;
    return true;
}
