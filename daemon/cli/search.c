#include "cli/search.h"

#include "cli/asked.h"

static void
on_about(void *out, const struct control_record *r)
{
    search_out_about(out, r);
}

static void
on_match(void *out, const struct control_record *r)
{
    search_out_match(out, r);
}

static int
search(struct run *run, const struct asked *asked)
{
    struct daemon *d = link_open_index(run);
    struct search_out o;
    const struct asked_sink sink = {&o, on_about, on_match};

    if (!d)
        return FAILED;
    search_out_begin(&o, run);
    o.asked = asked->count;
    bool good = asked_each(d, asked, &sink);
    uint64_t shown = o.shown;
    if (good)
        search_out_end(&o);
    daemon_close(d);
    if (!good)
        return FAILED;
    if (asked->refused)
        return REFUSED;
    return shown ? DONE : NO_MATCH;
}

int
command_search(struct run *run)
{
    struct asked asked;
    int code = FAILED;

    if (!run->options.given_count && !run->options.word_count)
        return command_usage(run);
    if (run->json && option_is(&run->options, "csv"))
        return complain("--json or --csv, not both");
    if (asked_read(run, &asked))
        code = search(run, &asked);
    asked_clear(&asked);
    return code;
}
