#include "core/formats/warning_judge.h"

static bool
value_find(const struct warnings *w, const struct head *h,
           const struct observed *value, struct warning *out)
{
    bool is_told = h->use == USE_NONE || h->use == USE_NOTIFY;

    return value->value.size && value->observable < OBSERVABLE_COUNT &&
           warnings_find(w, (enum observable)value->observable, value->value,
                         out) &&
           (out->kind == WARNING_RANGE || !is_told);
}

bool
warning_judge(const struct warnings *w, const struct message *m,
              struct observed *value, struct warning *out)
{
    const struct head *h = &m->head;

    if (m->kind != MESSAGE_INDICATOR)
        return false;
    *value = (struct observed){h->observable, h->value};
    if (value_find(w, h, value, out))
        return true;
    for (size_t i = 0; i < h->value_count; i++) {
        *value = h->values[i];
        if (value_find(w, h, value, out))
            return true;
    }
    return false;
}
