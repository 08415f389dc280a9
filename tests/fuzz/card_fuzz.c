/* A card's bytes: what is read is written and read again, and must then be
 * the same. */
#include "harness.h"

#include "core/wire/card.h"

static void
one(struct slice input)
{
    struct arena arena, more;
    struct card card, again;
    struct buf first = {0}, second = {0};

    arena_init(&arena, DECODE_BUDGET_FACTOR * FRAME_CARD_MAX);
    arena_init(&more, DECODE_BUDGET_FACTOR * FRAME_CARD_MAX);
    if (card_get(input, &arena, &card) == OK) {
        for (int role = KEY_ROLE_SESSION; role < KEY_ROLE_COUNT; role++) {
            const struct card_key *k = card_key_of(&card, (enum key_role)role);
            assert(!k || (int)k->role == role);
        }
        card_put(&first, &card);
        enum err e = card_get(buf_slice(&first), &more, &again);
        assert(e == OK);
        card_put(&second, &again);
        assert(slice_equal(buf_slice(&first), buf_slice(&second)));
    }
    buf_clear(&first);
    buf_clear(&second);
    arena_clear(&arena);
    arena_clear(&more);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
