#include "cli/sanity.h"

#include "cli/text.h"
#include "core/formats/value.h"

void
sanity_put(struct buf *out, const struct warning *w,
           const struct observed *value)
{
    struct buf shown = {0};

    if (value) {
        value_defang(value->observable, value->value, &shown);
        text_put_clean(out, buf_slice(&shown));
        buf_put_str(out, ": ");
        buf_clear(&shown);
    }
    switch (w->kind) {
    case WARNING_RANGE:
        buf_put_str(out, "hardly an indicator: ");
        break;
    case WARNING_LIST:
        buf_put_str(out, "on the warninglist ");
        break;
    case WARNING_NEVER:
        buf_put_str(out, "never to be blocked, by our list ");
        break;
    }
    text_put_clean(out, slice_str(w->list));
}

const char *
sanity_advice(const struct warning *w)
{
    return w->kind == WARNING_NEVER ? "--use notify, for people alone"
                                    : "--allow-listed";
}
