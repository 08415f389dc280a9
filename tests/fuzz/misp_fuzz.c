/* A MISP document behind a byte that says the pieces: whole or in pieces, in
 * two passes, it reads the same; of what was not learnt all parts are red and
 * held. */
#include "harness.h"

#include "core/formats/detect.h"
#include "reading.h"

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
    const struct reading_task task = {
        FORMAT_MISP, {.as = OBSERVABLE_NONE}, part_item};
    const struct format_sink sink = {NULL, unlearnt_item, unlearnt_fault};

    if (input.size == 0)
        return;
    struct slice text = slice_from(input, 1);
    assert(format_name(formats_detect(text, slice_str("file.json"))));
    reading_twice(&task, text, (size_t)input.data[0] + 1);
    struct format_reader *r = format_reader_new(FORMAT_MISP, &sink, &task.wish);
    (void)!feed_pieces(r, text, SIZE_MAX);
    format_reader_free(r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_bounded(one, data, size);
}
