#include "cli/submit_out.h"

#include "cli/text.h"

/* ---- what is refused ---------------------------------------------------- */

void
submit_out_refuse(struct submit *s, const struct refusal *f, enum fate fate)
{
    if (s->run->json)
        refusal_json(f, fate);
    if (s->refusals)
        refusals_add(s->refusals, f);
    else
        refusal_say(f);
}

/* ---- what is submitted -------------------------------------------------- */

static void
put_headline(struct buf *line, const struct submit *s)
{
    const struct options *o = &s->run->options;
    const char *reference = option_text(o, "case");

    buf_put_str(line, "S-");
    buf_put_decimal(line, upload_number(s->upload));
    buf_put_str(line, "  ");
    tally_put(line, &s->tally);
    if (reference) {
        buf_put_str(line, "  case ");
        text_put_clean(line, slice_str(reference));
    }
    if (s->wishes.urgent) {
        buf_put_str(line, "  urgent, ahead of ");
        text_put_count(line, s->wishes.ahead);
        buf_put_str(line, " queued");
    }
}

static void
print_notes(const struct submit *s)
{
    struct buf line = {0};

    tally_put_left_out(&line, &s->tally);
    if (s->tally.refused) {
        buf_put_str(&line, line.size ? " | refused " : "refused ");
        text_put_count(&line, s->tally.refused);
        buf_put_str(&line, ", each with its reason above");
    }
    if (s->tally.warned) {
        buf_put_str(&line, line.size ? " | warned " : "warned ");
        text_put_count(&line, s->tally.warned);
        buf_put_str(&line, " (not sent), each with its reason above");
    }
    if (line.size)
        (void)printf("  %.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

void
submit_out_nothing_new(const struct submit *s)
{
    struct buf line = {0};

    tally_put_left_out(&line, &s->tally);
    (void)printf("nothing new: %.*s\n", (int)line.size,
                 (const char *)line.data);
    buf_clear(&line);
}

void
submit_out_headline(const struct submit *s)
{
    struct buf line = {0};

    put_headline(&line, s);
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
    print_notes(s);
    (void)fflush(stdout);
}

void
submit_out_json(const struct submit *s, const char *event)
{
    struct json_out *j = json_out_new(stdout);
    struct buf id = {0};

    json_out_open(j, NULL);
    json_out_str(j, "event", event);
    if (upload_number(s->upload)) {
        buf_put_str(&id, "S-");
        buf_put_decimal(&id, upload_number(s->upload));
        json_out_text(j, "submission", buf_slice(&id));
    }
    json_out_open_list(j, "to");
    for (size_t at = 0; at < s->wishes.to.size;) {
        const char *name = (const char *)s->wishes.to.data + at;
        json_out_str(j, NULL, name);
        at += strlen(name) + 1;
    }
    json_out_close_list(j);
    json_out_truth(j, "compared", s->was_sifted);
    tally_json(j, &s->tally);
    if (s->tries)
        json_out_number(j, "left", tally_accepted(&s->tally) + s->tally.there);
    json_out_close(j);
    json_out_free(j);
    buf_clear(&id);
    (void)fflush(stdout);
}

/* Name what can be done next, as far as it exists. */
void
submit_out_next(uint64_t number)
{
    static const char *const names[][2] = {
        {"Undo", "withdraw"}, {"Follow", "submission"}, {"Proof", "prove"}};
    const char *before = "  ";

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!command_exists(names[i][1]))
            continue;
        (void)printf("%s%s: sealane %s S-%llu", before, names[i][0],
                     names[i][1], (unsigned long long)number);
        before = "   ";
    }
    (void)putchar('\n');
}

/* ---- what is explained -------------------------------------------------- */

/* "MISP event 5b64..., orgc KrCERT/CC, TLP:AMBER: 5,000 attributes and
 * objects" */
static void
print_events(const struct submit *s)
{
    struct buf line = {0};

    if (s->events == 0)
        return;
    buf_put_str(&line, "MISP ");
    if (s->events == 1) {
        buf_put_str(&line, "event");
        buf_put(&line, buf_slice(&s->about));
    } else {
        text_put_counted(&line, s->events, "event", "events");
    }
    buf_put_str(&line, ": ");
    text_put_counted(&line, s->parts, "attribute or object",
                     "attributes and objects");
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

void
submit_out_explained(const struct submit *s)
{
    struct buf line = {0};

    print_events(s);
    buf_put_str(&line, " would send ");
    tally_put(&line, &s->tally);
    tally_put_left_out(&line, &s->tally);
    buf_put_str(&line, " | refused ");
    text_put_count(&line, s->tally.refused);
    if (s->tally.warned) {
        buf_put_str(&line, " | warned ");
        text_put_count(&line, s->tally.warned);
        buf_put_str(&line, " (not sent)");
    }
    (void)printf("%.*s\n", (int)line.size, (const char *)line.data);
    refusals_print(s->refusals);
    buf_clear(&line);
}
