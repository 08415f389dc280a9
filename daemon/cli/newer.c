#include "cli/newer.h"

#include "cli/entry.h"
#include "core/wire/unknown.h"

/* Fields that are named to a person; the rest is counted. */
#define SHOWN_MAX 12

bool
newer_put_what(struct buf *out, const struct message *m)
{
    bool is_kind = m->kind >= MESSAGE_KIND_COUNT;

    if (!is_kind && (!m->has_head || m->head.observable < OBSERVABLE_COUNT))
        return false;
    buf_put_str(out, is_kind ? "unknown-kind-" : "unknown-type-");
    buf_put_decimal(out, is_kind ? m->kind : m->head.observable);
    return true;
}

/* ---- for people --------------------------------------------------------- */

struct names {
    struct buf *out;
    size_t count;
};

static void
on_name(void *context, const struct unknown *u)
{
    struct names *n = context;

    if (n->count++ >= SHOWN_MAX)
        return;
    buf_put_str(n->out, n->count > 1 ? ", " : "fields ");
    buf_put(n->out, u->path);
    buf_put_str(n->out, u->path.size ? "." : "");
    buf_put_decimal(n->out, u->number);
}

static void
put_part(struct buf *out, const char *what, uint64_t number)
{
    buf_put_str(out, what);
    buf_put_decimal(out, number);
    buf_put_str(out, "; ");
}

void
newer_put(struct buf *out, const struct message *m, struct slice bytes)
{
    struct names names = {out, 0};
    struct arena arena;

    if (m->kind >= MESSAGE_KIND_COUNT)
        put_part(out, "kind ", m->kind);
    if (m->has_head && m->head.observable >= OBSERVABLE_COUNT)
        put_part(out, "type ", m->head.observable);
    if (m->has_head && m->head.rules > HEAD_RULES)
        put_part(out, "rules ", m->head.rules);
    arena_init(&arena, ENTRY_BUDGET);
    if (unknown_each(bytes, &arena, on_name, &names) != OK)
        buf_put_str(out, "fields that cannot be read");
    arena_clear(&arena);
    if (names.count > SHOWN_MAX) {
        buf_put_str(out, " and ");
        text_put_counted(out, names.count - SHOWN_MAX, "more", "more");
    }
    if (!names.count && out->size > 2)
        out->size -= 2;
}

/* ---- for programs ------------------------------------------------------- */

struct fields {
    struct json_out *json;
    bool any;
};

static void
on_field(void *context, const struct unknown *u)
{
    static const char *const forms[] = {
        [0] = "varint", [1] = "fixed64", [2] = "bytes", [5] = "fixed32"};
    struct fields *f = context;

    if (!f->any)
        json_out_open_list(f->json, "unknown");
    f->any = true;
    json_out_open(f->json, NULL);
    json_out_text(f->json, "in", u->path);
    json_out_number(f->json, "field", u->number);
    if (u->form < ARRAY_SIZE(forms) && forms[u->form])
        json_out_str(f->json, "form", forms[u->form]);
    json_out_hex(f->json, "hex", u->bytes);
    json_out_close(f->json);
}

void
newer_json(struct json_out *j, const struct message *m, struct slice bytes)
{
    struct fields fields = {j, false};
    struct arena arena;

    if (m->kind >= MESSAGE_KIND_COUNT)
        json_out_number(j, "kind_number", m->kind);
    if (m->has_head && m->head.observable >= OBSERVABLE_COUNT)
        json_out_number(j, "observable_number", m->head.observable);
    if (m->has_head && m->head.rules > HEAD_RULES)
        json_out_number(j, "rules", m->head.rules);
    arena_init(&arena, ENTRY_BUDGET);
    if (unknown_each(bytes, &arena, on_field, &fields) == OK && fields.any)
        json_out_close_list(j);
    arena_clear(&arena);
}
