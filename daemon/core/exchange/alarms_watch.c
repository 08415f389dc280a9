#include "core/exchange/inside.h"

#include "core/base/limits.h"

#define DAY_S UINT64_C(86400)

static void
sooner(struct exchange *x, uint64_t ms)
{
    x->next_watch = mono_earlier(x->next_watch, mono_after(x->now.mono, ms));
}

/* Warn of a card before it expires, and say when it has. */
static void
watch_card(struct exchange *x, const struct held_card *h, uint32_t peer)
{
    struct alarm_cause soon = alarm_of_peer(ALARM_CARD_EXPIRES, peer);
    struct alarm_cause late = alarm_of_peer(ALARM_CARD_EXPIRED, peer);
    uint64_t now_s = x->now.wall.ms / 1000;
    bool expired = h->card.expires_s <= now_s;
    uint64_t left_s = expired ? 0 : h->card.expires_s - now_s;
    bool expires = !expired && left_s <= CARD_WARN_DAYS * DAY_S;
    struct buf what = {0};

    buf_put_str(&what, "the card, version ");
    buf_put_decimal(&what, h->card.version);
    buf_put_str(&what, expired ? ", has expired" : ", expires in ");
    if (!expired) {
        buf_put_decimal(&what, left_s / DAY_S);
        buf_put_str(&what, " days");
    }
    buf_put_u8(&what, 0);
    alarm_while(x, &soon, expires, (const char *)what.data);
    alarm_while(x, &late, expired, (const char *)what.data);
    buf_clear(&what);
}

/* A peer that stays away: what follows a restart of its node is no alarm. */
static void
watch_link(struct exchange *x, uint32_t peer)
{
    struct peer *p = x->peers[peer];
    struct alarm_cause down = alarm_of_peer(ALARM_PEER_DOWN, peer);

    if (p->link || p->paused) {
        p->away = MONO_NEVER;
        alarm_while(x, &down, false, "");
        return;
    }
    if (p->away.ms == MONO_NEVER.ms)
        p->away = x->now.mono;
    uint64_t ms = x->now.mono.ms - p->away.ms;
    if (ms < PEER_DOWN_MS)
        sooner(x, PEER_DOWN_MS - ms);
    else
        alarm_while(x, &down, true,
                    p->trouble[0] ? p->trouble : "no connection yet");
}

static void
watch_disk(struct exchange *x)
{
    struct alarm_cause full = alarm_of_node(ALARM_DISK_FULL);
    struct buf what = {0};

    buf_put_decimal(&what, x->room / MIB(1));
    buf_put_str(&what, " MiB of messages are still taken, then none");
    buf_put_u8(&what, 0);
    alarm_while(x, &full, x->room != ROOM_PLENTY, (const char *)what.data);
    buf_clear(&what);
}

/* Look at what lasts until it is seen to have gone. */
void
alarms_watch(struct exchange *x)
{
    if (!x->started || x->now.mono.ms < x->next_watch.ms)
        return;
    x->next_watch = mono_after(x->now.mono, ALARM_WATCH_MS);
    watch_disk(x);
    watch_card(x, &x->card, NONE);
    for (uint32_t i = 0; i < x->peer_count; i++) {
        if (!x->peers[i]->confirmed)
            continue;
        watch_card(x, &x->peers[i]->card, i);
        watch_link(x, i);
    }
}

/* Something changed that an alarm may be about: look in this step. */
void
alarms_look(struct exchange *x)
{
    x->next_watch = (struct mono){0};
}
