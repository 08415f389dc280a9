/* A body: submission id and message. What is read may be written, reads back
 * the same, and is judged. */
#include "harness.h"

#include "core/policy/policy.h"
#include "core/wire/message.h"
#include "core/wire/unknown.h"

static void
judge(const struct message *m)
{
    const struct agreement agreement = {.ceiling = TLP_AMBER,
                                        .community = true};
    struct verdict v;

    policy_may_take(&agreement, &m->head.marking, &v);
    assert(v.allowed || (v.reason && v.text));
    policy_may_send(&agreement, &m->head.marking, ORIGIN_OWN, &v);
    assert(v.allowed || (v.reason && v.text && v.advice));
    assert(message_kind_name(m->kind) && observable_name(m->head.observable));
    assert(tlp_label(m->head.marking.tlp) && pap_label(m->head.marking.pap));
}

static void
write_again(const struct message *m, struct arena *arena)
{
    struct buf first = {0}, second = {0};
    struct message read;

    /* A kind of 0 is kept like any that is not known, but never written. */
    assert((message_check(m) == OK) == (m->kind != MESSAGE_NONE));
    if (m->kind == MESSAGE_NONE)
        return;
    message_put(&first, m);
    arena_reset(arena);
    enum err e = message_get(buf_slice(&first), arena, &read);
    assert(e == OK);
    message_put(&second, &read);
    assert(slice_equal(buf_slice(&first), buf_slice(&second)));
    buf_clear(&first);
    buf_clear(&second);
}

static void
on_unknown(void *context, const struct unknown *u)
{
    assert(u->number && u->bytes.size <= ((struct slice *)context)->size);
}

/* What can be read can be told. */
static void
tell_unknown(struct slice bytes)
{
    struct arena arena;

    arena_init(&arena, DECODE_BUDGET_FACTOR * (bytes.size + KIB(4)));
    enum err e = unknown_each(bytes, &arena, on_unknown, &bytes);
    assert(e == OK);
    arena_clear(&arena);
}

static void
one(struct slice input)
{
    struct submission_id id;
    struct slice bytes;
    struct message m;
    struct arena arena;

    if (body_split(input, &id, &bytes) != OK)
        return;
    arena_init(&arena, DECODE_BUDGET_FACTOR * (bytes.size + KIB(4)));
    if (message_get(bytes, &arena, &m) == OK) {
        judge(&m);
        /* The first memory lives until the second message is written. */
        struct arena more;
        arena_init(&more, DECODE_BUDGET_FACTOR * (bytes.size + KIB(4)));
        write_again(&m, &more);
        arena_clear(&more);
        tell_unknown(bytes);
    }
    arena_clear(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
