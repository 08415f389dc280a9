/* A warninglist behind a byte that says whose it is and how large the pieces
 * are: whatever it holds, it is taken or said, each entry of an own list that
 * has one value is found again, and looking up ends. */
#include "harness.h"

#include "core/formats/value.h"
#include "core/formats/warning_read.h"

#include <assert.h>

static void
on_fault(void *context, const struct format_fault *fault)
{
    (void)context;
    assert(fault->text && fault->code != OK);
}

static void
read_in(struct warnings *w, bool own, struct slice text, size_t piece)
{
    const struct format_sink sink = {NULL, NULL, on_fault};
    struct warning_reader *r = own ? warning_reader_own(w, "own", &sink)
                                   : warning_reader_misp(w, &sink);
    enum err e = OK;

    while (e == OK && text.size) {
        size_t n = piece < text.size ? piece : text.size;
        e = warning_reader_feed(r, slice_of(text.data, n));
        text = slice_of(text.data + n, text.size - n);
    }
    if (e == OK)
        e = warning_reader_finish(r);
    (void)e;
    warning_reader_free(r);
}

static void
look_up(const struct warnings *w, struct slice text, bool must)
{
    struct arena arena;
    enum observable type = OBSERVABLE_NONE;
    struct slice value;
    struct warning found;

    arena_init(&arena, MIB(2));
    if (value_detect(text, &arena, &type, &value) == OK) {
        bool is = warnings_find(w, type, value, &found);
        assert(!is || found.list);
        assert(is || !must);
    }
    arena_clear(&arena);
}

/* A line that is its value, without the marks of lists. */
static bool
is_one_word(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] <= ' ')
            return false;
    return text.size && text.size < 64 && text.data[0] < 0x80 &&
           !strchr("|.", text.data[0]);
}

static void
one(struct slice input)
{
    if (input.size < 2)
        return;
    bool own = input.data[0] & 1;
    struct slice text = slice_of(input.data + 1, input.size - 1);
    struct warnings *w = warnings_new(input.data[0] & 2);
    size_t all = warnings_count(w);
    read_in(w, own, text, (size_t)(input.data[0] >> 2) + 1);
    bool must = own && warnings_count(w) == all + 1 && is_one_word(text);
    warnings_ready(w);
    look_up(w, text, must);
    warnings_free(w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
