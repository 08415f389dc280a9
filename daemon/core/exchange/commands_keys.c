#include "core/exchange/commands.h"

#include "core/base/limits.h"

#define ANSWER_BYTES KIB(64)

static const char *const states[SIGN_KEY_STATE_COUNT] = {
    [SIGN_KEY_MADE] = "made",
    [SIGN_KEY_IN_USE] = "in use",
    [SIGN_KEY_RETIRING] = "retiring",
    [SIGN_KEY_DESTROYED] = "destroyed",
};

static bool
role_named(struct slice name, enum key_role *out)
{
    for (int r = KEY_ROLE_SESSION; r < KEY_ROLE_COUNT; r++)
        if (slice_is(name, key_role_name((enum key_role)r))) {
            *out = (enum key_role)r;
            return true;
        }
    return false;
}

static struct asked
who_asks(const struct asking *a, enum sign_op op)
{
    return (struct asked){
        .op = op, .client = a->event->id, .request = a->request.id};
}

/* The keys that the signer holds; with `make`, after making the next one of
 * that role. */
enum err
answer_keys(struct asking *a)
{
    struct slice make = asking_value(a, "make");
    struct sign_request_op op = {.op = SIGN_KEYS, .action = SIGN_KEYS_LIST};
    struct asked who = who_asks(a, SIGN_KEYS);

    if (make.size) {
        op.action = SIGN_KEYS_MAKE;
        if (!role_named(make, &op.role))
            return asking_fail(a, ERR_VALUE,
                               "roles are session, checkpoint and receipt");
    }
    ask(a->x, &op, &who);
    a->later = true;
    return OK;
}

static void
add_key(struct control_builder *b, const struct exchange *x,
        const struct sign_key *k)
{
    struct key_id id;

    key_id_of(&x->config.team, k->role, &k->key, &id);
    control_add_text(b, "role", slice_str(key_role_name(k->role)));
    control_add_text(b, "state", slice_str(states[k->state]));
    control_add_bytes(b, "key", SLICE_ARRAY(k->key.b));
    control_add_bytes(b, "key-id", SLICE_ARRAY(id.b));
    const struct key_era *era = history_find(&x->keys, k->role, &id);
    control_add_number(b, "since", era ? (int64_t)era->since : 0);
    control_end_record(b);
}

void
answer_ring(struct exchange *x, const struct asked *a,
            const struct sign_result *r)
{
    struct control_answer answer = {.id = a->request, .code = r->code};
    struct control_builder b;
    struct arena memory;

    arena_init(&memory, ANSWER_BYTES);
    control_begin(&b, &memory);
    for (size_t i = 0; r->code == OK && i < r->count; i++)
        add_key(&b, x, &r->keys[i]);
    answer.records = b.records;
    answer.record_count = b.record_count;
    asking_answer(x, a->client, &answer,
                  r->code == OK ? ""
                  : r->code == ERR_NOT_NOW
                      ? "both places of that role are taken: the last rotation "
                        "is not finished; see 'sealane key list'"
                      : err_text(r->code));
    arena_clear(&memory);
}

static void
add_card(struct control_builder *b, const struct card *c)
{
    control_add_text(b, "team", slice_str(c->team.text));
    control_add_number(b, "version", (int64_t)c->version);
    control_end_record(b);
}

void
answer_imported(struct exchange *x, const struct asked *a, enum err e,
                const char *why)
{
    struct control_answer answer = {.id = a->request, .code = e};
    struct control_builder b;
    struct arena memory;

    arena_init(&memory, ANSWER_BYTES);
    control_begin(&b, &memory);
    if (e == OK)
        add_card(&b, &x->card.card);
    answer.records = b.records;
    answer.record_count = b.record_count;
    asking_answer(x, a->client, &answer, e == OK ? "" : why);
    arena_clear(&memory);
}

static enum err
import_own(struct asking *a)
{
    struct asked who = who_asks(a, SIGN_CARD);
    const char *why = "";
    enum err e = own_import(a->x, asking_bytes(a, "card"), &who, &why);

    if (e == ERR_EXISTS) {
        add_card(&a->answer, &a->x->card.card);
        return OK;
    }
    a->later = e == OK;
    return e == OK ? OK : asking_fail(a, e, why);
}

static enum err
import_peer(struct asking *a, uint32_t peer)
{
    struct exchange *x = a->x;
    enum err e = peer_adopt_card(x, peer, asking_bytes(a, "card"));

    if (e == ERR_KEY)
        return asking_fail(a, e,
                           "this card is under another root than the one "
                           "pinned for that team: ask them by phone");
    if (e == ERR_STALE)
        return asking_fail(a, e, "a newer card of that team is held already");
    if (e == ERR_MISSING)
        return asking_fail(a, e,
                           "the keys of this card have not signed it: ask that "
                           "team for what 'sealane card export' writes");
    if (e != OK)
        return asking_fail(a, e, err_text(e));
    add_card(&a->answer, &x->peers[peer]->card.card);
    x->peers[peer]->next_dial = x->now.mono;
    return OK;
}

/* Any road will do for a card: it proves itself. */
enum err
answer_card_import(struct asking *a)
{
    struct held_card card = {0};
    enum err e = held_card_offer(&card, asking_bytes(a, "card"), NULL);
    struct team_name team = card.card.team;
    uint32_t peer;

    held_card_clear(&card);
    if (e != OK)
        return asking_fail(a, e, "this is not a good card");
    if (team_name_equal(&team, &a->x->config.team))
        return import_own(a);
    if (peer_named(a->x, &team, &peer))
        return import_peer(a, peer);
    return asking_fail(a, ERR_NOT_FOUND,
                       "this team is no peer yet: 'sealane peer add FILE'");
}
