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

/* A peer that stays away, or whose sessions end as soon as they began: what
 * follows a restart of its node is no alarm. */
static void
watch_link(struct exchange *x, uint32_t peer)
{
    struct peer *p = x->peers[peer];
    struct alarm_cause down = alarm_of_peer(ALARM_PEER_DOWN, peer);

    uint64_t stands = p->link ? x->now.mono.ms - p->link->since.ms : 0;
    if (p->link && stands < LINK_STEADY_MS) {
        sooner(x, LINK_STEADY_MS - stands);
        return;
    }
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
put_gaps(const struct expunges *e, struct buf *out)
{
    uint64_t count = gaps_size(e);

    buf_put_str(out, "only the leaf record came of ");
    if (count > 1) {
        buf_put_decimal(out, count);
        buf_put_str(out, " messages, the first ");
    } else {
        buf_put_str(out, "message ");
    }
    buf_put_u8(out, '#');
    buf_put_decimal(out, e->gaps[0].index);
    buf_put_str(out, ", and no expunge names it");
    buf_put_u8(out, 0);
}

/* Content that did not come: an expunge that explains it may be on its way,
 * and comes within the session if it comes. */
static void
watch_gaps(struct exchange *x, uint32_t lane)
{
    struct lane *l = x->lanes[lane];
    struct alarm_cause cause = alarm_of_lane(x, ALARM_GAP, lane);
    struct buf what = {0};

    if (!l->expunges.gap_count)
        alarm_gone(x, &cause);
    if (!l->expunges.gap_count || l->restored || !x->peers[l->peer]->link) {
        l->gap_since = (struct mono){0};
        return;
    }
    if (!l->gap_since.ms)
        l->gap_since = x->now.mono;
    uint64_t ms = x->now.mono.ms - l->gap_since.ms;
    if (ms < GAP_MS) {
        sooner(x, GAP_MS - ms);
        return;
    }
    put_gaps(&l->expunges, &what);
    alarm_while(x, &cause, true, (const char *)what.data);
    buf_clear(&what);
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
    for (uint32_t i = 0; i < x->lane_count; i++)
        if (!x->lanes[i]->ours)
            watch_gaps(x, i);
}

/* Something changed that an alarm may be about: look in this step. */
void
alarms_look(struct exchange *x)
{
    x->next_watch = (struct mono){0};
}
