#include "core/exchange/inside.h"

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/wire/card.h"

#include <assert.h>

#define HEARD_MS_MAX (3 * (uint64_t)KEEPALIVE_MS)

/* A buffer that one large answer needed is not held for ever. */
#define SEND_KEPT_BYTES_MAX MIB(1)

/* Of a peer's words in CLOSE so many are shown. */
#define WORDS_BYTES 129

struct link *
link_find(const struct exchange *x, uint64_t id)
{
    for (size_t i = 0; i < x->link_count; i++)
        if (x->links[i]->id == id)
            return x->links[i];
    return NULL;
}

static void
send_now(struct exchange *x, struct link *k)
{
    if (!k->send.size)
        return;
    effect_add(x, (struct effect){.type = EFFECT_SEND,
                                  .id = k->id,
                                  .data = buf_slice(&k->send)});
    if (k->send.capacity > SEND_KEPT_BYTES_MAX)
        buf_clear(&k->send);
    buf_reset(&k->send);
}

/* Hand over what a step wrote, one effect a connection. */
void
links_flush(struct exchange *x)
{
    for (size_t i = 0; i < x->link_count; i++)
        send_now(x, x->links[i]);
}

void
link_free(struct exchange *x, struct link *k)
{
    inflow_clear(x, k, &k->in);
    inflow_clear(x, k, &k->back);
    outflow_clear(x, &k->out);
    outflow_clear(x, &k->give_back);
    mem_free(k->claims);
    session_free(k->session);
    buf_clear(&k->send);
    mem_free(k);
}

/* Forget a link; its peer is dialled again if it was the active one. */
static void
link_drop(struct exchange *x, struct link *k, const char *why)
{
    struct peer *p = x->peers[k->peer];

    for (size_t i = 0; i < x->link_count; i++)
        if (x->links[i] == k)
            x->links[i] = x->links[--x->link_count];
    if (p->link == k) {
        p->link = NULL;
        p->backoff_ms = 0;
        alarms_look(x);
    }
    if (session_setup_of(k->session)->is_client)
        p->dialling = false;
    if (!p->link)
        peer_failed(x, p, why);
    link_free(x, k);
}

void
link_close(struct exchange *x, struct link *k, enum err e, const char *why)
{
    struct frame_close c = {err_code(e), slice_str(why)};

    if (!k->closing)
        frame_close_put(&k->send, &c);
    send_now(x, k);
    effect_add(x, (struct effect){.type = EFFECT_CLOSE,
                                  .id = k->id,
                                  .a = e,
                                  .data = slice_str(why)});
    notice(x,
           e == ERR_DUPLICATE || e == ERR_CARD_TAKEN ? NOTICE_INFO
                                                     : NOTICE_WARNING,
           why, x->peers[k->peer]->card.card.team.text);
    link_drop(x, k, why);
}

/* Close all connections of a peer. */
void
links_close(struct exchange *x, uint32_t peer, enum err e)
{
    for (size_t i = 0; i < x->link_count;) {
        if (x->links[i]->peer == peer)
            link_close(x, x->links[i], e, err_text(e));
        else
            i++;
    }
}

/* PROTOCOL sessions: "A node whose operator paused a peer MUST close every
 * connection of that peer with CLOSE, code 22, also before HELLO." */
static void
tell_paused(struct exchange *x, uint64_t id)
{
    struct buf frame = {0};

    frame_close_put(&frame,
                    &(struct frame_close){err_code(ERR_PAUSED),
                                          slice_str(err_text(ERR_PAUSED))});
    effect_add(x, (struct effect){.type = EFFECT_SEND,
                                  .id = id,
                                  .data = buf_slice(&frame)});
    buf_clear(&frame);
}

static void
reject(struct exchange *x, uint64_t id, enum err e, const char *about)
{
    if (e == ERR_PAUSED)
        tell_paused(x, id);
    effect_add(x, (struct effect){.type = EFFECT_CLOSE,
                                  .id = id,
                                  .a = e,
                                  .data = slice_str(err_text(e))});
    notice(x, NOTICE_WARNING, err_text(e), about);
}

static void
setup_of(const struct exchange *x, const struct peer *p, const struct event *e,
         struct session_setup *out)
{
    *out = (struct session_setup){
        .own = x->config.team,
        .peer = p->card.card.team,
        .is_client = e->a != 0,
        .card_only = e->b != 0,
        .own_card_version = x->card.card.version,
        .own_card_hash = x->card.hash,
        .own_card = buf_slice(&x->card.proof),
        .peer_card_version = p->card.card.version,
        .peer_card_hash = p->card.hash,
        .body_bytes_max = x->config.body_bytes_max,
        .batches_in_flight = x->config.batches_in_flight,
    };
    memcpy(out->exporter, e->more.data, EXPORTER_BYTES);
    memcpy(out->boot_id, x->config.boot_id, BOOT_ID_BYTES);
}

void
link_up(struct exchange *x, const struct event *e)
{
    struct team_name team;
    uint32_t number = NONE;
    struct peer *p = NULL;

    if (team_name_parse(e->data, &team))
        p = peer_named(x, &team, &number);
    enum err refusal = OK;
    /* PROTOCOL pairing: "Frames of a lane MUST NOT be sent to or taken from a
     * team before a person on this side has confirmed it." */
    /* PROTOCOL sessions: "A session MUST be refused with a team whose pairing
     * is not confirmed." */
    if (!p || !p->confirmed || e->more.size != EXPORTER_BYTES)
        refusal = ERR_NOT_CONFIRMED;
    else if (p->paused)
        refusal = ERR_PAUSED;
    else if (!x->started || x->opening || !x->seed.ready ||
             x->asked.count >= ASKED_MAX)
        refusal = ERR_NOT_NOW;
    /* PROTOCOL limits: "Reaching a limit MUST be an error to whoever caused it
     * and cost nobody else anything." */
    else if (x->link_count == CONNECTIONS_MAX)
        refusal = ERR_LIMIT;
    if (refusal != OK) {
        reject(x, e->id, refusal, p ? team.text : "a stranger");
        if (p && e->a) {
            p->dialling = false;
            peer_failed(x, p, err_text(refusal));
        }
        return;
    }
    struct session_setup setup;
    setup_of(x, p, e, &setup);
    struct link *k = mem_new(sizeof *k);
    k->id = e->id;
    k->peer = number;
    k->card_only = setup.card_only;
    k->since = k->heard = x->now.mono;
    k->deadline = mono_after(x->now.mono, HELLO_MS_MAX);
    k->session = session_new(&setup);
    outflow_init(&k->out, p->lane_out);
    outflow_init(&k->give_back, NONE);
    inflow_init(&k->in, p->lane_in);
    inflow_init(&k->back, NONE);
    x->links[x->link_count++] = k;
    session_start(k->session, &k->send);
}

/* PROTOCOL sessions: "With the same boot ids the connection dialled by the
 * team with the smaller team id stays, otherwise the newer authenticated
 * one." */
/* Tell whether the new link stays. */
static bool
newer_stays(const struct exchange *x, const struct link *old,
            const struct link *new)
{
    const struct frame_hello *was = session_hello(old->session);
    const struct frame_hello *is = session_hello(new->session);
    bool old_dialled = session_setup_of(old->session)->is_client;
    bool new_dialled = session_setup_of(new->session)->is_client;
    struct team_id theirs;

    if (memcmp(was->boot_id, is->boot_id, BOOT_ID_BYTES) != 0 ||
        old_dialled == new_dialled)
        return true;
    team_id_of(&x->peers[new->peer]->card.card.team, &theirs);
    bool we_are_smaller = memcmp(x->team_id.b, theirs.b, TEAM_ID_BYTES) < 0;
    return new_dialled == we_are_smaller;
}

/* PROTOCOL cards: "An expired card MUST NOT open a session." */
static bool
card_is_expired(const struct exchange *x, const struct peer *p)
{
    return p->card.card.expires_s <= x->now.wall.ms / 1000;
}

/* A link that is proven becomes the peer's, or gives way. */
static void
link_proven(struct exchange *x, struct link *k)
{
    struct peer *p = x->peers[k->peer];

    if (card_is_expired(x, p)) {
        link_close(x, k, ERR_CARD_EXPIRED, err_text(ERR_CARD_EXPIRED));
        return;
    }
    if (p->link && !newer_stays(x, p->link, k)) {
        link_close(x, k, ERR_DUPLICATE, err_text(ERR_DUPLICATE));
        return;
    }
    if (p->link) {
        struct link *old = p->link;
        p->link = k;
        link_close(x, old, ERR_DUPLICATE, err_text(ERR_DUPLICATE));
    }
    p->link = k;
    k->active = true;
    p->holds_card = session_setup_of(k->session)->own_card_version;
    k->deadline = mono_after(x->now.mono, KEEPALIVE_MS);
    p->dialling = false;
    p->backoff_ms = 0;
    p->trouble[0] = 0;
    p->since = x->now.wall;
    p->body_bytes_max = session_hello(k->session)->body_bytes_max;
    if (p->body_bytes_max < BODY_ANNOUNCED_MIN)
        p->body_bytes_max = BODY_ANNOUNCED_MIN;
    p->held_back = p->held_by_rules = NUMBER_UNKNOWN - 1; /* look again */
    notice(x, NOTICE_INFO, "the session is open", p->card.card.team.text);
    if (session_hello(k->session)->peer_card_version > x->card.card.version)
        notice(x, NOTICE_WARNING,
               "they say that they hold a newer card of ours than we do: was "
               "this node restored? sealane card import puts it in force",
               p->card.card.team.text);
    alarms_look(x);
    holder_resume(x, k);
}

/* Each takes the payload of one kind of frame of an open session. */
#define TAKES(name, type, get, take)                                           \
    static enum err name(struct exchange *x, struct link *k,                   \
                         struct slice payload)                                 \
    {                                                                          \
        struct type f;                                                         \
        enum err e = get(payload, &x->arena, &f);                              \
        return e == OK ? take(x, k, &f) : e;                                   \
    }

TAKES(on_resume, frame_resume, frame_resume_get, origin_resume)
TAKES(on_verdict, frame_verdict, frame_verdict_get, holder_verdict)
TAKES(on_genesis, frame_genesis, frame_genesis_get, epoch_take)
TAKES(on_header, frame_batch, frame_batch_get, holder_header)
TAKES(on_want, frame_want, frame_want_get, giving_want)
TAKES(on_body, frame_body, frame_body_get, holder_body)
TAKES(on_piece, frame_piece, frame_piece_get, holder_piece)
TAKES(on_receipt, frame_receipt, frame_receipt_get, origin_receipt)
TAKES(on_fetch, frame_fetch, frame_fetch_get, fetch_asked)

static enum err
on_held(struct exchange *x, struct link *k, struct slice payload)
{
    struct frame_mark f;
    enum err e = frame_mark_get(FRAME_HELD, payload, &x->arena, &f);

    return e == OK ? giving_held(x, k, &f) : e;
}

static enum err
on_gone(struct exchange *x, struct link *k, struct slice payload)
{
    struct frame_mark f;
    enum err e = frame_mark_get(FRAME_GONE, payload, &x->arena, &f);

    return e == OK ? holder_mark(x, k, BODY_GONE, &f) : e;
}

static enum err
on_absent(struct exchange *x, struct link *k, struct slice payload)
{
    struct frame_mark f;
    enum err e = frame_mark_get(FRAME_ABSENT, payload, &x->arena, &f);

    return e == OK ? holder_mark(x, k, BODY_ABSENT, &f) : e;
}

typedef enum err (*lane_frame_fn)(struct exchange *x, struct link *k,
                                  struct slice payload);

static const lane_frame_fn lane_frames[FRAME_TYPE_COUNT] = {
    [FRAME_RESUME] = on_resume,   [FRAME_VERDICT] = on_verdict,
    [FRAME_HEADER] = on_header,   [FRAME_WANT] = on_want,
    [FRAME_BODY] = on_body,       [FRAME_PIECE] = on_piece,
    [FRAME_HELD] = on_held,       [FRAME_RECEIPT] = on_receipt,
    [FRAME_GENESIS] = on_genesis, [FRAME_GONE] = on_gone,
    [FRAME_ABSENT] = on_absent,   [FRAME_FETCH] = on_fetch,
};

static enum err
lane_frame(struct exchange *x, struct link *k, struct slice frame)
{
    lane_frame_fn take = lane_frames[frame.data[4]];

    if (!take)
        return ERR_UNSUPPORTED;
    return take(x, k,
                slice_of(frame.data + FRAME_HEADER_BYTES,
                         frame.size - FRAME_HEADER_BYTES));
}

static enum err
adopt_card(struct exchange *x, struct link *k, struct slice proof)
{
    struct peer *p = x->peers[k->peer];
    enum err e = peer_adopt_card(x, k->peer, proof);

    if (e == OK)
        session_card_adopted(k->session, p->card.card.version, &p->card.hash);
    return e;
}

/* The peer has our newer card now; once for each there is no need to wait. */
static void
card_was_taken(struct exchange *x, struct peer *p)
{
    if (p->holds_card >= x->card.card.version)
        return;
    p->holds_card = x->card.card.version;
    p->backoff_ms = 0;
    p->next_dial = x->now.mono;
}

static void
close_for(struct exchange *x, struct link *k, enum err e,
          const struct session_step *step)
{
    struct buf why = {0};
    char words[WORDS_BYTES];

    buf_put_str(&why, step->closed ? "the peer closed: " : "");
    buf_put_str(&why, err_text(e));
    if (step->text.size && !slice_is(step->text, err_text(e))) {
        text_keep(words, sizeof words, step->text);
        buf_put_str(&why, " (");
        buf_put_str(&why, words);
        buf_put_str(&why, ")");
    }
    buf_put_u8(&why, 0);
    k->closing = step->closed;
    if (step->closed && e == ERR_KEY)
        origin_key_refused(x, k);
    struct peer *p = x->peers[k->peer];
    link_close(x, k, e, (const char *)why.data);
    buf_clear(&why);
    if (step->closed && e == ERR_CARD_TAKEN)
        card_was_taken(x, p);
}

void
link_frame(struct exchange *x, const struct event *e)
{
    struct link *k = link_find(x, e->id);

    if (!k)
        return;
    const struct card_key *key =
        card_key_of(&x->peers[k->peer]->card.card, KEY_ROLE_SESSION);
    struct session_step step = {.send = &k->send, .arena = &x->arena};
    k->heard = x->now.mono;
    enum err bad =
        session_frame(k->session, e->data, key ? &key->key : NULL, &step);
    if (bad == OK && step.card.size)
        bad = adopt_card(x, k, step.card);
    if (bad == OK && step.deliver)
        bad = lane_frame(x, k, e->data);
    if (bad != OK) {
        close_for(x, k, bad, &step);
        return;
    }
    /* PROTOCOL cards: "When the card is in force, the connection MUST be
     * closed with code 25 and dialled again." */
    if (k->card_only && step.card.size) {
        link_close(x, k, ERR_CARD_TAKEN, err_text(ERR_CARD_TAKEN));
        return;
    }
    if (step.sign)
        ask_session(x, k);
    if (step.proven)
        link_proven(x, k);
}

void
link_signed(struct exchange *x, struct link *k, const struct sign_result *r)
{
    struct session_step step = {.send = &k->send, .arena = &x->arena};

    if (session_state(k->session) != SESSION_PROVING)
        return;
    session_signed(k->session, &r->proofs[0].key, &r->proofs[0].signature,
                   &step);
    if (step.proven)
        link_proven(x, k);
}

void
link_down(struct exchange *x, const struct event *e)
{
    struct link *k = link_find(x, e->id);
    char why[WHY_BYTES];

    if (!k)
        return;
    text_keep(why, sizeof why, e->data);
    notice(x, NOTICE_WARNING, why, x->peers[k->peer]->card.card.team.text);
    link_drop(x, k, why);
}

/* Look at a link's clock: HELLO and AUTH must come in time, an open session
 * is kept alive by PING. Tell whether it was closed. */
static bool
link_tick(struct exchange *x, struct link *k)
{
    if (k->deadline.ms > x->now.mono.ms)
        return false;
    uint64_t silent = x->now.mono.ms - k->heard.ms;
    if (!k->active || silent >= HEARD_MS_MAX ||
        x->now.mono.ms - k->since.ms >= SESSION_MS_MAX) {
        link_close(x, k, ERR_TIMEOUT, err_text(ERR_TIMEOUT));
        return true;
    }
    if (silent >= KEEPALIVE_MS)
        frame_ping_put(&k->send, &(struct frame_ping){x->now.mono.ms, false});
    k->deadline = mono_after(silent >= KEEPALIVE_MS ? x->now.mono : k->heard,
                             KEEPALIVE_MS);
    return false;
}

void
links_tick(struct exchange *x)
{
    for (size_t i = 0; i < x->link_count;)
        if (!link_tick(x, x->links[i]))
            i++;
}
