#include "core/formats/losses.h"

#include "core/formats/json_scan.h"

#include <assert.h>

static const char *const names[LOSS_COUNT] = {
    [LOSS_DROPPED] = "dropped",
    [LOSS_CHANGED] = "changed",
    [LOSS_DEFAULTED] = "defaulted",
    [LOSS_ADDED] = "added",
};

const char *
loss_name(enum loss loss)
{
    assert(loss < LOSS_COUNT);
    return names[loss];
}

void
loss_put(const struct format_out *out, const struct message *m, enum loss loss,
         const char *path, const char *why)
{
    const struct format_loss l = {.loss = loss,
                                  .object = m->head.object_id,
                                  .position = m->package.position,
                                  .path = slice_str(path),
                                  .why = why};

    out->loss(out->context, &l);
}

void
losses_of_content(const struct format_out *out, const struct message *m,
                  bool (*is_kept)(const struct message *m, struct slice key,
                                  struct slice raw))
{
    struct format_loss l = {.loss = LOSS_DROPPED,
                            .object = m->head.object_id,
                            .position = m->package.position,
                            .why = "this format has no place for it"};
    struct json_scan scan = json_scan_of(m->content);
    struct slice value;

    while (json_scan_member(&scan, &l.path, &value))
        if (!is_kept(m, l.path, value))
            out->loss(out->context, &l);
}
