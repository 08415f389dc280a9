#include "core/formats/json_check.h"

#include "core/base/mem.h"
#include "core/formats/json.h"

#define CHECK_BUDGET JSON_BYTES_MAX

struct json_check {
    struct json_stream *json;
    struct arena arena;
    struct slice object;
    bool is_good;
};

static void
on_opened(void *context, const struct json_doc *around)
{
    (void)context;
    (void)around;
}

static void
on_element(void *context, const struct json_doc *element, uint64_t position)
{
    (void)context;
    (void)element;
    (void)position;
}

static void
on_closed(void *context, const struct json_doc *object, bool had_list)
{
    struct json_check *c = context;
    uint32_t token;

    arena_reset(&c->arena);
    if (had_list || object->fault ||
        json_repeated(object, &c->arena, &token) != OK || token)
        return;
    c->is_good = true;
    c->object = json_raw(object, 0);
}

struct json_check *
json_check_new(void)
{
    struct json_check *c = mem_new(sizeof *c);
    const struct json_handler handler = {c, on_opened, on_element, on_closed};

    c->json = json_stream_new(&handler, NULL);
    arena_init(&c->arena, CHECK_BUDGET);
    return c;
}

void
json_check_free(struct json_check *c)
{
    if (!c)
        return;
    json_stream_free(c->json);
    arena_clear(&c->arena);
    mem_free(c);
}

bool
json_check(struct json_check *c, struct slice bytes, struct slice *out)
{
    json_stream_restart(c->json);
    c->is_good = false;
    if (json_stream_feed(c->json, bytes) != OK ||
        json_stream_finish(c->json) != OK || !c->is_good)
        return false;
    *out = c->object;
    return true;
}
