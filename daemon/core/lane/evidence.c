#include "core/lane/evidence.h"

#include "core/base/cursor.h"
#include "core/base/hex.h"
#include "core/crypto/base64.h"

#include <assert.h>

#define FIRST_LINE "c2sp.org/tlog-proof@v1"
#define DASH "\xe2\x80\x94 " /* U+2014 */
#define BODY_AT (LEAF_BYTES + SALT_BYTES)
#define SIGNED_LINE_BYTES (KEY_ID_BYTES + 8 + SIGNATURE_BYTES)

static void
put_signature(struct buf *out, const struct team_name *team, enum key_role role,
              const struct checkpoint *c)
{
    struct buf bytes = {0};

    buf_put(&bytes, SLICE_ARRAY(c->key.b));
    buf_put_u64(&bytes, c->time_s);
    buf_put(&bytes, SLICE_ARRAY(c->signature.b));
    buf_put_str(out, DASH);
    key_name(team, role, out);
    buf_put_str(out, " ");
    base64_put(out, buf_slice(&bytes));
    buf_put_str(out, "\n");
    buf_clear(&bytes);
}

static void
put_extra(struct buf *out, const struct evidence *e)
{
    struct buf bytes = {0};

    buf_put(&bytes, SLICE_ARRAY(e->record));
    if (e->has_body) {
        buf_put(&bytes, SLICE_ARRAY(e->salt));
        buf_put(&bytes, e->body);
    }
    buf_put_str(out, "extra ");
    base64_put(out, buf_slice(&bytes));
    buf_put_str(out, "\n");
    buf_clear(&bytes);
}

void
evidence_write(const struct evidence *e, struct buf *out)
{
    assert(e->proof.count <= PROOF_HASHES_MAX);
    buf_put_str(out, FIRST_LINE "\n");
    put_extra(out, e);
    buf_put_str(out, "index ");
    buf_put_decimal(out, e->index);
    buf_put_str(out, "\n");
    for (size_t i = 0; i < e->proof.count; i++) {
        base64_put(out, SLICE_ARRAY(e->proof.hashes[i].b));
        buf_put_str(out, "\n");
    }
    buf_put_str(out, "\n");
    checkpoint_text(&e->origin, &e->lane, e->size, &e->root, out);
    buf_put_str(out, "\n");
    put_signature(out, &e->origin, KEY_ROLE_CHECKPOINT, &e->checkpoint);
    if (e->has_receipt)
        put_signature(out, &e->holder, KEY_ROLE_RECEIPT, &e->receipt);
}

/* Take the next line off `file`, without its end; false if there is none. */
static bool
take_line(struct slice *file, struct slice *line)
{
    if (file->size == 0)
        return false;
    const uint8_t *end = memchr(file->data, '\n', file->size);
    if (!end)
        return false;
    *line = slice_of(file->data, (size_t)(end - file->data));
    file->data += line->size + 1;
    file->size -= line->size + 1;
    return true;
}

static bool
skip_prefix(struct slice *text, const char *prefix)
{
    struct slice p = slice_str(prefix);

    if (text->size < p.size || memcmp(text->data, p.data, p.size) != 0)
        return false;
    text->data += p.size;
    text->size -= p.size;
    return true;
}

static bool
cut_suffix(struct slice *text, const char *suffix)
{
    struct slice s = slice_str(suffix);

    if (text->size < s.size ||
        memcmp(text->data + text->size - s.size, s.data, s.size) != 0)
        return false;
    text->size -= s.size;
    return true;
}

/* Leading zeros pass here: whoever reads a file compares it as a whole. */
static bool
get_decimal(struct slice text, uint64_t *out)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (c < '0' || c > '9')
            return false;
        uint64_t digit = (uint64_t)(c - '0');
        if (n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return text.size > 0;
}

/* Read base64 of exactly `size` bytes. */
static bool
get_bytes(struct slice text, void *out, size_t size)
{
    struct buf bytes = {0};
    bool good = base64_get(text, &bytes) && bytes.size == size;

    if (good)
        memcpy(out, bytes.data, size);
    buf_clear(&bytes);
    return good;
}

static bool
take_extra(struct slice *file, struct buf *memory, struct evidence *e)
{
    struct slice line;
    size_t before = memory->size;

    if (!take_line(file, &line) || !skip_prefix(&line, "extra ") ||
        !base64_get(line, memory))
        return false;
    if (memory->size == before)
        return false;
    struct slice got = slice_of(memory->data + before, memory->size - before);
    e->has_body = got.size != LEAF_BYTES;
    if (e->has_body &&
        (got.size < BODY_AT || got.size > (size_t)BODY_AT + BODY_MAX))
        return false;
    memcpy(e->record, got.data, LEAF_BYTES);
    if (e->has_body) {
        memcpy(e->salt, got.data + LEAF_BYTES, SALT_BYTES);
        e->body = slice_of(got.data + BODY_AT, got.size - BODY_AT);
    }
    return true;
}

static bool
take_proof(struct slice *file, struct evidence *e)
{
    struct slice line;

    if (!take_line(file, &line) || !skip_prefix(&line, "index ") ||
        !get_decimal(line, &e->index))
        return false;
    while (take_line(file, &line)) {
        if (line.size == 0)
            return true;
        if (e->proof.count == PROOF_HASHES_MAX ||
            !get_bytes(line, e->proof.hashes[e->proof.count].b, HASH_BYTES))
            return false;
        e->proof.count++;
    }
    return false;
}

static bool
take_text(struct slice *file, struct evidence *e)
{
    struct slice line, hex;

    if (!take_line(file, &line) || line.size < 2 * HASH_BYTES)
        return false;
    line.size -= 2 * HASH_BYTES;
    hex = slice_of(line.data + line.size, 2 * HASH_BYTES);
    if (!hex_decode(hex, e->lane.b, HASH_BYTES) ||
        !cut_suffix(&line, "/sealane/v1/") ||
        !team_name_parse(line, &e->origin))
        return false;
    return take_line(file, &line) && get_decimal(line, &e->size) &&
           take_line(file, &line) &&
           get_bytes(line, e->root.b, sizeof e->root.b) &&
           take_line(file, &line) && line.size == 0;
}

static bool
take_signature(struct slice *file, const char *suffix, struct team_name *team,
               struct checkpoint *out)
{
    struct slice line, name;
    uint8_t bytes[SIGNED_LINE_BYTES];

    if (!take_line(file, &line) || !skip_prefix(&line, DASH))
        return false;
    const uint8_t *space = memchr(line.data, ' ', line.size);
    if (!space)
        return false;
    name = slice_of(line.data, (size_t)(space - line.data));
    line = slice_of(space + 1, line.size - name.size - 1);
    if (!cut_suffix(&name, suffix) || !team_name_parse(name, team) ||
        !get_bytes(line, bytes, sizeof bytes))
        return false;
    memcpy(out->key.b, bytes, KEY_ID_BYTES);
    out->time_s = get_be64(bytes + KEY_ID_BYTES);
    memcpy(out->signature.b, bytes + KEY_ID_BYTES + 8, SIGNATURE_BYTES);
    return true;
}

static bool
take_signatures(struct slice *file, struct evidence *e)
{
    struct team_name signer;

    e->checkpoint.size = e->size;
    e->checkpoint.root = e->root;
    if (!take_signature(file, "/sealane/checkpoint", &signer, &e->checkpoint))
        return false;
    e->has_receipt = file->size > 0;
    if (!e->has_receipt)
        return true;
    e->receipt.size = e->size;
    e->receipt.root = e->root;
    return take_signature(file, "/sealane/receipt", &e->holder, &e->receipt);
}

/* One value has one text: what we would not write, we do not read. */
static bool
is_text_of(const struct evidence *e, struct slice file)
{
    struct buf again = {0};

    evidence_write(e, &again);
    bool good = slice_equal(buf_slice(&again), file);
    buf_clear(&again);
    return good;
}

enum err
evidence_read(struct slice file, struct buf *memory, struct evidence *e)
{
    struct evidence got = {0};
    struct slice left = file, line;
    size_t before = memory->size;

    if (take_line(&left, &line) && slice_is(line, FIRST_LINE) &&
        take_extra(&left, memory, &got) && take_proof(&left, &got) &&
        take_text(&left, &got) && take_signatures(&left, &got) &&
        is_text_of(&got, file)) {
        *e = got;
        return OK;
    }
    memory->size = before;
    return ERR_FORMAT;
}

static enum err
verify_entry(const struct evidence *e)
{
    struct leaf leaf;
    struct hash h;
    enum err error = leaf_decode(SLICE_ARRAY(e->record), e->index, &leaf);

    if (error)
        return error;
    if (e->has_body) {
        leaf_commit(e->salt, e->body, &h);
        if (e->body.size != leaf.body_bytes ||
            !hash_equal(&h, &leaf.commitment))
            return ERR_COMMITMENT;
    }
    leaf_hash(e->record, &h);
    return merkle_verify(&h, e->index, e->size, &e->proof, &e->root);
}

/* The size and root that count are those of the file's text. */
static enum err
verify_signature(const struct evidence *e, const struct checkpoint *c,
                 const struct signatory *by)
{
    struct checkpoint at = *c;

    at.size = e->size;
    at.root = e->root;
    return checkpoint_verify(&at, &e->origin, &e->lane, by);
}

enum err
evidence_verify(const struct evidence *e, const struct signatory *origin,
                const struct signatory *holder)
{
    assert(origin->role == KEY_ROLE_CHECKPOINT);
    assert(!holder || holder->role == KEY_ROLE_RECEIPT);
    enum err error = verify_entry(e);
    if (error)
        return error;
    if (!team_name_equal(origin->team, &e->origin))
        return ERR_KEY;
    error = verify_signature(e, &e->checkpoint, origin);
    if (error || !holder)
        return error;
    if (!e->has_receipt)
        return ERR_MISSING;
    if (!team_name_equal(holder->team, &e->holder))
        return ERR_KEY;
    return verify_signature(e, &e->receipt, holder);
}
