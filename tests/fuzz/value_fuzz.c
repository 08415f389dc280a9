/* An indicator's value behind a byte that says its type, 0 to recognise it:
 * a normal form is its own normal form, and what was made harmless to click
 * reads back as the same value. */
#include "harness.h"

#include "core/formats/value.h"

/* What need not read back, says value.h: a URL whose path may hold what
 * stands for a mark itself, a mailbox with a slash or its like. */
static bool
is_excepted(enum observable type, struct slice value)
{
    bool found = false;

    if (type == OBSERVABLE_EMAIL_ADDRESS)
        return memchr(value.data, '/', value.size) ||
               memchr(value.data, '?', value.size) ||
               memchr(value.data, '#', value.size);
    for (size_t i = 0; i < value.size; i++)
        found = found || strchr("[({\\", value.data[i]);
    return found && type == OBSERVABLE_URL;
}

static void
normal_check(enum observable type, struct slice normal, struct arena *arena)
{
    struct slice again;
    struct buf defanged = {0};
    enum err e = value_check(type, normal, arena, &again);

    assert(e == OK && slice_equal(again, normal));
    value_defang(type, normal, &defanged);
    e = value_check(type, buf_slice(&defanged), arena, &again);
    assert((e == OK && slice_equal(again, normal)) ||
           is_excepted(type, normal));
    buf_clear(&defanged);
}

static void
one(struct slice input)
{
    struct arena arena;
    enum observable type;
    struct slice normal;

    if (input.size == 0)
        return;
    enum observable as = (enum observable)(input.data[0] % OBSERVABLE_COUNT);
    struct slice text = slice_of(input.data + 1, input.size - 1);
    arena_init(&arena, MIB(4));
    if (as == OBSERVABLE_NONE) {
        if (value_detect(text, &arena, &type, &normal) == OK)
            normal_check(type, normal, &arena);
        if (value_from_rule(text, &arena, &type, &normal) == OK)
            normal_check(type, normal, &arena);
    } else if (value_check(as, text, &arena, &normal) == OK) {
        normal_check(as, normal, &arena);
    }
    arena_clear(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
