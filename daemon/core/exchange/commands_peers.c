#include "core/exchange/commands.h"

#include "core/base/limits.h"
#include "core/base/mem.h"
#include "core/crypto/crypto.h"
#include "core/exchange/view.h"
#include "core/wire/message.h"

#include <assert.h>

static void
describe_peer(struct asking *a, uint32_t peer)
{
    const struct peer *p = a->x->peers[peer];
    struct pairing_code code;
    struct buf groups = {0};

    if (view_pairing(a->x, peer, &code) != OK)
        assert(false && "both cards are there");
    for (size_t i = 0; i < PAIRING_GROUPS; i++) {
        buf_put_str(&groups, i ? " " : "");
        buf_put_str(&groups, code.groups[i]);
    }
    control_add_text(&a->answer, "team", slice_str(p->card.card.team.text));
    control_add_text(&a->answer, "short-name", p->card.card.short_name);
    control_add_text(&a->answer, "code", buf_slice(&groups));
    control_add_text(&a->answer, "state",
                     slice_str(p->confirmed ? "confirmed" : "unconfirmed"));
    if (p->paused)
        control_add_truth(&a->answer, "paused", true);
    control_end_record(&a->answer);
    buf_clear(&groups);
}

enum err
answer_peer_add(struct asking *a)
{
    struct exchange *x = a->x;
    struct held_card fresh = {0};
    uint32_t number = x->peer_count;
    enum err e = held_card_set(&fresh, asking_bytes(a, "card"), NULL);
    struct team_name team = fresh.card.team;

    held_card_clear(&fresh);
    if (e != OK)
        return asking_fail(a, e,
                           "this is not a good card: ask the team for its "
                           "card file again");
    if (team_name_equal(&team, &x->config.team))
        return asking_fail(a, ERR_WRONG_TEAM, "this is our own card");
    if (peer_named(x, &team, &number)) {
        e = peer_adopt_card(x, number, asking_bytes(a, "card"));
        if (e == ERR_KEY)
            return asking_fail(a, e,
                               "this card is under another root than the one "
                               "pinned for that team");
        if (e != OK && e != ERR_STALE)
            return asking_fail(a, e, err_text(e));
    } else if (number == PEERS_MAX) {
        return asking_fail(a, ERR_LIMIT, "a node has at most 256 peers");
    } else {
        emit(x, &(struct fact){.type = FACT_PEER,
                               .peer = number,
                               .text = asking_bytes(a, "card")});
    }
    peers_configure(x);
    describe_peer(a, number);
    return OK;
}

static bool
same_digits(struct slice typed, const struct pairing_code *code)
{
    size_t n = 0;

    for (size_t i = 0; i < typed.size; i++) {
        char c = (char)typed.data[i];
        if (c < '0' || c > '9')
            continue;
        if (n == 4 * PAIRING_GROUPS || c != code->groups[n / 4][n % 4])
            return false;
        n++;
    }
    return n == 4 * PAIRING_GROUPS;
}

enum err
answer_peer_confirm(struct asking *a)
{
    struct exchange *x = a->x;
    struct pairing_code code;
    uint32_t peer;

    if (asking_value(a, "with").size > WORDS_MAX)
        return asking_fail(a, ERR_LIMIT, "the name is longer than 1,024 bytes");
    if (view_find_peer(x, asking_value(a, "team"), &peer) != OK)
        return asking_fail(
            a, ERR_NOT_FOUND,
            "no such peer; add its card first with 'sealane peer "
            "add FILE'");
    if (view_pairing(x, peer, &code) != OK ||
        !same_digits(asking_value(a, "groups"), &code))
        return asking_fail(
            a, ERR_AUTH,
            "the groups of digits are not the same on both sides: "
            "nothing is confirmed. Read them out again; if they "
            "differ, one of the cards is not genuine");
    if (!x->peers[peer]->confirmed) {
        emit(x, &(struct fact){.type = FACT_CONFIRMED,
                               .peer = peer,
                               .text = asking_value(a, "with"),
                               .time = x->now.wall});
        peer_make_lanes(x, peer);
        alarms_look(x);
    }
    describe_peer(a, peer);
    return OK;
}

/* Find the peer whose pause is to change; the words of who does it are kept
 * with it. */
static enum err
wanted_peer(struct asking *a, uint32_t *peer)
{
    if (asking_value(a, "with").size > WORDS_MAX)
        return asking_fail(a, ERR_LIMIT, "the text is longer than 1,024 bytes");
    if (view_find_peer(a->x, asking_value(a, "team"), peer) != OK)
        return asking_fail(a, ERR_NOT_FOUND,
                           "no such peer; see 'sealane peer list'");
    return OK;
}

static void
set_paused(struct asking *a, uint32_t peer, bool paused)
{
    emit(a->x, &(struct fact){.type = FACT_PAUSED,
                              .peer = peer,
                              .code = paused,
                              .item = a->event->b,
                              .text = asking_value(a, "with"),
                              .time = a->x->now.wall});
    alarms_look(a->x);
}

enum err
answer_peer_pause(struct asking *a)
{
    uint32_t peer;
    enum err e = wanted_peer(a, &peer);

    if (e != OK)
        return e;
    if (!a->x->peers[peer]->paused) {
        set_paused(a, peer, true);
        links_close(a->x, peer, ERR_PAUSED);
    }
    describe_peer(a, peer);
    return OK;
}

enum err
answer_peer_resume(struct asking *a)
{
    uint32_t peer;
    enum err e = wanted_peer(a, &peer);

    if (e != OK)
        return e;
    struct peer *p = a->x->peers[peer];
    if (p->paused) {
        set_paused(a, peer, false);
        p->trouble[0] = 0;
        p->backoff_ms = 0;
        p->next_dial = a->x->now.mono;
    }
    describe_peer(a, peer);
    return OK;
}
