/* A STIX pattern: what the check takes has values, what it refuses has none to
 * rely on; where a fault stands, the pattern ends or goes wrong: nothing that
 * comes behind it matters. */
#include "harness.h"

#include "core/formats/stix_pattern.h"
#include "core/formats/value.h"

struct seen {
    struct arena *arena;
    size_t count;
};

static void
take(void *context, enum observable type, struct slice value)
{
    struct seen *s = context;
    struct slice again;

    s->count++;
    enum err e = value_check(type, value, s->arena, &again);
    assert(e == ERR_BUDGET || (e == OK && slice_equal(value, again)));
}

/* The part before a fault, with bytes behind it that no token begins with, is
 * at fault there or before. */
static void
fault_check(struct slice text, const struct pattern_fault *fault,
            struct arena *arena)
{
    struct pattern_fault again;

    assert(fault->text && fault->code != OK && fault->at <= text.size);
    if (stix_pattern_check(slice_of(text.data, fault->at), arena, &again))
        return;
    assert(again.code == ERR_BUDGET || again.at <= fault->at);
}

static void
one(struct slice text)
{
    struct arena arena;
    struct pattern_fault fault;
    struct pattern_summary summary;
    struct seen seen = {&arena, 0};
    const struct pattern_values sink = {&seen, take};

    arena_init(&arena, MIB(4));
    bool good = stix_pattern_check(text, &arena, &fault);
    enum err e = stix_pattern_values(text, &arena, &sink, &summary);
    assert(seen.count == summary.values && seen.count <= PATTERN_VALUES_MAX);
    assert(e == ERR_BUDGET || e == (good ? OK : fault.code));
    if (!good)
        fault_check(text, &fault, &arena);
    arena_clear(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
