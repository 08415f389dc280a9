#include "core/wire/card.h"

#include "card.pb-c.h"
#include "core/base/limits.h"
#include "core/wire/frames.h"
#include "core/wire/pack.h"
#include "core/wire/take.h"
#include "wire.pb-c.h"

#include <assert.h>

static bool
contact_is_empty(const struct card_contact *c)
{
    return !c->display_name.size && !c->email.size && !c->telephone.size &&
           !c->time_zone.size && !c->constituency.size && !c->web.size;
}

static Sealane__Card__Contact *
pack_contact(struct pack *p, const struct card_contact *c)
{
    if (contact_is_empty(c))
        return NULL;
    Sealane__Card__Contact *m = pack_array(p, 1, sizeof *m);
    *m = (Sealane__Card__Contact)SEALANE__CARD__CONTACT__INIT;
    m->display_name = pack_text(p, c->display_name);
    m->email = pack_text(p, c->email);
    m->telephone = pack_text(p, c->telephone);
    m->time_zone = pack_text(p, c->time_zone);
    m->constituency = pack_text(p, c->constituency);
    m->web = pack_text(p, c->web);
    return m;
}

static Sealane__Card__Key **
pack_keys(struct pack *p, const struct card *c)
{
    Sealane__Card__Key **list = pack_array(p, c->key_count, sizeof *list);
    Sealane__Card__Key *keys = pack_array(p, c->key_count, sizeof *keys);

    assert(c->key_count <= CARD_KEYS_MAX);
    for (size_t i = 0; i < c->key_count; i++) {
        const struct card_key *k = &c->keys[i];
        keys[i] = (Sealane__Card__Key)SEALANE__CARD__KEY__INIT;
        PACK_SET(keys[i], role, (Sealane__Card__Key__Role)k->role);
        PACK_SET(keys[i], algorithm, SEALANE__CARD__KEY__ALGORITHM__ED25519);
        PACK_SET(keys[i], public_key, pack_bytes(SLICE_ARRAY(k->key.b)));
        if (k->next)
            PACK_SET(keys[i], next, 1);
        list[i] = &keys[i];
    }
    return list;
}

static Sealane__Card__RevokedKey **
pack_revoked(struct pack *p, const struct card *c)
{
    Sealane__Card__RevokedKey **list =
        pack_array(p, c->revoked_count, sizeof *list);
    Sealane__Card__RevokedKey *keys =
        pack_array(p, c->revoked_count, sizeof *keys);

    assert(c->revoked_count <= CARD_REVOKED_MAX);
    for (size_t i = 0; i < c->revoked_count; i++) {
        const struct card_revoked *r = &c->revoked[i];
        keys[i] = (Sealane__Card__RevokedKey)SEALANE__CARD__REVOKED_KEY__INIT;
        PACK_SET(keys[i], key_id, pack_bytes(SLICE_ARRAY(r->key.b)));
        PACK_SET(keys[i], reason, (Sealane__Card__RevokedKey__Reason)r->reason);
        list[i] = &keys[i];
    }
    return list;
}

void
card_put(struct buf *out, const struct card *c)
{
    Sealane__Card__Card m = SEALANE__CARD__CARD__INIT;
    ProtobufCBinaryData certificates[CARD_CERTIFICATES_MAX];
    struct pack p;

    assert(c->address_count <= CARD_ADDRESSES_MAX);
    assert(c->certificate_count <= CARD_CERTIFICATES_MAX);
    pack_init(&p);
    m.team = (char *)c->team.text;
    m.short_name = pack_text(&p, c->short_name);
    PACK_SET(m, version, c->version);
    PACK_SET(m, expires, c->expires_s);
    m.contact = pack_contact(&p, &c->contact);
    m.n_keys = c->key_count;
    m.keys = pack_keys(&p, c);
    m.n_addresses = c->address_count;
    m.addresses = pack_texts(&p, c->addresses, c->address_count);
    PACK_SET(m, root_certificate, pack_bytes(c->root_certificate));
    for (size_t i = 0; i < c->certificate_count; i++)
        certificates[i] = pack_bytes(c->certificates[i]);
    m.n_tls_certificates = c->certificate_count;
    m.tls_certificates = certificates;
    if (c->revocation_list.size)
        PACK_SET(m, revocation_list, pack_bytes(c->revocation_list));
    m.n_revoked = c->revoked_count;
    m.revoked = pack_revoked(&p, c);
    pack_message(out, &m.base);
    pack_clear(&p);
}

/* People type and say it, and commands take it apart at '>' and '#'. */
static bool
is_short_name(struct slice name)
{
    if (name.size > SHORT_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' &&
            c != '.')
            return false;
    }
    return true;
}

static void
take_contact(const Sealane__Card__Contact *m, struct card_contact *out)
{
    if (!m)
        return;
    *out = (struct card_contact){
        .display_name = slice_str(m->display_name),
        .email = slice_str(m->email),
        .telephone = slice_str(m->telephone),
        .time_zone = slice_str(m->time_zone),
        .constituency = slice_str(m->constituency),
        .web = slice_str(m->web),
    };
}

static void
take_key(struct take *t, const Sealane__Card__Key *m, struct card_key *out)
{
    uint32_t role = take_u32(t, m->has_role, (uint32_t)m->role);
    uint32_t algorithm = take_u32(t, m->has_algorithm, (uint32_t)m->algorithm);

    /* PROTOCOL bytes: "Version 1 MUST use SHA-256 and Ed25519 alone; nothing is
     * negotiated." */
    if (algorithm != SEALANE__CARD__KEY__ALGORITHM__ED25519)
        take_fail(t, ERR_UNSUPPORTED);
    if (role == KEY_ROLE_NONE || role >= KEY_ROLE_COUNT) {
        take_fail(t, ERR_VALUE);
        return;
    }
    out->role = (enum key_role)role;
    TAKE_FIXED(t, m, public_key, out->key.b);
    out->next = m->has_next && m->next;
}

/* PROTOCOL cards: "A card MUST have at most one key in use and at most one that
 * is announced (next) for each role." */
static bool
keys_clash(const struct card_key *a, const struct card_key *b)
{
    return memcmp(a->key.b, b->key.b, PUBLIC_KEY_BYTES) == 0 ||
           (a->role == b->role && a->next == b->next);
}

static void
take_keys(struct take *t, const Sealane__Card__Card *m, struct card *out)
{
    if (m->n_keys > CARD_KEYS_MAX) {
        take_fail(t, ERR_LIMIT);
        return;
    }
    for (size_t i = 0; i < m->n_keys; i++) {
        take_key(t, m->keys[i], &out->keys[i]);
        for (size_t k = 0; k < i; k++)
            if (keys_clash(&out->keys[k], &out->keys[i]))
                take_fail(t, ERR_REPEATED);
    }
    out->key_count = m->n_keys;
}

static void
take_revoked(struct take *t, const Sealane__Card__Card *m, struct card *out)
{
    if (m->n_revoked > CARD_REVOKED_MAX) {
        take_fail(t, ERR_LIMIT);
        return;
    }
    for (size_t i = 0; i < m->n_revoked; i++) {
        const Sealane__Card__RevokedKey *r = m->revoked[i];
        TAKE_FIXED(t, r, key_id, out->revoked[i].key.b);
        out->revoked[i].reason =
            take_u32(t, r->has_reason, (uint32_t)r->reason);
    }
    out->revoked_count = m->n_revoked;
}

static void
take_lists(struct take *t, const Sealane__Card__Card *m, struct card *out)
{
    if (m->n_addresses > CARD_ADDRESSES_MAX ||
        m->n_tls_certificates > CARD_CERTIFICATES_MAX) {
        take_fail(t, ERR_LIMIT);
        return;
    }
    for (size_t i = 0; i < m->n_addresses; i++)
        out->addresses[i] = slice_str(m->addresses[i]);
    out->address_count = m->n_addresses;
    for (size_t i = 0; i < m->n_tls_certificates; i++)
        out->certificates[i] =
            slice_of(m->tls_certificates[i].data, m->tls_certificates[i].len);
    out->certificate_count = m->n_tls_certificates;
}

enum err
card_get(struct slice bytes, struct arena *arena, struct card *out)
{
    struct take t = {.arena = arena};
    struct card c = {0};
    const Sealane__Card__Card *m =
        take_message(&t, bytes, &sealane__card__card__descriptor);

    if (!m)
        return t.err;
    take_team(&t, m->team, &c.team);
    c.short_name = slice_str(m->short_name);
    if (!is_short_name(c.short_name))
        take_fail(&t, ERR_VALUE);
    c.version = TAKE_U64(&t, m, version);
    c.expires_s = TAKE_U64(&t, m, expires);
    take_contact(m->contact, &c.contact);
    take_keys(&t, m, &c);
    take_lists(&t, m, &c);
    c.root_certificate = TAKE_BYTES(&t, m, root_certificate);
    c.revocation_list =
        slice_of(m->revocation_list.data, m->revocation_list.len);
    take_revoked(&t, m, &c);
    if (!t.err)
        *out = c;
    return t.err;
}

/* The CARD frame's message with all that it points at. */
struct card_frame {
    Sealane__Wire__CardFrame m;
    Sealane__Wire__KeySignature keys[CARD_KEYS_MAX];
    Sealane__Wire__KeySignature *list[CARD_KEYS_MAX];
};

static void
card_frame_fill(struct card_frame *to, const struct signed_card *c)
{
    assert(c->key_count <= CARD_KEYS_MAX);
    to->m = (Sealane__Wire__CardFrame)SEALANE__WIRE__CARD_FRAME__INIT;
    PACK_SET(to->m, card, pack_bytes(c->card));
    PACK_SET(to->m, root_signature,
             pack_bytes(SLICE_ARRAY(c->root_signature.b)));
    for (size_t i = 0; i < c->key_count; i++) {
        Sealane__Wire__KeySignature *k = &to->keys[i];
        *k = (Sealane__Wire__KeySignature)SEALANE__WIRE__KEY_SIGNATURE__INIT;
        PACK_SET(*k, key_id, pack_bytes(SLICE_ARRAY(c->key_ids[i].b)));
        PACK_SET(*k, signature,
                 pack_bytes(SLICE_ARRAY(c->key_signatures[i].b)));
        to->list[i] = k;
    }
    to->m.n_keys = c->key_count;
    to->m.keys = to->list;
}

void
signed_card_put(struct buf *out, const struct signed_card *c)
{
    struct card_frame frame;

    card_frame_fill(&frame, c);
    pack_message(out, &frame.m.base);
}

void
frame_card_put(struct buf *out, const struct signed_card *c)
{
    struct card_frame frame;

    card_frame_fill(&frame, c);
    pack_frame(out, FRAME_CARD, &frame.m.base);
}

enum err
signed_card_get(struct slice bytes, struct arena *arena,
                struct signed_card *out)
{
    struct take t = {.arena = arena};
    struct signed_card c = {0};

    if (bytes.size > FRAME_CARD_MAX)
        return ERR_LIMIT;
    const Sealane__Wire__CardFrame *m =
        take_message(&t, bytes, &sealane__wire__card_frame__descriptor);
    if (!m)
        return t.err;
    if (m->n_keys > CARD_KEYS_MAX)
        return ERR_LIMIT;
    c.card = TAKE_BYTES(&t, m, card);
    TAKE_SIGNATURE(&t, m, root_signature, &c.root_signature);
    for (size_t i = 0; i < m->n_keys; i++) {
        const Sealane__Wire__KeySignature *k = m->keys[i];
        TAKE_FIXED(&t, k, key_id, c.key_ids[i].b);
        TAKE_SIGNATURE(&t, k, signature, &c.key_signatures[i]);
    }
    c.key_count = m->n_keys;
    if (!t.err)
        *out = c;
    return t.err;
}
