#include "core/model/card.h"

#include <assert.h>

const struct card_key *
card_key_of(const struct card *c, enum key_role role)
{
    for (size_t i = 0; i < c->key_count; i++)
        if (c->keys[i].role == role && !c->keys[i].next)
            return &c->keys[i];
    return NULL;
}

const char *
key_role_name(enum key_role role)
{
    static const char *const names[KEY_ROLE_COUNT] = {
        [KEY_ROLE_NONE] = "none",
        [KEY_ROLE_SESSION] = "session",
        [KEY_ROLE_CHECKPOINT] = "checkpoint",
        [KEY_ROLE_RECEIPT] = "receipt",
    };

    assert(role < KEY_ROLE_COUNT);
    return names[role];
}
