/*
 * misp_say - what a reader handed over, as a line of text.
 */
#ifndef TESTS_MISP_SAY_H
#define TESTS_MISP_SAY_H

#include "core/base/buf.h"
#include "core/formats/reader.h"

static inline void
kit_put(struct buf *out, const char *name, struct slice value)
{
    if (value.size == 0)
        return;
    buf_put_str(out, out->size ? " " : "");
    buf_put_str(out, name);
    buf_put(out, value);
}

static inline void
kit_put_observed(struct buf *out, const char *name, unsigned observable,
                 struct slice value)
{
    if (value.size == 0)
        return;
    buf_put_str(out, out->size ? " " : "");
    buf_put_str(out, name);
    buf_put_str(out, observable_name(observable));
    kit_put(out, "", value);
}

static inline void
kit_describe(const struct format_item *item, struct buf *out)
{
    const struct head *h = &item->message.head;

    kit_put_observed(out, "", h->observable, h->value);
    kit_put(out, "pattern ", h->pattern_language);
    for (size_t i = 0; i < h->value_count; i++)
        kit_put_observed(out, "or ", h->values[i].observable,
                         h->values[i].value);
    for (size_t i = 0; i < h->mentioned_count; i++)
        kit_put_observed(out, "with ", h->mentioned[i].observable,
                         h->mentioned[i].value);
    kit_put(out, "use ", slice_str(use_name(h->use)));
    if (item->has_tlp)
        kit_put(out, "", slice_str(tlp_label(h->marking.tlp)));
    if (h->marking.pap)
        kit_put(out, "", slice_str(pap_label(h->marking.pap)));
    for (size_t i = 0; i < h->label_count; i++)
        kit_put(out, "#", h->labels[i]);
    kit_put(out, "by ", h->producer);
    kit_put(out, "at ", h->modified);
    kit_put(out, "", slice_str(h->revoked ? "revoked" : ""));
    kit_put(out, "HELD ", slice_str(item->hold));
    kit_put(out, "-> ", slice_str(item->advice));
}

#endif
