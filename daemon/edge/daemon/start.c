#include "edge/daemon/start.h"

#include "core/base/mem.h"
#include "edge/daemon/files.h"
#include "edge/daemon/log.h"
#include "edge/daemon/sources.h"

static void
config_fill(const struct settings *s, struct slice card, struct config *c)
{
    uint64_t share = files_disk_share(s);

    c->team = s->team;
    /* PROTOCOL sessions: "boot_id MUST be 16 random bytes that a node makes
     * anew at each start." */
    random_fill(c->boot_id, sizeof c->boot_id);
    c->card = card;
    c->boot_time = clocks_read().wall;
    c->default_tlp = s->default_tlp;
    c->batches_in_flight = s->batches_in_flight;
    c->body_bytes_max = s->body_bytes_max;
    c->retention_ms = s->retention_ms;
    c->disk_bytes = s->disk_bytes_per_peer ? s->disk_bytes_per_peer : share;
    c->user_bytes = s->disk_bytes_per_user ? s->disk_bytes_per_user : share;
    c->peer_count = s->peer_count;
    for (size_t i = 0; i < s->peer_count; i++)
        c->peers[i] = (struct config_peer){
            .team = s->peers[i].team,
            .ceiling = s->peers[i].ceiling,
            .community = s->peers[i].community,
            .address = slice_str(s->peers[i].address),
            .dial = s->peers[i].dial,
            .disk_bytes =
                s->peers[i].disk_bytes ? s->peers[i].disk_bytes : c->disk_bytes,
        };
}

enum err
start_put(const struct settings *s, struct buf *out)
{
    struct config *c = mem_new(sizeof *c);
    struct buf card = {0}, secret = {0};
    enum err e = files_read(s, "card", FRAME_CARD_MAX, &card);

    if (!e)
        e = files_read(s, "stream.secret", sizeof c->stream_secret, &secret);
    if (!e && secret.size != sizeof c->stream_secret) {
        log_say(NOTICE_ALARM, "stream.secret must have 32 bytes");
        e = ERR_FORMAT;
    }
    if (!e) {
        memcpy(c->stream_secret, secret.data, secret.size);
        config_fill(s, buf_slice(&card), c);
        config_put(out, c);
    }
    buf_clear(&card);
    buf_clear(&secret);
    mem_free(c);
    return e;
}
