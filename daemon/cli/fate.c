#include "cli/fate.h"

#include "cli/text.h"

/* An index that is busy is not waited for. */
#define ANSWER_MS 1000

/* ---- asking ------------------------------------------------------------- */

static void
take(const struct control_record *r, struct fate *out)
{
    const struct {
        const char *key;
        struct buf *to;
    } texts[] = {
        {"state", &out->state},
        {"superseded-by", &out->superseded_by},
        {"withdrawn-by", &out->withdrawn_by},
        {"withdrawn-reason", &out->reason},
        {"first-by", &out->first_by},
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        buf_put(texts[i].to, control_text(r, texts[i].key));
}

void
fate_ask(const struct run *run, const struct control_record *r,
         struct fate *out)
{
    struct daemon *d = link_open_index_again(run);
    struct control_answer a;
    struct ask ask;

    *out = (struct fate){0};
    if (!d)
        return;
    ask_begin(&ask, "entry");
    control_add_number(&ask.b, "lane", (int64_t)record_u64(r, "lane"));
    control_add_number(&ask.b, "index", (int64_t)record_u64(r, "index"));
    if (link_ask_within(d, &ask, ANSWER_MS, &a) == OK && a.record_count > 0)
        take(&a.records[0], out);
    ask_clear(&ask);
    daemon_close(d);
}

void
fate_clear(struct fate *f)
{
    buf_clear(&f->state);
    buf_clear(&f->superseded_by);
    buf_clear(&f->withdrawn_by);
    buf_clear(&f->reason);
    buf_clear(&f->first_by);
}

/* ---- saying it ---------------------------------------------------------- */

bool
fate_put_standing(struct buf *out, const struct fate *f)
{
    static const char *const states[][2] = {{"withdrawn", "WITHDRAWN"},
                                            {"revoked", "REVOKED"},
                                            {"superseded", "SUPERSEDED"},
                                            {"review", "TO BE REVIEWED"}};

    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (slice_is(buf_slice(&f->state), states[i][0])) {
            buf_put_str(out, states[i][1]);
            return true;
        }
    return false;
}

static void
part_put(struct buf *out, const char *before, const struct buf *text,
         const char *behind)
{
    if (!text->size)
        return;
    if (out->size)
        buf_put_str(out, ", ");
    buf_put_str(out, before);
    text_put_clean(out, buf_slice(text));
    buf_put_str(out, behind);
}

void
fate_put(struct buf *out, const struct fate *f)
{
    part_put(out, "withdrawn by ", &f->withdrawn_by, "");
    part_put(out, "\"", &f->reason, "\"");
    part_put(out, "superseded by ", &f->superseded_by, "");
    part_put(out, "another team's object, first by ", &f->first_by, "");
}

void
fate_json(struct json_out *j, const struct fate *f)
{
    json_out_text(j, "standing", buf_slice(&f->state));
    json_out_text(j, "superseded_by", buf_slice(&f->superseded_by));
    json_out_text(j, "withdrawn_by", buf_slice(&f->withdrawn_by));
    json_out_text(j, "withdrawn_reason", buf_slice(&f->reason));
    json_out_text(j, "first_by", buf_slice(&f->first_by));
}
