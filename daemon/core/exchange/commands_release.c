#include "core/exchange/commands.h"

#include "core/base/cursor.h"
#include "core/base/limits.h"
#include "core/crypto/base64.h"
#include "core/crypto/crypto.h"

/* Nothing is kept of a release before it is used: its code says all of it,
 * under a keyed hash with the node's secret. */
#define MAC_BYTES 16

/* So long one may be used: who released it remembers what it was. */
#define LIFE_MS (UINT64_C(7) * 24 * 3600 * 1000)

struct sealed {
    uint8_t mac[MAC_BYTES];  /* over all that follows */
    uint8_t file[MAC_BYTES]; /* its content */
    uint8_t to[MAC_BYTES];   /* the peers */
    uint32_t uid;
    struct wall time;
    struct slice why;
};

/* Tell it without telling by the time taken how much of it is right. */
static bool
is_same(const uint8_t a[MAC_BYTES], const uint8_t b[MAC_BYTES])
{
    uint8_t differing = 0;

    for (size_t i = 0; i < MAC_BYTES; i++)
        differing |= a[i] ^ b[i];
    return differing == 0;
}

/* Each use of the secret has a word of its own in front; stream ids begin
 * with the number of a user, which is far below these letters. */
static void
mac(const struct exchange *x, const char *use, struct slice bytes,
    uint8_t out[MAC_BYTES])
{
    const struct slice parts[] = {slice_str("sealane release "), slice_str(use),
                                  bytes};
    struct hash h;

    crypto_hmac(&h, SLICE_ARRAY(x->config.stream_secret), parts,
                ARRAY_SIZE(parts));
    memcpy(out, h.b, MAC_BYTES);
}

static enum err
mac_file(struct asking *a, uint8_t out[MAC_BYTES])
{
    struct slice hash = asking_bytes(a, "hash");

    if (hash.size != HASH_BYTES)
        return asking_fail(a, ERR_MISSING,
                           "a file is released; this request names none");
    mac(a->x, "file ", hash, out);
    return OK;
}

/* The order in which teams are named says nothing. */
static enum err
mac_peers(struct asking *a, uint8_t out[MAC_BYTES])
{
    bool is_named[PEERS_MAX] = {false};
    struct named_peers to;
    struct buf names = {0};
    enum err e = asking_peers(a, &to);

    if (e != OK)
        return e;
    for (size_t i = 0; i < to.count; i++)
        is_named[to.at[i]] = true;
    for (uint32_t i = 0; i < a->x->peer_count; i++)
        if (is_named[i]) {
            buf_put_str(&names, a->x->peers[i]->card.card.team.text);
            buf_put_u8(&names, 0);
        }
    mac(a->x, "to ", buf_slice(&names), out);
    buf_clear(&names);
    return OK;
}

/* Write what the first hash covers. */
static void
sealed_put(struct buf *out, const struct sealed *s)
{
    buf_put(out, SLICE_ARRAY(s->file));
    buf_put(out, SLICE_ARRAY(s->to));
    buf_put_u32(out, s->uid);
    buf_put_u64(out, s->time.ms);
    buf_put(out, s->why);
}

static void
sealed_mac(const struct exchange *x, const struct sealed *s,
           uint8_t out[MAC_BYTES])
{
    struct buf bytes = {0};

    sealed_put(&bytes, s);
    mac(x, "code ", buf_slice(&bytes), out);
    buf_clear(&bytes);
}

/* Read a code's bytes into memory that lasts as long as the request. */
static bool
sealed_get(struct asking *a, struct slice text, struct sealed *out)
{
    struct buf bytes = {0};
    struct slice kept;
    bool good = base64_get(text, &bytes) &&
                arena_copy(&a->memory, buf_slice(&bytes), &kept);
    struct cursor c = cursor_of(good ? kept : (struct slice){0});

    buf_clear(&bytes);
    cursor_copy(&c, out->mac, MAC_BYTES);
    cursor_copy(&c, out->file, MAC_BYTES);
    cursor_copy(&c, out->to, MAC_BYTES);
    out->uid = cursor_u32(&c);
    out->time.ms = cursor_u64(&c);
    out->why = cursor_bytes(&c, c.left);
    return !c.bad;
}

/* ---- making -------------------------------------------------------------- */

enum err
answer_release(struct asking *a)
{
    struct slice why = asking_value(a, "why");
    struct sealed s = {
        .uid = (uint32_t)a->event->b, .time = a->x->now.wall, .why = why};
    struct buf bytes = {0}, text = {0};
    enum err e;

    if (why.size == 0)
        return asking_fail(a, ERR_MISSING, "say why it may go: --reason TEXT");
    if (why.size >= WHY_BYTES)
        return asking_fail(a, ERR_LIMIT, "the reason is longer than 255 bytes");
    e = mac_file(a, s.file);
    if (e == OK)
        e = mac_peers(a, s.to);
    if (e != OK)
        return e;
    sealed_mac(a->x, &s, s.mac);
    buf_put(&bytes, SLICE_ARRAY(s.mac));
    sealed_put(&bytes, &s);
    base64_put(&text, buf_slice(&bytes));
    control_add_text(&a->answer, "code", buf_slice(&text));
    control_add_number(&a->answer, "until-ms", (int64_t)(s.time.ms + LIFE_MS));
    control_end_record(&a->answer);
    buf_clear(&bytes);
    buf_clear(&text);
    return OK;
}

/* ---- judging ------------------------------------------------------------- */

/* Say which part of it is not as it must be. */
static enum err
judge(struct asking *a, const struct sealed *s)
{
    uint8_t is[MAC_BYTES], file[MAC_BYTES], to[MAC_BYTES];
    enum err e = mac_file(a, file);

    if (e == OK)
        e = mac_peers(a, to);
    if (e != OK)
        return e;
    sealed_mac(a->x, s, is);
    if (!is_same(is, s->mac))
        return asking_fail(a, ERR_VALUE,
                           "this is no release code of this node");
    if (!is_same(file, s->file))
        return asking_fail(a, ERR_FORBIDDEN,
                           "this code releases another file, or this one "
                           "before it was changed");
    if (!is_same(to, s->to))
        return asking_fail(a, ERR_FORBIDDEN,
                           "this code releases the file to other teams");
    if (s->uid == a->event->b)
        return asking_fail(a, ERR_FORBIDDEN,
                           "you made this code yourself: a second person "
                           "releases, and another one submits");
    if (a->x->now.wall.ms > s->time.ms + LIFE_MS)
        return asking_fail(a, ERR_FORBIDDEN,
                           "this code is older than 7 days; have it released "
                           "again");
    return OK;
}

/* PROTOCOL misp-events: "What is held is not submitted, and that is said with
 * its reason, unless a second person has released it." */
enum err
asking_release(struct asking *a, struct release_code *out)
{
    struct slice text = asking_value(a, "release");
    struct sealed s = {0};
    enum err e;

    *out = (struct release_code){.text = text};
    if (text.size == 0)
        return OK;
    if (!sealed_get(a, text, &s))
        return asking_fail(a, ERR_VALUE,
                           "this is no release code; sealane release makes "
                           "one");
    e = judge(a, &s);
    if (e != OK)
        return e;
    out->why = s.why;
    out->uid = s.uid;
    out->time = s.time;
    return OK;
}

enum err
answer_release_check(struct asking *a)
{
    struct release_code code;
    enum err e = asking_release(a, &code);

    if (e != OK)
        return e;
    if (code.text.size == 0)
        return asking_fail(a, ERR_MISSING, "there is no release code");
    control_add_number(&a->answer, "by", code.uid);
    control_add_text(&a->answer, "why", code.why);
    control_add_number(&a->answer, "time-ms", (int64_t)code.time.ms);
    control_end_record(&a->answer);
    return OK;
}

void
release_keep(struct asking *a, uint64_t number, const struct release_code *code)
{
    struct buf line = {0};
    char why[WHY_BYTES];

    if (code->text.size == 0)
        return;
    emit(a->x, &(struct fact){.type = FACT_RELEASED,
                              .number = number,
                              .item = code->uid,
                              .text = code->why,
                              .time = code->time});
    text_keep(why, sizeof why, code->why);
    buf_put_str(&line, "S-");
    buf_put_decimal(&line, number);
    buf_put_str(&line, ": user ");
    buf_put_decimal(&line, code->uid);
    buf_put_str(&line, " has released what its source holds back");
    buf_put_u8(&line, 0);
    notice(a->x, NOTICE_INFO, why, (const char *)line.data);
    buf_clear(&line);
}
