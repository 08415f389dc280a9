#include "cli/shrunk.h"

#include "cli/spelled.h"
#include "cli/text.h"
#include "core/base/cursor.h"

/* What vanished for one team. */
struct shrunk {
    struct table objects; /* each once */
    uint64_t first, last; /* submissions that they came with */
};

static void
on_vanished(void *context, const struct control_record *r, uint64_t hash)
{
    struct shrunk *g = context;
    uint64_t number = record_u64(r, "submission");
    uint8_t key[8];

    put_be64(key, hash);
    table_put(&g->objects, key, 1);
    if (!g->last || number > g->last)
        g->last = number;
    if (!g->first || number < g->first)
        g->first = number;
}

/* ---- the command that withdraws it -------------------------------------- */

static void
command_put(struct buf *out, const struct submit *s, const char *team)
{
    static const char *const names[] = {"series", "format", "map",
                                        "type",   "socket", "state"};
    const struct options *o = &s->run->options;

    buf_put_str(out, "sealane withdraw --vanished");
    spelled_option(out, o, "file");
    if (strcmp(s->run->command->name, "explain") == 0)
        for (size_t i = 0; i < o->word_count; i++)
            spelled_word(out, o->words[i]);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        spelled_option(out, o, names[i]);
    buf_put_str(out, " --to");
    spelled_word(out, team);
    buf_put_str(out, " --reason outdated");
}

/* ---- saying it ---------------------------------------------------------- */

static void
print_text(const struct shrunk *g, const char *team, const struct buf *command)
{
    struct buf line = {0}, clean = {0};

    text_put_counted(&line, g->objects.count, "object", "objects");
    buf_put_str(&line, g->objects.count == 1 ? " that was" : " that were");
    buf_put_str(&line, " in S-");
    buf_put_decimal(&line, g->first);
    if (g->last != g->first) {
        buf_put_str(&line, " to S-");
        buf_put_decimal(&line, g->last);
    }
    buf_put_str(&line, " to ");
    buf_put_str(&line, team);
    buf_put_str(&line, g->objects.count == 1 ? " is" : " are");
    buf_put_str(&line, " not in it any more");
    text_put_clean(&clean, buf_slice(command));
    (void)printf("  %.*s\n  Withdraw: %.*s\n", (int)line.size,
                 (const char *)line.data, (int)clean.size,
                 (const char *)clean.data);
    buf_clear(&line);
    buf_clear(&clean);
}

static void
print_json(const struct shrunk *g, const char *team, const struct buf *command)
{
    struct json_out *j = json_out_new(stdout);

    json_out_open(j, NULL);
    json_out_str(j, "event", "vanished");
    json_out_str(j, "to", team);
    json_out_number(j, "objects", g->objects.count);
    json_out_number(j, "first_submission", g->first);
    json_out_number(j, "last_submission", g->last);
    json_out_text(j, "withdraw", buf_slice(command));
    json_out_close(j);
    json_out_free(j);
}

static bool
team_tell(struct submit *s, struct daemon *index, const char *team)
{
    struct shrunk g = {0};
    struct vanished_ask ask = {
        .index = index, .team = team, .context = &g, .each = on_vanished};
    struct buf command = {0};

    table_init(&g.objects, 8);
    bool good = vanished_find(&s->vanished, &ask);
    if (good && g.objects.count) {
        command_put(&command, s, team);
        if (s->run->json)
            print_json(&g, team, &command);
        else
            print_text(&g, team, &command);
    }
    buf_clear(&command);
    table_clear(&g.objects);
    return good;
}

void
shrunk_tell(struct submit *s)
{
    struct daemon *index;
    bool good = true;

    if (s->has_faults || !s->was_sifted)
        return;
    index = link_open_index_again(s->run);
    good = index != NULL;
    for (size_t at = 0; good && at < s->wishes.to.size;) {
        const char *team = (const char *)s->wishes.to.data + at;
        good = team_tell(s, index, team);
        at += strlen(team) + 1;
    }
    daemon_close(index);
}
