#include "cli/held.h"

#include "cli/text.h"

#include <pwd.h>

bool
held_ask(struct held *h, struct daemon *d)
{
    struct control_answer a;
    struct ask ask;

    ask_begin(&ask, "misp-owners");
    bool good = link_call(d, &ask, &a);
    ask_clear(&ask);
    for (size_t i = 0; good && i < a.record_count; i++) {
        const struct control_record *r = &a.records[i];
        buf_put(&h->team, control_text(r, "us"));
        if (!control_find(r, "org"))
            continue;
        buf_put(&h->owners, control_text(r, "team"));
        buf_put_u8(&h->owners, ' ');
        buf_put(&h->owners, control_text(r, "org"));
        buf_put_u8(&h->owners, 0);
    }
    return good;
}

void
held_clear(struct held *h)
{
    buf_clear(&h->team);
    buf_clear(&h->owners);
}

void
hold_clear(struct hold *hold)
{
    buf_clear(&hold->why);
    buf_clear(&hold->advice);
}

/* ---- owners ------------------------------------------------------------- */

/* Find the team of an organisation, by its name or UUID; UUIDs are known in
 * either case. */
static bool
team_of(const struct held *h, struct slice org, struct slice *team)
{
    for (size_t at = 0; org.size && at < h->owners.size;) {
        const char *pair = (const char *)h->owners.data + at;
        size_t name = strcspn(pair, " ");
        struct slice known = slice_str(pair + name + (pair[name] != 0));
        *team = slice_of(pair, name);
        if (known.size == org.size &&
            strncasecmp((const char *)known.data, (const char *)org.data,
                        org.size) == 0)
            return true;
        at += strlen(pair) + 1;
    }
    return false;
}

/* Without a word of the operator nobody could send a first event: that is
 * said once, and the owner goes as producer. */
static void
warn_once(struct held *h, const struct format_item *item)
{
    struct buf line = {0};

    if (h->has_warned)
        return;
    h->has_warned = true;
    text_put_clean(&line, item->message.head.producer);
    (void)fprintf(stderr,
                  "sealane: this MISP event is %.*s's, and taken as ours: "
                  "misp-owners in sealane.yaml says whose are whose\n",
                  (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

/* PROTOCOL misp-events: "An event whose owner is another team is held like
 * these by a node that knows its owner." */
static bool
is_foreign(struct held *h, const struct format_item *item, struct hold *out)
{
    struct slice name = item->message.head.producer, team;

    if (name.size == 0 && item->owner.size == 0)
        return false;
    if (h->owners.size == 0) {
        warn_once(h, item);
        return false;
    }
    bool is_known = team_of(h, item->owner, &team) || team_of(h, name, &team);
    if (is_known && slice_equal(team, buf_slice(&h->team)))
        return false;
    buf_put_str(&out->why, "its Orgc is ");
    text_put_clean(&out->why, name.size ? name : item->owner);
    if (is_known) {
        buf_put_str(&out->why, ", ");
        text_put_clean(&out->why, team);
    }
    buf_put_str(&out->why, ": not ours");
    buf_put_str(&out->advice, "ask them first");
    return true;
}

bool
held_find(struct held *h, const struct place *place,
          const struct format_item *item, struct hold *out)
{
    *out = (struct hold){0};
    if (item->hold) {
        buf_put_str(&out->why, item->hold);
        buf_put_str(&out->advice, item->advice);
    } else if (place->format != FORMAT_MISP || !is_foreign(h, item, out)) {
        return false;
    }
    buf_put_str(&out->advice, "; a second person lets it go: sealane release");
    return true;
}

/* ---- releases ----------------------------------------------------------- */

void
ask_named(struct ask *ask, const struct options *options)
{
    const char *names;

    for (size_t i = 0; (names = option_nth(options, "to", i)); i++)
        while (*names) {
            size_t size = strcspn(names, ",");
            control_add_text(&ask->b, "to", slice_of(names, size));
            names += size + (names[size] != 0);
        }
}

void
user_put(struct buf *out, uint64_t uid)
{
    const struct passwd *user = getpwuid((uid_t)uid);

    if (user) {
        text_put_clean(out, slice_str(user->pw_name));
        buf_put_str(out, " (");
    }
    buf_put_str(out, "user ");
    buf_put_decimal(out, uid);
    buf_put_str(out, user ? ")" : "");
}

static void
say_released(const struct control_record *r)
{
    struct buf line = {0};

    user_put(&line, record_u64(r, "by"));
    buf_put_str(&line, " has released what is held back: ");
    text_put_clean(&line, control_text(r, "why"));
    (void)fprintf(stderr, "%.*s\n", (int)line.size, (const char *)line.data);
    buf_clear(&line);
}

bool
held_check(struct held *h, const struct run *run, const struct sources *sources)
{
    const char *code = option_text(&run->options, "release");
    struct control_answer a;
    struct daemon *d;
    struct ask ask;

    if (!code)
        return true;
    if (sources->values) {
        (void)complain("--release is for files: values typed in are not held");
        return false;
    }
    d = link_open(run);
    ask_begin(&ask, "release-check");
    ask_text(&ask, "release", code);
    control_add_bytes(&ask.b, "hash", SLICE_ARRAY(sources->hash.b));
    ask_named(&ask, &run->options);
    h->is_released = d && link_call(d, &ask, &a) && a.record_count > 0;
    if (h->is_released)
        say_released(&a.records[0]);
    ask_clear(&ask);
    daemon_close(d);
    return h->is_released;
}
