/* A MISP document behind a byte that says the pieces: whole or in pieces, in
 * two passes, it reads the same; of what was not learnt all parts are red and
 * held. */
#include "harness.h"

#include "core/formats/detect.h"
#include "core/formats/misp.h"
#include "reading.h"

static enum err
feed(struct misp_reader *r, struct slice text, size_t piece)
{
    enum err e = OK;

    while (e == OK && text.size) {
        size_t n = piece < text.size ? piece : text.size;
        e = misp_reader_feed(r, slice_of(text.data, n));
        text = slice_of(text.data + n, text.size - n);
    }
    return e == OK ? misp_reader_finish(r) : e;
}

static void
part_item(void *context, const struct format_item *item)
{
    const struct message *m = &item->message;
    struct reading *r = context;

    assert(m->has_package && m->has_head && m->content.size);
    assert(!item->hold == !item->advice);
    assert(m->kind != MESSAGE_INDICATOR || m->head.value.size ||
           m->head.pattern.size);
    buf_put_u8(&r->out, item->hold != NULL);
    if (m->head.value.size)
        reading_value(context, item);
    else
        reading_item(context, item);
}

static void
read_in(struct slice text, size_t piece, struct reading *out)
{
    const struct format_sink sink = {out, part_item, reading_fault};
    struct misp_reader *r = misp_reader_new(&sink);

    misp_reader_learn(r);
    buf_put_u8(&out->out, (uint8_t)feed(r, text, piece));
    misp_reader_deliver(r);
    buf_put_u8(&out->out, (uint8_t)feed(r, text, piece));
    misp_reader_free(r);
}

/* What was not learnt is red and held. */
static void
unlearnt_item(void *context, const struct format_item *item)
{
    (void)context;
    if (item->message.kind == MESSAGE_PACKAGE)
        return;
    assert(item->has_tlp && item->message.head.marking.tlp == TLP_RED);
    assert(item->hold);
}

static void
unlearnt_fault(void *context, const struct format_fault *fault)
{
    (void)context;
    (void)fault;
}

static void
one(struct slice input)
{
    struct reading whole, pieces;
    const struct format_sink sink = {NULL, unlearnt_item, unlearnt_fault};

    if (input.size == 0)
        return;
    size_t piece = (size_t)input.data[0] + 1;
    struct slice text = slice_of(input.data + 1, input.size - 1);
    assert(format_name(formats_detect(text, slice_str("file.json"))));
    reading_init(&whole);
    reading_init(&pieces);
    read_in(text, SIZE_MAX, &whole);
    read_in(text, piece, &pieces);
    assert(slice_equal(buf_slice(&whole.out), buf_slice(&pieces.out)));
    reading_clear(&whole);
    reading_clear(&pieces);
    struct misp_reader *r = misp_reader_new(&sink);
    (void)!feed(r, text, SIZE_MAX);
    misp_reader_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
