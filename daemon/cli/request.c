#include "cli/request.h"

#include "cli/commands.h"
#include "core/crypto/base64.h"

static const char heading[] = "sealane card request v1";

static void
put_bytes(struct buf *out, const char *name, struct slice bytes)
{
    buf_put_str(out, name);
    buf_put_u8(out, ' ');
    base64_put(out, bytes);
    buf_put_u8(out, '\n');
}

static const char *
role_name(size_t i)
{
    return key_role_name((enum key_role)(i + KEY_ROLE_SESSION));
}

void
request_put(struct buf *out, const struct request *r)
{
    buf_put_str(out, heading);
    buf_put_str(out, "\nteam ");
    buf_put_str(out, r->card.card.team.text);
    buf_put_u8(out, '\n');
    put_bytes(out, "card", buf_slice(&r->card.proof));
    for (size_t i = 0; i < REQUEST_ROLES; i++)
        put_bytes(out, role_name(i), SLICE_ARRAY(r->keys[i].b));
    for (size_t i = 0; i < r->tls_count; i++)
        put_bytes(out, "tls", buf_slice(&r->tls[i]));
    for (size_t i = 0; i < REQUEST_ROLES; i++) {
        if (!r->compromised[i])
            continue;
        buf_put_str(out, "compromised ");
        buf_put_str(out, role_name(i));
        buf_put_u8(out, '\n');
    }
    if (r->tls_compromised)
        buf_put_str(out, "compromised tls\n");
    buf_put_str(out, "end\n");
}

/* ---- reading ------------------------------------------------------------- */

struct reading {
    struct request *r;
    unsigned seen; /* bit 0 the card, then one for each role */
    bool ended;
};

static bool
take_compromised(struct request *r, struct slice role)
{
    for (size_t i = 0; i < REQUEST_ROLES; i++)
        if (slice_is(role, role_name(i)))
            return r->compromised[i] = true;
    return slice_is(role, "tls") && (r->tls_compromised = true);
}

static bool
take_key(struct reading *g, size_t role, struct slice bytes)
{
    if (bytes.size != PUBLIC_KEY_BYTES || g->seen >> (role + 1) & 1)
        return false;
    g->seen |= 2u << role;
    memcpy(g->r->keys[role].b, bytes.data, bytes.size);
    return true;
}

static bool
take_tls(struct request *r, struct slice bytes)
{
    if (r->tls_count == REQUEST_TLS_MAX || !bytes.size)
        return false;
    buf_put(&r->tls[r->tls_count++], bytes);
    return true;
}

static bool
take_bytes(struct reading *g, struct slice name, struct slice text)
{
    struct buf bytes = {0};
    bool good = base64_get(text, &bytes), known = false;

    for (size_t i = 0; good && i < REQUEST_ROLES; i++)
        if (slice_is(name, role_name(i))) {
            known = true;
            good = take_key(g, i, buf_slice(&bytes));
        }
    if (good && !known && slice_is(name, "tls")) {
        good = take_tls(g->r, buf_slice(&bytes));
    } else if (good && !known) {
        good = slice_is(name, "card") && !(g->seen & 1) &&
               known_card_read(buf_slice(&bytes), &g->r->card) == OK;
        g->seen |= good;
    }
    buf_clear(&bytes);
    return good;
}

static bool
take_line(struct reading *g, struct slice line)
{
    const uint8_t *space = memchr(line.data, ' ', line.size);
    size_t size = space ? (size_t)(space - line.data) : line.size;
    struct slice name = slice_of(line.data, size);
    struct slice rest =
        space ? slice_of(space + 1, line.size - size - 1) : (struct slice){0};

    if (slice_is(line, "end"))
        return g->ended = true;
    if (slice_is(name, "team"))
        return true; /* for people; the card says it too */
    if (slice_is(name, "compromised"))
        return take_compromised(g->r, rest);
    return space && take_bytes(g, name, rest);
}

static struct slice
line_next(struct slice *text)
{
    const uint8_t *end = memchr(text->data, '\n', text->size);
    size_t size = end ? (size_t)(end - text->data) : text->size;
    struct slice line = slice_of(text->data, size);

    size += end != NULL;
    *text = slice_of(text->data + size, text->size - size);
    return line;
}

bool
request_get(struct slice text, struct request *out)
{
    struct request r = {0};
    struct reading g = {.r = &r};
    size_t number = 1;
    bool good = text.size && slice_is(line_next(&text), heading);

    while (good && text.size && !g.ended) {
        number++;
        good = take_line(&g, line_next(&text));
    }
    if (good && g.ended && !text.size && g.seen == 15 && r.tls_count) {
        *out = r;
        return true;
    }
    (void)complain("line %zu: this is no request of 'sealane card request', or "
                   "it was cut",
                   number);
    if (g.seen & 1)
        known_card_clear(&r.card);
    g.seen = 0;
    for (size_t i = 0; i < REQUEST_TLS_MAX; i++)
        buf_clear(&r.tls[i]);
    return false;
}

void
request_clear(struct request *r)
{
    known_card_clear(&r->card);
    for (size_t i = 0; i < REQUEST_TLS_MAX; i++)
        buf_clear(&r->tls[i]);
}
