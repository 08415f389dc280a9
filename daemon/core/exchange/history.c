#include "core/exchange/inside.h"

#include "core/base/mem.h"

static struct key_era *
find(const struct key_history *h, enum key_role role, const struct key_id *id)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->list[i].role == role && key_id_equal(&h->list[i].id, id))
            return &h->list[i];
    return NULL;
}

const struct key_era *
history_find(const struct key_history *h, enum key_role role,
             const struct key_id *id)
{
    return find(h, role, id);
}

void
history_clear(struct key_history *h)
{
    mem_free(h->list);
    *h = (struct key_history){0};
}

static bool
is_known(const struct key_history *h, const struct card_key *k)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->list[i].role == k->role &&
            memcmp(h->list[i].key.b, k->key.b, PUBLIC_KEY_BYTES) == 0)
            return true;
    return false;
}

static enum err
add(struct key_history *h, const struct card *c, const struct card_key *k)
{
    struct key_id id;

    if (is_known(h, k))
        return OK;
    key_id_of(&c->team, k->role, &k->key, &id);
    if (find(h, k->role, &id))
        return OK;
    if (h->count == KEY_ERAS_MAX)
        return ERR_LIMIT;
    if (h->count == h->capacity) {
        h->capacity = h->capacity ? 2 * h->capacity : 4;
        h->list = mem_resize(h->list, h->capacity, sizeof *h->list);
    }
    h->list[h->count++] = (struct key_era){
        .role = k->role, .key = k->key, .id = id, .since = c->version};
    return OK;
}

/* A key that the card does not name as in use is so no longer; once it was
 * called compromised it stays so. */
static void
end(struct key_era *era, const struct card *c)
{
    const struct card_key *now = card_key_of(c, era->role);

    if (now && memcmp(now->key.b, era->key.b, PUBLIC_KEY_BYTES) == 0)
        era->until = 0;
    else if (!era->until)
        era->until = c->version;
    for (size_t i = 0; i < c->revoked_count; i++)
        if (c->revoked[i].reason == CARD_REVOKED_COMPROMISED &&
            key_id_equal(&c->revoked[i].key, &era->id))
            era->compromised = true;
}

enum err
history_note(struct key_history *h, const struct card *c)
{
    for (size_t i = 0; i < c->key_count; i++) {
        enum err e = c->keys[i].next ? OK : add(h, c, &c->keys[i]);
        if (e != OK)
            return e;
    }
    for (size_t i = 0; i < h->count; i++)
        end(&h->list[i], c);
    return OK;
}

/* PROTOCOL cards: "A key that a card called compromised MUST NOT be taken into
 * use by a later card." */
enum err
history_allows(const struct key_history *h, const struct card *c)
{
    struct key_id id;

    if (h->count + c->key_count > KEY_ERAS_MAX)
        return ERR_LIMIT;
    for (size_t i = 0; i < c->key_count; i++) {
        key_id_of(&c->team, c->keys[i].role, &c->keys[i].key, &id);
        const struct key_era *era = find(h, c->keys[i].role, &id);
        if (era && era->compromised)
            return ERR_CARD;
    }
    return OK;
}

/* Keys of a role follow one another: tell whether `a` came before `b`. */
bool
history_is_before(const struct key_history *h, enum key_role role,
                  const struct key_id *a, const struct key_id *b)
{
    return find(h, role, a) < find(h, role, b);
}
