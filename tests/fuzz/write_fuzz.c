/* Messages that a peer may have made, behind a byte of options and one of the
 * marking: whatever they hold, what is written of them is good JSON, a table
 * whose rows have all columns, or a list of lines. Messages are separated by
 * zeros; one that begins with a brace is content, of STIX or of MISP, another
 * one a value behind the byte of its type. */
#include "harness.h"

#include "core/base/mem.h"
#include "core/base/utf8.h"
#include "core/formats/csv_rows.h"
#include "core/formats/formats.h"
#include "core/formats/json.h"
#include "core/formats/misp.h"
#include "core/formats/stix.h"

#define WRAPPING "{\"response\":[{\"Event\":{}}]}"

struct written {
    struct buf out;
    uint64_t losses;
    size_t columns;
    bool is_good;
};

static void
on_bytes(void *context, struct slice bytes)
{
    struct written *w = context;

    buf_put(&w->out, bytes);
}

static void
on_loss(void *context, const struct format_loss *loss)
{
    struct written *w = context;

    assert(loss->why && loss_name(loss->loss));
    w->losses++;
}

/* ---- messages ----------------------------------------------------------- */

static void
put(struct format_writer *writer, struct slice text, uint8_t mark, uint64_t at)
{
    static const char *const types[] = {
        MISP_ATTRIBUTE_CONTENT, MISP_OBJECT_CONTENT, MISP_EVENT_CONTENT,
        STIX_CONTENT_TYPE, STIX_20_CONTENT_TYPE};
    struct format_item item = {.has_tlp = true};
    struct message *m = &item.message;
    struct head *h = &m->head;

    if (text.size == 0 || utf8_bad_at(text) < text.size)
        return;
    m->kind = mark & 0x40 ? MESSAGE_PACKAGE : MESSAGE_OBJECT;
    m->has_package = m->has_head = true;
    m->package.source = slice_str("stix");
    m->package.position = at;
    m->package.count = mark & 0x20 ? 1 : 0;
    h->marking.tlp = (enum tlp)(mark % 5);
    h->marking.pap = (enum pap)(mark / 5 % 5);
    h->use = mark & 0x80 ? USE_NONE : USE_UNSTATED;
    if (text.data[0] == '{') {
        m->content = text;
        m->content_type = slice_str(types[mark & 0x10     ? text.size % 3
                                          : text.size % 2 ? 3
                                                          : 4]);
        m->package.holder = text.size % 2;
        h->object_id = slice_of(text.data, text.size < 40 ? text.size : 40);
        if (utf8_bad_at(h->object_id) < h->object_id.size)
            h->object_id.size = 0;
    } else {
        h->observable = text.data[0];
        h->value = slice_of(text.data + 1, text.size - 1);
        h->role = h->value;
        h->labels = &h->value;
        h->label_count = 1;
        if (utf8_bad_at(h->value) < h->value.size)
            return;
    }
    format_writer_put(writer, &item);
}

/* ---- what came out ------------------------------------------------------ */

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
    (void)context;
    (void)object;
    (void)had_list;
}

static void
check_json(struct slice text)
{
    const struct json_handler handler = {NULL, on_opened, on_element,
                                         on_closed};
    struct json_stream *s = json_stream_new(&handler, "objects");
    enum err e = json_stream_feed(s, text);

    if (e == OK)
        e = json_stream_finish(s);
    assert(e == OK);
    json_stream_free(s);
}

static void
on_row(void *context, const struct csv_row *row)
{
    struct written *w = context;

    w->is_good = w->is_good && row->code == OK &&
                 (w->columns == 0 || w->columns == row->count);
    w->columns = row->count;
}

static void
check_table(struct written *w)
{
    struct csv_rows *rows = mem_new(sizeof *rows);

    w->is_good = true;
    csv_rows_init(rows, w, on_row);
    csv_rows_feed(rows, buf_slice(&w->out));
    csv_rows_finish(rows);
    assert(w->is_good || w->out.size > CSV_FIELD_MAX);
    csv_rows_clear(rows);
    mem_free(rows);
}

static void
one(struct slice input)
{
    struct written w = {0};
    const struct format_out out = {&w, on_bytes, on_loss};

    if (input.size < 2)
        return;
    uint8_t options = input.data[0], mark = input.data[1];
    static const enum format formats[] = {FORMAT_STIX, FORMAT_CSV, FORMAT_LIST,
                                          FORMAT_MISP};
    const enum format to = formats[options >> 6];
    const struct format_task task = {.is_mixed = options & 4,
                                     .marks = options & 8,
                                     .is_exact = options & 32,
                                     .is_foreign = true,
                                     .around = slice_str(WRAPPING),
                                     .is_mentioned = options & 16};
    struct format_writer *writer = format_writer_new(to, &task, &out);
    uint64_t at = 0;
    for (size_t from = 2, i = 2; i <= input.size; i++)
        if (i == input.size || input.data[i] == 0) {
            put(writer, slice_of(input.data + from, i - from), mark, at++);
            from = i + 1;
        }
    format_writer_finish(writer);
    format_writer_free(writer);
    /* Several objects that stood alone are lines of JSON, each good. */
    if (to == FORMAT_MISP || (to == FORMAT_STIX && !((mark & 0x20) && at > 1)))
        check_json(buf_slice(&w.out));
    if (to == FORMAT_CSV)
        check_table(&w);
    buf_clear(&w.out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
