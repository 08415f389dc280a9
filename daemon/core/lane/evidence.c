#include "core/lane/evidence.h"

#include "core/crypto/base64.h"
#include "core/lane/note.h"

#include <assert.h>

#define FIRST_LINE "c2sp.org/tlog-proof@v1"
#define BODY_AT (LEAF_BYTES + SALT_BYTES)

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
    note_put_signature(out, &e->origin, KEY_ROLE_CHECKPOINT, &e->checkpoint);
    if (e->has_receipt)
        note_put_signature(out, &e->holder, KEY_ROLE_RECEIPT, &e->receipt);
}

static bool
take_extra(struct slice *file, struct buf *memory, struct evidence *e)
{
    struct slice line;
    size_t before = memory->size;

    if (!note_take_line(file, &line) || !note_skip(&line, "extra ") ||
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

    if (!note_take_line(file, &line) || !note_skip(&line, "index ") ||
        !note_decimal(line, &e->index))
        return false;
    while (note_take_line(file, &line)) {
        if (line.size == 0)
            return true;
        /* PROTOCOL tree: "A lane has at most 2^63 entries, and a proof MUST NOT
         * have more than 63 hashes." */
        if (e->proof.count == PROOF_HASHES_MAX ||
            !note_bytes(line, e->proof.hashes[e->proof.count].b, HASH_BYTES))
            return false;
        e->proof.count++;
    }
    return false;
}

static bool
take_lane(struct slice *file, struct evidence *e)
{
    struct checkpoint at = {0};
    struct slice line;

    if (!note_take_text(file, &e->origin, &e->lane, &at) ||
        !note_take_line(file, &line) || line.size > 0)
        return false;
    e->size = at.size;
    e->root = at.root;
    return true;
}

static bool
take_signatures(struct slice *file, struct evidence *e)
{
    struct team_name signer;

    e->checkpoint.size = e->size;
    e->checkpoint.root = e->root;
    if (!note_take_signature(file, KEY_ROLE_CHECKPOINT, &signer,
                             &e->checkpoint))
        return false;
    e->has_receipt = file->size > 0;
    if (!e->has_receipt)
        return true;
    e->receipt.size = e->size;
    e->receipt.root = e->root;
    return note_take_signature(file, KEY_ROLE_RECEIPT, &e->holder, &e->receipt);
}

/* PROTOCOL bytes: "A decimal number MUST have no sign and no leading zero; zero
 * is 0." */
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

/* PROTOCOL evidence: "A verifier MUST take a file only if it is exactly of this
 * form, with canonical base64 and decimals, and lower-case hexadecimal." */
enum err
evidence_read(struct slice file, struct buf *memory, struct evidence *e)
{
    struct evidence got = {0};
    struct slice left = file, line;
    size_t before = memory->size;

    if (note_take_line(&left, &line) && slice_is(line, FIRST_LINE) &&
        take_extra(&left, memory, &got) && take_proof(&left, &got) &&
        take_lane(&left, &got) && take_signatures(&left, &got) &&
        is_text_of(&got, file)) {
        *e = got;
        return OK;
    }
    memory->size = before;
    return ERR_FORMAT;
}

/* PROTOCOL evidence: "A verifier MUST check, and refuse where one fails: (1)
 * the leaf record has the right magic and version, a body length of at most
 * 16,777,216, and the index of the file" */
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

/* PROTOCOL tree: "The size of a tree MUST be taken from signed text alone,
 * because an inclusion proof that verifies does not prove the size." */
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
    /* PROTOCOL evidence: "A verifier MUST demand both signatures unless it was
     * told that no receipt is needed." */
    if (!e->has_receipt)
        return ERR_MISSING;
    if (!team_name_equal(holder->team, &e->holder))
        return ERR_KEY;
    return verify_signature(e, &e->receipt, holder);
}
