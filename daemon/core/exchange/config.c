#include "core/exchange/config.h"

#include "core/base/cursor.h"

#include <assert.h>
#include <stddef.h>

static void
put_text(struct buf *out, struct slice text)
{
    assert(text.size <= UINT32_MAX);
    buf_put_u32(out, (uint32_t)text.size);
    buf_put(out, text);
}

static struct slice
get_text(struct cursor *c)
{
    return cursor_bytes(c, cursor_u32(c));
}

void
config_put(struct buf *out, const struct config *c)
{
    put_text(out, slice_str(c->team.text));
    buf_put(out, SLICE_ARRAY(c->boot_id));
    put_text(out, c->card);
    buf_put_u64(out, c->boot_time.ms);
    buf_put_u8(out, (uint8_t)c->default_tlp);
    buf_put_u32(out, c->batches_in_flight);
    buf_put_u64(out, c->body_bytes_max);
    buf_put_u64(out, c->retention_ms);
    buf_put_u64(out, c->disk_bytes);
    buf_put_u64(out, c->user_bytes);
    buf_put(out, SLICE_ARRAY(c->stream_secret));
    buf_put_u32(out, (uint32_t)c->peer_count);
    for (size_t i = 0; i < c->peer_count; i++) {
        const struct config_peer *p = &c->peers[i];
        put_text(out, slice_str(p->team.text));
        buf_put_u8(out, (uint8_t)p->ceiling);
        buf_put_u8(out, p->community);
        buf_put_u8(out, p->dial);
        put_text(out, p->address);
        buf_put_u64(out, p->disk_bytes);
    }
}

static enum err
get_peer(struct cursor *c, struct config_peer *p)
{
    memset(p, 0, sizeof *p);
    if (!team_name_parse(get_text(c), &p->team))
        return ERR_FORMAT;
    p->ceiling = tlp_from_byte(cursor_u8(c));
    p->community = cursor_u8(c) != 0;
    p->dial = cursor_u8(c) != 0;
    p->address = get_text(c);
    p->disk_bytes = cursor_u64(c);
    return OK;
}

enum err
config_get(struct slice bytes, struct config *out)
{
    struct cursor c = cursor_of(bytes);

    memset(out, 0, offsetof(struct config, peers));
    if (!team_name_parse(get_text(&c), &out->team))
        return ERR_FORMAT;
    cursor_copy(&c, out->boot_id, sizeof out->boot_id);
    out->card = get_text(&c);
    out->boot_time.ms = cursor_u64(&c);
    out->default_tlp = tlp_from_byte(cursor_u8(&c));
    out->batches_in_flight = cursor_u32(&c);
    out->body_bytes_max = cursor_u64(&c);
    out->retention_ms = cursor_u64(&c);
    out->disk_bytes = cursor_u64(&c);
    out->user_bytes = cursor_u64(&c);
    cursor_copy(&c, out->stream_secret, sizeof out->stream_secret);
    out->peer_count = cursor_u32(&c);
    if (out->peer_count > PEERS_MAX)
        return ERR_LIMIT;
    for (size_t i = 0; i < out->peer_count; i++) {
        enum err e = get_peer(&c, &out->peers[i]);
        if (e != OK)
            return e;
    }
    if (!cursor_done(&c))
        return ERR_FORMAT;
    if (out->batches_in_flight < 1 ||
        out->batches_in_flight > BATCHES_IN_FLIGHT_MAX ||
        out->body_bytes_max > BODY_MAX)
        return ERR_VALUE;
    return OK;
}
