/* An answer of the control socket as the command prints it: rows for people,
 * which steer no terminal, and JSON for programs, which is JSON. */
#include "harness.h"

#include "cli/entry.h"
#include "core/formats/json.h"

#include <locale.h>
#include <stdlib.h>

#define BUDGET MIB(4)

static void
clean_check(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        assert(text.data[i] >= 0x20 && text.data[i] != 0x7f);
}

static void
see_nothing(void *context, const struct json_doc *doc)
{
    (void)context;
    (void)doc;
}

static void
see_element(void *context, const struct json_doc *doc, uint64_t position)
{
    (void)context;
    (void)doc;
    (void)position;
}

static void
see_end(void *context, const struct json_doc *doc, bool had_list)
{
    (void)context;
    (void)doc;
    (void)had_list;
}

static void
json_check(struct slice text)
{
    const struct json_handler handler = {
        .opened = see_nothing, .element = see_element, .closed = see_end};
    struct json_stream *s = json_stream_new(&handler, "no such list");
    enum err e = json_stream_feed(s, text);

    if (e == OK)
        e = json_stream_finish(s);
    assert(e == OK);
    json_stream_free(s);
}

static void
print_json(const struct entry *entry)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);

    assert(memory);
    struct json_out *j = json_out_new(memory);
    json_out_open(j, NULL);
    entry_json(j, entry);
    json_out_close(j);
    json_out_free(j);
    (void)fclose(memory);
    json_check(slice_of(text, size));
    free(text);
}

static void
print_rows(const struct control_answer *a, struct arena *arena, bool defang)
{
    static FILE *nowhere;
    struct grid grid = {0};

    if (!nowhere)
        nowhere = fopen("/dev/null", "we");
    assert(nowhere);
    entry_heading(&grid);
    for (size_t i = 0; i < a->record_count; i++) {
        struct entry entry;
        entry_read(&a->records[i], arena, &entry);
        entry_row(&grid, &entry, defang);
        if (defang)
            print_json(&entry);
    }
    clean_check(buf_slice(&grid.bytes));
    grid_print(&grid, nowhere);
    grid_clear(&grid);
}

static void
one(struct slice input)
{
    struct control_answer a;
    struct arena arena;

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    arena_init(&arena, BUDGET);
    if (control_answer_get(input, &arena, &a) == OK) {
        print_rows(&a, &arena, true);
        print_rows(&a, &arena, false);
    }
    arena_clear(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
