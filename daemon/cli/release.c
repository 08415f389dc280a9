#include "cli/held.h"
#include "cli/json_out.h"
#include "cli/spelled.h"
#include "cli/tally.h"
#include "cli/text.h"
#include "core/base/mem.h"

/* A second person looks at what a file holds back. */
struct look {
    const struct run *run;
    struct sources sources;
    struct held held;
    struct refusals *holds;
    uint64_t count;
    bool failed;
};

static void
on_item(void *context, const struct place *place,
        const struct format_item *item)
{
    struct look *k = context;
    struct hold hold;

    if (held_find(&k->held, place, item, &hold)) {
        k->count++;
        refusals_add(k->holds, &(struct refusal){.place = place,
                                                 .text = buf_slice(&hold.why),
                                                 .is_released = true});
    }
    hold_clear(&hold);
}

/* Submit says what else is wrong with it. */
static void
on_fault(void *context, const struct place *place,
         const struct format_fault *fault)
{
    struct look *k = context;

    if (fault->weight != FAULT_FATAL)
        return;
    (void)complain("%s: %s", place->name, fault->text);
    k->failed = true;
}

static bool
look(struct look *k, struct daemon *d)
{
    struct source_handler handler = {k, on_item, on_fault, false};

    return held_ask(&k->held, d) && sources_learn(&k->sources) &&
           sources_deliver(&k->sources, &handler) && !k->failed;
}

/* ---- what is said ------------------------------------------------------- */

static void
print_json(const struct look *k, const struct control_record *r)
{
    struct json_out *j = json_out_new(stdout);

    json_out_open(j, NULL);
    json_out_str(j, "event", "released");
    json_out_number(j, "held", k->count);
    json_out_text(j, "code", control_text(r, "code"));
    json_out_time(j, "until", record_u64(r, "until-ms"));
    json_out_close(j);
    json_out_free(j);
}

/* The code is for the files as this format and for all of these teams. */
static void
command_put(struct buf *out, const struct options *o)
{
    static const char *const names[] = {"format", "map", "type", "to"};
    const char *name;

    buf_put_str(out, "sealane submit");
    for (size_t i = 0; (name = option_nth(o, "file", i)); i++) {
        buf_put_str(out, " -f");
        spelled_word(out, name);
    }
    for (size_t i = 0; i < o->word_count; i++) {
        buf_put_str(out, " -f");
        spelled_word(out, o->words[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        spelled_option(out, o, names[i]);
}

/* Name the command that somebody else runs. */
static void
print_code(const struct look *k, const struct control_record *r)
{
    struct slice code = control_text(r, "code");
    struct buf until = {0}, command = {0};

    refusals_print(k->holds);
    text_put_time(&until, record_u64(r, "until-ms"));
    command_put(&command, &k->run->options);
    (void)printf("Until %.*s another user sends it by\n %.*s --release %.*s\n",
                 (int)until.size, (const char *)until.data, (int)command.size,
                 (const char *)command.data, (int)code.size,
                 (const char *)code.data);
    buf_clear(&until);
    buf_clear(&command);
}

/* ---- the command -------------------------------------------------------- */

static int
ask_release(const struct look *k, struct daemon *d)
{
    const struct options *o = &k->run->options;
    struct control_answer a;
    struct ask ask;
    int code = FAILED;

    ask_begin(&ask, "release");
    ask_text(&ask, "why", option_text(o, "reason"));
    control_add_bytes(&ask.b, "hash", SLICE_ARRAY(k->sources.hash.b));
    ask_named(&ask, o);
    if (link_call(d, &ask, &a) && a.record_count > 0) {
        if (k->run->json)
            print_json(k, &a.records[0]);
        else
            print_code(k, &a.records[0]);
        code = DONE;
    }
    ask_clear(&ask);
    return code;
}

static int
release(struct look *k)
{
    struct daemon *d = link_open(k->run);
    int code = FAILED;

    if (d && look(k, d)) {
        if (k->count > 0) {
            code = ask_release(k, d);
        } else {
            (void)complain("nothing in it is held back: submit sends it");
            code = NO_MATCH;
        }
    }
    daemon_close(d);
    return code;
}

int
command_release(struct run *run)
{
    struct look *k = mem_new(sizeof *k);
    int code;

    k->run = run;
    k->holds = refusals_new();
    code = sources_open(&k->sources, run, true);
    if (code == DONE && k->sources.values)
        code = complain("a file is released; values typed in are not held");
    else if (code == DONE && !option_text(&run->options, "to"))
        code = complain("to whom? say --to TEAM");
    else if (code == DONE && !option_text(&run->options, "reason"))
        code = complain("say why it may go: --reason TEXT");
    else if (code == DONE)
        code = release(k);
    refusals_free(k->holds);
    held_clear(&k->held);
    sources_close(&k->sources);
    mem_free(k);
    return code;
}
