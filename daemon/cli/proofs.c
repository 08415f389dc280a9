#include "cli/proofs.h"

/* Keys of the values that hold a signature over a size and root. */
struct signed_keys {
    const char *size, *root, *time, *key, *signature;
};

static const struct signed_keys checkpoint_keys = {
    "checkpoint-size", "checkpoint-root", "checkpoint-time-s", "checkpoint-key",
    "checkpoint-signature"};
static const struct signed_keys receipt_keys = {"receipt-size", "receipt-root",
                                                "receipt-time-s", "receipt-key",
                                                "receipt-signature"};

static bool
take_bytes(const struct control_record *r, const char *key, void *out,
           size_t size)
{
    struct slice bytes = control_bytes(r, key);

    if (bytes.size != size)
        return false;
    memcpy(out, bytes.data, size);
    return true;
}

static bool
take_signed(const struct control_record *r, const struct signed_keys *keys,
            struct checkpoint *out)
{
    out->size = record_u64(r, keys->size);
    out->time_s = record_u64(r, keys->time);
    return out->size > 0 &&
           take_bytes(r, keys->root, out->root.b, sizeof out->root.b) &&
           take_bytes(r, keys->key, out->key.b, sizeof out->key.b) &&
           take_bytes(r, keys->signature, out->signature.b,
                      sizeof out->signature.b);
}

bool
proof_checkpoint(const struct control_record *r, struct checkpoint *out)
{
    return take_signed(r, &checkpoint_keys, out);
}

bool
proof_receipt(const struct control_record *r, struct checkpoint *out)
{
    return take_signed(r, &receipt_keys, out);
}

/* ---- the prover --------------------------------------------------------- */

void
prover_begin(struct prover *p, struct daemon *d)
{
    *p = (struct prover){.daemon = d};
}

void
prover_clear(struct prover *p)
{
    if (p->begun) {
        known_card_clear(&p->origin);
        known_card_clear(&p->holder);
    }
    leaves_clear(&p->leaves);
    p->begun = false;
}

/* Turn to the lane of `e`, whose number is `lane`. */
static bool
turn_to(struct prover *p, uint32_t lane, const struct evidence *e)
{
    if (p->begun && p->lane == lane)
        return true;
    prover_clear(p);
    p->lane = lane;
    if (!known_card_fetch(p->daemon, e->origin.text, &p->origin))
        return false;
    if (!known_card_fetch(p->daemon, e->holder.text, &p->holder)) {
        known_card_clear(&p->origin);
        return false;
    }
    p->begun = true;
    return true;
}

/* Take from the record what evidence says; the rest is fetched. */
static enum err
read_record(const struct control_record *r, bool body, struct evidence *e)
{
    *e = (struct evidence){0};
    e->index = record_u64(r, "index");
    if (!team_name_parse(control_text(r, "origin"), &e->origin) ||
        !team_name_parse(control_text(r, "holder"), &e->holder) ||
        !take_bytes(r, "lane-id", e->lane.b, sizeof e->lane.b) ||
        !take_bytes(r, "record", e->record, sizeof e->record))
        return ERR_FORMAT;
    if (!proof_checkpoint(r, &e->checkpoint))
        return ERR_MISSING;
    e->has_receipt = proof_receipt(r, &e->receipt);
    e->size = e->checkpoint.size;
    e->root = e->checkpoint.root;
    if (body && take_bytes(r, "salt", e->salt, sizeof e->salt)) {
        e->has_body = true;
        e->body = control_bytes(r, "body");
    }
    return e->index < e->size ? OK : ERR_FORMAT;
}

/* Check it all, with the keys of both cards. */
static enum err
check(const struct prover *p, const struct evidence *e)
{
    struct vkey origin, holder;

    if (!known_card_key(&p->origin, KEY_ROLE_CHECKPOINT, &e->checkpoint.key,
                        &origin) ||
        (e->has_receipt && !known_card_key(&p->holder, KEY_ROLE_RECEIPT,
                                           &e->receipt.key, &holder)))
        return ERR_KEY;
    struct signatory by = {&e->origin, KEY_ROLE_CHECKPOINT, &origin.key};
    struct signatory to = {&e->holder, KEY_ROLE_RECEIPT, &holder.key};
    return evidence_verify(e, &by, e->has_receipt ? &to : NULL);
}

bool
prover_make(struct prover *p, const struct control_record *record, bool body,
            struct evidence *out, enum err *why)
{
    uint32_t lane = (uint32_t)record_u64(record, "lane");

    *why = read_record(record, body, out);
    if (*why != OK)
        return true;
    if (!turn_to(p, lane, out) ||
        !leaves_fetch(p->daemon, lane, out->size, &p->leaves))
        return false;
    leaves_prove(&p->leaves, out->index, out->size, &out->proof);
    *why = check(p, out);
    return true;
}
