#include "core/exchange/inside.h"

#include "core/base/limits.h"

#define DAY_S UINT64_C(86400)

static void
sooner(struct exchange *x, uint64_t ms)
{
    x->next_watch = mono_earlier(x->next_watch, mono_after(x->now.mono, ms));
}

static void
put_end(struct buf *out, const struct card_ending *end, uint64_t version,
        uint64_t now_s)
{
    buf_put_str(out, end->what);
    buf_put_str(out, ", version ");
    buf_put_decimal(out, version);
    buf_put_str(out, end->at_s <= now_s ? ", has expired" : ", expires in ");
    if (end->at_s > now_s) {
        buf_put_decimal(out, (end->at_s - now_s) / DAY_S);
        buf_put_str(out, " days");
    }
    buf_put_u8(out, 0);
}

/* Warn before something ends, each time that it becomes more urgent, and say
 * when it has. The kinds come as causes of `soon` and `late`. */
static void
watch_end(struct exchange *x, const struct card_ending *end, uint64_t version,
          struct alarm_cause soon, const struct alarm_cause *late)
{
    static const uint64_t days[] = {EXPIRY_FIRST_DAYS, EXPIRY_SECOND_DAYS,
                                    EXPIRY_LAST_DAYS};
    uint64_t now_s = x->now.wall.ms / 1000;
    bool expired = end->at_s <= now_s;
    uint64_t left_s = expired ? 0 : end->at_s - now_s;
    struct buf what = {0};

    put_end(&what, end, version, now_s);
    for (size_t i = 0; i < ARRAY_SIZE(days); i++) {
        bool last = i + 1 == ARRAY_SIZE(days);
        soon.index = days[i];
        alarm_while(x, &soon,
                    !expired && left_s <= days[i] * DAY_S &&
                        (last || left_s > days[i + 1] * DAY_S),
                    (const char *)what.data);
    }
    alarm_while(x, late, expired, (const char *)what.data);
    buf_clear(&what);
}

static void
watch_card(struct exchange *x, const struct held_card *h, uint32_t peer)
{
    static const struct {
        enum alarm_kind soon, late;
    } kinds[END_COUNT] = {
        [END_CARD] = {ALARM_CARD_EXPIRES, ALARM_CARD_EXPIRED},
        [END_CERTIFICATE] = {ALARM_CERTIFICATE_EXPIRES,
                             ALARM_CERTIFICATE_EXPIRED},
    };

    for (size_t i = 0; i < END_COUNT; i++) {
        struct alarm_cause late = alarm_of_peer(kinds[i].late, peer);
        if (h->ends[i].what)
            watch_end(x, &h->ends[i], h->card.version,
                      alarm_of_peer(kinds[i].soon, peer), &late);
    }
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

/* PROTOCOL limits: "A holder SHOULD bound what the messages of one peer take of
 * its disk, ask for nothing more where the bound is reached, and keep the
 * session open." */
static void
watch_quota(struct exchange *x, uint32_t peer)
{
    const struct peer *p = x->peers[peer];
    struct alarm_cause low = alarm_of_peer(ALARM_PEER_QUOTA, peer);
    struct buf what = {0};

    buf_put_str(&what, "their messages take ");
    buf_put_decimal(&what, quota_used(p) / MIB(1));
    buf_put_str(&what, " MiB of ");
    buf_put_decimal(&what, p->config.disk_bytes / MIB(1));
    buf_put_str(&what, " MiB that they may (disk-bytes); what is left is still "
                       "taken, then nothing more is asked of them");
    buf_put_u8(&what, 0);
    alarm_while(x, &low, quota_left(p) < DISK_BYTES_LOW,
                (const char *)what.data);
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
        watch_quota(x, i);
    }
}

/* Something changed that an alarm may be about: look in this step. */
void
alarms_look(struct exchange *x)
{
    x->next_watch = (struct mono){0};
}
